/* See threads.h. */
#include "user/tests/support/threads.h"

#include <abi/memory.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"

enum { STACK_SIZE = 32768 };

static _Noreturn void thread_main(struct test_thread *thread)
{
    thread->body(thread->argument);
    sys_thread_exit();
}

status_t thread_begin(struct test_thread *thread, void (*body)(void *argument), void *argument)
{
    uint64_t number;
    *thread = (struct test_thread){ .body = body, .argument = argument, .alive = 1 };
    status_t status =
        sys_memory_map_anon(STACK_SIZE, 0, MEMORY_READ | MEMORY_WRITE, &thread->stack);
    if (status != STATUS_OK)
        return status;
    status =
        sys_thread_create((uintptr_t)thread_main, thread->stack + STACK_SIZE, (uintptr_t)thread, 0,
                          (uintptr_t)&thread->alive, 0, &thread->handle, &number);
    if (status != STATUS_OK)
        (void)sys_memory_unmap(thread->stack, STACK_SIZE);
    return status;
}

void thread_join(struct test_thread *thread)
{
    uint32_t seen;
    word_wait_while(&thread->alive, 1);
    status_t status = sys_object_wait(thread->handle, SIGNAL_TERMINATED, TIME_NEVER, &seen);
    ASSERT(status == STATUS_OK);
    status = sys_memory_unmap(thread->stack, STACK_SIZE);
    ASSERT(status == STATUS_OK);
    status = sys_handle_close(thread->handle.raw);
    ASSERT(status == STATUS_OK);
}

void word_wait_while(uint32_t *word, uint32_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
        (void)sys_futex_wait((uintptr_t)word, value, TIME_NEVER);
}

void word_set_and_wake(uint32_t *word, uint32_t value)
{
    uint32_t woken;
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    (void)sys_futex_wake((uintptr_t)word, UINT32_MAX, &woken);
}

void test_mutex_lock(struct test_mutex *mutex)
{
    uint32_t seen = 0;
    if (__atomic_compare_exchange_n(&mutex->word, &seen, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&mutex->word, 2, __ATOMIC_ACQUIRE) != 0)
        (void)sys_futex_wait((uintptr_t)&mutex->word, 2, TIME_NEVER);
}

void test_mutex_unlock(struct test_mutex *mutex)
{
    uint32_t woken;
    if (__atomic_exchange_n(&mutex->word, 0, __ATOMIC_RELEASE) == 2)
        (void)sys_futex_wake((uintptr_t)&mutex->word, 1, &woken);
}
