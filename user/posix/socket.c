/* Sockets. What a program may listen on, it was given: the start handle "net:listen:tcp:80" is a LISTENER.
 * So socket() makes a number with nothing behind it, bind() remembers the port, and listen() puts the
 * handle for that port behind the number; without the grant, bind() answers EACCES. Connecting comes
 * with the protocol of netd. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/posix/socket_address.h"
#include "user/posix/start.h"

long __posix_socket(int domain, int type, int protocol)
{
    if (domain != AF_INET && domain != AF_INET6)
        return -EAFNOSUPPORT;
    if ((type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != SOCK_STREAM ||
        (protocol != 0 && protocol != SOCKET_TCP))
        return -EPROTONOSUPPORT;
    struct description socket = { .kind = KIND_SOCKET,
                                  .domain = (uint32_t)domain,
                                  .flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0) };
    return descriptor_open(&socket, (type & SOCK_CLOEXEC) != 0);
}

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

long __posix_bind(int fd, const struct sockaddr *address, uint32_t len)
{
    struct description socket;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind != KIND_SOCKET || socket.port != 0)
        return socket.kind == KIND_SOCKET ? -EINVAL : -ENOTSOCK;
    long port = socket_address_port(address, len, socket.domain);
    if (port < 0)
        return port;
    if (port == 0 || listener_find((uint32_t)port) == NULL)
        return -EACCES;
    return descriptor_set_port(fd, &socket, (uint32_t)port);
}

/* The number gets a handle of its own, so that closing it leaves the start handle; if that may not be
 * duplicated, the start handle itself, which can then be listened on once. The backlog is fixed by
 * who made the listener. */
long __posix_listen(int fd, int backlog)
{
    struct description socket;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (socket.kind == OBJECT_LISTENER)
        return 0;
    if (socket.kind != KIND_SOCKET)
        return -ENOTSOCK;
    if (socket.port == 0)
        return -EDESTADDRREQ;
    const struct start_handle *start = listener_find(socket.port);
    if (start == NULL)
        return -EACCES;
    handle_t listener;
    if (sys_handle_duplicate(start->handle, start->rights, &listener) != STATUS_OK)
        listener = (handle_t){ start->handle };
    return descriptor_attach(fd, listener);
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
