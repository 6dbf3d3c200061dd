/* Kernel stacks: 16 KiB with 16 KiB of nothing below, in the VMAP range. Freed stacks are kept per
 * system (a few) so that creating a thread seldom touches translation tables. Thread context. */
#pragma once

#include <stdint.h>

/* Lowest address, or NULL. */
void *stack_alloc(void);
void stack_free(void *stack);
/* Free the stacks that were kept. @return how many frames. */
uint64_t stack_drop_kept(void);
