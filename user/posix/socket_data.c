/* Sending and receiving. The kernel's read and write of a number serve streams and records alike; an address
 * is for datagrams alone (datagram.c). Messages carry no control data: descriptors are not passed yet. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <abi/file.h>

#include "user/posix/datagram.h"
#include "user/posix/io.h"
#include "user/posix/posix.h"

enum {
    SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT,
    RECEIVE_FLAGS = MSG_DONTWAIT | MSG_PEEK | MSG_WAITALL
};

static long flags_send(int flags)
{
    if ((flags & ~SEND_FLAGS) != 0)
        return -EOPNOTSUPP;
    return DESCRIPTOR_ONLY_SOCKET | (flags & MSG_DONTWAIT ? DESCRIPTOR_NO_WAIT : 0) |
           (flags & MSG_NOSIGNAL ? DESCRIPTOR_NO_SIGNAL : 0);
}

static long flags_receive(int flags)
{
    if ((flags & ~RECEIVE_FLAGS) != 0)
        return -EOPNOTSUPP;
    return DESCRIPTOR_ONLY_SOCKET | (flags & MSG_DONTWAIT ? DESCRIPTOR_NO_WAIT : 0) |
           (flags & MSG_PEEK ? DESCRIPTOR_PEEK : 0) |
           (flags & MSG_WAITALL ? DESCRIPTOR_WAIT_ALL : 0);
}

long __posix_sendto(int fd, const void *buffer, size_t size, int flags,
                    const struct sockaddr *address, uint32_t len)
{
    long manner = flags_send(flags);
    if (manner < 0)
        return manner;
    if (address != NULL)
        return datagram_sendto(fd, buffer, size, flags, address, len);
    return io_write(fd, buffer, size, FILE_OFFSET_CURRENT, (uint32_t)manner);
}

long __posix_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *out_address,
                      uint32_t *len)
{
    if ((out_address != NULL || (flags & MSG_TRUNC)) && datagram_is(fd))
        return datagram_recvfrom(fd, buffer, size, flags, out_address, len, NULL);
    long manner = flags_receive(flags);
    if (manner < 0)
        return manner;
    if (out_address != NULL && len != NULL)
        *len = 0; /* A stream's bytes have no address of their own. */
    return io_read(fd, buffer, size, FILE_OFFSET_CURRENT, (uint32_t)manner);
}

long __posix_sendmsg(int fd, const struct msghdr *message, int flags)
{
    long manner = flags_send(flags);
    if (manner < 0)
        return manner;
    if (message->msg_controllen != 0)
        return -EOPNOTSUPP;
    if (message->msg_name != NULL)
        return datagram_sendmsg(fd, message, flags);
    return io_write_vector(fd, message->msg_iov, message->msg_iovlen, FILE_OFFSET_CURRENT,
                           (uint32_t)manner);
}

long __posix_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (datagram_is(fd))
        return datagram_recvmsg(fd, message, flags);
    long manner = flags_receive(flags);
    if (manner < 0)
        return manner;
    long done = io_read_vector(fd, message->msg_iov, message->msg_iovlen, FILE_OFFSET_CURRENT,
                               (uint32_t)manner);
    if (done < 0)
        return done;
    message->msg_namelen = 0;
    message->msg_controllen = 0;
    message->msg_flags = 0;
    return done;
}
