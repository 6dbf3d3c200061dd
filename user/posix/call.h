/* From statuses to errno, and the one door of calls that may block.
 *
 * A function of this layer answers like a system call of POSIX systems does to its C library: a
 * result that is not negative, or a negative errno. Any thread, no lock.
 *
 * pthread_cancel works by looking at the program counter: a thread that is between two marks has not
 * begun its call (or sleeps in it) and may be ended; behind them it has its result, which must
 * not be lost. So a blocking call is made in one place, cancel_point.S, by one svc between the marks
 * __cp_begin and __cp_end, after everything that must be known for it has been found out, and while
 * nothing is held that an end of the thread would leave behind: no lock, no reference. */
#pragma once

#include <abi/syscall_numbers.h>
#include <abi/types.h>

#include <stddef.h>

#include "user/posix/cancel.h"

/* The negative errno of a status; 0 for OK. */
long posix_error(status_t status);

/* A system call by its registers. */
struct blocking_call {
    uint64_t number;
    uint64_t in[7];  /* x0 to x6. */
    uint64_t out[2]; /* x1, x2 of the answer. */
};
_Static_assert(sizeof(struct blocking_call) == 80, "cancel_point.S");

/* Make it. @return its status, or a negative errno when it was not made. */
long blocking_call_status(struct blocking_call *call);

/* Make one of up to five arguments and one result, without a detour through memory where cancelling is not asked for.
 * @return as blocking_call_status; *out_value is undefined unless it is OK. */
static inline long blocking_call_registers(uint64_t number, uint64_t a, uint64_t b, uint64_t c,
                                           uint64_t d, uint64_t e, uint64_t *out_value)
{
    if (__builtin_expect(cancel_asked != NULL, 0)) {
        struct blocking_call call = { .number = number, .in = { a, b, c, d, e } };
        long answer = blocking_call_status(&call);
        *out_value = call.out[0];
        return answer;
    }
    register uint64_t x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = a;
    register uint64_t x1 __asm__("x1") = b;
    register uint64_t x2 __asm__("x2") = c;
    register uint64_t x3 __asm__("x3") = d;
    register uint64_t x4 __asm__("x4") = e;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1)
                     : "r"(x2), "r"(x3), "r"(x4), "r"(x8)
                     : "memory", "cc");
    *out_value = x1;
    return (long)(uint32_t)x0;
}

/* Make it. @return 0 or a negative errno (ECANCELED too); `out` counts only with 0. */
long blocking_call_make(struct blocking_call *call);

/* The same, for a call with one number as its result. @return it, or a negative errno. */
long blocking_call_value(struct blocking_call *call);
