/* The doubles of frames, slabs and cells: host memory, counted, with failures on demand. A physical
 * address is the host address of the bytes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kernel_memory {
    int64_t allocations_left; /* Of all kinds, until one fails, once; negative: none fails. */
    uint64_t allocations;     /* Made so far. */
    int64_t frames_out;
    uint64_t frames_total; /* That frame_counts tells of; 0: plenty. Not a limit. */
    int64_t objects_out;   /* Slab objects and kmalloc. */
};

extern struct kernel_memory kernel_memory;

/* For the doubles: whether this allocation may succeed. */
bool kernel_memory_take(void);
