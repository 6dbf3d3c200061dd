/* A timer of the scheduler that raises a signal. Setting it anew first takes the old deadline back,
 * and waits for its function if that is running: so "clear, then arm" cannot be overtaken by a
 * stale signal. */
#include "kernel/ipc/timer_object.h"

#include <abi/signals.h>

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"

static const struct object_ops timer_ops;

static void timer_object_fire(struct timer *fired)
{
    struct timer_object *timer = CONTAINER_OF(fired, struct timer_object, timer);
    signal_change(&timer->source, 0, SIGNAL_EVENT);
}

status_t timer_object_create(struct cell *cell, struct timer_object **out_timer)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.timers, &memory);
    if (status != STATUS_OK)
        return status;
    struct timer_object *timer = memory;
    object_init(&timer->object, &timer_ops, cell);
    signal_source_init(&timer->source, 0);
    spin_init(&timer->lock, LOCK_CHANNEL);
    timer_init(&timer->timer, timer_object_fire);
    *out_timer = timer;
    return STATUS_OK;
}

void timer_object_set(struct timer_object *timer, time_ns_t deadline)
{
    spin_lock(&timer->lock);
    timer_cancel(&timer->timer);
    if (deadline <= clock_now()) {
        signal_pulse(&timer->source, SIGNAL_EVENT);
    } else {
        signal_change(&timer->source, SIGNAL_EVENT, 0);
        if (deadline != TIME_NEVER)
            timer_arm(&timer->timer, deadline);
    }
    spin_unlock(&timer->lock);
}

static void timer_object_destroy(struct object *object)
{
    struct timer_object *timer = (struct timer_object *)object;
    timer_cancel(&timer->timer);
    charged_free(object->cell, &ipc.timers, timer);
}

static struct signal_source *timer_object_signals(struct object *object)
{
    return &((struct timer_object *)object)->source;
}

static const struct object_ops timer_ops = {
    .kind = OBJECT_TIMER,
    .version = 1,
    .name = "timer",
    .destroy = timer_object_destroy,
    .signals = timer_object_signals,
};
