/* Options of sockets: limits of waiting, and what can be told of a socket. An option that nothing here
 * would heed is ENOPROTOOPT. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

/* How TCP sends is the network service's business: it sends what was written at once, and asks after a
 * peer that is silent for hours. So these are always on. */
static bool is_always_on(int level, int option)
{
    if (level == IPPROTO_TCP)
        return option == TCP_NODELAY;
    return level == SOL_SOCKET && (option == SO_REUSEADDR || option == SO_KEEPALIVE);
}

/* Sizes of queues are fixed, and asking for others is answered as if it had been heard, as elsewhere when
 * a limit of the system is met. Closing never waits, and what was written is sent all the same. */
static bool is_harmless(int level, int option, const void *value, uint32_t len)
{
    struct linger linger;
    if (level == IPPROTO_IP || level == IPPROTO_IPV6)
        return option == IP_TOS || (level == IPPROTO_IPV6 && option == IPV6_V6ONLY);
    if (level == IPPROTO_TCP)
        return option == TCP_KEEPIDLE || option == TCP_KEEPINTVL || option == TCP_KEEPCNT;
    switch (option) {
    case SO_SNDBUF:
    case SO_RCVBUF:
    case SO_OOBINLINE:
    case SO_BROADCAST:
    case SO_PRIORITY: return true;
    case SO_LINGER:
        if (len < sizeof linger)
            return false;
        memcpy(&linger, value, sizeof linger);
        return linger.l_onoff == 0 || linger.l_linger > 0; /* Not: a reset instead of an end. */
    default: return false;
    }
}

long __posix_setsockopt(int fd, int level, int option, const void *value, uint32_t len)
{
    struct description socket;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (is_always_on(level, option) || is_harmless(level, option, value, len))
        return 0;
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    uint32_t item;
    switch (option) {
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
    return (int)-posix_error((status_t)info.status);
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
    number = 1;
    if (is_always_on(level, option))
        return value_write(&number, sizeof number, out_value, len);
    if (level != SOL_SOCKET)
        return -ENOPROTOOPT;
    switch (option) {
    case SO_RCVTIMEO: return limit_write(socket.read_max_ns, out_value, len);
    case SO_SNDTIMEO: return limit_write(socket.write_max_ns, out_value, len);
    case SO_TYPE: number = (int)socket.type; break;
    case SO_DOMAIN: number = (int)socket.domain; break;
    case SO_ACCEPTCONN: number = socket.kind == OBJECT_LISTENER; break;
    case SO_SNDBUF:
    case SO_RCVBUF: number = STREAM_LIMIT_DEFAULT; break;
    case SO_ERROR: number = pending_error(&socket); break;
    default: return -ENOPROTOOPT;
    }
    return value_write(&number, sizeof number, out_value, len);
}
