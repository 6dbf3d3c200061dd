/* Sleeping and waking: see wait.h. The state of a wait, in thread->wait_state:
 *
 *     NONE --prepare--> WAITING --schedule_block--> BLOCKED
 *                          |                           |
 *                          +--------- claim -----------+--> CLAIMED --> WOKEN --(the thread runs)--> NONE
 *
 * WAITING and BLOCKED say what else may end the wait (WAIT_ENDS, WAIT_SIGNALS). Whoever moves the state to CLAIMED owns the wake-up and says its result. A claim in WAITING finds
 * a thread that has not left its CPU: it goes on by itself. One that was BLOCKED is made ready, after
 * its context is saved. So a time-out, a cancellation and a waker can race, and one wins. */
#include "kernel/sched/wait.h"

#include <arch/barrier.h>

#include <kernel_gen/syscall_handlers.h>

#include "kernel/sched/schedule.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

static bool is_asleep(uint32_t state)
{
    uint32_t plain = state & WAIT_STATE_MASK;
    return plain == WAIT_WAITING || plain == WAIT_BLOCKED;
}

/* @param kind  bits of which the wait must have one, or 0: any wait. */
static bool claim_kind(struct thread *thread, uint32_t kind)
{
    uint32_t state = __atomic_load_n(&thread->wait_state, __ATOMIC_ACQUIRE);
    while (is_asleep(state) && (kind == 0 || (state & kind) != 0))
        if (__atomic_compare_exchange_n(&thread->wait_state, &state, WAIT_CLAIMED, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            thread->claimed_blocked = (state & WAIT_STATE_MASK) == WAIT_BLOCKED;
            return true;
        }
    return false;
}

bool thread_claim(struct thread *thread)
{
    return claim_kind(thread, 0);
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

void thread_wake_kind(struct thread *thread, uint32_t kind, status_t result)
{
    if (claim_kind(thread, kind))
        thread_wake_claimed(thread, result);
}

static void wait_timed_out(struct timer *timer)
{
    thread_wake(CONTAINER_OF(timer, struct thread, wait_timer), STATUS_TIMED_OUT);
}

static void prepare(struct thread *thread, uint32_t kind)
{
    ASSERT(thread->wait_state == WAIT_NONE);
    __atomic_store_n(&thread->wait_state, WAIT_WAITING | kind, __ATOMIC_RELEASE);
    /* A request that came before this did not see WAITING: look for it, here and when the CPU is left. */
    barrier_full();
}

inline void wait_prepare(void)
{
    struct thread *thread = thread_current();
    uint32_t kind = thread->interruptible ? WAIT_ENDS : 0;
    if (thread->call_flags & SYSCALL_SIGNALS)
        kind |= WAIT_SIGNALS;
    prepare(thread, kind);
    if (!thread_has_work(thread, THREAD_WORK_END | THREAD_WORK_SIGNALS))
        return;
    if (thread_has_work(thread, THREAD_WORK_END))
        thread_wake_kind(thread, WAIT_ENDS, STATUS_CANCELLED);
    if (thread_has_work(thread, THREAD_WORK_SIGNALS))
        thread_wake_kind(thread, WAIT_SIGNALS, STATUS_INTERRUPTED);
}

/* The wait is over or owned by somebody: take the result. */
static status_t finish(struct thread *thread)
{
    while (__atomic_load_n(&thread->wait_state, __ATOMIC_ACQUIRE) != WAIT_WOKEN)
        cpu_relax(); /* Claimed: the waker is about to say the result. */
    thread->wait_state = WAIT_NONE;
    return thread->wait_result;
}

inline status_t wait_commit(struct thread *next, time_ns_t deadline)
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

status_t wait_sleep_unsignalled(struct wait_queue *queue, struct spinlock *guard,
                                time_ns_t deadline)
{
    struct thread *thread = thread_current();
    uint8_t call_flags = thread->call_flags;
    thread->call_flags = 0;
    status_t status = wait_sleep(queue, guard, deadline);
    thread->call_flags = call_flags;
    return status;
}

status_t wait_sleep_uninterrupted(struct wait_queue *queue, struct spinlock *guard)
{
    struct thread *thread = thread_current();
    thread->waiter.thread = thread;
    list_push_back(&queue->waiters, &thread->waiter.link);
    prepare(thread, 0);
    spin_unlock(guard);
    return wait_commit(NULL, TIME_NEVER);
}

uint32_t wait_wake_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                         uint32_t limit)
{
    uint32_t woken = 0;
    ASSERT(spin_held(guard));
    LIST_FOR_EACH_SAFE (node, &queue->waiters) {
        struct waiter *waiter = CONTAINER_OF(node, struct waiter, link);
        if (woken == limit)
            break;
        if (waiter->key != key)
            continue;
        list_remove(node);
        woken += thread_wake(waiter->thread, STATUS_OK);
    }
    return woken;
}

uint32_t wait_wake_one(struct wait_queue *queue, struct spinlock *guard)
{
    struct list *node;
    ASSERT(spin_held(guard));
    while ((node = list_pop_front(&queue->waiters)) != NULL)
        if (thread_wake(CONTAINER_OF(node, struct waiter, link)->thread, STATUS_OK))
            return 1;
    return 0;
}

uint32_t wait_wake_all(struct wait_queue *queue, struct spinlock *guard)
{
    uint32_t woken = 0;
    while (wait_wake_one(queue, guard) != 0)
        woken++;
    return woken;
}
