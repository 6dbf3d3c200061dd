/* See wall_clock.h. */
#include "kernel/device/wall_clock.h"

#include "kernel/base/spinlock.h"
#include "kernel/device/machine.h"
#include "kernel/drivers/pl031.h"
#include "kernel/sched/timer.h"

static struct wall_clock {
    struct spinlock lock;
    bool known;       /* The real-time clock was read, or the time was set. */
    uint64_t boot_ns; /* Wall time when the monotonic clock was 0; modulo 2^64. */
} wall_clock = { .lock = { .class = LOCK_DEVICE } };

uint64_t wall_clock_read(void)
{
    spin_lock(&wall_clock.lock);
    time_ns_t now = clock_now();
    if (!wall_clock.known) {
        if (machine.rtc.raw != 0)
            wall_clock.boot_ns = pl031_read(machine.rtc) * 1000000000 - now;
        wall_clock.known = true;
    }
    uint64_t wall_ns = wall_clock.boot_ns + now;
    spin_unlock(&wall_clock.lock);
    return wall_ns;
}

void wall_clock_set(uint64_t wall_ns)
{
    spin_lock(&wall_clock.lock);
    wall_clock.boot_ns = wall_ns - clock_now();
    wall_clock.known = true;
    spin_unlock(&wall_clock.lock);
}
