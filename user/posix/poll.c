/* Waiting for many numbers: poll, ppoll, pselect. One object is waited for by object_wait; more of them by a
 * port that lives for the one call. Files and the kernel's log are always ready. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>

#include <abi/port.h>
#include <abi/signals.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

struct waiting {
    struct pollfd *list;
    size_t count;
    time_ns_t deadline;
    long ready;     /* Entries with an event. */
    size_t objects; /* Entries that must be waited for. */
    size_t last;    /* The last of them. */
};

/* The signals that tell of what is asked for, and of what is told unasked. */
static uint32_t signals_of(short events)
{
    return (events & (POLLIN | POLLRDNORM) ? SIGNAL_READABLE | SIGNAL_READ_CLOSED : 0) |
           (events & POLLRDHUP ? SIGNAL_READ_CLOSED : 0) |
           (events & (POLLOUT | POLLWRNORM) ? SIGNAL_WRITABLE : 0) | SIGNAL_PEER_CLOSED |
           SIGNAL_ERROR;
}

static short events_of(uint32_t signals, short events)
{
    int found = (signals & (SIGNAL_READABLE | SIGNAL_READ_CLOSED) ? POLLIN | POLLRDNORM : 0) |
                (signals & SIGNAL_READ_CLOSED ? POLLRDHUP : 0) |
                (signals & SIGNAL_WRITABLE ? POLLOUT | POLLWRNORM : 0);
    return (short)((found & events) | (signals & SIGNAL_PEER_CLOSED ? POLLHUP : 0) |
                   (signals & SIGNAL_ERROR ? POLLERR : 0));
}

static bool is_waitable(uint32_t kind)
{
    return kind == OBJECT_STREAM || kind == OBJECT_LISTENER || kind == OBJECT_TTY;
}

/* What can be said at once; the entries left are counted. */
static void look(struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->count; i++) {
        struct pollfd *entry = &waiting->list[i];
        struct description description;
        entry->revents = 0;
        if (entry->fd < 0)
            continue;
        if (descriptor_get(entry->fd, &description) != 0) {
            entry->revents = POLLNVAL;
        } else if (is_waitable(description.kind)) {
            waiting->objects++;
            waiting->last = i;
        } else if (description.kind == KIND_SOCKET) {
            entry->revents = POLLHUP;
        } else {
            entry->revents = (short)(entry->events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
        }
        waiting->ready += entry->revents != 0;
    }
    if (waiting->ready > 0)
        waiting->deadline = TIME_NOW;
}

static long wait_for_one(struct waiting *waiting)
{
    struct pollfd *entry = &waiting->list[waiting->last];
    struct description description;
    if (descriptor_get(entry->fd, &description) != 0)
        return -EBADF;
    struct blocking_call call = {
        .number = SYSCALL_object_wait,
        .in = { description.handle.raw, signals_of(entry->events), waiting->deadline },
    };
    long error = blocking_call_make(&call);
    if (error == 0) {
        entry->revents = events_of((uint32_t)call.out[0], entry->events);
        waiting->ready += entry->revents != 0;
    }
    return error == -ETIMEDOUT ? 0 : error;
}

/* An object has one binding in a port, with its last key; so an object that is there twice, under two numbers
 * or one, is bound once for all, and its packet goes to each entry. */
static bool same_object_before(const struct waiting *waiting, handle_t handle, size_t index,
                               uint32_t *signals)
{
    bool before = false;
    for (size_t i = 0; i < waiting->count; i++) {
        struct description other;
        if (i == index || waiting->list[i].fd < 0 || waiting->list[i].revents != 0 ||
            descriptor_get(waiting->list[i].fd, &other) != 0 || other.handle.raw != handle.raw)
            continue;
        *signals |= signals_of(waiting->list[i].events);
        before = before || i < index;
    }
    return before;
}

