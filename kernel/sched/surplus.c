/* See surplus.h. Threads that wake each other by turns (a pipe, a call, a lock that is handed over) have somebody ready for a moment each
 * turn, just before the waker goes to sleep. Another CPU that is woken for that finds nothing, or tears the two
 * apart, and each of their turns waits for a CPU to wake up from then on: dearer by far than the turn. So what counts is
 * work that this CPU does not get done:
 *
 *     the running thread has had the CPU for longer than waking another takes: it is not one that is about to sleep
 *     the queue has not been empty for as long
 *
 * A thread that makes others ready and stays in user mode is looked at again a millisecond later by a timer, which is that
 * late because arming one costs several turns where the machine is emulated. */
#include "kernel/sched/surplus.h"

#include <arch/cpu.h>

#include "kernel/base/hot.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"

#define LASTING_NS 50000ull
#define TIMER_NS 1000000ull

HOT_DATA_PER_CPU static struct surplus {
    struct timer timer;
    uint64_t since_ticks; /* The queue was seen with somebody in it, */
    uint32_t emptied;     /* after it had been empty so often. */
} surpluses[CPUS_MAX];

static bool is_lasting(uint64_t now_ticks, uint64_t since_ticks)
{
    return clock_from_ticks(now_ticks - since_ticks) >= LASTING_NS;
}

/* Not empty since it was seen first. */
static bool queue_is_behind(struct surplus *surplus, const struct cpu *cpu, uint64_t now_ticks)
{
    uint32_t emptied = __atomic_load_n(&cpu->run_queue->emptied, __ATOMIC_RELAXED);
    if (surplus->emptied == emptied)
        return is_lasting(now_ticks, surplus->since_ticks);
    surplus->emptied = emptied;
    surplus->since_ticks = now_ticks;
    return false;
}

/* Who comes back from its interrupt to user mode looks. */
static void timer_over(struct timer *timer)
{
}

void surplus_look(struct cpu *cpu)
{
    struct surplus *surplus = &surpluses[cpu->index];
    uint64_t now = counter_read();
    if (is_lasting(now, cpu->current->started_ticks) || queue_is_behind(surplus, cpu, now)) {
        schedule_send_for_help();
    } else if (!surplus->timer.armed) {
        surplus->timer.fire = timer_over;
        timer_arm(&surplus->timer, clock_now() + TIMER_NS);
    }
}
