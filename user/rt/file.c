/* See file.h. */
#include "user/rt/file.h"

#include <string.h>

#include <abi/file.h>
#include <swos/syscalls.h>

#include "user/rt/arena.h"

static status_t read_all(handle_t file, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t actual = 0;
        status_t status = sys_file_read(file, bytes + at, size - at, at, &actual);
        if (status != STATUS_OK)
            return status;
        if (actual == 0)
            return STATUS_CORRUPT;
        at += actual;
    }
    return STATUS_OK;
}

status_t file_load(handle_t file, size_t size_max, struct const_span *out_bytes)
{
    struct file_stat stat = { 0 };
    void *pages;
    status_t status = sys_file_stat(file, &stat);
    if (status != STATUS_OK)
        return status;
    if (stat.size_bytes > size_max)
        return STATUS_CORRUPT;
    *out_bytes = const_span_of("", 0);
    if (stat.size_bytes == 0)
        return STATUS_OK;
    status = pages_take(stat.size_bytes, &pages);
    if (status == STATUS_OK)
        status = read_all(file, pages, stat.size_bytes);
    if (status == STATUS_OK)
        *out_bytes = const_span_of(pages, stat.size_bytes);
    return status;
}

status_t file_load_path(handle_t folder, const char *path, size_t size_max,
                        struct const_span *out_bytes)
{
    handle_t file;
    uint32_t kind;
    status_t status = sys_file_open(folder, path, strlen(path), 0, RIGHT_READ, &file, &kind);
    if (status != STATUS_OK)
        return status;
    status = file_load(file, size_max, out_bytes);
    (void)sys_handle_close(file.raw);
    return status;
}
