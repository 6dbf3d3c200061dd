/* See place.h. */
#include "user/posix/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <abi/descriptor.h>
#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/lock.h"
#include "user/posix/posix.h"
#include "user/posix/start.h"

bool place_is_told;
static struct lock telling;

/* "fs:read:/www" and "fs:write:/data": the path; a service's scratch is /tmp; NULL for every other name. */
static const char *tree_path(const struct start_handle *start)
{
    static const char *const prefixes[] = { "fs:read:", "fs:write:" };
    if (start->kind == OBJECT_DIRECTORY && strcmp(start->name, "scratch") == 0)
        return "/tmp";
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i]);
        if (start->kind == OBJECT_DIRECTORY && strncmp(start->name, prefixes[i], len) == 0)
            return start->name + len;
    }
    return NULL;
}

static void devices_mount(handle_t root)
{
    handle_t devices;
    if (sys_device_files(&devices) != STATUS_OK)
        return;
    (void)sys_namespace_mount(root, "/dev", strlen("/dev"), devices);
    (void)sys_handle_close(devices.raw);
}

/* A name space in which each tree is at its path. One that cannot be put there is left out: opening its
 * files then answers ENOENT, like everything that was not granted. */
static handle_t root_build(void)
{
    size_t count;
    const struct start_handle *list = start_list(&count);
    handle_t root = HANDLE_NONE;
    for (size_t i = 0; i < count; i++) {
        const char *path = tree_path(&list[i]);
        if (path == NULL || (root.raw == 0 && sys_namespace_create(&root) != STATUS_OK))
            continue;
        (void)sys_namespace_mount(root, path, strlen(path), (handle_t){ list[i].handle });
    }
    if (root.raw != 0)
        devices_mount(root);
    return root;
}

/* The first time that a path is used. A root that was inherited stays. */
void place_tell(void)
{
    lock_take(&telling);
    if (!place_is_told) {
        const struct start_handle *start = start_find("root", OBJECT_DIRECTORY);
        handle_t root = start != NULL ? (handle_t){ start->handle } : root_build();
        if (root.raw != 0)
            (void)sys_descriptor_root(root);
        __atomic_store_n(&place_is_told, true, __ATOMIC_RELEASE);
    }
    lock_give(&telling);
}

long place_error(status_t status, handle_t place)
{
    if (status == STATUS_WRONG_KIND)
        return -ENOTDIR;
    if (status == STATUS_BAD_HANDLE && place.raw >= descriptor_handle(DESCRIPTOR_ROOT).raw)
        return -ENOENT;
    return posix_error(status);
}

long place_call(struct blocking_call *call, handle_t place)
{
    long answer = blocking_call_status(call);
    return answer < 0 ? answer : place_error((status_t)answer, place);
}

static long working_enter(handle_t place, const char *path)
{
    struct blocking_call call = {
        .number = SYSCALL_descriptor_enter,
        .in = { place.raw, (uint64_t)(uintptr_t)path, strlen(path) },
    };
    return place_call(&call, place);
}

long __posix_chdir(const char *path)
{
    return working_enter(place_of(AT_FDCWD, path), path);
}

long __posix_fchdir(int fd)
{
    return working_enter(descriptor_handle((uint32_t)fd), ".");
}

/* @return the bytes written, the zero included, as the C library expects. */
long __posix_getcwd(char *buffer, size_t size)
{
    size_t len;
    handle_t place = place_of(AT_FDCWD, ".");
    status_t status = sys_directory_path(place, buffer, size > 0 ? size - 1 : 0, &len);
    if (status == STATUS_TOO_BIG)
        return -ERANGE;
    if (status != STATUS_OK)
        return place_error(status, place);
    buffer[len] = 0;
    return (long)len + 1;
}
