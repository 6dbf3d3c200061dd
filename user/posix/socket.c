/* Sockets of a program that listens. What it may listen on, it was given: the start handle
 * "net:listen:tcp:80" is a LISTENER, "net:listen:tcp:*" a channel to ask the network service by. So socket()
 * makes a number with nothing behind it, bind() finds out whether the port may be had and remembers it,
 * and listen() puts the listener behind the number; without the grant, bind() answers EACCES. Connecting
 * is in connect.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/datagram.h"
#include "user/posix/descriptor.h"
#include "user/posix/local.h"
#include "user/posix/network.h"
#include "user/posix/posix.h"
#include "user/posix/socket_address.h"
#include "user/posix/start.h"

long __posix_socket(int domain, int type, int protocol)
{
    int plain = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    bool is_local = domain == AF_UNIX;
    if (domain != AF_INET && domain != AF_INET6 && !is_local)
        return -EAFNOSUPPORT;
    if (plain != SOCK_STREAM && plain != SOCK_DGRAM && (plain != SOCK_SEQPACKET || !is_local))
        return plain == SOCK_RAW && !is_local ? -EACCES : -EPROTONOSUPPORT;
    if (protocol != 0 && (is_local || protocol != (plain == SOCK_STREAM ? SOCKET_TCP : SOCKET_UDP)))
        return -EPROTONOSUPPORT;
    struct description socket = { .kind = KIND_SOCKET,
                                  .domain = (uint32_t)domain,
                                  .type = (uint32_t)plain,
                                  .flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0) };
    return descriptor_open(&socket, (type & SOCK_CLOEXEC) != 0);
}

enum { BACKLOG_MAX = 128 };

/* The grant for a port: "net:listen:tcp:" and the port in decimal. */
static const struct start_handle *listener_find(uint32_t port)
{
    static const char prefix[] = "net:listen:tcp:";
    char name[START_NAME_SIZE];
    char digits[5];
    size_t count = 0, len = sizeof prefix - 1;
    for (uint32_t rest = port; rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    memcpy(name, prefix, len);
    while (count > 0)
        name[len++] = digits[--count];
    name[len] = 0;
    return start_find(name, OBJECT_LISTENER);
}

/* Whether the network service would listen there, and at which port. A client may bind to port 0 without
 * any right to listen: that asks for nothing. */
static status_t port_try(struct socket_address *local)
{
    handle_t listener;
    uint32_t queued, backlog;
    status_t status = network_listen(local, BACKLOG_MAX, &listener);
    if (status == STATUS_NO_RIGHT && local->port == 0)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    status = sys_listener_info(listener, local, &queued, &backlog);
    (void)sys_handle_close(listener.raw);
    return status;
}

long __posix_bind(int fd, const struct sockaddr *address, uint32_t len)
{
    struct description socket;
    struct socket_address local;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind != KIND_SOCKET || socket.port != 0)
        return socket.domain != 0 ? -EINVAL : -ENOTSOCK;
    if (socket.domain == AF_UNIX)
        return local_bind(fd, &socket, address, len);
    long error = socket_address_read(address, len, socket.domain, &local);
    if (error < 0)
        return error;
    if (socket.type == SOCK_DGRAM)
        return datagram_open(fd, &local, NULL);
    if (local.port == 0 || listener_find(local.port) == NULL)
        error = posix_error(port_try(&local));
    return error < 0 ? error : descriptor_set_bound(fd, local.port, socket_address_ipv4(&local));
}

/* At a port of a grant. Its listener stays, and what comes while nobody listens waits in it; its backlog is fixed by
 * who made it. */
static long listen_granted(int fd, const struct description *socket, handle_t listener)
{
    struct socket_address claimed = { .port = (uint16_t)socket->port, .protocol = SOCKET_TCP };
    socket_address_set_ipv4(&claimed, socket->address);
    /* Servers open a socket for each family: any address of one is not any of the other. */
    claimed.scope = socket->domain;
    return posix_error(sys_descriptor_listen((uint32_t)fd, listener, &claimed));
}

