/* See counter.h. */
#include "kernel/ipc/counter.h"

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"

static const struct object_ops counter_ops;

static const uint64_t VALUE_MAX = UINT64_MAX - 1;

static void counter_fire(struct timer *timer)
{
    signal_change(&CONTAINER_OF(timer, struct counter, timer)->source, 0, SIGNAL_READABLE);
}

/* The signals as the state has them. The lock is held. */
static void counter_refresh(struct counter *counter)
{
    bool has_timer = (counter->flags & COUNTER_TIMER) != 0;
    bool readable = has_timer ? counter->next <= clock_now() : counter->value > 0;
    uint32_t signals = (readable ? SIGNAL_READABLE : 0) |
                       (!has_timer && counter->value < VALUE_MAX ? SIGNAL_WRITABLE : 0);
    signal_change(&counter->source, (SIGNAL_READABLE | SIGNAL_WRITABLE) & ~signals, signals);
}

status_t counter_create(struct cell *cell, uint64_t value, uint32_t flags,
                        struct counter **out_counter)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.counters, &memory);
    if (status != STATUS_OK)
        return status;
    struct counter *counter = memory;
    object_init(&counter->object, &counter_ops, cell);
    signal_source_init(&counter->source, 0);
    spin_init(&counter->lock, LOCK_CHANNEL);
    timer_init(&counter->timer, counter_fire);
    counter->flags = flags;
    counter->value = value;
    counter->next = TIME_NEVER;
    spin_lock(&counter->lock);
    counter_refresh(counter);
    spin_unlock(&counter->lock);
    *out_counter = counter;
    return STATUS_OK;
}

/* --- the timer; the lock is held --- */

/* Arm for `next`. What fired meanwhile has set a signal: refreshing afterwards takes it back if it was for an
 * older time. */
static void timer_begin(struct counter *counter)
{
    timer_cancel(&counter->timer);
    if (counter->next != TIME_NEVER && counter->next > clock_now())
        timer_arm(&counter->timer, counter->next);
    counter_refresh(counter);
}

/* How often the time has come, and on to the next one. */
static uint64_t timer_take(struct counter *counter)
{
    time_ns_t now = clock_now();
    if (counter->next > now)
        return 0;
    uint64_t count = 1;
    if (counter->interval_ns == 0) {
        counter->next = TIME_NEVER;
    } else {
        count += (now - counter->next) / counter->interval_ns;
        counter->next += count * counter->interval_ns;
    }
    timer_begin(counter);
    return count;
}

static struct counter_timer timer_state(const struct counter *counter)
{
    struct counter_timer state = { .interval_ns = counter->interval_ns };
    time_ns_t now = clock_now(), next = counter->next;
    if (next == TIME_NEVER)
        return state;
    if (next <= now && counter->interval_ns != 0)
        next += ((now - next) / counter->interval_ns + 1) * counter->interval_ns;
    state.first_ns = next > now ? next - now : 0;
    return state;
}

status_t counter_set(struct counter *counter, const struct counter_timer *setting,
                     struct counter_timer *out_old)
{
    if ((counter->flags & COUNTER_TIMER) == 0)
        return STATUS_INVALID;
    spin_lock(&counter->lock);
    *out_old = timer_state(counter);
    counter->next = setting->first_ns;
    counter->interval_ns = setting->interval_ns;
    timer_begin(counter);
    spin_unlock(&counter->lock);
    return STATUS_OK;
}

status_t counter_describe(struct counter *counter, struct counter_timer *out_state)
{
    if ((counter->flags & COUNTER_TIMER) == 0)
        return STATUS_INVALID;
    spin_lock(&counter->lock);
    *out_state = timer_state(counter);
    spin_unlock(&counter->lock);
    return STATUS_OK;
}

/* --- taking and adding --- */

static uint64_t value_take(struct counter *counter)
{
    if (counter->flags & COUNTER_TIMER)
        return timer_take(counter);
    uint64_t value = counter->value;
    if (value > 0 && (counter->flags & COUNTER_ONE_BY_ONE))
        value = 1;
    counter->value -= value;
    if (value > 0)
        counter_refresh(counter);
    return value;
}

status_t counter_take(struct counter *counter, bool no_wait, time_ns_t deadline,
                      uint64_t *out_value)
{
    for (;;) {
        uint32_t seen;
        spin_lock(&counter->lock);
        uint64_t value = value_take(counter);
        spin_unlock(&counter->lock);
        if (value > 0) {
            *out_value = value;
            return STATUS_OK;
        }
        if (no_wait)
            return STATUS_WOULD_BLOCK;
        status_t status = signal_wait(&counter->source, SIGNAL_READABLE, deadline, &seen);
        if (status != STATUS_OK)
            return status;
    }
}

status_t counter_put(struct counter *counter, uint64_t value, bool no_wait, time_ns_t deadline)
{
    if (value > VALUE_MAX || (counter->flags & COUNTER_TIMER))
        return STATUS_INVALID;
    for (;;) {
        uint32_t seen;
        spin_lock(&counter->lock);
        bool fits = value <= VALUE_MAX - counter->value;
        if (fits) {
            counter->value += value;
            counter_refresh(counter);
            if (value > 0) /* More is news to those who ask for edges. */
                signal_pulse(&counter->source, SIGNAL_READABLE);
        } else {
            /* So that whoever takes some makes an edge. */
            signal_change(&counter->source, SIGNAL_WRITABLE, 0);
        }
        spin_unlock(&counter->lock);
        if (fits)
            return STATUS_OK;
        if (no_wait)
            return STATUS_WOULD_BLOCK;
        status_t status = signal_wait(&counter->source, SIGNAL_WRITABLE, deadline, &seen);
        if (status != STATUS_OK)
            return status;
    }
}

static void counter_destroy(struct object *object)
{
    struct counter *counter = (struct counter *)object;
    timer_cancel(&counter->timer);
    charged_free(object->cell, &ipc.counters, counter);
}

static struct signal_source *counter_signals(struct object *object)
{
    return &((struct counter *)object)->source;
}

static const struct object_ops counter_ops = {
    .kind = OBJECT_COUNTER,
    .version = 1,
    .name = "counter",
    .destroy = counter_destroy,
    .signals = counter_signals,
};
