/* Who may log in, and what each role may do: files of the image, checked although our own tool wrote them. */
#include <string.h>

#include <abi/file.h>
#include <swos/syscalls.h>

#include "lib/base/format.h"
#include "user/rt/file.h"
#include "user/rt/start.h"
#include "user/session/session.h"

enum { FILE_BYTES_MAX = 1 << 20, KEYS_PATH_SIZE = 48 };

status_t store_load(struct sessions *sessions)
{
    struct const_span principals, roles;
    handle_t folder = start_handle_need("fs:read:/etc", OBJECT_DIRECTORY);
    status_t status = file_load_path(folder, "principals.bin", FILE_BYTES_MAX, &principals);
    if (status == STATUS_OK)
        status = file_load_path(folder, "roles.bin", FILE_BYTES_MAX, &roles);
    if (status == STATUS_OK)
        status = file_load_path(start_handle_need("fs:read:/session", OBJECT_DIRECTORY),
                                "passwords", FILE_BYTES_MAX, &sessions->passwords);
    if (status == STATUS_OK)
        status = principals_open(principals, &sessions->principals);
    if (status == STATUS_OK)
        status = manifest_open(roles, &sessions->roles);
    return status;
}

status_t store_find(const struct sessions *sessions, const char *name, size_t len,
                    uint32_t *out_principal)
{
    for (uint32_t i = 0; i < sessions->principals.count; i++) {
        struct principal principal;
        status_t status = principals_get(&sessions->principals, i, &principal);
        if (status != STATUS_OK)
            return status;
        if (strlen(principal.name) != len || memcmp(principal.name, name, len) != 0)
            continue;
        *out_principal = i;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

status_t store_role(const struct sessions *sessions, uint32_t index,
                    struct principal *out_principal, struct manifest_service *out_role)
{
    status_t status = principals_get(&sessions->principals, index, out_principal);
    if (status != STATUS_OK)
        return status;
    status =
        manifest_find(&sessions->roles,
                      const_span_of(out_principal->role, strlen(out_principal->role)), out_role);
    return status == STATUS_OK && out_role->class_ != MANIFEST_ROLE ? STATUS_CORRUPT : status;
}

status_t store_hash(const struct sessions *sessions, uint32_t index, struct const_span *out_hash)
{
    struct principal principal;
    status_t status = principals_get(&sessions->principals, index, &principal);
    if (status != STATUS_OK)
        return status;
    return passwords_find(sessions->passwords,
                          const_span_of(principal.name, strlen(principal.name)), out_hash);
}

/* A file is there and is not empty. */
static bool has_bytes(handle_t folder, const char *path)
{
    handle_t file;
    uint32_t kind;
    struct file_stat stat = { 0 };
    status_t status = sys_file_open(folder, path, strlen(path), 0, RIGHT_READ, &file, &kind);
    if (status != STATUS_OK)
        return false;
    status = sys_file_stat(file, &stat);
    (void)sys_handle_close(file.raw);
    return status == STATUS_OK && stat.size_bytes > 0;
}

bool store_has_keys(const struct sessions *sessions, uint32_t index)
{
    struct principal principal;
    char path[KEYS_PATH_SIZE];
    handle_t folder = start_handle_need("fs:read:/ssh", OBJECT_DIRECTORY);
    if (principals_get(&sessions->principals, index, &principal) != STATUS_OK)
        return false;
    format_text(path, sizeof path, "keys/%s", principal.name);
    return has_bytes(folder, path) || has_bytes(folder, "keys/_any");
}
