/* Kernel stacks: 16 KiB with 16 KiB of nothing below, in the VMAP range. Freed stacks are kept per
 * system (a few) so that creating a thread seldom touches translation tables. Thread context. */
#pragma once

#include <stdint.h>

/* Lowest address, or NULL. */
void *stack_alloc(void);
void stack_free(void *stack);
/* Give kept stacks back to the frame allocator. Not from where frames are allocated: the VMAP lock
 * may be held there. @return frames freed. */
uint64_t stack_reclaim(uint64_t frames);
