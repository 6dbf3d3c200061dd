/* See user_copy.h; the accesses themselves are arch/aarch64/user_copy.S. */
#include "kernel/mm/user_copy.h"

#include <arch/mmu.h>

#include "kernel/sched/preempt.h"

enum { STRETCH_BYTES = 32768 }; /* Between two looks for something more urgent. */

uint64_t arch_user_read(void *dst, uint64_t src, size_t len);
uint64_t arch_user_write(uint64_t dst, const void *src, size_t len);
uint64_t arch_user_zero(uint64_t dst, size_t len);
uint64_t arch_user_read_sum(void *dst, uint64_t src, size_t len, uint64_t *sum);
uint64_t arch_user_read_u32(uint64_t src, uint32_t *out_value);

inline bool user_range_ok(uaddr_t address, size_t len)
{
    return len <= USER_TOP && address.raw <= USER_TOP - len;
}

static size_t stretch(size_t len)
{
    return len < STRETCH_BYTES ? len : STRETCH_BYTES;
}

/* Apart, so that a short copy is one call wherever it is made. */
static __attribute__((noinline)) status_t read_long(void *dst, uaddr_t src, size_t len)
{
    for (;;) {
        size_t part = stretch(len);
        if (arch_user_read(dst, src.raw, part) != 0)
            return STATUS_BAD_ADDRESS;
        if ((len -= part) == 0)
            return STATUS_OK;
        dst = (uint8_t *)dst + part;
        src.raw += part;
        preempt_point();
    }
}

inline status_t user_read(void *dst, uaddr_t src, size_t len)
{
    if (!user_range_ok(src, len))
        return STATUS_BAD_ADDRESS;
    if (len > STRETCH_BYTES)
        return read_long(dst, src, len);
    return arch_user_read(dst, src.raw, len) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}

static __attribute__((noinline)) status_t write_long(uaddr_t dst, const void *src, size_t len)
{
    for (;;) {
        size_t part = stretch(len);
        if (arch_user_write(dst.raw, src, part) != 0)
            return STATUS_BAD_ADDRESS;
        if ((len -= part) == 0)
            return STATUS_OK;
        src = (const uint8_t *)src + part;
        dst.raw += part;
        preempt_point();
    }
}

inline status_t user_write(uaddr_t dst, const void *src, size_t len)
{
    if (!user_range_ok(dst, len))
        return STATUS_BAD_ADDRESS;
    if (len > STRETCH_BYTES)
        return write_long(dst, src, len);
    return arch_user_write(dst.raw, src, len) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}

status_t user_read_sum(void *dst, uaddr_t src, size_t len, uint16_t *out_sum)
{
    uint64_t sum = 0;
    if (!user_range_ok(src, len) || arch_user_read_sum(dst, src.raw, len, &sum) != 0)
        return STATUS_BAD_ADDRESS;
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    /* The words were added in memory order as little-endian numbers; the ones'-complement sum does
     * not mind, but for the order of its own two bytes (RFC 1071, 2.B). */
    *out_sum = __builtin_bswap16((uint16_t)sum);
    return STATUS_OK;
}

status_t user_zero(uaddr_t dst, size_t len)
{
    if (!user_range_ok(dst, len))
        return STATUS_BAD_ADDRESS;
    return arch_user_zero(dst.raw, len) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}

status_t user_read_u32(uaddr_t src, uint32_t *out_value)
{
    if (!user_range_ok(src, sizeof *out_value) || (src.raw & 3) != 0)
        return STATUS_BAD_ADDRESS;
    return arch_user_read_u32(src.raw, out_value) == 0 ? STATUS_OK : STATUS_BAD_ADDRESS;
}
