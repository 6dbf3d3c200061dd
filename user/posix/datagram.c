/* See datagram.h. What needs no address is read and written by number (io.h); here are the calls with one. */
#include "user/posix/datagram.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/network.h"
#include "user/posix/socket_address.h"
#include "user/rt/clock.h"

enum {
    SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT,
    RECEIVE_FLAGS = MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_TRUNC,
    GATHER_MAX =
        STREAM_RECORD_LOCAL_MAX + 1, /* One more than the longest record: that is refused. */
};

static bool has_records(const struct description *socket)
{
    return socket->type == SOCK_DGRAM || socket->type == SOCK_SEQPACKET;
}

bool datagram_is(int fd)
{
    struct description socket;
    return descriptor_get(fd, &socket) == 0 && has_records(&socket);
}

/* How to wait: the flags of the call and of the number, and its limit. */
static uint64_t flags_of(const struct description *socket, int flags)
{
    return (flags & MSG_DONTWAIT || socket->flags & O_NONBLOCK ? STREAM_NO_WAIT : 0) |
           (flags & MSG_PEEK ? STREAM_PEEK : 0);
}

static time_ns_t deadline_of(time_ns_t limit_ns)
{
    return limit_ns != 0 ? clock_after(limit_ns) : TIME_NEVER;
}

/* A wait that SO_RCVTIMEO or SO_SNDTIMEO limits and that ran out is EAGAIN. */
static long limited(long answer)
{
    return answer == -ETIMEDOUT ? -EAGAIN : answer;
}

long datagram_open(int fd, const struct socket_address *local, const struct socket_address *remote)
{
    handle_t stream;
    status_t status = network_udp_open(local, remote, &stream);
    if (status == STATUS_NO_RIGHT && remote == NULL && local->port == 0)
        return 0; /* It asks for nothing; sending will. */
    return status == STATUS_OK ? descriptor_attach(fd, stream) : posix_error(status);
}

/* Of the families of addresses there is one: programs connect, which sends nothing, to learn that. */
static bool is_there(const struct socket_address *remote, uint32_t domain)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    static const uint8_t loopback[4] = { 127, 0, 0, 1 }; /* What ::1 was read as. */
    return memcmp(remote->address, mapped, sizeof mapped) == 0 &&
           (domain == AF_INET || memcmp(remote->address + 12, loopback, sizeof loopback) != 0);
}

/* Without a right to open it, as if opened: that sends nothing either. */
long datagram_connect(int fd, const struct description *socket, const struct sockaddr *address,
                      uint32_t len)
{
    static const struct socket_address any;
    struct socket_address remote;
    handle_t stream = descriptor_handle((uint32_t)fd);
    if (len >= sizeof address->sa_family && address->sa_family == AF_UNSPEC)
        return socket->kind == KIND_SOCKET ? 0 : posix_error(sys_stream_connect(stream, NULL));
    long error = socket_address_read_peer(address, len, socket->domain, &remote);
    if (error < 0)
        return error;
    if (!is_there(&remote, socket->domain))
        return -EADDRNOTAVAIL;
    if (socket->kind == KIND_SOCKET)
        error = datagram_open(fd, &any, &remote);
    if (error < 0)
        return error == -EACCES ? 0 : error;
    return posix_error(sys_stream_connect(stream, &remote));
}

long datagram_sendto(int fd, const void *buffer, size_t size, int flags,
                     const struct sockaddr *address, uint32_t len)
{
    static const struct socket_address any;
    struct description socket;
    struct socket_address remote;
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if (!has_records(&socket) || socket.domain == AF_UNIX)
        return socket.domain != 0 ? -EISCONN : -ENOTSOCK;
    if ((flags & ~SEND_FLAGS) != 0)
        return -EOPNOTSUPP;
    long error = socket_address_read_peer(address, len, socket.domain, &remote);
    if (error == 0 && socket.kind == KIND_SOCKET)
        error = datagram_open(fd, &any, &remote);
    if (error < 0)
        return error;
    struct blocking_call call = {
        .number = SYSCALL_stream_send,
        .in = { descriptor_handle((uint32_t)fd).raw, (uint64_t)(uintptr_t)buffer, size,
                (uint64_t)(uintptr_t)&remote, flags_of(&socket, flags),
                deadline_of(socket.write_max_ns) },
    };
    error = blocking_call_make(&call);
    return error < 0 ? limited(error) : (long)size;
}

/* What nobody has bound and nothing was sent from, nothing comes to. */
long datagram_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *out_address,
                       uint32_t *len, int *out_flags)
{
    struct description socket;
    struct socket_address from = { 0 }; /* At the end of a stream nothing comes. */
    if (descriptor_get(fd, &socket) != 0)
        return -EBADF;
    if ((flags & ~RECEIVE_FLAGS) != 0)
        return -EOPNOTSUPP;
    if (socket.kind == KIND_SOCKET)
        return -ENOTCONN;
    struct blocking_call call = {
        .number = SYSCALL_stream_receive,
        .in = { descriptor_handle((uint32_t)fd).raw, (uint64_t)(uintptr_t)buffer, size,
                (uint64_t)(uintptr_t)&from, flags_of(&socket, flags),
                deadline_of(socket.read_max_ns) },
    };
    long error = blocking_call_make(&call);
    if (error < 0)
        return limited(error);
    size_t done = call.out[0], record_len = call.out[1];
    if (socket.domain != AF_UNIX)
        socket_address_write(&from, socket.domain, out_address, len);
    else if (len != NULL)
        *len = 0;
    if (out_flags != NULL)
        *out_flags = record_len > done ? MSG_TRUNC : 0;
    return (long)(flags & MSG_TRUNC ? record_len : done);
}

/* A record is one, however many pieces it is in. */
long datagram_sendmsg(int fd, const struct msghdr *message, int flags)
{
    char bytes[GATHER_MAX];
    size_t size = 0;
    for (int i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        if (piece->iov_len > sizeof bytes - size)
            return -EMSGSIZE;
        memcpy(bytes + size, piece->iov_base, piece->iov_len);
        size += piece->iov_len;
    }
    return datagram_sendto(fd, bytes, size, flags, message->msg_name, message->msg_namelen);
}

static void scatter(const struct msghdr *message, const char *bytes, size_t size)
{
    for (int i = 0; i < message->msg_iovlen && size > 0; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        size_t part = piece->iov_len < size ? piece->iov_len : size;
        memcpy(piece->iov_base, bytes, part);
        bytes += part;
        size -= part;
    }
}

long datagram_recvmsg(int fd, struct msghdr *message, int flags)
{
    char bytes[GATHER_MAX];
    size_t room = 0;
    for (int i = 0; i < message->msg_iovlen; i++)
        room += message->msg_iov[i].iov_len;
    room = room < sizeof bytes ? room : sizeof bytes;
    long answer = datagram_recvfrom(fd, bytes, room, flags, message->msg_name,
                                    &message->msg_namelen, &message->msg_flags);
    if (answer < 0)
        return answer;
    scatter(message, bytes, (size_t)answer < room ? (size_t)answer : room);
    if (message->msg_name == NULL)
        message->msg_namelen = 0;
    message->msg_controllen = 0;
    return answer;
}
