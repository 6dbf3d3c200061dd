/* See datagram.h. */
#include "user/posix/datagram.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include <abi/stream.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/network.h"
#include "user/posix/socket_address.h"

enum {
    SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT,
    RECEIVE_FLAGS = MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL | MSG_TRUNC,
    GATHER_MAX =
        STREAM_RECORD_LOCAL_MAX + 1, /* One more than the longest record: that is refused. */
};

/* A wait that SO_RCVTIMEO or SO_SNDTIMEO limits and that ran out is EAGAIN. */
static long limited(long answer)
{
    return answer == -ETIMEDOUT ? -EAGAIN : answer;
}

long datagram_put(const struct description *socket, const void *buffer, size_t size,
                  const struct socket_address *to, struct io_manner manner)
{
    struct blocking_call call = {
        .number = SYSCALL_stream_send,
        .in = { socket->handle.raw, (uint64_t)(uintptr_t)buffer, size, (uint64_t)(uintptr_t)to,
                manner.flags, manner.deadline },
    };
    long error = blocking_call_make(&call);
    if (error == -ENOTCONN)
        return -EDESTADDRREQ;
    return error < 0 ? limited(error) : (long)size;
}

long datagram_take(const struct description *socket, void *buffer, size_t size,
                   struct socket_address *out_from, size_t *out_len, struct io_manner manner)
{
    struct blocking_call call = {
        .number = SYSCALL_stream_receive,
        .in = { socket->handle.raw, (uint64_t)(uintptr_t)buffer, size,
                (uint64_t)(uintptr_t)out_from, manner.flags, manner.deadline },
    };
    if (out_from != NULL)
        *out_from = (struct socket_address){ 0 }; /* At the end of a stream nothing comes. */
    long error = blocking_call_make(&call);
    if (error < 0)
        return limited(error);
    if (out_len != NULL)
        *out_len = call.out[1];
    return (long)call.out[0];
}

static struct io_manner manner_with(const struct description *socket, time_ns_t max_ns, int flags)
{
    struct io_manner manner = io_manner_of(socket, max_ns);
    manner.flags |= flags & MSG_DONTWAIT ? STREAM_NO_WAIT : 0;
    manner.flags |= flags & MSG_PEEK ? STREAM_PEEK : 0;
    return manner;
}

/* Put a stream behind the number. */
static long datagram_open(int fd, struct description *socket, const struct socket_address *local,
                          const struct socket_address *remote)
{
    status_t status = network_udp_open(local, remote, &socket->handle);
    if (status != STATUS_OK)
        return posix_error(status);
    socket->kind = OBJECT_STREAM;
    long error = descriptor_set(fd, socket);
    if (error < 0)
        (void)sys_handle_close(socket->handle.raw);
    return error;
}

/* Without a port of one's own, which is chosen when the first record is sent. */
static bool binds_nothing(const struct socket_address *local)
{
    static const uint8_t any[16];
    return local->port == 0 && memcmp(local->address, any, sizeof any) == 0;
}

long datagram_bind(int fd, struct description *socket, const struct socket_address *local)
{
    if (binds_nothing(local)) {
        long error = datagram_open(fd, socket, local, NULL);
        return error == -EACCES ? 0 : error; /* It asks for no right; sending will. */
    }
    return datagram_open(fd, socket, local, NULL);
}

/* As if opened, when there is no right to open it: connecting sends nothing, and programs do it to learn
 * which families of addresses there are. Of these there is one. */
long datagram_connect(int fd, struct description *socket, const struct sockaddr *address,
                      uint32_t len)
{
    static const struct socket_address any;
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    struct socket_address remote;
    if (len >= sizeof address->sa_family && address->sa_family == AF_UNSPEC)
        return socket->kind == KIND_SOCKET ? 0
                                           : posix_error(sys_stream_connect(socket->handle, NULL));
    long error = socket_address_read_peer(address, len, socket->domain, &remote);
    if (error < 0)
        return error;
    if (memcmp(remote.address, mapped, sizeof mapped) != 0 ||
        (socket->domain == AF_INET6 && memcmp(remote.address + 12, "\x7f\0\0\1", 4) == 0))
        return -EADDRNOTAVAIL;
    if (socket->kind == KIND_SOCKET) {
        error = datagram_open(fd, socket, &any, &remote);
        if (error < 0)
            return error == -EACCES ? 0 : error;
    }
    return posix_error(sys_stream_connect(socket->handle, &remote));
}

long datagram_sendto(int fd, struct description *socket, const void *buffer, size_t size, int flags,
                     const struct sockaddr *address, uint32_t len)
{
    static const struct socket_address any;
    struct socket_address remote;
    if ((flags & ~SEND_FLAGS) != 0)
        return -EOPNOTSUPP;
    if (address != NULL) {
        if (socket->domain == AF_UNIX)
            return -EISCONN;
        long error = socket_address_read_peer(address, len, socket->domain, &remote);
        if (error < 0)
            return error;
    }
    if (socket->kind == KIND_SOCKET) {
        if (address == NULL)
            return -EDESTADDRREQ;
        long error = datagram_open(fd, socket, &any, &remote);
        if (error < 0)
            return error;
    }
    return datagram_put(socket, buffer, size, address != NULL ? &remote : NULL,
                        manner_with(socket, socket->write_max_ns, flags));
}

/* What nobody has bound and nothing was sent from, nothing comes to. */
long datagram_recvfrom(const struct description *socket, void *buffer, size_t size, int flags,
                       struct sockaddr *out_address, uint32_t *len, int *out_flags)
{
    struct socket_address from;
    size_t record_len = 0;
    if ((flags & ~RECEIVE_FLAGS) != 0)
        return -EOPNOTSUPP;
    if (socket->kind == KIND_SOCKET)
        return -ENOTCONN;
    long done = datagram_take(socket, buffer, size, &from, &record_len,
                              manner_with(socket, socket->read_max_ns, flags));
    if (done < 0)
        return done;
    if (socket->domain != AF_UNIX)
        socket_address_write(&from, socket->domain, out_address, len);
    else if (len != NULL)
        *len = 0;
    if (out_flags != NULL)
        *out_flags = record_len > (size_t)done ? MSG_TRUNC : 0;
    return flags & MSG_TRUNC ? (long)record_len : done;
}

/* A record is one, however many pieces it is in. */
long datagram_sendmsg(int fd, struct description *socket, const struct msghdr *message, int flags)
{
    char bytes[GATHER_MAX];
    size_t size = 0;
    if (message->msg_controllen != 0)
        return -EOPNOTSUPP;
    for (int i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        if (piece->iov_len > sizeof bytes - size)
            return -EMSGSIZE;
        memcpy(bytes + size, piece->iov_base, piece->iov_len);
        size += piece->iov_len;
    }
    return datagram_sendto(fd, socket, bytes, size, flags, message->msg_name, message->msg_namelen);
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

long datagram_recvmsg(const struct description *socket, struct msghdr *message, int flags)
{
    char bytes[GATHER_MAX];
    size_t room = 0;
    for (int i = 0; i < message->msg_iovlen; i++)
        room += message->msg_iov[i].iov_len;
    room = room < sizeof bytes ? room : sizeof bytes;
    long answer = datagram_recvfrom(socket, bytes, room, flags, message->msg_name,
                                    &message->msg_namelen, &message->msg_flags);
    if (answer < 0)
        return answer;
    scatter(message, bytes, (size_t)answer < room ? (size_t)answer : room);
    if (message->msg_name == NULL)
        message->msg_namelen = 0;
    message->msg_controllen = 0;
    return answer;
}
