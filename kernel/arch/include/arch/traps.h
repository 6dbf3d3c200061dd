/* Entry points that vectors.S calls, and the report of a fatal exception. */
#pragma once

#include <arch/trap.h>

struct cpu;
struct thread;

void syscall_enter(struct trap_frame *frame);
void trap_user_sync(struct trap_frame *frame, uint64_t esr, uint64_t address);
void trap_user_irq(struct trap_frame *frame);
void trap_kernel_irq(struct trap_frame *frame);
void trap_kernel_sync(struct trap_frame *frame, uint64_t esr, uint64_t address);
_Noreturn void trap_bad(struct trap_frame *frame, uint64_t esr, uint64_t address);
_Noreturn void trap_stack_overflow(uint64_t sp, uint64_t pc);
void trap_first_return(void);
/* Slow part of the way back to user mode: see trap.c. */
void trap_exit(struct cpu *cpu);
/* Leave the kernel by the frame on top of the current thread's stack, as it is now. What is on the kernel stack
 * below it is forgotten: no lock, no reference may be held there. */
_Noreturn void trap_resume(void);
/* vectors.S: the last step of it. */
_Noreturn void trap_return_to(struct trap_frame *frame);

_Noreturn void panic_trap(const struct trap_frame *frame, uint64_t esr, uint64_t address,
                          const char *what);
/* Run the handlers of pending interrupts. */
void irq_dispatch(void);
