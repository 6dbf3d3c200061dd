/* Memory that a program takes and never gives back one by one: pages from the kernel, cut in order.
 * The owner keeps the arena; pages are touched only when they are used. One thread. */
#pragma once

#include <abi/types.h>

struct arena {
    uint8_t *next;
    uint8_t *end;
};

/* Reserve address space of `size` bytes, rounded up to pages. @return LIMIT, NO_MEMORY. */
[[nodiscard]] status_t arena_init(struct arena *arena, size_t size);
/* Zeroed bytes, aligned (a power of two); NULL when the arena is used up. */
void *arena_take(struct arena *arena, size_t size, size_t align);

/* Fresh zeroed pages. @return LIMIT, NO_MEMORY. */
[[nodiscard]] status_t pages_take(size_t size, void **out_pages);
/* Have all pages of a range now and not when they are first used. Its bytes stay. */
void pages_touch(void *memory, size_t size);
/* The same of the 16 KiB of stack below the caller. */
void stack_touch(void);
