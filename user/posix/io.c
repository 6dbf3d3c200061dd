/* Reading and writing by number: one function for each direction finds out what the number names, and
 * each kind has its call. The last step of each is the one svc of call.h. */
#include "user/posix/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <abi/file.h>
#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/datagram.h"
#include "user/posix/posix.h"
#include "user/rt/clock.h"

enum { LOG_LINE_MAX = 200 }; /* Of what debug_write takes. */

struct io_manner io_manner_of(const struct description *description, time_ns_t max_ns)
{
    return (struct io_manner){
        .flags = description->flags & O_NONBLOCK ? STREAM_NO_WAIT : 0,
        .deadline = max_ns != 0 ? clock_after(max_ns) : TIME_NEVER,
    };
}

/* A wait that was limited by SO_RCVTIMEO or SO_SNDTIMEO and ran out is EAGAIN. */
static long limited(long answer)
{
    return answer == -ETIMEDOUT ? -EAGAIN : answer;
}

long stream_take(handle_t stream, void *buffer, size_t size, struct io_manner manner)
{
    struct blocking_call call = {
        .number = SYSCALL_stream_read,
        .in = { stream.raw, (uint64_t)(uintptr_t)buffer, size, manner.flags, manner.deadline },
    };
    return limited(blocking_call_value(&call));
}

long stream_put(handle_t stream, const void *buffer, size_t size, struct io_manner manner)
{
    struct blocking_call call = {
        .number = SYSCALL_stream_write,
        .in = { stream.raw, (uint64_t)(uintptr_t)buffer, size, manner.flags, manner.deadline },
    };
    return limited(blocking_call_value(&call));
}

static long file_transfer(enum syscall_number number, handle_t file, const void *buffer,
                          size_t size, uint64_t offset)
{
    struct blocking_call call = { .number = number,
                                  .in = { file.raw, (uint64_t)(uintptr_t)buffer, size, offset } };
    return blocking_call_value(&call);
}

static long tty_take(handle_t tty, void *buffer, size_t size, struct io_manner manner)
{
    struct blocking_call call = {
        .number = SYSCALL_tty_read,
        .in = { tty.raw, (uint64_t)(uintptr_t)buffer, size, manner.flags, manner.deadline },
    };
    return blocking_call_value(&call);
}

static long tty_put(handle_t tty, const void *buffer, size_t size)
{
    struct blocking_call call = { .number = SYSCALL_tty_write,
                                  .in = { tty.raw, (uint64_t)(uintptr_t)buffer, size } };
    return blocking_call_value(&call);
}

/* Line by line; a long line becomes several, an empty one is left out. */
static long log_put(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t len = end != NULL ? (size_t)(end - (text + at)) : size - at;
        size_t part = len < LOG_LINE_MAX ? len : LOG_LINE_MAX;
        status_t status = part > 0 ? sys_debug_write(text + at, part) : STATUS_OK;
        if (status != STATUS_OK)
            return at > 0 ? (long)at : posix_error(status);
        at += part + (part == len && end != NULL);
    }
    return (long)size;
}

long io_read(const struct description *description, void *buffer, size_t size, uint64_t offset)
{
    if ((description->flags & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    if (offset != FILE_OFFSET_CURRENT && description->kind != OBJECT_FILE)
        return -ESPIPE;
    switch (description->kind) {
    case OBJECT_FILE:
        return file_transfer(SYSCALL_file_read, description->handle, buffer, size, offset);
    case OBJECT_STREAM:
        if (datagram_is(description))
            return datagram_take(description, buffer, size, NULL, NULL,
                                 io_manner_of(description, description->read_max_ns));
        return stream_take(description->handle, buffer, size,
                           io_manner_of(description, description->read_max_ns));
    case OBJECT_TTY:
        return tty_take(description->handle, buffer, size, io_manner_of(description, 0));
    case OBJECT_DIRECTORY: return -EISDIR;
    case KIND_KERNEL_LOG: return 0;
    case KIND_SOCKET:
    case OBJECT_LISTENER: return -ENOTCONN;
    default: return -EINVAL;
    }
}

long io_write(const struct description *description, const void *buffer, size_t size,
              uint64_t offset)
{
    if ((description->flags & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    if (offset != FILE_OFFSET_CURRENT && description->kind != OBJECT_FILE)
        return -ESPIPE;
    switch (description->kind) {
    case OBJECT_FILE:
        return file_transfer(SYSCALL_file_write, description->handle, buffer, size, offset);
    case OBJECT_STREAM:
        if (datagram_is(description))
            return datagram_put(description, buffer, size, NULL,
                                io_manner_of(description, description->write_max_ns));
        return stream_put(description->handle, buffer, size,
                          io_manner_of(description, description->write_max_ns));
    case OBJECT_TTY: return tty_put(description->handle, buffer, size);
    case KIND_KERNEL_LOG: return log_put(buffer, size);
    case KIND_SOCKET:
    case OBJECT_LISTENER: return -ENOTCONN;
    default: return -EINVAL;
    }
}

long __posix_read(int fd, void *buffer, size_t size)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    return io_read(&description, buffer, size, FILE_OFFSET_CURRENT);
}

long __posix_write(int fd, const void *buffer, size_t size)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    return io_write(&description, buffer, size, FILE_OFFSET_CURRENT);
}

long __posix_pread64(int fd, void *buffer, size_t size, int64_t offset)
{
    struct description description;
    if (offset < 0)
        return -EINVAL;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    return io_read(&description, buffer, size, (uint64_t)offset);
}

long __posix_pwrite64(int fd, const void *buffer, size_t size, int64_t offset)
{
    struct description description;
    if (offset < 0)
        return -EINVAL;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    return io_write(&description, buffer, size, (uint64_t)offset);
}

/* --- ioctl: what the C library and most programs ask of a number --- */

static long stream_queued(const struct description *description, int *out_len)
{
    struct stream_info info;
    if (description->kind != OBJECT_STREAM)
        return -ENOTTY;
    status_t status = sys_stream_info(description->handle, &info);
    if (status == STATUS_OK)
        *out_len = (int)info.readable;
    return posix_error(status);
}

static long set_no_wait(int fd, struct description *description, bool no_wait)
{
    description->flags &= ~(uint32_t)O_NONBLOCK;
    description->flags |= no_wait ? O_NONBLOCK : 0;
    return descriptor_set(fd, description);
}

/* The C library knows a terminal by its answering TIOCGWINSZ; ours has no size that it could tell. */
long __posix_ioctl(int fd, int request, void *argument)
{
    struct description description;
    if (descriptor_get(fd, &description) != 0)
        return -EBADF;
    switch (request) {
    case FIONREAD: return stream_queued(&description, argument);
    case FIONBIO: return set_no_wait(fd, &description, *(int *)argument != 0);
    case TIOCGWINSZ:
        if (description.kind != OBJECT_TTY)
            return -ENOTTY;
        *(struct winsize *)argument = (struct winsize){ 0 };
        return 0;
    default: return -ENOTTY;
    }
}
