/* Cancellation of threads: what call.c and cancel_point.S share with cancel.c. See call.h. */
#pragma once

struct blocking_call;

/* Of the calling thread, while it is inside a cancellation point of the C library: the word that
 * becomes not 0 when somebody wants the thread to end. NULL otherwise. */
extern _Thread_local const volatile int *cancel_asked;

/* cancel_point.S. @return the status, or what cancel_take answers. */
long cancel_point_call(struct blocking_call *call, const volatile int *asked);

/* The same call where the thread cannot be cancelled. @return the status. */
long plain_call(struct blocking_call *call);

/* The thread was asked to end before its call began: end it, or, if that is masked now, @return
 * -ECANCELED. Called from the mark, and only when pthread_cancel is part of the program. */
long cancel_take(void);
