/* The heap keeps, for each timer, where it stands, so that any one can be moved. */
#include "lib/net/timer.h"

#include <string.h>

void net_timers_init(struct net_timers *timers, uint32_t timer_count)
{
    timers->timer_count = timer_count;
    timers->armed_count = 0;
    memset(timers->positions, 0, timer_count * sizeof timers->positions[0]);
}

static bool earlier(const struct net_timers *timers, uint32_t a, uint32_t b)
{
    return timers->deadlines[a] < timers->deadlines[b];
}

static void place(struct net_timers *timers, uint32_t at, uint32_t timer)
{
    timers->heap[at] = timer;
    timers->positions[timer] = at + 1;
}

static void sift_up(struct net_timers *timers, uint32_t at)
{
    uint32_t timer = timers->heap[at];
    while (at > 0 && earlier(timers, timer, timers->heap[(at - 1) / 2])) {
        place(timers, at, timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(timers, at, timer);
}

static void sift_down(struct net_timers *timers, uint32_t at)
{
    uint32_t timer = timers->heap[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= timers->armed_count)
            break;
        if (child + 1 < timers->armed_count &&
            earlier(timers, timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!earlier(timers, timers->heap[child], timer))
            break;
        place(timers, at, timers->heap[child]);
        at = child;
    }
    place(timers, at, timer);
}

static void disarm(struct net_timers *timers, uint32_t timer)
{
    uint32_t at = timers->positions[timer] - 1;
    timers->positions[timer] = 0;
    uint32_t last = timers->heap[--timers->armed_count];
    if (at == timers->armed_count)
        return;
    place(timers, at, last);
    sift_up(timers, at);
    sift_down(timers, timers->positions[last] - 1);
}

void net_timer_set(struct net_timers *timers, uint32_t timer, time_ns_t deadline)
{
    ASSERT(timer < timers->timer_count);
    bool armed = timers->positions[timer] != 0;
    if (deadline == TIME_NEVER) {
        if (armed)
            disarm(timers, timer);
        return;
    }
    timers->deadlines[timer] = deadline;
    if (!armed)
        place(timers, timers->armed_count++, timer);
    sift_up(timers, timers->positions[timer] - 1);
    sift_down(timers, timers->positions[timer] - 1);
}

bool net_timers_take(struct net_timers *timers, time_ns_t now, uint32_t *out_timer)
{
    if (net_timers_next(timers) > now)
        return false;
    *out_timer = timers->heap[0];
    disarm(timers, timers->heap[0]);
    return true;
}
