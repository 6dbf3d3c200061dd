/* The only way to user memory. Ranges are checked against the user half first; a fault that cannot
 * be resolved ends the copy with BAD_ADDRESS. Thread context, no spinlock, no LOCK_ASPACE held: a
 * copy may fault in pages and sleep. Long copies pass preempt_point().
 *
 * Inside an epoch no fault is resolved: what is not there, or not yet written to, is BAD_ADDRESS at once, whatever could be
 * done about it, and a spinlock may be held. For up to a page, by who can go a longer way instead. */
#pragma once

#include <abi/types.h>

#include <arch/mmu.h>

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

/* A 32-bit word, atomically: futexes. */
status_t user_read_u32(uaddr_t src, uint32_t *out_value);

/* arch/aarch64/user_copy.S: 0, or 1 after a fault. */
uint64_t arch_user_read_now(void *dst, uint64_t src, size_t len);
uint64_t arch_user_write_now(uint64_t dst, const void *src, size_t len);

/* As user_read and user_write, for what is there now: no page is brought in or made writable, nothing sleeps, so this is allowed under
 * a spinlock, for at most a page. @return BAD_ADDRESS: not so; the call above tells whether it is an error. */
static inline status_t user_read_now(void *dst, uaddr_t src, size_t len)
{
    bool may_be = len <= PAGE_SIZE && src.raw <= USER_TOP - len;
    return may_be && arch_user_read_now(dst, src.raw, len) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}

static inline status_t user_write_now(uaddr_t dst, const void *src, size_t len)
{
    bool may_be = len <= PAGE_SIZE && dst.raw <= USER_TOP - len;
    return may_be && arch_user_write_now(dst.raw, src, len) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}
