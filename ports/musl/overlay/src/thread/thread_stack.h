/* Stacks of threads that have ended, kept for those that begin: see thread_stack.c. Any thread; no lock. */
#pragma once

#include <stddef.h>

/* Memory for a thread: `size` bytes, of which the first `guard` cannot be touched, and the last `cleared` are zero;
 * whole pages but for `cleared`. @return NULL without memory. */
void *__thread_stack_take(size_t size, size_t guard, size_t cleared);
/* The memory of a thread that has ended, by what __thread_stack_take was given. It is kept or unmapped. */
void __thread_stack_give(void *map, size_t size, size_t guard);
