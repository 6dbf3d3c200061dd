/* Threads of a test program: each has a stack of its own pages, and is joined by its clear-on-exit
 * word, as a C library would. The owner keeps the struct where it is until the join. */
#pragma once

#include <abi/types.h>

#include "user/rt/test.h"

struct test_thread {
    void (*body)(void *argument);
    void *argument;
    handle_t handle;
    uint64_t stack;
    uint32_t alive; /* 1 until the kernel clears it. */
};

/* Start body(argument). @return what thread_create or the mapping of the stack answered. */
[[nodiscard]] status_t thread_begin(struct test_thread *thread, void (*body)(void *argument),
                                    void *argument);
/* Wait until it is gone, for ever, and give its stack and handle back. */
void thread_join(struct test_thread *thread);

/* All that wait for a word: the plain futex idioms. */
void word_wait_while(uint32_t *word, uint32_t value);
void word_set_and_wake(uint32_t *word, uint32_t value);

/* A mutex in one word: 0 free, 1 held, 2 held and somebody may wait. */
struct test_mutex {
    uint32_t word;
};
void test_mutex_lock(struct test_mutex *mutex);
void test_mutex_unlock(struct test_mutex *mutex);
