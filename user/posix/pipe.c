/* Pipes and local socket pairs: the two ends of a kernel stream. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <swos/syscalls.h>

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

long __posix_socketpair(int domain, int type, int protocol, int fds[2])
{
    static const struct description local_nature = { .domain = AF_UNIX };
    if (domain != AF_UNIX || protocol != 0)
        return -EAFNOSUPPORT;
    if ((type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != SOCK_STREAM)
        return -EPROTONOSUPPORT;
    return pair_open(&local_nature,
                     DESCRIPTION_SOCKET | (type & SOCK_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                         (type & SOCK_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0),
                     fds);
}
