/* A lock of user space: a word that is 0 free, 1 held, 2 held and waited for. Uncontended it costs two
 * atomic operations and no call. It is not a cancellation point, and never held across one. */
#pragma once

#include <swos/syscalls.h>

struct lock {
    uint32_t word;
};

static inline void lock_take(struct lock *lock)
{
    uint32_t expected = 0;
    if (__atomic_compare_exchange_n(&lock->word, &expected, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
        (void)sys_futex_wait((uint64_t)(uintptr_t)&lock->word, 2, TIME_NEVER);
}

static inline void lock_give(struct lock *lock)
{
    uint32_t woken;
    if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
        (void)sys_futex_wake((uint64_t)(uintptr_t)&lock->word, 1, &woken);
}
