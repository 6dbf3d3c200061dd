/* See spinlock.h. A test-and-set lock with a polite wait: there are few CPUs and short sections. */
#include "kernel/base/spinlock.h"

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/spin_inline.h>

#include "lib/base/assert.h"

/* Apart, so that a lock that is free costs no stack frame. */
__attribute__((noinline)) void spin_wait_and_take(struct spinlock *lock, uint32_t me)
{
    ASSERT(lock->held != me);
    do {
        while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) != 0)
            cpu_relax();
    } while (!spin_take(lock, me));
}

/* Called from hundreds of places: ten instructions in each would cost more at the boot than the calls do. */
__attribute__((noinline)) void spin_lock(struct spinlock *lock)
{
    spin_lock_inline(lock);
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
