/* spin_lock in line, for the few paths where the call is a good part of the work: a transfer through a pipe, a sleep, a
 * wake-up. Host tests have their own version. */
#pragma once

#include <arch/cpu.h>

#include "kernel/base/lock_order.h"
#include "kernel/base/spinlock.h"

/* spinlock.c: somebody else holds it. */
void spin_wait_and_take(struct spinlock *lock, uint32_t me);

static inline bool spin_take(struct spinlock *lock, uint32_t me)
{
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&lock->held, &free, me, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static inline void spin_lock_inline(struct spinlock *lock)
{
    uint32_t me = cpu_this()->index + 1;
    lock_order_take(lock->class);
    if (__builtin_expect(!spin_take(lock, me), 0))
        spin_wait_and_take(lock, me);
}