static long bind_all(struct waiting *waiting, handle_t port)
{
    for (size_t i = 0; i < waiting->count; i++) {
        struct description description;
        if (waiting->list[i].fd < 0 || descriptor_get(waiting->list[i].fd, &description) != 0 ||
            !is_waitable(description.kind))
            continue;
        uint32_t signals = signals_of(waiting->list[i].events);
        if (same_object_before(waiting, description.handle, i, &signals))
            continue;
        status_t status =
            sys_port_bind(port, description.handle, description.handle.raw, signals, 0);
        if (status != STATUS_OK)
            return posix_error(status);
    }
    return 0;
}

static void take_packet(struct waiting *waiting, const struct port_packet *packet)
{
    for (size_t i = 0; i < waiting->count; i++) {
        struct pollfd *entry = &waiting->list[i];
        struct description description;
        if (entry->fd < 0 || descriptor_get(entry->fd, &description) != 0 ||
            description.handle.raw != packet->key)
            continue;
        bool told = entry->revents != 0;
        entry->revents |= events_of(packet->signals, entry->events);
        waiting->ready += !told && entry->revents != 0;
    }
}

static long wait_on_port(struct waiting *waiting, handle_t port)
{
    struct port_packet packets[PORT_BATCH_MAX];
    struct blocking_call call = {
        .number = SYSCALL_port_wait,
        .in = { port.raw, (uint64_t)(uintptr_t)packets, PORT_BATCH_MAX, waiting->deadline },
    };
    long error = blocking_call_make(&call);
    if (error < 0)
        return error == -ETIMEDOUT ? 0 : error;
    for (uint64_t i = 0; i < call.out[0]; i++)
        take_packet(waiting, &packets[i]);
    return 0;
}

/* TODO(poll): a port that is kept from call to call would save its making and the bindings; and a thread
 * that is cancelled here leaves the port to the end of the process. The kernel's descriptors settle
 * both. */
static long wait_for_many(struct waiting *waiting)
{
    handle_t port;
    status_t status = sys_port_create(&port);
    if (status != STATUS_OK)
        return posix_error(status);
    long error = bind_all(waiting, port);
    if (error == 0)
        error = wait_on_port(waiting, port);
    (void)sys_handle_close(port.raw);
    return error;
}

/* Nothing to wait for but the time. */
static long wait_for_none(const struct waiting *waiting)
{
    if (waiting->ready > 0 || waiting->deadline == TIME_NOW)
        return 0;
    struct blocking_call call = { .number = SYSCALL_thread_sleep, .in = { waiting->deadline } };
    return blocking_call_make(&call);
}

static long poll_until(struct pollfd *list, unsigned long count, time_ns_t deadline)
{
    if (count > DESCRIPTOR_COUNT)
        return -EINVAL;
    struct waiting waiting = { .list = list, .count = count, .deadline = deadline };
    look(&waiting);
    long error = waiting.objects == 0   ? wait_for_none(&waiting)
                 : waiting.objects == 1 ? wait_for_one(&waiting)
                                        : wait_for_many(&waiting);
    return error < 0 ? error : waiting.ready;
}

long __posix_poll(struct pollfd *list, unsigned long count, int timeout_ms)
{
    time_ns_t deadline = timeout_ms == 0 ? TIME_NOW : TIME_NEVER;
    if (timeout_ms > 0)
        deadline = clock_after((time_ns_t)timeout_ms * 1000000);
    return poll_until(list, count, deadline);
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

/* The mask of signals makes no difference while none is delivered. */
long __posix_ppoll(struct pollfd *list, unsigned long count, const struct timespec *timeout,
                   const uint64_t *mask, size_t mask_size)
{
    time_ns_t deadline;
    long error = deadline_of(timeout, &deadline);
    return error < 0 ? error : poll_until(list, count, deadline);
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
    long ready = poll_until(list, used, deadline);
    if (ready < 0)
        return ready;
    for (size_t i = 0; i < used; i++)
        if (list[i].revents & POLLNVAL)
            return -EBADF;
    return sets_fill(list, used, readable, writable, exceptional);
}
