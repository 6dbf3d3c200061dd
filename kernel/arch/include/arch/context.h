/* The saved context of a thread that is not running: what a function call preserves. switch.S knows
 * the offsets of struct arch_context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct thread;

struct arch_context {
    uint64_t x19_to_x28[10];
    uint64_t x29;
    uint64_t pc;
    uint64_t sp;
    uint64_t tls; /* TPIDR_EL0. */
};
_Static_assert(sizeof(struct arch_context) == 14 * 8, "switch.S");

/* The 128-bit registers of user code; the kernel itself never uses them. */
struct arch_fp_state {
    __uint128_t q[32];
    uint32_t fpcr;
    uint32_t fpsr;
    bool used; /* The thread has touched FP since it began: there is something to restore. */
    uint8_t eager_switches; /* At so many more it is given its registers without a trap. */
};

/* Save into `from`, load `to`. Returns, in `to`'s context, what was left. */
struct arch_context *context_switch(struct arch_context *from, struct arch_context *to);
/* Make a first switch to the thread call entry(argument) on its kernel stack. */
void context_init_kernel(struct thread *thread, void (*entry)(void *), void *argument);
/* Make a first switch to the thread enter user mode with these registers. */
void context_init_user(struct thread *thread, uint64_t pc, uint64_t sp, uint64_t argument,
                       uint64_t tls);
/* Make a first switch to the thread return from the exception that the current thread is in, with the same
 * registers; what the caller changes in its frame (trap_user_frame) counts. */
void context_init_fork(struct thread *thread);
/* Let the current thread return from its exception into a new program, as context_init_user does. */
void context_restart_user(uint64_t pc, uint64_t sp);
/* FP at a switch: what `from` has in the registers is saved when it used them; `to` gets its own, or its next use
 * traps. */
void fp_switch(struct thread *from, struct thread *to);
/* The trap: give the current thread its registers. */
void fp_enable(void);
/* The state that the current thread has used is in its structure. @return false: it has used none. */
bool fp_flush(struct thread *thread);
/* The registers are not the current thread's any more, whatever they hold: its structure may be written. A
 * switch saves nothing until fp_enable. */
void fp_detach(void);
/* The current thread has used none: its next use finds zeros. */
void fp_forget(struct thread *thread);
void fp_save(struct arch_fp_state *state);
void fp_load(const struct arch_fp_state *state);
