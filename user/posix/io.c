/* Reading and writing by number. The kernel looks the number up and knows what it names; each function here
 * is the one svc of call.h. What names no object of the kernel is looked at afterwards: the kernel's log. */
#include "user/posix/io.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <abi/file.h>
#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"
#include "user/posix/tty.h"

enum { LOG_LINE_MAX = 200 }; /* Of what debug_write takes. */

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

/* A number with no object behind it that is no socket: the log, which has nothing to read. */
static bool is_log(status_t status, int fd)
{
    struct description description;
    return status == STATUS_NO_DEVICE && descriptor_get(fd, &description) == 0 &&
           description.kind == KIND_KERNEL_LOG;
}

/* A number that was not opened for it; or a datagram for where no grant leads, which the network service
 * found out. */
static long no_right_error(int fd)
{
    struct description description;
    return descriptor_get(fd, &description) == 0 && description.type == SOCK_DGRAM ? -EACCES
                                                                                   : -EBADF;
}

/* The four calls differ in their number. @return bytes, or a negative errno; -ENODEV for the log. */
static long transfer(enum syscall_number number, int fd, const void *memory, size_t count,
                     uint64_t offset, uint32_t flags)
{
    uint64_t done;
    long answer = blocking_call_registers(number, (uint32_t)fd, (uint64_t)(uintptr_t)memory, count,
                                          offset, flags, &done);
    if (answer == STATUS_OK)
        return (long)done;
    if (answer < 0)
        return answer;
    if (is_log((status_t)answer, fd))
        return -ENODEV;
    return answer == STATUS_NO_RIGHT ? no_right_error(fd) : posix_error((status_t)answer);
}

long io_read(int fd, void *buffer, size_t size, uint64_t offset, uint32_t flags)
{
    long done = transfer(SYSCALL_descriptor_read, fd, buffer, size, offset, flags);
    return done == -ENODEV ? 0 : done;
}

long io_write(int fd, const void *buffer, size_t size, uint64_t offset, uint32_t flags)
{
    long done = transfer(SYSCALL_descriptor_write, fd, buffer, size, offset, flags);
    return done == -ENODEV ? log_put(buffer, size) : done;
}

static long log_put_vector(const struct iovec *vector, int count)
{
    long total = 0;
    for (int i = 0; i < count; i++) {
        long done = log_put(vector[i].iov_base, vector[i].iov_len);
        if (done < 0)
            return total > 0 ? total : done;
        total += done;
    }
    return total;
}

long io_read_vector(int fd, const struct iovec *vector, int count, uint64_t offset, uint32_t flags)
{
    if (count < 0 || count > IOV_MAX)
        return -EINVAL;
    long done = transfer(SYSCALL_descriptor_read_vector, fd, vector, (size_t)count, offset, flags);
    return done == -ENODEV ? 0 : done;
}

long io_write_vector(int fd, const struct iovec *vector, int count, uint64_t offset, uint32_t flags)
{
    if (count < 0 || count > IOV_MAX)
        return -EINVAL;
    long done = transfer(SYSCALL_descriptor_write_vector, fd, vector, (size_t)count, offset, flags);
    return done == -ENODEV ? log_put_vector(vector, count) : done;
}

long __posix_read(int fd, void *buffer, size_t size)
{
    return io_read(fd, buffer, size, FILE_OFFSET_CURRENT, 0);
}

long __posix_write(int fd, const void *buffer, size_t size)
{
    return io_write(fd, buffer, size, FILE_OFFSET_CURRENT, 0);
}

long __posix_pread64(int fd, void *buffer, size_t size, int64_t offset)
{
    return offset < 0 ? -EINVAL : io_read(fd, buffer, size, (uint64_t)offset, 0);
}

long __posix_pwrite64(int fd, const void *buffer, size_t size, int64_t offset)
{
    return offset < 0 ? -EINVAL : io_write(fd, buffer, size, (uint64_t)offset, 0);
}

/* --- ioctl: what the C library and most programs ask of a number --- */

static long stream_queued(int fd, int *out_len)
{
    struct stream_info info;
    status_t status = sys_stream_info(descriptor_handle((uint32_t)fd), &info);
    if (status == STATUS_WRONG_KIND)
        return -ENOTTY;
    if (status == STATUS_OK)
        *out_len = (int)info.readable;
    return posix_error(status);
}

long __posix_ioctl(int fd, int request, void *argument)
{
    switch (request) {
    case FIONBIO: return descriptor_set_no_wait(fd, *(int *)argument != 0);
    case FIOCLEX: return descriptor_change(fd, DESCRIPTOR_SET_CLOSE_ON_EXEC, 1);
    case FIONCLEX: return descriptor_change(fd, DESCRIPTOR_SET_CLOSE_ON_EXEC, 0);
    default: break;
    }
    long answer = tty_control(fd, request, argument);
    return answer == -ENOTTY && request == FIONREAD ? stream_queued(fd, argument) : answer;
}
