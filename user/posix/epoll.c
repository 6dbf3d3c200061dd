/* epoll: a port of the kernel behind a number. A binding names the object, so that it is one for all numbers of
 * one description, in every process that shares the port, and ends when the last of them is closed. */
#include <errno.h>
#include <sys/epoll.h>

#include <abi/descriptor.h>
#include <abi/port.h>
#include <abi/signals.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/rt/clock.h"

enum { MASK_SIZE = 8, NS_PER_MS = 1000000 };

long __posix_epoll_create1(int flags)
{
    uint32_t number;
    if ((flags & ~EPOLL_CLOEXEC) != 0)
        return -EINVAL;
    status_t status =
        sys_descriptor_port(flags & EPOLL_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0, &number);
    return status == STATUS_OK ? (long)number : descriptor_error(status);
}

/* An error and a hang-up are told unasked. */
static uint32_t signals_of(uint32_t events)
{
    return (events & (EPOLLIN | EPOLLRDNORM) ? SIGNAL_READABLE | SIGNAL_EVENT : 0) |
           (events & EPOLLRDHUP ? SIGNAL_READ_CLOSED : 0) |
           (events & (EPOLLOUT | EPOLLWRNORM) ? SIGNAL_WRITABLE : 0) | SIGNAL_PEER_CLOSED |
           SIGNAL_ERROR;
}

static uint32_t events_of(uint32_t signals)
{
    return (signals & (SIGNAL_READABLE | SIGNAL_EVENT) ? (uint32_t)EPOLLIN : 0) |
           (signals & SIGNAL_READ_CLOSED ? (uint32_t)EPOLLRDHUP : 0) |
           (signals & SIGNAL_WRITABLE ? (uint32_t)EPOLLOUT : 0) |
           (signals & SIGNAL_PEER_CLOSED ? (uint32_t)EPOLLHUP : 0) |
           (signals & SIGNAL_ERROR ? (uint32_t)EPOLLERR : 0);
}

/* The kernel's word on the port is EINVAL, on what is bound to it EPERM: a file needs no waiting. */
static long bind_error(status_t status)
{
    switch (status) {
    case STATUS_NOT_SUPPORTED:
    case STATUS_NO_RIGHT: return -EPERM;
    case STATUS_LIMIT: return -ENOSPC;
    default: return posix_error(status);
    }
}

long __posix_epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    handle_t port = descriptor_handle((uint32_t)epoll_fd);
    handle_t object = descriptor_handle((uint32_t)fd);
    if (epoll_fd == fd)
        return -EINVAL;
    if (operation == EPOLL_CTL_DEL)
        return posix_error(sys_port_unbind(port, object));
    if (operation != EPOLL_CTL_ADD && operation != EPOLL_CTL_MOD)
        return -EINVAL;
    uint32_t flags = operation == EPOLL_CTL_ADD ? PORT_NEW : PORT_CHANGE;
    flags |=
        (event->events & EPOLLET ? PORT_EDGE : 0) | (event->events & EPOLLONESHOT ? PORT_ONCE : 0);
    return bind_error(
        sys_port_bind(port, object, event->data.u64, signals_of(event->events), flags));
}

long __posix_epoll_pwait(int epoll_fd, struct epoll_event *events, int count, int timeout_ms,
                         const uint64_t *mask, size_t mask_size)
{
    struct port_packet packets[PORT_BATCH_MAX];
    time_ns_t deadline = timeout_ms == 0 ? TIME_NOW : TIME_NEVER;
    if (count <= 0 || (mask != NULL && mask_size != MASK_SIZE))
        return -EINVAL;
    if (timeout_ms > 0)
        deadline = clock_after((time_ns_t)timeout_ms * NS_PER_MS);
    struct blocking_call call = {
        .number = SYSCALL_descriptor_port_wait,
        .in = { (uint32_t)epoll_fd, (uint64_t)(uintptr_t)packets,
                count < PORT_BATCH_MAX ? (uint64_t)count : PORT_BATCH_MAX, deadline,
                (uint64_t)(uintptr_t)mask },
    };
    long taken = blocking_call_value(&call);
    for (long i = 0; i < taken; i++)
        events[i] = (struct epoll_event){ .events = events_of(packets[i].signals),
                                          .data.u64 = packets[i].key };
    return taken;
}
