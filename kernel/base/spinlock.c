/* See spinlock.h. A test-and-set lock with a polite wait: there are few CPUs and short sections. */
#include "kernel/base/spinlock.h"

#include <arch/barrier.h>
#include <arch/cpu.h>

#include "kernel/base/lock_order.h"
#include "lib/base/assert.h"

void spin_lock(struct spinlock *lock)
{
    uint32_t me = cpu_this()->index + 1;
    ASSERT(lock->held != me);
    lock_order_take(lock->class);
    uint32_t free = 0;
    while (!__atomic_compare_exchange_n(&lock->held, &free, me, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0)
            cpu_relax();
        free = 0;
    }
}

void spin_unlock(struct spinlock *lock)
{
    ASSERT(lock->held == cpu_this()->index + 1);
    lock_order_give(lock->class);
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

bool spin_held(const struct spinlock *lock)
{
    return __atomic_load_n(&lock->held, __ATOMIC_RELAXED) == cpu_this()->index + 1;
}
