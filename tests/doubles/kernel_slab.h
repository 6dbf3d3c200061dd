/* Kernel memory on the host's heap, where the sanitizers see each object, with an exact count and a
 * way to make any allocation fail. */
#pragma once

#include <stdint.h>

/* What kmalloc, slab_alloc and frame_alloc have given out and not got back. */
uint64_t double_memory_in_use(void);
/* The allocation after `successes` more fails, once; -1: none does. */
void double_memory_fail_after(int64_t successes);
/* To be asked by other doubles that allocate. */
int double_memory_fails(void);
void double_memory_count(int64_t change);