/* At a port that the network service gave: a listener of this socket alone. */
static long listen_chosen(int fd, const struct description *socket, uint32_t backlog)
{
    handle_t listener;
    struct socket_address local = { .port = (uint16_t)socket->port };
    socket_address_set_ipv4(&local, socket->address);
    status_t status = network_listen(&local, backlog, &listener);
    return status == STATUS_OK ? descriptor_attach(fd, listener) : posix_error(status);
}

long __posix_listen(int fd, int backlog)
{
    struct description socket;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind == OBJECT_LISTENER)
        return 0;
    if (socket.type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (socket.kind != KIND_SOCKET)
        return -ENOTSOCK;
    if (socket.port == 0)
        return -EDESTADDRREQ;
    backlog = backlog < 1 ? 1 : backlog > BACKLOG_MAX ? BACKLOG_MAX : backlog;
    const struct start_handle *start = listener_find(socket.port);
    return start != NULL ? listen_granted(fd, &socket, (handle_t){ start->handle })
                         : listen_chosen(fd, &socket, (uint32_t)backlog);
}

long __posix_accept4(int fd, struct sockaddr *out_address, uint32_t *len, int flags)
{
    struct socket_address peer;
    struct description stream;
    if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0)
        return -EINVAL;
    struct blocking_call call = {
        .number = SYSCALL_descriptor_accept,
        .in = { (uint32_t)fd, (uint64_t)(uintptr_t)&peer,
                (flags & SOCK_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                    (flags & SOCK_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0) },
    };
    long fd_new = blocking_call_value(&call);
    if (fd_new >= 0 && out_address != NULL && descriptor_get((int)fd_new, &stream) == 0)
        socket_address_write(&peer, stream.domain, out_address, len);
    return fd_new;
}

long __posix_accept(int fd, struct sockaddr *out_address, uint32_t *len)
{
    return __posix_accept4(fd, out_address, len, 0);
}

long __posix_getsockname(int fd, struct sockaddr *out_address, uint32_t *len)
{
    struct description socket;
    struct stream_info info = { 0 };
    uint32_t queued, backlog;
    status_t status = STATUS_OK;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    switch (socket.kind) {
    case KIND_SOCKET:
        info.local.port = (uint16_t)socket.port;
        socket_address_set_ipv4(&info.local, socket.address);
        break;
    case OBJECT_STREAM: status = sys_stream_info(socket.handle, &info); break;
    case OBJECT_LISTENER:
        status = sys_listener_info(socket.handle, &info.local, &queued, &backlog);
        break;
    default: return -ENOTSOCK;
    }
    if (status == STATUS_OK)
        socket_address_write(&info.local, socket.domain, out_address, len);
    return posix_error(status);
}

long __posix_getpeername(int fd, struct sockaddr *out_address, uint32_t *len)
{
    struct description socket;
    struct stream_info info;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind != OBJECT_STREAM)
        return socket.kind == KIND_SOCKET || socket.kind == OBJECT_LISTENER ? -ENOTCONN : -ENOTSOCK;
    status_t status = sys_stream_info(socket.handle, &info);
    if (status == STATUS_OK && socket.type == SOCK_DGRAM && socket.domain != AF_UNIX &&
        info.remote.port == 0)
        return -ENOTCONN;
    if (status == STATUS_OK)
        socket_address_write(&info.remote, socket.domain, out_address, len);
    return posix_error(status);
}

long __posix_shutdown(int fd, int how)
{
    struct description socket;
    uint32_t flags;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind != OBJECT_STREAM || socket.domain == 0)
        return socket.kind == OBJECT_STREAM ? -ENOTSOCK : -ENOTCONN;
    switch (how) {
    case SHUT_RD: flags = STREAM_SHUT_READ; break;
    case SHUT_WR: flags = STREAM_SHUT_WRITE; break;
    case SHUT_RDWR: flags = STREAM_SHUT_READ | STREAM_SHUT_WRITE; break;
    default: return -EINVAL;
    }
    return posix_error(sys_stream_shutdown(socket.handle, flags));
}
