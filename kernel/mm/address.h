/* The three kinds of address, each a type of its own so that they cannot be mixed. */
#pragma once

#include <stdint.h>

typedef struct {
    uint64_t raw;
} paddr_t; /* Physical address, as the CPU sees it. */

typedef struct {
    uint64_t raw;
} uaddr_t; /* User virtual address: never dereferenced, only given to user_copy. */

enum {
    PAGE_SHIFT = 12,
    PAGE_SIZE = 1 << PAGE_SHIFT,
    PAGE_MASK = PAGE_SIZE - 1,
};

static inline uint64_t page_up(uint64_t bytes)
{
    return (bytes + PAGE_MASK) & ~(uint64_t)PAGE_MASK;
}

static inline uint64_t page_down(uint64_t bytes)
{
    return bytes & ~(uint64_t)PAGE_MASK;
}
