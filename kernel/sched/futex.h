/* Futexes: sleeping on a 32-bit word of user memory. A word is private to its process, and its waiters are found
 * by address space and address; or it is meant for all who map the same memory, and they are found by where it
 * is in the machine. Thread context. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

/* @return OK when woken, WOULD_BLOCK when the word is not `expected`, BAD_ADDRESS, TIMED_OUT,
 *         CANCELLED, INTERRUPTED. */
status_t futex_wait(uaddr_t address, uint32_t expected, time_ns_t deadline);
/* @return how many were woken. */
uint32_t futex_wake(uaddr_t address, uint32_t count);
/* The same across processes. What is not mapped shared is private all the same. */
status_t futex_wait_shared(uaddr_t address, uint32_t expected, time_ns_t deadline);
/* @return BAD_ADDRESS. */
status_t futex_wake_shared(uaddr_t address, uint32_t count, uint32_t *out_woken);
/* Wake some, move others to another word; all or nothing as to `expected`. */
status_t futex_requeue(uaddr_t address, uint32_t expected, uint32_t wake_count, uaddr_t target,
                       uint32_t move_count, uint32_t *out_moved);
/* The end of a thread that holds locks: store a word and wake one who waits for it, in whatever process. A bad
 * address is ignored. */
void futex_store_and_wake_one(uaddr_t address, uint32_t value);
/* The end of a thread: store 0 and wake all. A bad address is ignored. */
void futex_clear_and_wake(uaddr_t address);

/* Boot. */
void futex_setup(void);
