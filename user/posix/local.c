/* See local.h. A listener's address has the type of the socket in the place of a protocol, so that both sides
 * agree on it. */
#include "user/posix/local.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>

#include <abi/net.h>
#include <abi/signals.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/place.h"

enum { BACKLOG = 128 };

/* The name of an address, NUL-ended. There are none but paths: no name at all, and those that Linux begins
 * with a NUL, are refused. */
static long path_read(const struct sockaddr *address, uint32_t len,
                      char out_path[sizeof(struct sockaddr_un)])
{
    size_t start = offsetof(struct sockaddr_un, sun_path);
    if (len <= start || len > sizeof(struct sockaddr_un))
        return -EINVAL;
    if (address->sa_family != AF_UNIX)
        return -EAFNOSUPPORT;
    memcpy(out_path, (const char *)address + start, len - start);
    out_path[len - start] = 0;
    return out_path[0] == 0 ? -EINVAL : 0;
}

static long listener_name(handle_t gate, const char *path)
{
    handle_t place = place_of(AT_FDCWD, path);
    long error = place_error(sys_listener_name(gate, place, path, strlen(path)), place);
    return error == -EEXIST ? -EADDRINUSE : error;
}

long local_bind(int fd, const struct description *socket, const struct sockaddr *address,
                uint32_t len)
{
    char path[sizeof(struct sockaddr_un)];
    struct socket_address type = { .protocol = (uint16_t)socket->type };
    handle_t listener, gate;
    long error = path_read(address, len, path);
    if (error < 0)
        return error;
    if (socket->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    status_t status = sys_listener_create(&type, BACKLOG, &listener, &gate);
    if (status != STATUS_OK)
        return posix_error(status);
    error = listener_name(gate, path);
    (void)sys_handle_close(gate.raw); /* The name keeps its own. */
    if (error == 0)
        return descriptor_attach(fd, listener);
    (void)sys_handle_close(listener.raw);
    return error;
}

/* Put an end in the queue, which takes it over; a full one is waited for. */
static long end_post(handle_t gate, handle_t end, const struct description *socket)
{
    static const struct socket_address nobody;
    for (;;) {
        status_t status = sys_listener_post(gate, end.raw, &nobody);
        if (status == STATUS_PEER_CLOSED)
            return -ECONNREFUSED;
        if (status != STATUS_LIMIT || (socket->flags & O_NONBLOCK))
            return status == STATUS_LIMIT ? -EAGAIN : posix_error(status);
        struct blocking_call call = {
            .number = SYSCALL_object_wait,
            .in = { gate.raw, SIGNAL_WRITABLE | SIGNAL_PEER_CLOSED, TIME_NEVER },
        };
        long error = blocking_call_make(&call);
        if (error < 0)
            return error;
    }
}

static long pair_connect(int fd, const struct description *socket, handle_t gate)
{
    handle_t near, far;
    status_t status = socket->type == SOCK_STREAM ? sys_stream_create(&near, &far)
                                                  : sys_stream_create_records(&near, &far);
    if (status != STATUS_OK)
        return posix_error(status);
    long error = end_post(gate, far, socket);
    if (error == 0)
        return descriptor_attach(fd, near);
    (void)sys_handle_close(near.raw);
    (void)sys_handle_close(far.raw);
    return error;
}

long local_connect(int fd, const struct description *socket, const struct sockaddr *address,
                   uint32_t len)
{
    char path[sizeof(struct sockaddr_un)];
    struct socket_address type;
    uint32_t queued, backlog;
    handle_t gate;
    long error = path_read(address, len, path);
    if (error < 0)
        return error;
    handle_t place = place_of(AT_FDCWD, path);
    error = place_error(sys_listener_find(place, path, strlen(path), &gate), place);
    if (error < 0)
        return error;
    error = posix_error(sys_listener_info(gate, &type, &queued, &backlog));
    if (error == 0 && type.protocol != socket->type)
        error = -EPROTOTYPE;
    if (error == 0)
        error = pair_connect(fd, socket, gate);
    (void)sys_handle_close(gate.raw);
    return error;
}
