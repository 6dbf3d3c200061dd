/* The scheduler. Each CPU has a run queue of 32 priorities; the most urgent ready thread runs, those
 * of one priority take turns. A thread that becomes ready goes to the waker's CPU; idle CPUs take
 * work that waits elsewhere. See docs/design/sched.md for the states. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <arch/cpu.h>

#include "kernel/base/spinlock.h"
#include "kernel/sched/thread.h"
#include "lib/base/list.h"

struct run_queue {
    struct spinlock lock;
    uint32_t ready_mask;  /* Bit a priority with a thread in its list. */
    uint32_t ready_count; /* Read by others without the lock, as a hint. */
    uint32_t emptied;     /* How often it was, likewise. */
    struct list ready[THREAD_PRIORITIES];
};

/* Give the CPU to whoever is due; the current thread stays ready. */
void schedule_yield(void);
/* The current thread has set its wait state (wait.c): leave the CPU unless it was woken already. */
void schedule_block(void);
/* The same, and run `next` at once on this CPU. The caller claimed `next` (thread_claim). */
void schedule_handoff(struct thread *next);
/* The current thread is dead: leave for good. */
_Noreturn void schedule_exit(void);
/* Make a thread ready. Its context is saved and nobody else makes it ready. */
void schedule_ready(struct thread *thread);

/* Change a thread's priority, in whatever state it is. */
void schedule_set_priority(struct thread *thread, uint8_t priority);

extern uint32_t schedule_idle_cpus; /* Bit a CPU that runs its idle thread and was not sent for. */

/* Other CPUs are idle while this one has more than it runs. schedule_ready puts the queue's count before this look
 * at them, and a CPU that goes idle looks the other way round. */
static inline bool schedule_has_surplus(const struct cpu *cpu)
{
    return __builtin_expect(__atomic_load_n(&schedule_idle_cpus, __ATOMIC_RELAXED) != 0, 0) &&
           __atomic_load_n(&cpu->run_queue->ready_count, __ATOMIC_RELAXED) > 0;
}
/* If so, and it lasts, one of them is sent for: surplus.h. On the way to user mode. */
void schedule_share_work(void);
/* Wake an idle CPU, if there is one, to take what is ready here. Interrupts masked. */
void schedule_send_for_help(void);

/* Boot: this CPU's queue and its idle thread, which is the flow of control that calls it. */
void schedule_init_cpu(struct cpu *cpu);
/* What the idle thread does for ever. */
_Noreturn void schedule_idle(void);

/* On the next thread's stack: finish with the thread whose context was left. */
void schedule_tail(struct arch_context *left);
