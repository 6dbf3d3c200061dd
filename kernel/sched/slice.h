/* Time slices: threads of one priority take turns of SLICE_NS, and only while more than one of them
 * is ready on a CPU. Without rivals there is no timer. */
#pragma once

#define SLICE_NS 4000000ull /* Long against a switch, short against a human. */

struct cpu;

/* Somebody as urgent as the running thread became ready. Interrupts masked. */
void slice_begin(struct cpu *cpu);
/* Another thread runs now: it gets a slice of its own if it has rivals. */
void slice_switch(struct cpu *cpu);
