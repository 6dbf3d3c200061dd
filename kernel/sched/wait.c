/* Sleeping and waking: see wait.h. The state of a wait, in thread->wait_state:
 *
 *     NONE --prepare--> WAITING --schedule_block--> BLOCKED
 *                          |                           |
 *                          +--------- claim -----------+--> CLAIMED --> WOKEN --(the thread runs)--> NONE
 *
 * Whoever moves the state to CLAIMED owns the wake-up and says its result. A claim in WAITING finds
 * a thread that has not left its CPU: it goes on by itself. One that was BLOCKED is made ready, after
 * its context is saved. So a time-out, a cancellation and a waker can race, and one wins. */
#include "kernel/sched/wait.h"

#include <arch/barrier.h>

#include "kernel/sched/schedule.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

bool thread_claim(struct thread *thread)
{
    uint32_t state = __atomic_load_n(&thread->wait_state, __ATOMIC_ACQUIRE);
    while (state == WAIT_WAITING || state == WAIT_BLOCKED)
        if (__atomic_compare_exchange_n(&thread->wait_state, &state, WAIT_CLAIMED, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            thread->claimed_blocked = state == WAIT_BLOCKED;
            return true;
        }
    return false;
}

void wait_say_result(struct thread *thread, status_t result)
{
    ASSERT(thread->wait_state == WAIT_CLAIMED);
    thread->wait_result = result;
    __atomic_store_n(&thread->wait_state, WAIT_WOKEN, __ATOMIC_RELEASE);
}

void thread_wake_claimed(struct thread *thread, status_t result)
{
    /* Read first: once it is woken it may go on to another wait. */
    bool blocked = thread->claimed_blocked;
    while (blocked && __atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE))
        cpu_relax(); /* It has decided to leave: wait for the end of its switch. */
    wait_say_result(thread, result);
    if (blocked)
        schedule_ready(thread);
}

bool thread_wake(struct thread *thread, status_t result)
{
    if (!thread_claim(thread))
        return false;
    thread_wake_claimed(thread, result);
    return true;
}

static void wait_timed_out(struct timer *timer)
{
    thread_wake(CONTAINER_OF(timer, struct thread, wait_timer), STATUS_TIMED_OUT);
}

static void prepare(struct thread *thread)
{
    ASSERT(thread->wait_state == WAIT_NONE);
    __atomic_store_n(&thread->wait_state, WAIT_WAITING, __ATOMIC_RELEASE);
}

void wait_prepare(void)
{
    struct thread *thread = thread_current();
    prepare(thread);
    /* A request to end that came before this did not see WAITING: look for it. */
    barrier_full();
    if (__atomic_load_n(&thread->ending, __ATOMIC_RELAXED))
        thread_wake(thread, STATUS_CANCELLED);
}

/* The wait is over or owned by somebody: take the result. */
static status_t finish(struct thread *thread)
{
    while (__atomic_load_n(&thread->wait_state, __ATOMIC_ACQUIRE) != WAIT_WOKEN)
        cpu_relax(); /* Claimed: the waker is about to say the result. */
    thread->wait_state = WAIT_NONE;
    return thread->wait_result;
}

status_t wait_commit(struct thread *next, time_ns_t deadline)
{
    struct thread *thread = thread_current();
    if (deadline != TIME_NEVER) {
        thread->wait_timer.fire = wait_timed_out;
        timer_arm(&thread->wait_timer, deadline);
    }
    if (next != NULL)
        schedule_handoff(next);
    else
        schedule_block();
    if (deadline != TIME_NEVER)
        timer_cancel(&thread->wait_timer);
    return finish(thread);
}

status_t wait_sleep_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                          time_ns_t deadline)
{
    ASSERT(spin_held(guard));
    struct thread *thread = thread_current();
    thread->waiter.thread = thread;
    thread->waiter.key = key;
    list_push_back(&queue->waiters, &thread->waiter.link);
    wait_prepare();
    spin_unlock(guard);
    status_t status = wait_commit(NULL, deadline);
    if (status != STATUS_OK) { /* A waker takes the entry out; nobody else does. */
        spin_lock(guard);
        list_remove(&thread->waiter.link);
        spin_unlock(guard);
    }
    return status;
}

status_t wait_sleep(struct wait_queue *queue, struct spinlock *guard, time_ns_t deadline)
{
    return wait_sleep_keyed(queue, guard, 0, deadline);
}

status_t wait_sleep_uninterrupted(struct wait_queue *queue, struct spinlock *guard)
{
    struct thread *thread = thread_current();
    bool interruptible = thread->interruptible;
    thread->interruptible = false;
    thread->waiter.thread = thread;
    list_push_back(&queue->waiters, &thread->waiter.link);
    prepare(thread);
    spin_unlock(guard);
    status_t status = wait_commit(NULL, TIME_NEVER);
    thread->interruptible = interruptible;
    if (status != STATUS_OK) { /* Asked to end just before: the caller looks and sleeps again. */
        spin_lock(guard);
        list_remove(&thread->waiter.link);
        spin_unlock(guard);
    }
    return status;
}

/* Wake from the front, those that `match`, at most `limit`. */
static uint32_t wake(struct wait_queue *queue, bool any_key, uint64_t key, uint32_t limit)
{
    uint32_t woken = 0;
    LIST_FOR_EACH_SAFE (node, &queue->waiters) {
        struct waiter *waiter = CONTAINER_OF(node, struct waiter, link);
        if (woken == limit)
            break;
        if (!any_key && waiter->key != key)
            continue;
        list_remove(node);
        woken += thread_wake(waiter->thread, STATUS_OK);
    }
    return woken;
}

uint32_t wait_wake_one(struct wait_queue *queue, struct spinlock *guard)
{
    ASSERT(spin_held(guard));
    return wake(queue, true, 0, 1);
}

uint32_t wait_wake_all(struct wait_queue *queue, struct spinlock *guard)
{
    ASSERT(spin_held(guard));
    return wake(queue, true, 0, UINT32_MAX);
}

uint32_t wait_wake_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                         uint32_t limit)
{
    ASSERT(spin_held(guard));
    return wake(queue, false, key, limit);
}
