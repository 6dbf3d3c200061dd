/* See wall_clock.h. */
#include "kernel/device/wall_clock.h"

#include "kernel/base/spinlock.h"
#include "kernel/device/machine.h"
#include "kernel/drivers/pl031.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"

static struct wall_clock {
    struct spinlock lock;
    bool known;       /* The real-time clock was read, or the time was set. Atomic, after: */
    uint64_t boot_ns; /* Wall time when the monotonic clock was 0; modulo 2^64. Atomic. */
    struct wait_queue sleepers;
} wall_clock = { .lock = { .class = LOCK_DEVICE },
                 .sleepers = {
                     .waiters = { &wall_clock.sleepers.waiters, &wall_clock.sleepers.waiters } } };

/* The lock is held. */
static void learn(time_ns_t now)
{
    if (wall_clock.known)
        return;
    if (machine.rtc.raw != 0)
        __atomic_store_n(&wall_clock.boot_ns, pl031_read(machine.rtc) * 1000000000 - now,
                         __ATOMIC_RELAXED);
    __atomic_store_n(&wall_clock.known, true, __ATOMIC_RELEASE);
}

/* Every change of a file asks, so a clock that is known is read without the lock. */
uint64_t wall_clock_read(void)
{
    if (!__atomic_load_n(&wall_clock.known, __ATOMIC_ACQUIRE)) {
        spin_lock(&wall_clock.lock);
        learn(clock_now());
        spin_unlock(&wall_clock.lock);
    }
    return wall_clock_at(clock_now());
}

uint64_t wall_clock_at(time_ns_t monotonic_ns)
{
    return __atomic_load_n(&wall_clock.boot_ns, __ATOMIC_RELAXED) + monotonic_ns;
}

/* The clock is looked at again after every wake-up, so its sleepers need not be told why. */
status_t wall_clock_sleep(uint64_t wall_ns)
{
    status_t status = STATUS_OK;
    spin_lock(&wall_clock.lock);
    learn(clock_now());
    while (status == STATUS_OK || status == STATUS_TIMED_OUT) {
        time_ns_t now = clock_now(), deadline;
        uint64_t wall_now = wall_clock.boot_ns + now;
        if (wall_now >= wall_ns)
            break;
        if (__builtin_add_overflow(now, wall_ns - wall_now, &deadline))
            deadline = TIME_NEVER;
        status = wait_sleep(&wall_clock.sleepers, &wall_clock.lock, deadline);
        spin_lock(&wall_clock.lock);
    }
    spin_unlock(&wall_clock.lock);
    return status == STATUS_TIMED_OUT ? STATUS_OK : status;
}

void wall_clock_set(uint64_t wall_ns)
{
    spin_lock(&wall_clock.lock);
    __atomic_store_n(&wall_clock.boot_ns, wall_ns - clock_now(), __ATOMIC_RELAXED);
    __atomic_store_n(&wall_clock.known, true, __ATOMIC_RELEASE);
    wait_wake_all(&wall_clock.sleepers, &wall_clock.lock);
    spin_unlock(&wall_clock.lock);
}
