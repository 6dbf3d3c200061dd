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
#include "user/posix/file_lock.h"
#include "user/posix/place.h"
#include "user/posix/posix.h"
#include "user/posix/tty.h"

static uint32_t open_flags(int flags)
{
    return (flags & O_CREAT ? OPEN_CREATE : 0) | (flags & O_EXCL ? OPEN_EXCLUSIVE : 0) |
           (flags & O_TRUNC ? OPEN_TRUNCATE : 0) | (flags & O_NOFOLLOW ? OPEN_NOFOLLOW : 0) |
           (flags & O_DIRECTORY ? OPEN_DIRECTORY : 0) | descriptor_flags(flags);
}

long __posix_openat(int dirfd, const char *path, int flags, unsigned mode)
{
    if (tty_is_name(path))
        return tty_open(path, flags);
    handle_t from = place_of(dirfd, path);
    uint64_t number;
    long answer =
        blocking_call_registers(SYSCALL_descriptor_open, from.raw, (uint64_t)(uintptr_t)path,
                                strlen(path), open_flags(flags), mode, &number);
    if (answer == STATUS_OK)
        return (long)number;
    if (answer == STATUS_LIMIT)
        return -ENFILE;
    return answer < 0 ? answer : place_error((status_t)answer, from);
}

long __posix_close(int fd)
{
    return descriptor_close(fd);
}

long __posix_lseek(int fd, int64_t offset, int whence)
{
    _Static_assert(SEEK_SET == FILE_SEEK_SET && SEEK_CUR == FILE_SEEK_CURRENT &&
                       SEEK_END == FILE_SEEK_END,
                   "whence is the same");
    uint64_t position;
    status_t status = sys_descriptor_seek((uint32_t)fd, offset, (uint32_t)whence, &position);
    return status == STATUS_OK ? (long)position : posix_error(status);
}

long __posix_ftruncate(int fd, int64_t size)
{
    struct blocking_call call = { .number = SYSCALL_file_truncate,
                                  .in = { descriptor_handle((uint32_t)fd).raw, (uint64_t)size } };
    if (size < 0)
        return -EINVAL;
    long answer = blocking_call_status(&call);
    if (answer == STATUS_NO_RIGHT)
        return -EINVAL;
    return answer < 0 ? answer : posix_error((status_t)answer);
}

long __posix_truncate(const char *path, int64_t size)
{
    handle_t from = place_of(AT_FDCWD, path);
    struct blocking_call call = {
        .number = SYSCALL_path_truncate,
        .in = { from.raw, (uint64_t)(uintptr_t)path, strlen(path), (uint64_t)size },
    };
    return size < 0 ? -EINVAL : place_call(&call, from);
}

/* Room without a hole; the other modes of Linux's call are not POSIX's. */
long __posix_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
    if (mode != 0)
        return -EOPNOTSUPP;
    if (offset < 0 || len <= 0)
        return -EINVAL;
    struct blocking_call call = {
        .number = SYSCALL_file_reserve,
        .in = { descriptor_handle((uint32_t)fd).raw, (uint64_t)offset, (uint64_t)len },
    };
    long answer = blocking_call_status(&call);
    switch (answer) {
    case STATUS_WRONG_KIND: return -ESPIPE;
    case STATUS_NO_RIGHT: return -EBADF;
    case STATUS_OVERFLOW: return -EFBIG;
    default: return answer < 0 ? answer : posix_error((status_t)answer);
    }
}

/* Advice, and writing out what is not kept anywhere else: nothing is to be done. */
long __posix_fadvise64(int fd, int64_t offset, int64_t len, int advice)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    if (description.kind != OBJECT_FILE && description.kind != OBJECT_DIRECTORY)
        return -ESPIPE;
    return len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}

long __posix_sync(void)
{
    return 0;
}

/* What is no file has nothing to write out, which POSIX calls EINVAL. */
long __posix_fsync(int fd)
{
    struct blocking_call call = { .number = SYSCALL_file_sync,
                                  .in = { descriptor_handle((uint32_t)fd).raw } };
    return blocking_call_make(&call);
}

long __posix_fdatasync(int fd)
{
    return __posix_fsync(fd);
}

/* A range is written out by writing all out; nothing waits to be. */
long __posix_sync_file_range(int fd, int64_t offset, int64_t len, unsigned flags)
{
    return offset < 0 || len < 0 ? -EINVAL : __posix_fsync(fd);
}

/* The tree of any number; what is kept elsewhere, a service keeps. */
long __posix_syncfs(int fd)
{
    struct description description;
    return descriptor_get(fd, &description);
}

/* Advice. */
long __posix_readahead(int fd, int64_t offset, size_t len)
{
    return __posix_fadvise64(fd, offset, 0, POSIX_FADV_WILLNEED) == 0 ? 0 : -EBADF;
}

static long duplicate(int fd, uint32_t target, uint32_t flags)
{
    uint32_t new;
    status_t status = sys_descriptor_duplicate((uint32_t)fd, target, flags, &new);
    return status == STATUS_OK ? (long)new : descriptor_error(status);
}

long __posix_dup(int fd)
{
    return duplicate(fd, 0, 0);
}

long __posix_dup3(int fd, int fd_new, int flags)
{
    if (fd == fd_new || (flags & ~O_CLOEXEC) != 0)
        return -EINVAL;
    return duplicate(fd, (uint32_t)fd_new,
                     DESCRIPTOR_EXACT | (flags & O_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0));
}

static long close_on_exec_of(int fd)
{
    struct description description;
    int error = descriptor_get(fd, &description);
    return error == 0 ? (long)description.close_on_exec : error;
}

static long status_flags_of(int fd)
{
    struct description description;
    int error = descriptor_get(fd, &description);
    return error == 0 ? (long)description.flags : error;
}

static long set_status_flags(int fd, unsigned long flags)
{
    return descriptor_change(fd, DESCRIPTOR_SET_FLAGS,
                             (flags & O_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                                 (flags & O_APPEND ? DESCRIPTION_APPEND : 0));
}

long __posix_fcntl(int fd, int command, unsigned long argument)
{
    switch (command) {
    case F_DUPFD: return duplicate(fd, (uint32_t)argument, 0);
    case F_DUPFD_CLOEXEC: return duplicate(fd, (uint32_t)argument, DESCRIPTOR_CLOSE_ON_EXEC);
    case F_GETFD: return close_on_exec_of(fd);
    case F_SETFD:
        return descriptor_change(fd, DESCRIPTOR_SET_CLOSE_ON_EXEC, (argument & FD_CLOEXEC) != 0);
    case F_GETFL: return status_flags_of(fd);
    case F_SETFL: return set_status_flags(fd, argument);
    case F_GETLK: return file_lock_test(fd, (struct flock *)argument);
    case F_SETLK: return file_lock_set(fd, (const struct flock *)argument, false);
    case F_SETLKW: return file_lock_set(fd, (const struct flock *)argument, true);
    default: return -EINVAL;
    }
}
