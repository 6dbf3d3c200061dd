/* Sockets of a program that listens. What it may listen on, it was given: the start handle
 * "net:listen:tcp:80" is a LISTENER, "net:listen:tcp:*" a channel to ask the network service by. So socket()
 * makes a number with nothing behind it, bind() finds the listener, and listen() puts it behind the
 * number; without the grant, bind() answers EACCES. Connecting is in connect.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/datagram.h"
#include "user/posix/io.h"
#include "user/posix/network.h"
#include "user/posix/posix.h"
#include "user/posix/socket_address.h"
#include "user/posix/start.h"

long __posix_socket(int domain, int type, int protocol)
{
    int plain = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_INET && domain != AF_INET6)
        return -EAFNOSUPPORT;
    if (plain != SOCK_STREAM && plain != SOCK_DGRAM)
        return plain == SOCK_RAW ? -EACCES : -EPROTONOSUPPORT;
    if (protocol != 0 && protocol != (plain == SOCK_STREAM ? SOCKET_TCP : SOCKET_UDP))
        return -EPROTONOSUPPORT;
    struct description socket = { .kind = KIND_SOCKET,
                                  .domain = (uint32_t)domain,
                                  .type = (uint32_t)plain,
                                  .flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0) };
    return descriptor_open(&socket, 0, (type & SOCK_CLOEXEC) != 0);
}

enum { BACKLOG = 128 };

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

/* The number gets a handle of its own, so that closing it leaves the start handle; if that may not be
 * duplicated, the start handle itself, which can then be listened on once. */
static handle_t listener_of(const struct start_handle *start)
{
    handle_t listener;
    if (sys_handle_duplicate(start->handle, start->rights, &listener) != STATUS_OK)
        listener = (handle_t){ start->handle };
    return listener;
}

/* A client may bind to port 0 without any right to listen: that asks for nothing. */
static long listener_ask(const struct socket_address *local, struct description *socket)
{
    status_t status = network_listen(local, BACKLOG, &socket->handle);
    if (status == STATUS_NO_RIGHT && local->port == 0)
        return 0;
    uint32_t queued, backlog;
    struct socket_address name = *local;
    if (status == STATUS_OK && local->port == 0)
        status = sys_listener_info(socket->handle, &name, &queued, &backlog);
    socket->port = name.port;
    return posix_error(status);
}

long __posix_bind(int fd, const struct sockaddr *address, uint32_t len)
{
    struct description socket;
    struct socket_address local;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind != KIND_SOCKET || socket.handle.raw != 0)
        return socket.kind == KIND_SOCKET ? -EINVAL : -ENOTSOCK;
    long error = socket_address_read(address, len, socket.domain, &local);
    if (error < 0)
        return error;
    if (socket.type == SOCK_DGRAM)
        return datagram_bind(fd, &socket, &local);
    const struct start_handle *start = listener_find(local.port);
    if (start != NULL) {
        socket.port = local.port;
        socket.handle = listener_of(start);
    } else {
        error = listener_ask(&local, &socket);
    }
    return error < 0 ? error : descriptor_set(fd, &socket);
}

/* The backlog is fixed by who made the listener. */
long __posix_listen(int fd, int backlog)
{
    struct description socket;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind == OBJECT_LISTENER)
        return 0;
    if (socket.kind != KIND_SOCKET)
        return socket.type == SOCK_DGRAM ? -EOPNOTSUPP : -ENOTSOCK;
    if (socket.type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (socket.handle.raw == 0)
        return socket.port == 0 ? -EDESTADDRREQ : -EACCES;
    socket.kind = OBJECT_LISTENER;
    return descriptor_set(fd, &socket);
}

long __posix_accept4(int fd, struct sockaddr *out_address, uint32_t *len, int flags)
{
    struct description listener;
    struct socket_address peer;
    if ((flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != 0)
        return -EINVAL;
    if (descriptor_get(fd, &listener) != 0)
        return -EBADF;
    if (listener.kind != OBJECT_LISTENER)
        return listener.kind == KIND_SOCKET ? -EINVAL : -ENOTSOCK;
    struct io_manner manner = io_manner_of(&listener, listener.read_max_ns);
    struct blocking_call call = {
        .number = SYSCALL_listener_accept,
        .in = { listener.handle.raw, (uint64_t)(uintptr_t)&peer, manner.flags, manner.deadline },
    };
    long handle = blocking_call_value(&call);
    if (handle < 0)
        return handle == -ETIMEDOUT ? -EAGAIN : handle;
    struct description stream = { .handle = { (uint64_t)handle },
                                  .kind = OBJECT_STREAM,
                                  .domain = listener.domain != 0 ? listener.domain : AF_INET,
                                  .flags = O_RDWR | (flags & SOCK_NONBLOCK ? O_NONBLOCK : 0) };
    int fd_new = descriptor_open(&stream, 0, (flags & SOCK_CLOEXEC) != 0);
    if (fd_new >= 0)
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
    case KIND_SOCKET: info.local.port = (uint16_t)socket.port; break;
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
    if (status == STATUS_OK && socket.type == SOCK_DGRAM && info.remote.port == 0 &&
        socket.domain != AF_UNIX)
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
