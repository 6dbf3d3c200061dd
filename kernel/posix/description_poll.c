/* See description_poll.h. First every number is looked at, which mostly settles it. Else an observer goes
 * onto each object, all of them wake the one thread, and when it is awake it looks again: what a wake-up
 * says is only that looking is worth it, so nothing is lost or made up. */
#include "kernel/posix/description_poll.h"

#include <arch/barrier.h>

#include <abi/signals.h>

#include "kernel/mm/slab.h"
#include "kernel/posix/description.h"
#include "kernel/posix/descriptors.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/wait_state.h"

enum {
    LOOK_BATCH = 32, /* Numbers looked at in one epoch. */
    WATCHES_ON_STACK = 8,
};

#define POLL_IN (DESCRIPTOR_POLL_IN | DESCRIPTOR_POLL_IN_NORMAL)
#define POLL_OUT (DESCRIPTOR_POLL_OUT | DESCRIPTOR_POLL_OUT_NORMAL)

/* --- what a number has to tell --- */

/* The signals that are of interest to somebody who asks for these events; the last two are told unasked. */
static uint32_t signals_of(uint32_t events)
{
    return (events & POLL_IN ? SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_EVENT : 0) |
           (events & DESCRIPTOR_POLL_READ_CLOSED ? SIGNAL_READ_CLOSED : 0) |
           (events & POLL_OUT ? SIGNAL_WRITABLE : 0) | SIGNAL_PEER_CLOSED | SIGNAL_ERROR;
}

/* The writing end of a pipe without a reader is an error; everything else without a peer has hung up. */
static uint32_t events_of(uint32_t signals, uint32_t flags)
{
    bool only_writes = (flags & DESCRIPTION_READ) == 0;
    if (only_writes)
        signals &= ~(SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_EVENT);
    if ((flags & DESCRIPTION_WRITE) == 0)
        signals &= ~SIGNAL_WRITABLE;
    return (signals & (SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_EVENT) ? POLL_IN : 0) |
           (signals & SIGNAL_READ_CLOSED ? DESCRIPTOR_POLL_READ_CLOSED : 0) |
           (signals & SIGNAL_WRITABLE ? POLL_OUT : 0) |
           (signals & SIGNAL_ERROR ? DESCRIPTOR_POLL_ERROR : 0) |
           (signals & SIGNAL_PEER_CLOSED
                ? (only_writes ? DESCRIPTOR_POLL_ERROR : DESCRIPTOR_POLL_HANG_UP)
                : 0);
}

static struct signal_source *source_of(struct object *object)
{
    return object == NULL || object->ops->signals == NULL ? NULL : object->ops->signals(object);
}

/* Inside an epoch. Files and directories are always ready; a socket that is none yet has hung up. */
static uint32_t number_look(const struct descriptors *descriptors, uint32_t number, uint32_t events)
{
    const struct description *description = descriptors_peek(descriptors, number);
    if (description == NULL)
        return DESCRIPTOR_POLL_INVALID;
    struct object *target = description_peek(description).object;
    struct signal_source *source = source_of(target);
    uint32_t flags = __atomic_load_n(&description->flags, __ATOMIC_RELAXED);
    if (source == NULL && target == NULL && (flags & DESCRIPTION_SOCKET))
        return DESCRIPTOR_POLL_HANG_UP | (events & POLL_OUT);
    uint32_t found = source == NULL ? POLL_IN | POLL_OUT : events_of(signal_read(source), flags);
    return found & (events | DESCRIPTOR_POLL_ERROR | DESCRIPTOR_POLL_HANG_UP);
}

static uint32_t look(const struct descriptors *descriptors, struct descriptor_poll *entries,
                     uint32_t count)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < count;) {
        uint32_t end = count - i < LOOK_BATCH ? count : i + LOOK_BATCH;
        epoch_begin();
        for (; i < end; i++) {
            struct descriptor_poll *entry = &entries[i];
            entry->found = 0;
            if (entry->number < 0)
                continue;
            if (descriptors == NULL)
                entry->found = DESCRIPTOR_POLL_INVALID;
            else
                entry->found =
                    (uint16_t)number_look(descriptors, (uint32_t)entry->number, entry->events);
            ready += entry->found != 0;
        }
        epoch_end();
        preempt_point();
    }
    return ready;
}

