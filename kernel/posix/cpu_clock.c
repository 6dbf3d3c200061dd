/* See cpu_clock.h. Another CPU may be switching while we look. It moves the begin of the stretch before it adds
 * the stretch that ended (schedule.c), and we read in the other order, so that at worst a stretch is missing,
 * never counted twice; the highest answer that was given makes up for it. */
#include "kernel/posix/cpu_clock.h"

#include <arch/barrier.h>
#include <arch/cpu.h>

#include "kernel/posix/signals_internal.h"
#include "kernel/process/process.h"
#include "kernel/sched/timer.h"

/* Ticks since the thread's present stretch began. */
static uint64_t stretch_ticks(const struct thread *thread)
{
    if (!__atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE))
        return 0;
    uint64_t started = __atomic_load_n(&thread->started_ticks, __ATOMIC_ACQUIRE);
    uint64_t now = counter_read();
    return now > started ? now - started : 0;
}

time_ns_t cpu_clock_process(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    uint64_t ticks = __atomic_load_n(&posix->process->cpu_ticks, __ATOMIC_ACQUIRE);
    LIST_FOR_EACH (node, &signals->threads) {
        ticks += stretch_ticks(signals_thread(node));
    }
    if (ticks > signals->cpu_ticks_told)
        signals->cpu_ticks_told = ticks;
    return clock_from_ticks(signals->cpu_ticks_told);
}

time_ns_t cpu_clock_thread(const struct thread *thread)
{
    uint64_t ticks = __atomic_load_n(&thread->cpu_ticks, __ATOMIC_ACQUIRE);
    return clock_from_ticks(ticks + stretch_ticks(thread));
}
