/* Pipes and local socket pairs: the two ends of a kernel stream. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"

static long pair_open(const struct description *nature, uint32_t flags, int fds[2])
{
    uint32_t first, second;
    struct descriptor_words words = descriptor_words(nature);
    status_t status = sys_descriptor_pipe(flags, &words, &first, &second);
    if (status != STATUS_OK)
        return descriptor_error(status);
    fds[0] = (int)first;
    fds[1] = (int)second;
    return 0;
}

long __posix_pipe2(int fds[2], int flags)
{
    static const struct description pipe_nature;
    if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0)
        return -EINVAL;
    return pair_open(&pipe_nature,
                     (flags & O_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                         (flags & O_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0),
                     fds);
}

/* Two numbers for two ends, or none. */
static long records_open(int type, int fds[2])
{
    handle_t first, second;
    status_t status = sys_stream_create_records(&first, &second);
    if (status != STATUS_OK)
        return posix_error(status);
    bool close_on_exec = (type & SOCK_CLOEXEC) != 0;
    struct description end = { .handle = first,
                               .kind = OBJECT_STREAM,
                               .flags = O_RDWR | (type & SOCK_NONBLOCK ? O_NONBLOCK : 0),
                               .domain = AF_UNIX,
                               .type = (uint32_t)(type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) };
    struct description other = end;
    other.handle = second;
    fds[0] = descriptor_open(&end, close_on_exec);
    fds[1] = descriptor_open(&other, close_on_exec);
    if (fds[0] >= 0 && fds[1] >= 0)
        return 0;
    long error = fds[0] < 0 ? fds[0] : fds[1];
    if (fds[0] >= 0)
        (void)descriptor_close(fds[0]);
    if (fds[1] >= 0)
        (void)descriptor_close(fds[1]);
    return error;
}

long __posix_socketpair(int domain, int type, int protocol, int fds[2])
{
    static const struct description local_nature = { .domain = AF_UNIX, .type = SOCK_STREAM };
    int plain = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_UNIX || protocol != 0)
        return -EAFNOSUPPORT;
    if (plain == SOCK_DGRAM || plain == SOCK_SEQPACKET)
        return records_open(type, fds);
    if (plain != SOCK_STREAM)
        return -EPROTONOSUPPORT;
    return pair_open(&local_nature,
                     DESCRIPTION_SOCKET | (type & SOCK_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                         (type & SOCK_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0),
                     fds);
}
