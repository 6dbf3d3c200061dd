/* See slice.h. One timer a CPU, which is left alone when threads switch: setting it costs more than a
 * switch, and threads that hand over to each other would set it each time. When it fires it looks how
 * long the running thread has had the CPU, and comes again for the rest of the slice. */
#include "kernel/sched/slice.h"

#include <arch/cpu.h>

#include "kernel/base/hot.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/timer.h"

HOT_DATA static struct slices {
    struct timer timers[CPUS_MAX];
} slices;

static bool has_rivals(const struct cpu *cpu)
{
    return cpu->run_queue->ready_mask & 1u << cpu->current->priority;
}

static void slice_over(struct timer *timer)
{
    struct cpu *cpu = cpu_this();
    if (!has_rivals(cpu))
        return;
    time_ns_t now = clock_now();
    time_ns_t had = now - clock_from_ticks(cpu->current->started_ticks);
    if (had >= SLICE_NS)
        cpu->need_resched = true;
    timer_arm(timer, had >= SLICE_NS ? now + SLICE_NS : now + SLICE_NS - had);
}

static __attribute__((noinline)) void slice_arm(struct timer *timer)
{
    timer->fire = slice_over;
    timer_arm(timer, clock_now() + SLICE_NS);
}

inline void slice_begin(struct cpu *cpu)
{
    struct timer *timer = &slices.timers[cpu->index];
    if (!timer->armed) /* Else it fires within a slice from now, and looks. */
        slice_arm(timer);
}

/* Both in line in every switch and wake-up. */
inline void slice_switch(struct cpu *cpu)
{
    if (has_rivals(cpu))
        slice_begin(cpu);
}
