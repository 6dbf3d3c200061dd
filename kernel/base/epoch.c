/* Epochs: see epoch.h. Each CPU counts its sections: an odd count is a section in progress. Who
 * releases takes what was retired so far, waits until every CPU that was inside a section has left
 * it, and releases. Sections are short and not preemptible, so that wait is short too.
 *
 * It is not short when a section's CPU is a virtual one that lost its real one inside. A thread on its way to user mode does not
 * stand still for that: it looks LOOKS_MAX times and then leaves to the reaper what it took.
 *
 * What no user thread releases on its way out is mostly small, and nobody waits for it: the reaper comes when a
 * batch is together, when the oldest has waited DELAY_NS, or when somebody drains: two switches for a batch and not
 * for each object. */
#include "kernel/base/epoch.h"

#include <arch/barrier.h>
#include <arch/cpu.h>

#include "kernel/base/hot.h"
#include "kernel/base/spinlock.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"
#include "lib/base/assert.h"

enum {
    REAPER_PRIORITY = 20,
    HERE_MAX = 8,      /* Objects that a thread releases itself: more is work for the reaper. */
    DRAIN_ROUNDS = 64, /* Objects that keep each other in a line: so many of it are waited for. */
    BATCH = 64,
    LOOKS_MAX = 64, /* Some microseconds: many times a section. */
};

#define DELAY_NS 1000000ull

WARM_DATA static struct epoch {
    struct spinlock lock; /* LOCK_WAIT */
    struct list retired;
    uint32_t batch_count; /* How many are in `retired`. */
    bool is_due;          /* The reaper shall come. */
    bool is_timed;        /* The timer will say so. */
    struct timer timer;
    struct wait_queue reaper;
    struct wait_queue drained;
    uint64_t retired_count;
    uint64_t released_count;
} epoch;

inline void epoch_begin(void)
{
    struct cpu *cpu = cpu_this();
    ASSERT((cpu->epoch & 1) == 0);
    __atomic_store_n(&cpu->epoch, cpu->epoch + 1, __ATOMIC_RELAXED);
    barrier_full(); /* The section's reads come after it is announced. */
}

inline void epoch_end(void)
{
    struct cpu *cpu = cpu_this();
    ASSERT((cpu->epoch & 1) == 1);
    __atomic_store_n(&cpu->epoch, cpu->epoch + 1, __ATOMIC_RELEASE);
}

/* The lock is held. */
static void make_due(void)
{
    if (epoch.is_due)
        return;
    epoch.is_due = true;
    wait_wake_one(&epoch.reaper, &epoch.lock);
}

static void delay_over(struct timer *timer)
{
    spin_lock(&epoch.lock);
    epoch.is_timed = false;
    if (epoch.batch_count > 0)
        make_due();
    spin_unlock(&epoch.lock);
}

/* With what comes until then. The lock is held. */
static void leave_to_reaper(void)
{
    if (epoch.batch_count >= BATCH) {
        make_due();
    } else if (epoch.batch_count > 0 && !epoch.is_timed) {
        epoch.is_timed = true;
        timer_arm(&epoch.timer, clock_now() + DELAY_NS);
    }
}

bool epoch_is_open(void)
{
    return (cpu_this()->epoch & 1) != 0;
}

void epoch_retire(struct epoch_node *node, void (*release)(struct epoch_node *node))
{
    node->release = release;
    spin_lock(&epoch.lock);
    list_push_back(&epoch.retired, &node->link);
    epoch.retired_count++;
    epoch.batch_count++;
    struct thread *thread = thread_current();
    if (thread != NULL && thread->process != NULL)
        thread_add_work(thread, THREAD_WORK_RELEASE);
    else
        leave_to_reaper();
    spin_unlock(&epoch.lock);
}

/* @return whether the section that is open on this CPU, if one is, was left after at most so many looks. */
static bool section_is_over(const struct cpu *cpu, uint32_t looks)
{
    uint64_t seen = __atomic_load_n(&cpu->epoch, __ATOMIC_ACQUIRE);
    while ((seen & 1) && __atomic_load_n(&cpu->epoch, __ATOMIC_ACQUIRE) == seen) {
        if (looks-- == 0)
            return false;
        cpu_relax();
    }
    return true;
}

/* @return whether every section that was open is over; if not, one was still open after so many looks. */
static bool grace_period_within(uint32_t looks)
{
    barrier_full();
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (!section_is_over(&cpus[i], looks))
            return false;
    return true;
}

