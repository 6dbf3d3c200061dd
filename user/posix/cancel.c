/* See cancel.h. The C library calls __syscall_cp_asm for a call that is a cancellation point, when the
 * program has pthread_cancel in it; else it calls the function of this layer itself. */
#include "user/posix/cancel.h"

#include <errno.h>
#include <stddef.h>

_Thread_local const volatile int *cancel_asked;

/* The C library's: ends the thread or answers -ECANCELED. Part of pthread_cancel. */
extern long __cancel(void) __attribute__((weak));

long cancel_take(void)
{
    /* Clean-up handlers that __cancel runs may block, and are not to be cancelled again. */
    cancel_asked = NULL;
    return __cancel != NULL ? __cancel() : -ECANCELED;
}

long __syscall_cp_asm(volatile void *asked, long call, long a, long b, long c, long d, long e,
                      long f);

/* @param call  the address of a function of this layer.
 * A call that does not block is a cancellation point as well, so the word is looked at here too. A
 * signal handler may come here while the thread is in an outer call: hence the saved word. */
long __syscall_cp_asm(volatile void *asked, long call, long a, long b, long c, long d, long e,
                      long f)
{
    const volatile int *outer = cancel_asked;
    long (*function)(long, long, long, long, long, long) =
        (long (*)(long, long, long, long, long, long))call;
    if (*(volatile int *)asked != 0)
        return cancel_take();
    cancel_asked = asked;
    long answer = function(a, b, c, d, e, f);
    cancel_asked = outer;
    return answer;
}
