/* The only way to user memory. Ranges are checked against the user half first; a fault that cannot
 * be resolved ends the copy with BAD_ADDRESS. Thread context, no spinlock, no LOCK_ASPACE held: a
 * copy may fault in pages and sleep. Long copies pass preempt_point(). */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

struct user_in {
    uaddr_t address;
    size_t len;
};

struct user_out {
    uaddr_t address;
    size_t len;
};

/* The range lies wholly in the user half (says nothing about mappings). */
bool user_range_ok(uaddr_t address, size_t len);

/* Copy len bytes; all, or BAD_ADDRESS (a prefix may have been copied). */
status_t user_read(void *dst, uaddr_t src, size_t len);
status_t user_write(uaddr_t dst, const void *src, size_t len);
/* Copy from user memory into dst and give the ones'-complement sum of the bytes as the network
 * wants it (RFC 1071, not inverted), in one pass. */
status_t user_read_sum(void *dst, uaddr_t src, size_t len, uint16_t *out_sum);
status_t user_zero(uaddr_t dst, size_t len);

/* The same for what is there now: no page is brought in or made writable, nothing sleeps, so this is allowed under
 * a spinlock, for at most a page. @return BAD_ADDRESS: not so; the call above tells whether it is an error. */
status_t user_read_now(void *dst, uaddr_t src, size_t len);
status_t user_write_now(uaddr_t dst, const void *src, size_t len);

/* A 32-bit word, atomically: futexes. */
status_t user_read_u32(uaddr_t src, uint32_t *out_value);
