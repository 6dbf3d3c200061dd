/* Stacks of threads that have ended, kept for those that begin: see thread_stack.c. Any thread; no lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Memory for a thread: `size` bytes, of which the first `guard` cannot be touched, and the last `cleared` are zero;
 * whole pages but for `cleared`. @return NULL without memory. */
void *__thread_stack_take(size_t size, size_t guard, size_t cleared);
/* The memory of a thread that has ended, by what __thread_stack_take was given. It is kept or unmapped. */
void __thread_stack_give(void *map, size_t size, size_t guard);
/* The caller's own, by user/posix/thread.c: it is detached, ends now, has waited for those who are about to store to a lock,
 * and has the lock of the list of threads. @return false: nobody else will unmap it. */
bool __thread_stack_leave(void *map, size_t size);
