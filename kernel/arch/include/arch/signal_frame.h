/* What the handler of a signal finds on its stack, and how the thread's registers come back from there: the C
 * library's siginfo_t and ucontext_t for this architecture. Thread context, for the calling thread, no lock
 * held; user memory is written and may fault. */
#pragma once

#include <abi/posix_signal.h>
#include <abi/types.h>

#include <stdbool.h>

#include "kernel/mm/aspace.h"

struct signal_delivery;
struct thread;
struct trap_frame;

/* Make the thread enter the handler: save its registers on its stack, or on the alternate one.
 * @return BAD_ADDRESS: there is no room; the registers are as they were. */
status_t signal_frame_push(struct thread *thread, struct trap_frame *frame,
                           const struct signal_delivery *delivery);
/* Take the registers and the mask back from the frame at the stack pointer.
 * @return BAD_ADDRESS, INVALID: what is there cannot be the registers of a thread in user mode. */
status_t signal_frame_pop(struct thread *thread, struct trap_frame *frame, uint64_t *out_mask);

/* The call that the thread comes from is made again; or it has this answer. */
void signal_frame_rewind(struct trap_frame *frame);
void signal_frame_answer(struct trap_frame *frame, status_t answer);

/* A user address is on the alternate stack. */
bool signal_stack_has(const struct signal_stack *stack, uint64_t sp);

/* A fault of user code that the address space could not resolve. */
struct signal_fault {
    uint64_t esr; /* As the trap says. */
    uint64_t address;
    status_t status; /* Why not. */
    enum aspace_there there;
};

/* What it is as a signal. */
struct signal_information signal_of_fault(const struct trap_frame *frame,
                                          const struct signal_fault *fault);
