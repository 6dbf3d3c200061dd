/* Futexes: sleeping on a 32-bit word of user memory. Words are private to their process: waiters are
 * found by address space and address. Thread context. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

/* @return OK when woken, WOULD_BLOCK when the word is not `expected`, BAD_ADDRESS, TIMED_OUT,
 *         CANCELLED. */
status_t futex_wait(uaddr_t address, uint32_t expected, time_ns_t deadline);
/* @return how many were woken. */
uint32_t futex_wake(uaddr_t address, uint32_t count);
/* Wake some, move others to another word; all or nothing as to `expected`. */
status_t futex_requeue(uaddr_t address, uint32_t expected, uint32_t wake_count, uaddr_t target,
                       uint32_t move_count, uint32_t *out_moved);
/* The end of a thread: store 0 and wake all. A bad address is ignored. */
void futex_clear_and_wake(uaddr_t address);

/* Boot. */
void futex_setup(void);
