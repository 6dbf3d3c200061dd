/* One-shot timers in monotonic nanoseconds, kept per CPU in a heap; the hardware timer is armed for
 * the earliest and there is no periodic tick. */
#pragma once

#include <abi/types.h>

struct timer {
    time_ns_t deadline;
    /* Runs in interrupt context on the CPU that armed it, with no lock held. */
    void (*fire)(struct timer *timer);
    uint32_t heap_index; /* Position + 1 in its CPU's heap; 0 when not armed. */
    uint32_t cpu;        /* Whose heap, while armed. */
};

void timer_init(struct timer *timer, void (*fire)(struct timer *timer));
/* Arm, or move to a new deadline. @return LIMIT when the heap is full. Any context. */
void timer_arm(struct timer *timer, time_ns_t deadline);
/* After this the timer is not armed and its function is not running. @return whether it was armed.
 * Never call from the timer's own function, nor under a lock that the function takes. */
bool timer_cancel(struct timer *timer);

/* Monotonic nanoseconds since the counter started. Any context. Cost: a counter read and a multiply. */
time_ns_t clock_now(void);
