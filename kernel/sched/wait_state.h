/* The parts of a wait, for the scheduler and for what is built on it (wait.c, handoff.c). */
#pragma once

#include <abi/types.h>

#include <stdbool.h>

struct thread;

enum wait_state {
    WAIT_NONE,
    WAIT_WAITING, /* Going to sleep, still on its CPU. */
    WAIT_BLOCKED, /* Off its CPU, or about to be: the switch will not be given up. */
    WAIT_CLAIMED, /* Somebody owns the wake-up and prepares it. */
    WAIT_WOKEN,
    WAIT_STATE_MASK = 0xf,
    /* With WAITING and BLOCKED, what ends the wait beside its waker and its deadline. It is part of the state,
     * so that whoever asks cannot end the next wait of the thread instead of the one it saw. */
    WAIT_ENDS = 0x10,    /* A request that the thread end. */
    WAIT_SIGNALS = 0x20, /* Signals of POSIX. */
};

/* From here on the current thread can be claimed. A thread that is to end is woken at once with
 * CANCELLED; in a call that signals interrupt, one that has signals to look at with INTERRUPTED. */
void wait_prepare(void);
/* Sleep until woken or the deadline; with `next` (claimed, off its CPU) by running that. @return the
 * waker's result, TIMED_OUT, CANCELLED or INTERRUPTED. */
status_t wait_commit(struct thread *next, time_ns_t deadline);

/* Own the wake-up of a thread. False when it does not wait, or somebody else was first. Any
 * context. The thread does not go on before thread_wake_claimed. */
bool thread_claim(struct thread *thread);
/* Say the result of a claimed wait, and make the thread ready if it has left its CPU. */
void thread_wake_claimed(struct thread *thread, status_t result);
/* Say the result and leave it to the caller to run the thread, which has left its CPU. */
void wait_say_result(struct thread *thread, status_t result);
/* Claim and wake, if it waits in a way that this ends (WAIT_ENDS, WAIT_SIGNALS). */
void thread_wake_kind(struct thread *thread, uint32_t kind, status_t result);
/* Claim and wake. @return false when the claim was lost. */
bool thread_wake(struct thread *thread, status_t result);
