/* Signals and their observers: see object.h. */
#include "kernel/object/object.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

void signal_source_init(struct signal_source *source, uint32_t signals)
{
    spin_init(&source->lock, LOCK_OBJECT);
    source->signals = signals;
    list_init(&source->observers);
}

static void notify(struct signal_source *source, uint32_t news)
{
    if (news == 0)
        return;
    LIST_FOR_EACH_SAFE (node, &source->observers) {
        struct observer *observer = CONTAINER_OF(node, struct observer, link);
        if (observer->mask & news)
            observer->notify(observer, news);
    }
}

void signal_change(struct signal_source *source, uint32_t clear, uint32_t set)
{
    spin_lock(&source->lock);
    uint32_t old = source->signals & ~clear;
    source->signals = old | set;
    notify(source, set & ~old);
    spin_unlock(&source->lock);
}

void signal_pulse(struct signal_source *source, uint32_t set)
{
    spin_lock(&source->lock);
    source->signals |= set;
    notify(source, set);
    spin_unlock(&source->lock);
}

uint32_t signal_read(struct signal_source *source)
{
    return __atomic_load_n(&source->signals, __ATOMIC_ACQUIRE);
}

void signal_observe(struct signal_source *source, struct observer *observer)
{
    spin_lock(&source->lock);
    list_push_back(&source->observers, &observer->link);
    if (source->signals & observer->mask)
        observer->notify(observer, source->signals);
    spin_unlock(&source->lock);
}

void signal_unobserve(struct signal_source *source, struct observer *observer)
{
    spin_lock(&source->lock);
    list_remove(&observer->link);
    spin_unlock(&source->lock);
}

struct signal_waiter {
    struct observer observer;
    struct thread *thread;
};

static void wake_waiter(struct observer *observer, uint32_t signals)
{
    struct signal_waiter *waiter = CONTAINER_OF(observer, struct signal_waiter, observer);
    (void)thread_wake(waiter->thread, STATUS_OK); /* Lost: it is awake already. */
}

status_t signal_wait(struct signal_source *source, uint32_t mask, time_ns_t deadline,
                     uint32_t *out_signals)
{
    struct signal_waiter waiter = {
        .observer = { .mask = mask, .notify = wake_waiter },
        .thread = thread_current(),
    };
    list_init(&waiter.observer.link);
    for (;;) {
        spin_lock(&source->lock);
        if (source->signals & mask) {
            *out_signals = source->signals;
            spin_unlock(&source->lock);
            return STATUS_OK;
        }
        list_push_back(&source->observers, &waiter.observer.link);
        wait_prepare();
        spin_unlock(&source->lock);
        status_t status = wait_commit(NULL, deadline);
        signal_unobserve(source, &waiter.observer);
        if (status != STATUS_OK)
            return status;
    }
}
