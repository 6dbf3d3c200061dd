/* One-shot timers in monotonic nanoseconds, kept per CPU in a pairing heap, so that there is no limit
 * on their number and arming costs nothing but a few pointers; the hardware timer is armed for the
 * earliest and there is no periodic tick. */
#pragma once

#include <abi/types.h>

struct timer {
    time_ns_t deadline;
    /* Runs in interrupt context on the CPU that armed it, with no lock held. */
    void (*fire)(struct timer *timer);
    struct timer *child; /* The heap: first child, next sibling, and what points here. */
    struct timer *next;
    struct timer *previous;
    uint32_t cpu; /* Whose heap, while armed. */
    bool armed;
};

void timer_init(struct timer *timer, void (*fire)(struct timer *timer));
/* Arm, or move to a new deadline. Not from two CPUs at once for one timer. Any context. */
void timer_arm(struct timer *timer, time_ns_t deadline);
/* After this the timer is not armed and its function is not running. @return whether it was armed.
 * Never call from the timer's own function, nor under a lock that the function takes. */
bool timer_cancel(struct timer *timer);

/* Monotonic nanoseconds since the counter started. Any context. Cost: a counter read, a multiply. */
time_ns_t clock_now(void);
/* Ticks of the counter to nanoseconds. */
time_ns_t clock_from_ticks(uint64_t ticks);

/* Boot: the counter's frequency. */
void clock_init(void);
/* Boot: this CPU's share; the hardware timer's interrupt id is the same on all. */
void timer_init_cpu(uint32_t intid);
