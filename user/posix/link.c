/* Links: further names of files, and symbolic ones. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <abi/file.h>

#include "user/posix/call.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"

long __posix_linkat(int dirfd, const char *path, int dirfd_new, const char *path_new, int flags)
{
    if ((flags & ~AT_SYMLINK_FOLLOW) != 0)
        return -EINVAL;
    handle_t from = place_of(dirfd, path), to = place_of(dirfd_new, path_new);
    struct blocking_call call = {
        .number = SYSCALL_path_link,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), to.raw,
                (uint64_t)(uintptr_t)path_new, strlen(path_new),
                flags & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : 0 },
    };
    return place_call(&call, from);
}

long __posix_symlinkat(const char *text, int dirfd, const char *path)
{
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = SYSCALL_path_symlink,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), (uint64_t)(uintptr_t)text,
                strlen(text) },
    };
    return text[0] == 0 ? -ENOENT : place_call(&call, from);
}

long __posix_readlinkat(int dirfd, const char *path, char *buffer, size_t size)
{
    handle_t from = place_of(dirfd, path);
    struct blocking_call call = {
        .number = SYSCALL_path_readlink,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), (uint64_t)(uintptr_t)buffer,
                size },
    };
    long error = place_call(&call, from);
    return error == 0 ? (long)call.out[0] : error;
}
