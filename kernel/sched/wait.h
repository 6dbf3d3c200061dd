/* Sleeping and waking. A wait queue is a list of sleeping threads under a guard, which is the
 * spinlock of whatever the threads wait for; so "test, then sleep" has no gap in which a wake-up is
 * lost. Thread context only, except the wakers, which run anywhere. */
#pragma once

#include <abi/types.h>

#include "kernel/base/spinlock.h"
#include "lib/base/list.h"

struct thread;

struct wait_queue {
    struct list waiters; /* struct waiter; guarded by the guard that every call names. */
};

struct waiter {
    struct list link;
    struct thread *thread;
    uint64_t key; /* Free for the owner of the queue (futex address, ticket). */
};

void wait_queue_init(struct wait_queue *queue);

/* Sleep on the queue. Called with `guard` held; released while asleep and NOT held on return.
 * @param deadline  monotonic; TIME_NEVER for none.
 * @return OK when woken by wait_wake_*, TIMED_OUT, CANCELLED when the thread is being ended,
 *         INTERRUPTED when it has signals to look at and is in a call that says `attr signals` (not for
 *         what a fault waits for). The condition must be looked at again in any case. */
status_t wait_sleep(struct wait_queue *queue, struct spinlock *guard, time_ns_t deadline);
/* The same with a key for wakers that choose. */
status_t wait_sleep_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                          time_ns_t deadline);

/* The same for what comes soon, such as a page from a disk: signals do not end it. */
status_t wait_sleep_unsignalled(struct wait_queue *queue, struct spinlock *guard,
                                time_ns_t deadline);

/* For the kernel's own locks: only a wake-up ends it, not a request that the thread end. */
status_t wait_sleep_uninterrupted(struct wait_queue *queue, struct spinlock *guard);

/* Wake the longest waiter, or all. The guard is held. @return how many were woken. */
uint32_t wait_wake_one(struct wait_queue *queue, struct spinlock *guard);
uint32_t wait_wake_all(struct wait_queue *queue, struct spinlock *guard);
/* Wake at most `limit` waiters whose key is `key`. */
uint32_t wait_wake_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                         uint32_t limit);

/* A sleeping lock, for sections that do I/O or allocate. Never taken under a spinlock. */
struct mutex {
    struct spinlock guard;
    struct thread *owner;
    struct wait_queue queue;
    bool contended; /* Somebody sleeps, or is about to. */
    uint8_t class;
};

void mutex_init(struct mutex *mutex, enum lock_class lock_class);
void mutex_lock(struct mutex *mutex);
bool mutex_try_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
bool mutex_held(const struct mutex *mutex);
