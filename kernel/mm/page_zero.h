/* Clearing a page with DC ZVA (Arm ARM C6.2, DC): 64 bytes an instruction on every CPU we know.
 * frame_init refuses the others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/mm/address.h"

enum { PAGE_ZERO_BLOCK = 64 };

static inline bool page_zero_serves(void)
{
    uint64_t
        dczid; /* D19.2.34: words of a block as a power of two, and whether it is prohibited. */
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    return (dczid & 0x1f) == __builtin_ctz(PAGE_ZERO_BLOCK / 4);
}

static inline void page_zero(void *page)
{
    uint8_t *at = page;
#pragma clang loop unroll_count(16)
    for (uint8_t *end = at + PAGE_SIZE; at < end; at += PAGE_ZERO_BLOCK)
        __asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
}
