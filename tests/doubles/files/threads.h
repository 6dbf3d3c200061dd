/* Threads of the kernel in a host test. The bodies run one at a time; where one sleeps, or passes a
 * preemption point, another goes on, chosen by the test's seed. When all sleep, `idle` plays the
 * interrupts. Without kernel_threads_run, a test that sleeps runs `idle` until it is woken. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { KERNEL_THREADS_MAX = 16 };

struct kernel_thread_body {
    void (*run)(void *argument);
    void *argument;
};

struct kernel_threads {
    uint64_t (*random)(void); /* Chooses who goes on (unit_random); NULL: the first that can. */
    void (*idle)(void);       /* Must wake somebody, or the test is at an end. */
    uint32_t locks_held;      /* Spinlocks; none where threads change. */
    uint64_t switches;
};

extern struct kernel_threads kernel_threads;

/* Run the bodies to their ends. */
void kernel_threads_run(const struct kernel_thread_body *bodies, uint32_t count);
