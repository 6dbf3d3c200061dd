/* A sparse array of 64-bit values by index: the pages of a VMO. A tree of 64-way nodes that is as
 * deep as the largest index needs; index 0 alone costs no node. The owner guards it; look-ups do
 * not allocate. */
#pragma once

#include <abi/types.h>

struct radix_node;

struct radix {
    struct radix_node *root; /* Or, with height 0, NULL. */
    uint64_t single;         /* The value at index 0 while height is 0. */
    uint32_t height;
};

/* 0: nothing there. */
uint64_t radix_get(const struct radix *radix, uint64_t index);
/* Set a value that is not 0. @return NO_MEMORY for a node: nothing has changed. */
status_t radix_set(struct radix *radix, uint64_t index, uint64_t value);
/* Change a value that is there. */
void radix_replace(struct radix *radix, uint64_t index, uint64_t value);
/* Remove and give the value, or 0. Empty nodes are freed. */
uint64_t radix_remove(struct radix *radix, uint64_t index);
/* Remove up to `max` values, at least 1, from the first index >= `from` that has one on, in order. @return how many; 0:
 * there is none. Fewer than `max` does not mean that there are no more. */
uint32_t radix_take(struct radix *radix, uint64_t from, uint64_t *out_values, uint32_t max);
/* The first index >= *index that has a value; false when there is none. */
bool radix_next(const struct radix *radix, uint64_t *index, uint64_t *out_value);
