/* Timers that user space holds: one-shot, SIGNAL_EVENT once the time has come. */
#pragma once

#include "kernel/object/object.h"
#include "kernel/sched/timer.h"

struct timer_object {
    struct object object; /* OBJECT_TIMER. */
    struct signal_source source;
    struct spinlock
        lock; /* LOCK_CHANNEL: one timer_object_set at a time; `fire` does not take it. */
    struct timer timer;
};

/* A disarmed timer, charged to the cell. @return NO_MEMORY, LIMIT. */
status_t timer_object_create(struct cell *cell, struct timer_object **out_timer);

/* Clear the signal and arm for a time (past: signalled at once); TIME_NEVER disarms. When it
 * returns, an earlier deadline can no longer signal. Thread context. */
void timer_object_set(struct timer_object *timer, time_ns_t deadline);
