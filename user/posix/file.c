/* Opening and closing files, and what acts on an open file as a whole. The position of a file and
 * appending are the kernel's. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <abi/file.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"

/* Rights that are taken along where they are to be had, to map the file and to give it on: the most that
 * its tree lets through. */
static const rights_t wishes[] = { RIGHT_MAP | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT,
                                   RIGHT_MAP, 0 };

static rights_t rights_needed(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_WRONLY: return RIGHT_WRITE;
    case O_RDWR: return RIGHT_READ | RIGHT_WRITE;
    default: return RIGHT_READ;
    }
}

static uint32_t open_flags(int flags)
{
    return (flags & O_CREAT ? OPEN_CREATE : 0) | (flags & O_EXCL ? OPEN_EXCLUSIVE : 0) |
           (flags & O_TRUNC ? OPEN_TRUNCATE : 0) | (flags & O_APPEND ? OPEN_APPEND : 0) |
           (flags & O_NOFOLLOW ? OPEN_NOFOLLOW : 0) |
           (flags & O_DIRECTORY ? OPEN_DIRECTORY | OPEN_KEEP_ROOT : 0);
}

struct opening {
    handle_t from;
    const char *path;
    uint32_t flags; /* OPEN_*. */
};

/* @return 0 or a negative errno; fills handle, kind and rights. */
static long open_with(const struct opening *opening, rights_t rights, struct description *out)
{
    struct blocking_call call = {
        .number = SYSCALL_file_open,
        .in = { opening->from.raw, (uint64_t)(uintptr_t)opening->path, strlen(opening->path),
                opening->flags, rights },
    };
    long error = blocking_call_make(&call);
    if (error == 0) {
        out->handle = (handle_t){ call.out[0] };
        out->kind = (uint32_t)call.out[1];
        out->rights = rights;
    }
    return error;
}

/* With as many of the wished rights as go. The first try is the usual one. */
static long open_wishing(const struct opening *opening, rights_t needed, struct description *out)
{
    long error = -EACCES;
    for (size_t i = 0; error == -EACCES && i < sizeof wishes / sizeof wishes[0]; i++)
        error = open_with(opening, needed | wishes[i], out);
    return error;
}

/* A directory is a place to open and make files from, so it gets what its tree allows. */
static long open_directory(struct opening *opening, struct description *out)
{
    static const rights_t uses[] = { RIGHT_READ | RIGHT_EXECUTE | RIGHT_WRITE,
                                     RIGHT_READ | RIGHT_EXECUTE, RIGHT_READ };
    long error = -EACCES;
    opening->flags |= OPEN_DIRECTORY | OPEN_KEEP_ROOT;
    for (size_t i = 0; (error == -EACCES || error == -EROFS) && i < sizeof uses / sizeof uses[0];
         i++)
        error = open_wishing(opening, uses[i], out);
    return error;
}

static long open_file(struct opening *opening, rights_t needed, struct description *out)
{
    long error = open_wishing(opening, needed, out);
    if (error != 0 || out->kind != OBJECT_DIRECTORY)
        return error;
    (void)sys_handle_close(out->handle.raw);
    return open_directory(opening, out);
}

/* The mode of a new file is information only (handles decide), and the kernel gives its default. */
long __posix_openat(int dirfd, const char *path, int flags, unsigned mode)
{
    struct description description = { .flags =
                                           (uint32_t)flags & (O_ACCMODE | O_NONBLOCK | O_APPEND) };
    struct opening opening = { .path = path, .flags = open_flags(flags) };
    long error = place_of(dirfd, path, &opening.from);
    if (error == 0 && (flags & O_DIRECTORY))
        error = (flags & O_ACCMODE) == O_RDONLY ? open_directory(&opening, &description) : -EISDIR;
    else if (error == 0)
        error = open_file(&opening, rights_needed(flags), &description);
    return error == 0 ? descriptor_open(&description, 0, (flags & O_CLOEXEC) != 0) : error;
}

long __posix_close(int fd)
{
    return descriptor_close(fd);
}

/* The position of a directory is the cookie of its next entry. */
static long seek_directory(int fd, struct description *description, int64_t offset, int whence)
{
    int64_t target = whence == SEEK_CUR ? (int64_t)description->cookie + offset : offset;
    if ((whence != SEEK_SET && whence != SEEK_CUR) || target < 0)
        return -EINVAL;
    return descriptor_set_cookie(fd, (uint64_t)target) == 0 ? target : -EBADF;
}

long __posix_lseek(int fd, int64_t offset, int whence)
{
    _Static_assert(SEEK_SET == FILE_SEEK_SET && SEEK_CUR == FILE_SEEK_CURRENT &&
                       SEEK_END == FILE_SEEK_END,
                   "whence is the same");
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    if (description.kind == OBJECT_DIRECTORY)
        return seek_directory(fd, &description, offset, whence);
    if (description.kind != OBJECT_FILE)
        return -ESPIPE;
    uint64_t position;
    status_t status = sys_file_seek(description.handle, offset, (uint32_t)whence, &position);
    return status == STATUS_OK ? (long)position : posix_error(status);
}

long __posix_ftruncate(int fd, int64_t size)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    if (description.kind != OBJECT_FILE || (description.flags & O_ACCMODE) == O_RDONLY || size < 0)
        return -EINVAL;
    struct blocking_call call = { .number = SYSCALL_file_truncate,
                                  .in = { description.handle.raw, (uint64_t)size } };
    return blocking_call_make(&call);
}

long __posix_fsync(int fd)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    if (description.kind != OBJECT_FILE)
        return -EINVAL;
    struct blocking_call call = { .number = SYSCALL_file_sync, .in = { description.handle.raw } };
    return blocking_call_make(&call);
}

long __posix_fdatasync(int fd)
{
    return __posix_fsync(fd);
}

long __posix_dup(int fd)
{
    return descriptor_duplicate(fd, -1, 0, false);
}

long __posix_dup3(int fd, int fd_new, int flags)
{
    if (fd == fd_new || (flags & ~O_CLOEXEC) != 0)
        return -EINVAL;
    if (fd_new < 0)
        return -EBADF;
    return descriptor_duplicate(fd, fd_new, 0, (flags & O_CLOEXEC) != 0);
}

static long set_status_flags(int fd, uint32_t flags)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    /* Appending belongs to the kernel's description, which was told when the file was opened. */
    if (((flags ^ description.flags) & O_APPEND) && description.kind == OBJECT_FILE)
        return -EINVAL;
    description.flags = (description.flags & ~(uint32_t)O_NONBLOCK) | (flags & O_NONBLOCK);
    return descriptor_set(fd, &description);
}

static long get_status_flags(int fd)
{
    struct description description;
    int error = descriptor_get(fd, &description);
    return error == 0 ? (long)description.flags : error;
}

long __posix_fcntl(int fd, int command, unsigned long argument)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if (argument >= DESCRIPTOR_COUNT)
            return -EINVAL;
        return descriptor_duplicate(fd, -1, (int)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD: return descriptor_close_on_exec(fd);
    case F_SETFD: return descriptor_set_close_on_exec(fd, (argument & FD_CLOEXEC) != 0);
    case F_GETFL: return get_status_flags(fd);
    case F_SETFL: return set_status_flags(fd, (uint32_t)argument);
    default: return -EINVAL;
    }
}
