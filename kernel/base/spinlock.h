/* Spinning locks. The kernel runs with interrupts masked except at preempt_point() and in idle
 * (docs/decisions/0002), so a spinlock needs no variant that saves the interrupt state, and a
 * section under one is never preempted. Never sleep, touch user memory (but for
 * user_read_now and user_write_now) or reach preempt_point() under a spinlock. Each lock has a class; a thread of control takes classes in rising order only,
 * which the debug profile checks (lock_order.c). Any context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The order of locks, outermost first. One class may be nested in itself only where the function
 * says how the two instances are ordered. */
enum lock_class {
    LOCK_CELL = 1,
    LOCK_FAMILY, /* Parents, children, groups and sessions of a cell's POSIX processes. */
    LOCK_PROCESS,
    LOCK_HANDLES,
    LOCK_FILE,      /* Sleeping: the writes to one file, which read user memory. */
    LOCK_INTERVALS, /* A sleeping lock: the timers of a POSIX process. */
    LOCK_REGISTRY,  /* A sleeping lock: devices, tracing, the tty. */
    LOCK_ASPACE,    /* A sleeping lock (mutex). */
    LOCK_VNODE,     /* A sleeping lock. */
    LOCK_NAMESPACE,
    LOCK_PAGE_TREE, /* The pages of one VMO. */
    LOCK_BLOCK,
    LOCK_DEVICE,
    LOCK_STREAM,
    LOCK_CHANNEL,
    LOCK_CALL, /* One thread's part in a synchronous call. */
    LOCK_POOL,
    LOCK_OBJECT, /* Signals and observers of one object. */
    LOCK_PORT,
    LOCK_SIGNAL, /* The POSIX signals of one process. */
    LOCK_WAIT,   /* A wait queue, a futex bucket. */
    LOCK_TIMER,
    LOCK_RUN_QUEUE,
    LOCK_SLABS, /* The list of caches. */
    LOCK_SLAB,
    LOCK_FRAME,
    LOCK_LOG,
};

struct spinlock {
    uint32_t held; /* 0 free, else 1 + the index of the CPU that holds it. */
    uint8_t class; /* enum lock_class. */
};

#define SPINLOCK_INIT(lock_class) ((struct spinlock){ .class = (lock_class) })

static inline void spin_init(struct spinlock *lock, enum lock_class lock_class)
{
    *lock = SPINLOCK_INIT((uint8_t)lock_class);
}

void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
/* True when this CPU holds the lock. For ASSERT. */
bool spin_held(const struct spinlock *lock);
