/* See surplus.h. Threads that wake each other by turns (a pipe, a call, a lock that is handed over) have somebody ready for a moment each
 * turn, just before the waker goes to sleep. Another CPU that takes that finds nothing, or tears the two
 * apart, and each of their turns waits for a CPU to wake up from then on: dearer by far than the turn. So what counts is
 * work that a CPU does not get done:
 *
 *     its running thread has had it for longer than waking another takes: it is not one that is about to sleep
 *     its queue has not been empty for as long
 *
 * That is so for the second CPU. A third and a fourth are asked for when somebody has waited for a whole turn: a machine of many virtual
 * CPUs may have fewer real ones, so each that is woken for little may take the place of one that works, and a thread that lost its
 * place for a while looks as if it had been running. Work that keeps a CPU busy loses nothing: it waits once.
 *
 * Nor is it asked for soon after help that was worth nothing: reluctance.h. While that lasts only who has waited for a whole turn is helped.
 *
 * Whoever has looked and found work that does not last yet looks again a millisecond later, by a timer: a CPU on its
 * way to user mode, or one that has nothing to do. It is that late because arming one costs several turns where the machine is emulated. */
#include "kernel/sched/surplus.h"

#include <arch/cpu.h>

#include "kernel/base/epoch.h"
#include "kernel/base/hot.h"
#include "kernel/sched/reluctance.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/slice.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"

#define LASTING_NS 50000ull
#define LOOK_AGAIN_NS 1000000ull

HOT_DATA_PER_CPU static struct surplus {
    struct timer timer;
    uint64_t since_ticks; /* The queue was seen with somebody in it, */
    uint32_t emptied; /* after it had been empty so often. Both are noted by any CPU, as a hint. */
} surpluses[CPUS_MAX];

HOT_DATA static struct reluctance reluctance;

static uint64_t patience_ns(time_ns_t now)
{
    uint32_t idle = __atomic_load_n(&schedule_idle_cpus, __ATOMIC_RELAXED);
    uint32_t busy = cpu_count() - (uint32_t)__builtin_popcount(idle);
    return busy > 1 || reluctance_holds(&reluctance, now) ? SLICE_NS : LASTING_NS;
}

/* The counters of two CPUs may differ a little. */
static bool is_lasting(uint64_t now_ticks, uint64_t since_ticks)
{
    time_ns_t now = clock_from_ticks(now_ticks);
    return now_ticks > since_ticks && now - clock_from_ticks(since_ticks) >= patience_ns(now);
}

/* Not empty since it was seen first. */
static bool queue_is_behind(const struct cpu *cpu, uint64_t now_ticks)
{
    struct surplus *surplus = &surpluses[cpu->index];
    uint32_t emptied = __atomic_load_n(&cpu->run_queue->emptied, __ATOMIC_RELAXED);
    if (__atomic_load_n(&surplus->emptied, __ATOMIC_RELAXED) == emptied)
        return is_lasting(now_ticks, __atomic_load_n(&surplus->since_ticks, __ATOMIC_RELAXED));
    __atomic_store_n(&surplus->since_ticks, now_ticks, __ATOMIC_RELAXED);
    __atomic_store_n(&surplus->emptied, emptied, __ATOMIC_RELAXED);
    return false;
}

/* A CPU that has nothing else to run takes what is ready there itself. */
static bool is_kept_busy(const struct cpu *cpu, uint64_t now_ticks)
{
    epoch_begin(); /* Its thread may end. */
    const struct thread *running = __atomic_load_n(&cpu->current, __ATOMIC_RELAXED);
    uint64_t since_ticks = __atomic_load_n(&running->started_ticks, __ATOMIC_RELAXED);
    epoch_end();
    return running != cpu->idle && is_lasting(now_ticks, since_ticks);
}

bool surplus_lasts(const struct cpu *cpu)
{
    uint64_t now = counter_read();
    return is_kept_busy(cpu, now) || queue_is_behind(cpu, now);
}

void surplus_learn(uint64_t helped_ns)
{
    reluctance_learn(&reluctance, helped_ns, clock_now());
}

/* Who comes back from its interrupt, to user mode or to idle, looks. */
static void timer_over(struct timer *timer)
{
}

void surplus_look_again(struct cpu *cpu)
{
    struct timer *timer = &surpluses[cpu->index].timer;
    if (timer->armed)
        return;
    timer->fire = timer_over;
    timer_arm(timer, clock_now() + LOOK_AGAIN_NS);
}

void surplus_look(struct cpu *cpu)
{
    if (surplus_lasts(cpu))
        schedule_send_for_help();
    else
        surplus_look_again(cpu);
}
