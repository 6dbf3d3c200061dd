/* Pipes and local socket pairs: the two ends of a kernel stream. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"

/* Two numbers for two ends, or none. */
static long pair_open(const struct description *first, const struct description *second,
                      bool close_on_exec, int fds[2])
{
    int fd_first = descriptor_open(first, 0, close_on_exec);
    if (fd_first < 0) {
        (void)sys_handle_close(second->handle.raw);
        return fd_first;
    }
    int fd_second = descriptor_open(second, 0, close_on_exec);
    if (fd_second < 0) {
        (void)descriptor_close(fd_first);
        return fd_second;
    }
    fds[0] = fd_first;
    fds[1] = fd_second;
    return 0;
}

/* Each end of the stream could do both; the access modes make it one-way. */
long __posix_pipe2(int fds[2], int flags)
{
    handle_t first, second;
    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
        return -EINVAL;
    status_t status = sys_stream_create(&first, &second);
    if (status != STATUS_OK)
        return posix_error(status);
    uint32_t no_wait = (uint32_t)flags & O_NONBLOCK;
    struct description reader = { .handle = first,
                                  .kind = OBJECT_STREAM,
                                  .flags = O_RDONLY | no_wait };
    struct description writer = { .handle = second,
                                  .kind = OBJECT_STREAM,
                                  .flags = O_WRONLY | no_wait };
    return pair_open(&reader, &writer, (flags & O_CLOEXEC) != 0, fds);
}

long __posix_socketpair(int domain, int type, int protocol, int fds[2])
{
    handle_t first, second;
    int plain = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_UNIX || protocol != 0)
        return -EAFNOSUPPORT;
    if (plain != SOCK_STREAM && plain != SOCK_DGRAM && plain != SOCK_SEQPACKET)
        return -EPROTONOSUPPORT;
    status_t status = plain == SOCK_STREAM ? sys_stream_create(&first, &second)
                                           : sys_stream_create_records(&first, &second);
    if (status != STATUS_OK)
        return posix_error(status);
    struct description end = { .kind = OBJECT_STREAM,
                               .flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0),
                               .domain = AF_UNIX,
                               .type = (uint32_t)plain };
    struct description other = end;
    end.handle = first;
    other.handle = second;
    return pair_open(&end, &other, (type & SOCK_CLOEXEC) != 0, fds);
}
