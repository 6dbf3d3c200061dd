/* See slice.h. One timer a CPU. */
#include "kernel/sched/slice.h"

#include <arch/cpu.h>

#include "kernel/sched/schedule.h"
#include "kernel/sched/timer.h"

#define SLICE_NS 4000000ull /* Long against a switch, short against a human. */

static struct slices {
    struct timer timers[CPUS_MAX];
} slices;

static void slice_over(struct timer *timer)
{
    cpu_this()->need_resched = true;
}

void slice_begin(struct cpu *cpu)
{
    struct timer *timer = &slices.timers[cpu->index];
    timer->fire = slice_over;
    if (!timer->armed)
        timer_arm(timer, clock_now() + SLICE_NS);
}

void slice_switch(struct cpu *cpu)
{
    struct timer *timer = &slices.timers[cpu->index];
    if (timer->armed)
        timer_cancel(timer);
    if (cpu->run_queue->ready_mask & 1u << cpu->current->priority)
        slice_begin(cpu);
}
