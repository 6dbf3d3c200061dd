/* Delivery of signals, on the way out to user mode: see signal_deliver.c. Called by the exit of traps, with no
 * lock held; may sleep. */
#pragma once

#include <abi/posix_signal.h>
#include <abi/types.h>

struct thread;
struct trap_frame;

/* What a handler needs, for the frame on the user's stack (arch/signal_frame.h). */
struct signal_delivery {
    struct signal_information information;
    struct signal_action action;
    uint64_t return_address;
    uint64_t mask; /* To return to. */
    struct signal_stack stack;
};

/* Deal with what is pending for the calling thread, and with a call that was interrupted. The thread may be
 * asked to end meanwhile. */
void signals_deliver(struct thread *thread, struct trap_frame *frame);

/* The calling thread did what cannot be resolved: `information` says what. It goes to the thread's handler if
 * it has one that is not masked. @return false: the process has to end by it. */
bool signal_force(struct thread *thread, const struct signal_information *information);

/* Back from a handler: the frame is read as foreign data. @return whether it was one; if not, the thread has
 * SIGSEGV to deal with. */
void signal_return(struct thread *thread, struct trap_frame *frame);
