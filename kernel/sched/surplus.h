/* When a CPU has more to run than it should keep to itself. Interrupts masked. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpu;

/* Threads are ready here while another CPU is idle: send for it if that lasts. On the way to user mode;
 * this CPU's. Costs a read of the counter, and the arming of a timer once in a millisecond. */
void surplus_look(struct cpu *cpu);

/* Whether what is ready at `cpu`, any CPU, has waited there for long enough that another takes it. A hint, read without locks.
 * Costs a read of the counter. */
bool surplus_lasts(const struct cpu *cpu);

/* This CPU, which is about to be idle or in user mode, looks again a millisecond from now. */
void surplus_look_again(struct cpu *cpu);

/* A CPU that was idle came to help, and worked for so long until it was idle again; 0: it found nothing to take. On that CPU. */
void surplus_learn(uint64_t helped_ns);
