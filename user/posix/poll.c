/* Waiting for many numbers: poll, ppoll, pselect, by one call of the kernel. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

enum { MASK_SIZE = 8 };

_Static_assert(sizeof(struct pollfd) == sizeof(struct descriptor_poll) &&
                   offsetof(struct pollfd, revents) == offsetof(struct descriptor_poll, found) &&
                   POLLIN == DESCRIPTOR_POLL_IN && POLLOUT == DESCRIPTOR_POLL_OUT &&
                   POLLERR == DESCRIPTOR_POLL_ERROR && POLLHUP == DESCRIPTOR_POLL_HANG_UP &&
                   POLLNVAL == DESCRIPTOR_POLL_INVALID && POLLRDNORM == DESCRIPTOR_POLL_IN_NORMAL &&
                   POLLWRNORM == DESCRIPTOR_POLL_OUT_NORMAL &&
                   POLLRDHUP == DESCRIPTOR_POLL_READ_CLOSED,
               "the kernel's entry is the C library's");

static long poll_until(struct pollfd *list, unsigned long count, time_ns_t deadline,
                       const uint64_t *mask)
{
    struct blocking_call call = {
        .number = SYSCALL_descriptor_poll,
        .in = { (uint64_t)(uintptr_t)list, count, deadline, (uint64_t)(uintptr_t)mask },
    };
    return blocking_call_value(&call);
}

long __posix_poll(struct pollfd *list, unsigned long count, int timeout_ms)
{
    time_ns_t deadline = timeout_ms == 0 ? TIME_NOW : TIME_NEVER;
    if (timeout_ms > 0)
        deadline = clock_after((time_ns_t)timeout_ms * 1000000);
    return poll_until(list, count, deadline, NULL);
}

static long deadline_of(const struct timespec *timeout, time_ns_t *out_deadline)
{
    time_ns_t ns;
    *out_deadline = TIME_NEVER;
    if (timeout == NULL)
        return 0;
    long error = time_read(timeout, &ns);
    if (error == 0)
        *out_deadline = ns == 0 ? TIME_NOW : clock_after(ns);
    return error;
}

long __posix_ppoll(struct pollfd *list, unsigned long count, const struct timespec *timeout,
                   const uint64_t *mask, size_t mask_size)
{
    time_ns_t deadline;
    long error = deadline_of(timeout, &deadline);
    if (error == 0 && mask != NULL && mask_size != MASK_SIZE)
        error = -EINVAL;
    return error < 0 ? error : poll_until(list, count, deadline, mask);
}

static bool is_in(const fd_set *set, int fd)
{
    return set != NULL && FD_ISSET(fd, set);
}

/* The events of a list back into the sets. @return how many bits are set. */
static long sets_fill(const struct pollfd *list, size_t count, fd_set *readable, fd_set *writable,
                      fd_set *exceptional)
{
    long total = 0;
    fd_set *sets[] = { readable, writable, exceptional };
    for (size_t i = 0; i < 3; i++)
        if (sets[i] != NULL)
            FD_ZERO(sets[i]);
    for (size_t i = 0; i < count; i++) {
        if ((list[i].events & POLLIN) && (list[i].revents & (POLLIN | POLLHUP | POLLERR))) {
            FD_SET(list[i].fd, readable);
            total++;
        }
        if ((list[i].events & POLLOUT) && (list[i].revents & (POLLOUT | POLLERR))) {
            FD_SET(list[i].fd, writable);
            total++;
        }
    }
    return total;
}

/* By poll. There are no exceptional conditions. */
long __posix_pselect6(int count, void *readable, void *writable, void *exceptional,
                      const struct timespec *timeout, const void *mask)
{
    struct pollfd list[FD_SETSIZE];
    size_t used = 0;
    time_ns_t deadline;
    long error = deadline_of(timeout, &deadline);
    if (error < 0 || count < 0 || count > FD_SETSIZE)
        return error < 0 ? error : -EINVAL;
    for (int fd = 0; fd < count; fd++) {
        short events =
            (short)((is_in(readable, fd) ? POLLIN : 0) | (is_in(writable, fd) ? POLLOUT : 0));
        if (events != 0)
            list[used++] = (struct pollfd){ .fd = fd, .events = events };
    }
    /* The C library passes the mask's address and its size. */
    const uint64_t *const *pair = mask;
    long ready = poll_until(list, used, deadline, pair != NULL ? pair[0] : NULL);
    if (ready < 0)
        return ready;
    for (size_t i = 0; i < used; i++)
        if (list[i].revents & POLLNVAL)
            return -EBADF;
    return sets_fill(list, used, readable, writable, exceptional);
}
