/* Clocks and sleeping. The monotonic clock is read from the counter without a call. The wall clock needs
 * the grant clock:read; a process without it sees the time since boot counted from 1970, so that timed
 * waits, which POSIX measures by the wall clock, work in every cell. */
#include <errno.h>
#include <stddef.h>
#include <sys/time.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/clock.h"
#include "user/posix/posix.h"
#include "user/posix/start.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

static struct wall {
    bool searched;
    handle_t clock;  /* HANDLE_NONE: not granted. */
    handle_t setter; /* The same, with the right to set it. */
} wall;

static handle_t find_clock(const char *grant)
{
    const struct start_handle *start = start_find(grant, OBJECT_CLOCK);
    if (start == NULL)
        start = start_find("clock", OBJECT_CLOCK);
    return start != NULL ? (handle_t){ start->handle } : HANDLE_NONE;
}

/* Two threads that look at the same time find the same. */
static void search(void)
{
    if (__atomic_load_n(&wall.searched, __ATOMIC_ACQUIRE))
        return;
    wall.clock = find_clock("clock:read");
    wall.setter = find_clock("clock:set");
    __atomic_store_n(&wall.searched, true, __ATOMIC_RELEASE);
}

handle_t clock_wall(void)
{
    search();
    return wall.clock;
}

static time_ns_t wall_now(void)
{
    uint64_t now;
    handle_t clock = clock_wall();
    if (clock.raw != 0 && sys_clock_wall(clock, &now) == STATUS_OK)
        return now;
    return clock_now();
}

bool clock_is_wall(int clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

bool clock_is_monotonic(int clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

/* The C library's numbers for the clocks of others: three bits say which kind, the rest is the complement of
 * the process's or thread's number. */
enum { CPU_CLOCK_KIND_MASK = 7, CPU_CLOCK_KIND_PROCESS = 2, CPU_CLOCK_KIND_THREAD = 6 };

bool clock_is_cpu(int clock, uint64_t *out_process, uint64_t *out_thread)
{
    uint64_t process, thread, number = (uint64_t)(uint32_t)~(clock >> 3);
    *out_process = 0;
    *out_thread = 0;
    if (clock == CLOCK_PROCESS_CPUTIME_ID)
        return true;
    if (clock == CLOCK_THREAD_CPUTIME_ID) {
        if (sys_thread_self(&process, &thread) != STATUS_OK)
            return false;
        *out_thread = thread;
        return true;
    }
    if (clock >= 0)
        return false;
    switch (clock & CPU_CLOCK_KIND_MASK) {
    case CPU_CLOCK_KIND_PROCESS: *out_process = number; return true;
    case CPU_CLOCK_KIND_THREAD: *out_thread = number; return true;
    default: return false;
    }
}

static long cpu_now(int clock, time_ns_t *out_now)
{
    uint64_t process, thread;
    if (!clock_is_cpu(clock, &process, &thread) ||
        sys_cpu_clock_read(process, thread, out_now) != STATUS_OK)
        return -EINVAL;
    return 0;
}

long __posix_clock_gettime(int clock, struct timespec *out_now)
{
    time_ns_t now = 0;
    long error = 0;
    if (clock_is_wall(clock))
        now = wall_now();
    else if (clock_is_monotonic(clock))
        now = clock_now();
    else
        error = cpu_now(clock, &now);
    if (error == 0)
        *out_now = time_write(now);
    return error;
}

int __clock_gettime(clockid_t clock, struct timespec *out_now);

/* The C library's function itself, in the place of musl's: what programs read all the time, the monotonic clock, costs no
 * call but this one. */
int __clock_gettime(clockid_t clock, struct timespec *out_now)
{
    if (clock_is_monotonic(clock)) {
        *out_now = time_write(clock_now());
        return 0;
    }
    long error = __posix_clock_gettime(clock, out_now);
    if (error == 0)
        return 0;
    errno = (int)-error;
    return -1;
}

__attribute__((weak, alias("__clock_gettime"))) int clock_gettime(clockid_t clock,
                                                                  struct timespec *out_now);

long __posix_clock_getres(int clock, struct timespec *out_resolution)
{
    uint64_t frequency_hz;
    time_ns_t now;
    if (!clock_is_wall(clock) && !clock_is_monotonic(clock) && cpu_now(clock, &now) < 0)
        return -EINVAL;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    if (out_resolution != NULL)
        *out_resolution = time_write((TIME_NS_PER_S + frequency_hz - 1) / frequency_hz);
    return 0;
}

long __posix_clock_settime(int clock, const struct timespec *time)
{
    time_ns_t ns;
    long error = time_read(time, &ns);
    if (error < 0 || clock != CLOCK_REALTIME)
        return -EINVAL;
    search();
    if (wall.setter.raw == 0)
        return -EPERM;
    status_t status = sys_clock_set(wall.setter, ns);
    return status == STATUS_NO_RIGHT ? -EPERM : posix_error(status);
}

long __posix_gettimeofday(struct timeval *out_now, void *zone)
{
    time_ns_t now = wall_now();
    if (out_now != NULL)
        *out_now = (struct timeval){ .tv_sec = (time_t)(now / TIME_NS_PER_S),
                                     .tv_usec = (suseconds_t)(now % TIME_NS_PER_S / 1000) };
    return 0;
}

static long sleep_until(time_ns_t deadline)
{
    struct blocking_call call = { .number = SYSCALL_thread_sleep, .in = { deadline } };
    return blocking_call_make(&call);
}

/* A place on the wall clock, wherever that is set to meanwhile. */
static long sleep_until_wall(time_ns_t wall_time)
{
    handle_t clock = clock_wall();
    if (clock.raw == 0)
        return sleep_until(wall_time);
    struct blocking_call call = { .number = SYSCALL_clock_sleep_wall,
                                  .in = { clock.raw, wall_time } };
    return blocking_call_make(&call);
}

long __posix_clock_nanosleep(int clock, int flags, const struct timespec *time,
                             struct timespec *out_left)
{
    time_ns_t ns;
    uint64_t process, thread;
    if (!clock_is_wall(clock) && !clock_is_monotonic(clock))
        return clock_is_cpu(clock, &process, &thread) ? -EOPNOTSUPP : -EINVAL;
    long error = time_read(time, &ns);
    if (error < 0)
        return error;
    if (flags & TIMER_ABSTIME)
        return clock_is_wall(clock) ? sleep_until_wall(ns) : sleep_until(ns);
    time_ns_t deadline = clock_after(ns);
    error = sleep_until(deadline);
    if (error == -EINTR && out_left != NULL) {
        time_ns_t now = clock_now();
        *out_left = time_write(deadline > now ? deadline - now : 0);
    }
    return error;
}

long __posix_nanosleep(const struct timespec *time, struct timespec *out_left)
{
    return __posix_clock_nanosleep(CLOCK_MONOTONIC, 0, time, out_left);
}
