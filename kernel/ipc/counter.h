/* Counters: a number that is added to and taken from, in eight bytes each way, and that waits when it is 0 or
 * full; or, with a timer, that counts how often its time has come. Under eventfd and timerfd. Thread context.
 *
 * A timer's count is worked out when somebody asks: what fires only tells that it is worth asking, and is
 * armed again by who asked. So nothing runs while nobody looks. */
#pragma once

#include <abi/descriptor.h>

#include "kernel/object/object.h"
#include "kernel/sched/timer.h"

struct counter {
    struct object object; /* OBJECT_COUNTER. */
    struct signal_source source;
    struct spinlock lock; /* LOCK_CHANNEL: all below. `fire` does not take it. */
    uint32_t flags;       /* COUNTER_*. */
    uint64_t value;       /* Without a timer. */
    time_ns_t next;       /* When the time comes next, TIME_NEVER: never. */
    time_ns_t interval_ns;
    struct timer timer;
};

/* The caller gets the one reference. @return LIMIT, NO_MEMORY. */
status_t counter_create(struct cell *cell, uint64_t value, uint32_t flags,
                        struct counter **out_counter);

/* Take the value, or 1 of it (COUNTER_ONE_BY_ONE), as soon as it is not 0.
 * @return WOULD_BLOCK, TIMED_OUT, CANCELLED, INTERRUPTED. */
status_t counter_take(struct counter *counter, bool no_wait, time_ns_t deadline,
                      uint64_t *out_value);
/* Add to it as soon as it fits below UINT64_MAX. @return INVALID (UINT64_MAX, or one with a timer) and the
 * same. */
status_t counter_put(struct counter *counter, uint64_t value, bool no_wait, time_ns_t deadline);

/* @param setting  its first time (TIME_NEVER: stop) and what it is after that, 0: once. @param out_old  how long
 * it was until the next time, as it stood. @return INVALID without COUNTER_TIMER. */
status_t counter_set(struct counter *counter, const struct counter_timer *setting,
                     struct counter_timer *out_old);
status_t counter_describe(struct counter *counter, struct counter_timer *out_state);