/* Every section that is open now is over when this returns. */
static void grace_period(void)
{
    while (!grace_period_within(LOOKS_MAX))
        continue;
}

bool epoch_is_quiet(void)
{
    uint64_t open = 0;
    barrier_full();
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        open |= __atomic_load_n(&cpus[i].epoch, __ATOMIC_ACQUIRE);
    return (open & 1) == 0;
}

void epoch_synchronize(void)
{
    grace_period();
}

/* Whoever waits until all is released is not woken for nothing: it would send for more at once, and what is left may be with
 * a less urgent thread, which the two would keep from the CPU. */
static void release_all(struct list *batch)
{
    uint64_t count = 0;
    for (struct list *link; (link = list_pop_front(batch)) != NULL; count++) {
        struct epoch_node *node = CONTAINER_OF(link, struct epoch_node, link);
        if (count > 0)
            preempt_point();
        node->release(node);
    }
    if (count == 0)
        return;
    spin_lock(&epoch.lock);
    epoch.released_count += count;
    wait_wake_all(&epoch.drained, &epoch.lock);
    spin_unlock(&epoch.lock);
}

/* All that is retired, for the caller to release after a grace period. The lock is held. */
static void take_batch(struct list *batch)
{
    list_init(batch);
    list_move_all(&epoch.retired, batch);
    epoch.batch_count = 0;
}

/* What was taken goes back to the others, for the reaper. */
static void give_back(struct list *batch)
{
    spin_lock(&epoch.lock);
    LIST_FOR_EACH (link, batch)
        epoch.batch_count++;
    list_move_all(batch, &epoch.retired);
    leave_to_reaper();
    spin_unlock(&epoch.lock);
}

void epoch_release_here(void)
{
    struct thread *thread = thread_current();
    struct list batch;
    thread_drop_work(thread, THREAD_WORK_RELEASE);
    spin_lock(&epoch.lock);
    if (epoch.batch_count > HERE_MAX) {
        make_due();
        spin_unlock(&epoch.lock);
        return;
    }
    take_batch(&batch);
    spin_unlock(&epoch.lock);
    /* Signals may interrupt the call that it has made, but not what is released after it. */
    uint8_t call_flags = thread->call_flags;
    thread->call_flags = 0;
    if (grace_period_within(LOOKS_MAX))
        release_all(&batch);
    else
        give_back(&batch);
    thread->call_flags = call_flags;
}

void epoch_pass_on(void)
{
    thread_drop_work(thread_current(), THREAD_WORK_RELEASE);
    spin_lock(&epoch.lock);
    leave_to_reaper();
    spin_unlock(&epoch.lock);
}

_Noreturn void epoch_reap(void)
{
    schedule_set_priority(thread_current(), REAPER_PRIORITY);
    for (;;) {
        struct list batch;
        spin_lock(&epoch.lock);
        while (!epoch.is_due) {
            (void)wait_sleep(&epoch.reaper, &epoch.lock, TIME_NEVER);
            spin_lock(&epoch.lock);
        }
        epoch.is_due = false;
        take_batch(&batch);
        spin_unlock(&epoch.lock);
        grace_period();
        release_all(&batch);
    }
}

/* Until all is released that was retired by now. The lock is held. Not interrupted: who is ended here
 * would try again at once and keep the reaper from its CPU. */
static void drain_once(void)
{
    uint64_t target = epoch.retired_count;
    while (epoch.released_count < target) {
        make_due();
        (void)wait_sleep_uninterrupted(&epoch.drained, &epoch.lock);
        spin_lock(&epoch.lock);
    }
}

void epoch_drain(void)
{
    spin_lock(&epoch.lock);
    /* Releasing may retire more. Others may too, without end, and are not waited for. */
    for (uint32_t i = 0; i < DRAIN_ROUNDS && epoch.released_count < epoch.retired_count; i++)
        drain_once();
    spin_unlock(&epoch.lock);
}

uint64_t epoch_waiting(void)
{
    spin_lock(&epoch.lock);
    uint64_t waiting = epoch.retired_count - epoch.released_count;
    spin_unlock(&epoch.lock);
    return waiting;
}

void epoch_init(void)
{
    spin_init(&epoch.lock, LOCK_WAIT);
    list_init(&epoch.retired);
    timer_init(&epoch.timer, delay_over);
    wait_queue_init(&epoch.reaper);
    wait_queue_init(&epoch.drained);
}
