/* Monotonic nanoseconds since boot, read from the counter without a call: the same counter and the
 * same multiplier as the kernel's clock (kernel/sched/timer.c), so that deadlines agree. Any thread.
 * Cost: two register reads and a multiplication. */
#pragma once

#include <abi/types.h>

static inline time_ns_t clock_now(void)
{
    uint64_t frequency_hz, ticks;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    /* The barrier keeps the read from being done ahead of what it is to measure. */
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    uint64_t multiplier = (1000000000ull << 32) / frequency_hz;
    return (time_ns_t)((__uint128_t)ticks * multiplier >> 32);
}

/* A deadline from now on; TIME_NEVER stays what it is. */
static inline time_ns_t clock_after(time_ns_t delay_ns)
{
    time_ns_t now = clock_now();
    return delay_ns >= TIME_NEVER - now ? TIME_NEVER : now + delay_ns;
}