/* --- watching --- */

struct poll_wait {
    struct thread *thread;
    uint32_t told; /* Atomic: some watch has heard something since the last look. */
};

struct poll_watch {
    struct observer observer;
    struct poll_wait *wait;
    struct object *object; /* One reference; NULL: nothing to watch. */
};

/* Under the source's lock, in whatever context. */
static void watch_notify(struct observer *observer, uint32_t signals)
{
    struct poll_wait *wait = CONTAINER_OF(observer, struct poll_watch, observer)->wait;
    __atomic_store_n(&wait->told, 1, __ATOMIC_RELAXED);
    barrier_full(); /* Either it sees `told` when it has prepared to wait, or we see that it waits. */
    (void)thread_wake(wait->thread, STATUS_OK);
}

static void watch_begin(struct poll_watch *watch, struct poll_wait *wait,
                        const struct descriptors *descriptors, const struct descriptor_poll *entry)
{
    watch->object = NULL;
    if (descriptors == NULL || entry->number < 0)
        return;
    epoch_begin();
    const struct description *description = descriptors_peek(descriptors, (uint32_t)entry->number);
    struct object *object = description == NULL ? NULL : description_peek(description).object;
    if (source_of(object) != NULL && object_try_ref(object))
        watch->object = object;
    epoch_end();
    if (watch->object == NULL)
        return;
    watch->wait = wait;
    watch->observer.mask = signals_of(entry->events);
    watch->observer.notify = watch_notify;
    list_init(&watch->observer.link);
    signal_observe(source_of(object), &watch->observer);
}

static void watch_end(struct poll_watch *watch)
{
    if (watch->object == NULL)
        return;
    signal_unobserve(source_of(watch->object), &watch->observer);
    object_unref(watch->object);
}

static status_t wait_until_told(struct poll_wait *wait, time_ns_t deadline)
{
    wait_prepare();
    barrier_full();
    if (__atomic_load_n(&wait->told, __ATOMIC_RELAXED))
        (void)thread_wake(wait->thread, STATUS_OK);
    status_t status = wait_commit(NULL, deadline);
    __atomic_store_n(&wait->told, 0, __ATOMIC_RELAXED);
    barrier_full(); /* What is told from here on is told again; what came before is seen by looking. */
    return status;
}

static status_t watch_all(const struct descriptors *descriptors, struct descriptor_poll *entries,
                          uint32_t count, time_ns_t deadline, struct poll_watch *watches,
                          uint32_t *out_ready)
{
    struct poll_wait wait = { .thread = thread_current() };
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < count; i++)
        watch_begin(&watches[i], &wait, descriptors, &entries[i]);
    do {
        *out_ready = look(descriptors, entries, count);
        if (*out_ready > 0 || status != STATUS_OK)
            break;
        status = wait_until_told(&wait, deadline);
    } while (status == STATUS_OK || status == STATUS_TIMED_OUT);
    for (uint32_t i = 0; i < count; i++)
        watch_end(&watches[i]);
    if (*out_ready > 0 || status == STATUS_TIMED_OUT)
        return STATUS_OK;
    return status;
}

status_t description_poll(const struct descriptors *descriptors, struct descriptor_poll *entries,
                          uint32_t count, time_ns_t deadline, uint32_t *out_ready)
{
    struct poll_watch on_stack[WATCHES_ON_STACK];
    *out_ready = look(descriptors, entries, count);
    if (*out_ready > 0 || deadline <= clock_now())
        return STATUS_OK;
    struct poll_watch *watches = on_stack;
    if (count > WATCHES_ON_STACK)
        watches = kmalloc(count * sizeof *watches);
    if (watches == NULL)
        return STATUS_NO_MEMORY;
    status_t status = watch_all(descriptors, entries, count, deadline, watches, out_ready);
    if (watches != on_stack)
        kfree(watches, count * sizeof *watches);
    return status;
}
