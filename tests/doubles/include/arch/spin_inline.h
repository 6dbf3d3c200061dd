/* In host tests a lock is the scheduler's double, in line or not. */
#pragma once

#include "kernel/base/spinlock.h"

static inline void spin_lock_inline(struct spinlock *lock)
{
    spin_lock(lock);
}
