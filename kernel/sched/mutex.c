/* The sleeping lock of wait.h. */
#include <arch/barrier.h>

#include "kernel/base/lock_order.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/wait.h"
#include "lib/base/assert.h"

void mutex_init(struct mutex *mutex, enum lock_class lock_class)
{
    spin_init(&mutex->guard, LOCK_WAIT);
    mutex->owner = NULL;
    wait_queue_init(&mutex->queue);
    mutex->class = (uint8_t)lock_class;
}

bool mutex_try_lock(struct mutex *mutex)
{
    struct thread *free = NULL;
    return __atomic_compare_exchange_n(&mutex->owner, &free, thread_current(), false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *mutex)
{
    ASSERT(mutex->owner != thread_current());
    while (!mutex_try_lock(mutex)) {
        spin_lock(&mutex->guard);
        __atomic_store_n(&mutex->contended, true, __ATOMIC_RELAXED);
        barrier_full(); /* With the one of mutex_unlock: one of the two sees the other. */
        if (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == NULL) {
            spin_unlock(&mutex->guard);
            continue;
        }
        /* A lock is not given up half-way: a thread that is to end goes on to the next safe point. */
        (void)wait_sleep_uninterrupted(&mutex->queue, &mutex->guard);
    }
}

void mutex_unlock(struct mutex *mutex)
{
    ASSERT(mutex->owner == thread_current());
    __atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELEASE);
    barrier_full();
    if (!__atomic_load_n(&mutex->contended, __ATOMIC_RELAXED))
        return;
    spin_lock(&mutex->guard);
    if (wait_wake_one(&mutex->queue, &mutex->guard) == 0)
        mutex->contended = false;
    spin_unlock(&mutex->guard);
}

bool mutex_held(const struct mutex *mutex)
{
    return mutex->owner == thread_current();
}
