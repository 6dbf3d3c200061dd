/* A scheduler for host tests of kernel code. Each kernel thread is a host thread, of which one at a
 * time has the baton; it may pass on at every spinlock operation, wait and wake-up, to a thread that
 * the seed chooses. So a run is one interleaving, the same for the same seed, and sanitizers see all
 * of it. Time stands still until nobody can run; then it jumps to the next deadline.
 *
 * Without sim_thread a test simply calls kernel functions: it is a thread by itself. */
#pragma once

#include <arch/trap.h>
#include <stdbool.h>
#include <stdint.h>

struct process;
struct thread;

/* Start over: time 0, no threads, switches from the seed; 0: never switch unless one must. */
void sim_begin(uint64_t seed);
/* Add a kernel thread of the process (may be NULL). It runs in sim_run. */
struct thread *sim_thread(struct process *process, void (*body)(void *), void *argument);
/* Run until every thread has ended. False: those left wait for ever (sim_end cancels them). */
bool sim_run(void);
/* Run what is left with every wait cancelled, release what was retired, free the threads: nobody
 * else may hold a reference to one. */
void sim_end(void);
/* Called for each thread before it is freed, as the thread's destroy would; NULL: nothing. */
extern void (*sim_thread_destroy)(struct thread *thread);
/* What ending a thread does to its wait. */
void sim_cancel(struct thread *thread);
/* Let another thread go on, if the seed says so. */
void sim_point(void);
/* Release what epoch_retire was given. No lock held. */
void sim_reap(void);
/* How many spinlocks the current thread holds. */
unsigned sim_locks_held(void);
/* Uniform below `limit`, from the run's seed. */
uint64_t sim_random(uint64_t limit);
