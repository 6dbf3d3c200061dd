/* When a CPU has more to run than it should keep to itself. */
#pragma once

struct cpu;

/* Threads are ready here while another CPU is idle: send for it if that lasts. On the way to user mode, interrupts masked;
 * this CPU's. Costs a read of the counter, and the arming of a timer once in a millisecond. */
void surplus_look(struct cpu *cpu);
