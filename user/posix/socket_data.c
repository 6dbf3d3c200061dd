/* Sending and receiving. The kernel's read and write of a number serve streams and records alike; an address
 * is for datagrams alone (datagram.c). The control data of a
 * message over a stream are numbers to pass on (SCM_RIGHTS), and nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <abi/file.h>

#include "user/posix/call.h"
#include "user/posix/cancel.h"
#include "user/posix/datagram.h"
#include "user/posix/io.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

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

static uint64_t address_of(const void *memory)
{
    return (uint64_t)(uintptr_t)memory;
}

/* The numbers in a message's control data; nothing else may be there. @return how many, or -EINVAL. */
static long numbers_gather(const struct msghdr *message, int32_t numbers[DESCRIPTOR_MESSAGE_MAX])
{
    const char *control = message->msg_control;
    size_t total = 0;
    for (size_t at = 0; message->msg_controllen - at >= sizeof(struct cmsghdr);) {
        struct cmsghdr header;
        memcpy(&header, control + at, sizeof header);
        if (header.cmsg_level != SOL_SOCKET || header.cmsg_type != SCM_RIGHTS ||
            header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > message->msg_controllen - at)
            return -EINVAL;
        size_t count = (header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (count > DESCRIPTOR_MESSAGE_MAX - total)
            return -EINVAL;
        memcpy(numbers + total, control + at + CMSG_LEN(0), count * sizeof(int));
        total += count;
        at += CMSG_ALIGN(header.cmsg_len);
        if (at > message->msg_controllen)
            break;
    }
    return (long)total;
}

/* Too many on their way are ETOOMANYREFS, as other systems call it. */
static long send_numbers(int fd, const struct msghdr *message, uint32_t flags)
{
    int32_t numbers[DESCRIPTOR_MESSAGE_MAX];
    long count = numbers_gather(message, numbers);
    if (count < 0)
        return count;
    struct descriptor_message about = { .pieces = address_of(message->msg_iov),
                                        .piece_count = (uint32_t)message->msg_iovlen,
                                        .numbers = address_of(numbers),
                                        .number_count = (uint32_t)count,
                                        .flags = flags };
    struct blocking_call call = { .number = SYSCALL_descriptor_send,
                                  .in = { (uint32_t)fd, address_of(&about) } };
    long answer = blocking_call_status(&call);
    if (answer == STATUS_OK)
        return (long)call.out[0];
    if (answer == STATUS_LIMIT)
        return -ETOOMANYREFS;
    return answer < 0 ? answer : posix_error((status_t)answer);
}

long __posix_sendmsg(int fd, const struct msghdr *message, int flags)
{
    long manner = flags_send(flags);
    if (manner < 0)
        return manner;
    if (message->msg_iovlen < 0 || message->msg_iovlen > IOV_MAX)
        return -EMSGSIZE;
    if (message->msg_controllen != 0)
        return send_numbers(fd, message, (uint32_t)manner);
    if (message->msg_name != NULL)
        return datagram_sendmsg(fd, message, flags);
    return io_write_vector(fd, message->msg_iov, message->msg_iovlen, FILE_OFFSET_CURRENT,
                           (uint32_t)manner);
}

/* Say in the control data what has come; its numbers are there already. */
static void control_finish(struct msghdr *message, uint32_t came)
{
    uint32_t count = came & ~DESCRIPTOR_MESSAGE_CUT;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    message->msg_controllen = 0;
    message->msg_flags = came & DESCRIPTOR_MESSAGE_CUT ? MSG_CTRUNC : 0;
    if (count == 0)
        return;
    *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                .cmsg_type = SCM_RIGHTS,
                                .cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int)) };
    message->msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int));
}

static uint32_t control_room(const struct msghdr *message)
{
    if (message->msg_control == NULL || message->msg_controllen < CMSG_LEN(sizeof(int)))
        return 0;
    size_t room = (message->msg_controllen - CMSG_LEN(0)) / sizeof(int);
    return room < DESCRIPTOR_MESSAGE_MAX ? (uint32_t)room : DESCRIPTOR_MESSAGE_MAX;
}

long __posix_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (datagram_is(fd))
        return datagram_recvmsg(fd, message, flags);
    long manner = flags_receive(flags & ~MSG_CMSG_CLOEXEC);
    if (manner < 0)
        return manner;
    if (message->msg_iovlen < 0 || message->msg_iovlen > IOV_MAX)
        return -EMSGSIZE;
    uint32_t room = control_room(message);
    struct descriptor_message about = {
        .pieces = address_of(message->msg_iov),
        .piece_count = (uint32_t)message->msg_iovlen,
        .numbers = room > 0 ? address_of(CMSG_DATA((struct cmsghdr *)message->msg_control)) : 0,
        .number_count = room,
        .flags = (uint32_t)manner | (flags & MSG_CMSG_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0),
    };
    struct blocking_call call = { .number = SYSCALL_descriptor_receive,
                                  .in = { (uint32_t)fd, address_of(&about) } };
    long error = blocking_call_make(&call);
    if (error < 0)
        return error;
    message->msg_namelen = 0;
    control_finish(message, (uint32_t)call.out[1]);
    return (long)call.out[0];
}

/* One after the other. The first that waits is a cancellation point; later ones are none, since what has come
 * would be lost. The time-out is looked at after each, as elsewhere. */
long __posix_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, unsigned flags,
                      const struct timespec *timeout)
{
    unsigned came = 0;
    long len = 0;
    time_ns_t span_ns = 0;
    if (timeout != NULL && time_read(timeout, &span_ns) != 0)
        return -EINVAL;
    time_ns_t end = timeout == NULL ? TIME_NEVER : clock_after(span_ns);
    while (came < count && came < IOV_MAX) {
        bool waits = came == 0 || (flags & MSG_WAITFORONE) == 0;
        int how = (int)(flags & ~(unsigned)MSG_WAITFORONE) | (waits ? 0 : MSG_DONTWAIT);
        len = __posix_recvmsg(fd, &messages[came].msg_hdr, how);
        if (len < 0)
            break;
        messages[came++].msg_len = (unsigned)len;
        cancel_asked = NULL;
        if (end != TIME_NEVER && clock_now() >= end)
            break;
    }
    return came > 0 || len >= 0 ? (long)came : len;
}
