/* Deadlines in a binary min-heap. A timer is a small number, the index of what it belongs to; each
 * is armed at most once. The arrays are the caller's. Cost: O(log n) in armed timers for arming,
 * disarming and taking; O(1) for looking at the next. Any context; the owner guards it. */
#pragma once

#include <abi/types.h>

#include "lib/base/assert.h"

struct net_timers {
    time_ns_t *deadlines; /* By timer; meaningful while it is armed. */
    uint32_t *positions;  /* By timer: its place in the heap plus 1, or 0: not armed. */
    uint32_t *heap;       /* Timers; no parent is due after its children. */
    uint32_t armed_count;
    uint32_t timer_count;
};

/* All timers disarmed. The arrays have `timer_count` entries each. */
void net_timers_init(struct net_timers *timers, uint32_t timer_count);

/* Arm, or move, a timer. TIME_NEVER disarms it. */
void net_timer_set(struct net_timers *timers, uint32_t timer, time_ns_t deadline);

static inline void net_timer_cancel(struct net_timers *timers, uint32_t timer)
{
    net_timer_set(timers, timer, TIME_NEVER);
}

/* When the timer is due, TIME_NEVER if it is not armed. */
static inline time_ns_t net_timer_deadline(const struct net_timers *timers, uint32_t timer)
{
    ASSERT(timer < timers->timer_count);
    return timers->positions[timer] == 0 ? TIME_NEVER : timers->deadlines[timer];
}

/* The earliest deadline, or TIME_NEVER. */
static inline time_ns_t net_timers_next(const struct net_timers *timers)
{
    return timers->armed_count == 0 ? TIME_NEVER : timers->deadlines[timers->heap[0]];
}

/* Disarms and names the earliest timer that is due at `now`; false if there is none. */
bool net_timers_take(struct net_timers *timers, time_ns_t now, uint32_t *out_timer);
