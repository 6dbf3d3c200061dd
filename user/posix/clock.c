/* Clocks and sleeping. The monotonic clock is read from the counter without a call. The wall clock needs
 * the grant clock:read; a process without it sees the time since boot counted from 1970, so that timed
 * waits, which POSIX measures by the wall clock, work in every cell. */
#include <stddef.h>
#include <sys/time.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"
#include "user/posix/start.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

static struct wall {
    bool searched;
    handle_t clock; /* HANDLE_NONE: not granted. */
} wall;

/* Two threads that look at the same time find the same. */
static handle_t wall_clock(void)
{
    if (!__atomic_load_n(&wall.searched, __ATOMIC_ACQUIRE)) {
        const struct start_handle *start = start_find("clock:read", OBJECT_CLOCK);
        if (start == NULL)
            start = start_find("clock", OBJECT_CLOCK);
        wall.clock = start != NULL ? (handle_t){ start->handle } : HANDLE_NONE;
        __atomic_store_n(&wall.searched, true, __ATOMIC_RELEASE);
    }
    return wall.clock;
}

static time_ns_t wall_now(void)
{
    uint64_t now;
    handle_t clock = wall_clock();
    if (clock.raw != 0 && sys_clock_wall(clock, &now) == STATUS_OK)
        return now;
    return clock_now();
}

static bool is_wall(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static bool is_monotonic(int clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

long __posix_clock_gettime(int clock, struct timespec *out_now)
{
    if (!is_wall(clock) && !is_monotonic(clock))
        return -EINVAL;
    *out_now = time_write(is_wall(clock) ? wall_now() : clock_now());
    return 0;
}

long __posix_clock_getres(int clock, struct timespec *out_resolution)
{
    uint64_t frequency_hz;
    if (!is_wall(clock) && !is_monotonic(clock))
        return -EINVAL;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    if (out_resolution != NULL)
        *out_resolution = time_write((TIME_NS_PER_S + frequency_hz - 1) / frequency_hz);
    return 0;
}

long __posix_gettimeofday(struct timeval *out_now, void *zone)
{
    time_ns_t now = wall_now();
    if (out_now != NULL)
        *out_now = (struct timeval){ .tv_sec = (time_t)(now / TIME_NS_PER_S),
                                     .tv_usec = (suseconds_t)(now % TIME_NS_PER_S / 1000) };
    return 0;
}

/* A place on the wall clock as one on the monotonic clock. */
static time_ns_t deadline_of_wall(time_ns_t wall_time)
{
    time_ns_t now = wall_now();
    return wall_time > now ? clock_after(wall_time - now) : TIME_NOW;
}

long __posix_clock_nanosleep(int clock, int flags, const struct timespec *time,
                             struct timespec *out_left)
{
    time_ns_t ns;
    if (!is_wall(clock) && !is_monotonic(clock))
        return -EINVAL;
    long error = time_read(time, &ns);
    if (error < 0)
        return error;
    bool absolute = (flags & TIMER_ABSTIME) != 0;
    time_ns_t deadline = !absolute ? clock_after(ns) : is_wall(clock) ? deadline_of_wall(ns) : ns;
    struct blocking_call call = { .number = SYSCALL_thread_sleep, .in = { deadline } };
    error = blocking_call_make(&call);
    if (error == -EINTR && !absolute && out_left != NULL) {
        time_ns_t now = clock_now();
        *out_left = time_write(deadline > now ? deadline - now : 0);
    }
    return error;
}

long __posix_nanosleep(const struct timespec *time, struct timespec *out_left)
{
    return __posix_clock_nanosleep(CLOCK_MONOTONIC, 0, time, out_left);
}
