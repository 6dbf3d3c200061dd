/* One structure per CPU, found through TPIDR_EL1. Only its CPU writes it, except where said. The
 * kernel is not preemptible outside preempt_point(), so "this CPU" is stable in between. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/list.h"

enum { CPUS_MAX = 8 };

struct thread;
struct aspace;
struct run_queue;

struct cpu {
    struct thread *current;    /* vectors.S and switch.S: offset 0. */
    uint64_t kernel_stack_top; /* Of the current thread: offset 8. */
    uint32_t index;
    uint32_t need_resched;        /* Set by this CPU, or by an IPI's handler. */
    struct aspace *active_aspace; /* What TTBR0 holds, perhaps lazily; NULL: the empty table. */
    uint64_t epoch;               /* epoch.c: 0 outside sections; read by other CPUs. */
    struct thread *idle;
    struct run_queue *run_queue;
    uint64_t mpidr;
    bool online;
    uint64_t idle_ticks;
    uint64_t idle_since; /* While it sleeps for an interrupt; 0: it does not. */
    uint64_t switches;
    uint64_t interrupts;
    uint64_t syscalls;
    uint64_t locks_held; /* Debug profile: bit per lock class held by this CPU. */
    void *frame_cache;   /* mm/frame.c */
};

extern struct cpu cpus[CPUS_MAX];

static inline struct cpu *cpu_this(void)
{
    struct cpu *cpu;
    /* Volatile: else the compiler takes the answer from before a sleep, which may end on another CPU. */
    __asm__ volatile("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

static inline struct thread *cpu_current_thread(void)
{
    return cpu_this()->current;
}

uint32_t cpu_count(void); /* CPUs that run. */

/* Interrupts of this CPU. The kernel runs with them masked. */
static inline void irq_window(void)
{
    /* Unmask and mask again: what is pending is taken in between (Arm ARM D1.13: after the ISB). */
    __asm__ volatile("msr daifclr, #2\n isb\n msr daifset, #2" ::: "memory");
}

/* Sleep until an interrupt is pending; it is taken by the irq_window that must follow. */
static inline void cpu_wait_for_interrupt(void)
{
    __asm__ volatile("dsb sy\n wfi" ::: "memory");
}

static inline uint64_t counter_read(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

void cpu_power_off(void);
void cpu_reset(void);
_Noreturn void cpu_halt(void);
