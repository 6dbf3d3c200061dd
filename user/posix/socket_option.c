/* Options of sockets: limits of waiting, and what can be told of a socket. An option that nothing here
 * would heed is ENOPROTOOPT. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"

static long socket_get(int fd, struct description *out)
{
    if (descriptor_get(fd, out) != 0)
        return -EBADF;
    bool is_socket = out->kind == KIND_SOCKET || out->kind == OBJECT_LISTENER ||
                     (out->kind == OBJECT_STREAM && out->domain != 0);
    return is_socket ? 0 : -ENOTSOCK;
}

static long limit_read(const void *value, uint32_t len, time_ns_t *out_ns)
{
    struct timeval time;
    if (len < sizeof time)
        return -EINVAL;
    memcpy(&time, value, sizeof time);
    struct timespec limit = { .tv_sec = time.tv_sec, .tv_nsec = time.tv_usec * 1000 };
    return time_read(&limit, out_ns) == 0 ? 0 : -EDOM;
}

/* SO_REUSEADDR asks for what is always so: no closed connection keeps a granted port from being used. */
long __posix_setsockopt(int fd, int level, int option, const void *value, uint32_t len)
{
    struct description socket;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    uint32_t item;
    switch (option) {
    case SO_REUSEADDR: return 0;
    case SO_RCVTIMEO: item = DESCRIPTOR_SET_READ_LIMIT; break;
    case SO_SNDTIMEO: item = DESCRIPTOR_SET_WRITE_LIMIT; break;
    default: return -ENOPROTOOPT;
    }
    time_ns_t limit_ns;
    error = limit_read(value, len, &limit_ns);
    return error < 0 ? error : descriptor_change(fd, item, limit_ns);
}

/* The errno of a connection that failed, or 0. */
static int pending_error(const struct description *socket)
{
    struct stream_info info;
    if (socket->kind != OBJECT_STREAM || sys_stream_info(socket->handle, &info) != STATUS_OK)
        return 0;
    return info.state == STREAM_RESET ? (int)-posix_error(info.status) : 0;
}

static long value_write(const void *value, uint32_t size, void *out_value, uint32_t *len)
{
    memcpy(out_value, value, size < *len ? size : *len);
    *len = size < *len ? size : *len;
    return 0;
}

static long limit_write(time_ns_t ns, void *out_value, uint32_t *len)
{
    struct timeval time = { .tv_sec = (time_t)(ns / TIME_NS_PER_S),
                            .tv_usec = (suseconds_t)(ns % TIME_NS_PER_S / 1000) };
    return value_write(&time, sizeof time, out_value, len);
}

long __posix_getsockopt(int fd, int level, int option, void *out_value, uint32_t *len)
{
    struct description socket;
    int number;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    switch (option) {
    case SO_RCVTIMEO: return limit_write(socket.read_max_ns, out_value, len);
    case SO_SNDTIMEO: return limit_write(socket.write_max_ns, out_value, len);
    case SO_TYPE: number = SOCK_STREAM; break;
    case SO_DOMAIN: number = (int)socket.domain; break;
    case SO_ACCEPTCONN: number = socket.kind == OBJECT_LISTENER; break;
    case SO_REUSEADDR: number = 1; break;
    case SO_ERROR: number = pending_error(&socket); break;
    default: return -ENOPROTOOPT;
    }
    return value_write(&number, sizeof number, out_value, len);
}
