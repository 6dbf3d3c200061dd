/* Double of kernel/base/spinlock.h: threads of a test run one at a time and change only where they
 * sleep, so a lock that is held when it is taken is a mistake. */
#include "kernel/base/spinlock.h"

#include "lib/base/assert.h"
#include "tests/doubles/files/threads.h"

void spin_lock(struct spinlock *lock)
{
    ASSERT(lock->held == 0);
    ASSERT(lock->class != 0);
    lock->held = 1;
    kernel_threads.locks_held++;
}

void spin_unlock(struct spinlock *lock)
{
    ASSERT(lock->held == 1);
    lock->held = 0;
    kernel_threads.locks_held--;
}

bool spin_held(const struct spinlock *lock)
{
    return lock->held != 0;
}
