/* Sending and receiving: of streams here, of datagrams in datagram.c. Messages carry no control data:
 * descriptors are not passed yet. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <abi/stream.h>

#include "user/posix/datagram.h"
#include "user/posix/io.h"
#include "user/posix/posix.h"

/* MSG_NOSIGNAL asks for what is always so. */
enum {
    SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT,
    RECEIVE_FLAGS = MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL
};

static long socket_get(int fd, struct description *out)
{
    if (descriptor_get(fd, out) != 0)
        return -EBADF;
    if (out->domain != 0 && (out->kind == OBJECT_STREAM || datagram_is(out)))
        return 0;
    return out->kind == KIND_SOCKET || out->kind == OBJECT_LISTENER ? -ENOTCONN : -ENOTSOCK;
}

static struct io_manner manner_with(const struct description *socket, time_ns_t max_ns, int flags)
{
    struct io_manner manner = io_manner_of(socket, max_ns);
    manner.flags |= flags & MSG_DONTWAIT ? STREAM_NO_WAIT : 0;
    manner.flags |= flags & MSG_PEEK ? STREAM_PEEK : 0;
    return manner;
}

static long send_bytes(const struct description *socket, const void *buffer, size_t size, int flags)
{
    if ((flags & ~SEND_FLAGS) != 0)
        return -EOPNOTSUPP;
    return stream_put(socket->handle, buffer, size,
                      manner_with(socket, socket->write_max_ns, flags));
}

/* MSG_WAITALL: until the buffer is full, the stream ends or the wait does. */
static long receive_bytes(const struct description *socket, void *buffer, size_t size, int flags)
{
    if ((flags & ~RECEIVE_FLAGS) != 0)
        return -EOPNOTSUPP;
    struct io_manner manner = manner_with(socket, socket->read_max_ns, flags);
    size_t total = 0;
    for (;;) {
        long done = stream_take(socket->handle, (char *)buffer + total, size - total, manner);
        if (done < 0)
            return total > 0 ? (long)total : done;
        total += (size_t)done;
        if (done == 0 || total == size || (flags & (MSG_WAITALL | MSG_PEEK)) != MSG_WAITALL)
            return (long)total;
    }
}

long __posix_sendto(int fd, const void *buffer, size_t size, int flags,
                    const struct sockaddr *address, uint32_t len)
{
    struct description socket;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (datagram_is(&socket))
        return datagram_sendto(fd, &socket, buffer, size, flags, address, len);
    return address != NULL ? -EISCONN : send_bytes(&socket, buffer, size, flags);
}

long __posix_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *out_address,
                      uint32_t *len)
{
    struct description socket;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (datagram_is(&socket))
        return datagram_recvfrom(&socket, buffer, size, flags, out_address, len, NULL);
    if (out_address != NULL && len != NULL)
        *len = 0; /* A stream's bytes have no address of their own. */
    return receive_bytes(&socket, buffer, size, flags);
}

/* Piece by piece; after the first bytes nothing waits. */
long __posix_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct description socket;
    long total = 0;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (datagram_is(&socket))
        return datagram_sendmsg(fd, &socket, message, flags);
    if (message->msg_name != NULL || message->msg_controllen != 0)
        return message->msg_name != NULL ? -EISCONN : -EOPNOTSUPP;
    for (int i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        if (piece->iov_len == 0)
            continue;
        long done = send_bytes(&socket, piece->iov_base, piece->iov_len, flags);
        if (done < 0)
            return total > 0 ? total : done;
        total += done;
        if ((size_t)done < piece->iov_len)
            break;
    }
    return total;
}

long __posix_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct description socket;
    long total = 0;
    long error = socket_get(fd, &socket);
    if (error < 0)
        return error;
    if (datagram_is(&socket))
        return datagram_recvmsg(&socket, message, flags);
    for (int i = 0; i < message->msg_iovlen; i++) {
        const struct iovec *piece = &message->msg_iov[i];
        if (piece->iov_len == 0)
            continue;
        long done = receive_bytes(&socket, piece->iov_base, piece->iov_len, flags);
        if (done < 0 && total == 0)
            return done;
        total += done > 0 ? done : 0;
        if (done < (long)piece->iov_len || (flags & MSG_PEEK))
            break;
        if (!(flags & MSG_WAITALL))
            flags |= MSG_DONTWAIT;
    }
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = 0;
    return total;
}
