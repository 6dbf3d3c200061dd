/* See vfs_test.h. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/tests/vfs_test/vfs_test.h"

handle_t path_open(handle_t directory, const char *path, uint32_t flags, rights_t rights,
                   status_t *out_status)
{
    handle_t handle = HANDLE_NONE;
    uint32_t kind;
    *out_status = sys_file_open(directory, path, strlen(path), flags, rights, &handle, &kind);
    return *out_status == STATUS_OK ? handle : HANDLE_NONE;
}

status_t path_try(handle_t directory, const char *path, uint32_t flags, rights_t rights)
{
    status_t status;
    handle_t handle = path_open(directory, path, flags, rights, &status);
    if (status == STATUS_OK)
        status = sys_handle_close(handle.raw);
    return status;
}

size_t handles_in_use(void)
{
    size_t count = 0;
    uint64_t one;
    return sys_handle_list(&one, 1, &count) == STATUS_OK ? count : 0;
}
