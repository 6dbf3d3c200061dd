/* Timers: of setitimer, and of timer_create. The kernel keeps them; numbers from INTERVAL_TIMERS_OWN on are
 * those of timer_create. */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>

#include <abi/interval_timer.h>
#include <abi/posix_signal.h>
#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/clock.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"

/* What the C library passes to timer_create. */
struct k_sigevent {
    union sigval value;
    int signal;
    int notify;
    int thread;
};

_Static_assert(INTERVAL_TIMER_REAL == ITIMER_REAL && INTERVAL_TIMER_VIRTUAL == ITIMER_VIRTUAL &&
                   INTERVAL_TIMER_PROFILE == ITIMER_PROF,
               "the timers of setitimer");

/* --- setitimer -------------------------------------------------------------------------------- */

static long time_read_us(const struct timeval *time, uint64_t *out_ns)
{
    const struct timespec fine = { .tv_sec = time->tv_sec, .tv_nsec = time->tv_usec * 1000 };
    return time->tv_usec < 0 || time->tv_usec >= 1000000 ? -EINVAL : time_read(&fine, out_ns);
}

static struct timeval time_write_us(uint64_t ns)
{
    uint64_t us = (ns + 999) / 1000; /* What is left is never told as nothing. */
    return (struct timeval){ .tv_sec = (time_t)(us / 1000000), .tv_usec = (long)(us % 1000000) };
}

static long set_own(int which, uint32_t flags, const struct interval_setting *setting,
                    struct itimerval *out_old)
{
    struct interval_setting old;
    if (which < 0 || which >= INTERVAL_TIMERS_OWN)
        return -EINVAL;
    status_t status = sys_interval_timer_set((uint32_t)which, flags, setting->value,
                                             setting->interval, &old.value, &old.interval);
    if (status != STATUS_OK)
        return posix_error(status);
    if (out_old != NULL)
        *out_old = (struct itimerval){ .it_value = time_write_us(old.value),
                                       .it_interval = time_write_us(old.interval) };
    return 0;
}

long __posix_setitimer(int which, const struct itimerval *value, struct itimerval *out_old)
{
    struct interval_setting setting = { 0 };
    long error = 0;
    if (value != NULL) {
        error = time_read_us(&value->it_value, &setting.value);
        if (error == 0)
            error = time_read_us(&value->it_interval, &setting.interval);
    }
    return error < 0 ? error : set_own(which, 0, &setting, out_old);
}

long __posix_getitimer(int which, struct itimerval *out_value)
{
    const struct interval_setting none = { 0 };
    return set_own(which, INTERVAL_SET_READ, &none, out_value);
}

/* --- timer_create ----------------------------------------------------------------------------- */

/* Which clock of the kernel, and whose. Without the grant of the wall clock, that is the monotonic one. */
static long clock_read(int clock, uint32_t *out_clock, uint64_t *out_thread)
{
    uint64_t process;
    *out_thread = 0;
    if (clock_is_wall(clock) || clock_is_monotonic(clock)) {
        bool is_wall = clock_is_wall(clock) && clock_wall().raw != 0;
        *out_clock = is_wall ? INTERVAL_CLOCK_WALL : INTERVAL_CLOCK_MONOTONIC;
        return 0;
    }
    if (!clock_is_cpu(clock, &process, out_thread))
        return -EINVAL;
    if (process != 0 && (long)process != __posix_getpid())
        return -EOPNOTSUPP;
    *out_clock = *out_thread != 0 ? INTERVAL_CLOCK_THREAD : INTERVAL_CLOCK_PROCESS;
    return 0;
}

static long event_read(const struct k_sigevent *given, struct interval_event *out_event)
{
    *out_event = (struct interval_event){ .value = (uint64_t)(uintptr_t)given->value.sival_ptr,
                                          .signal = (uint32_t)given->signal };
    switch (given->notify) {
    case SIGEV_NONE: out_event->signal = 0; return 0;
    case SIGEV_SIGNAL: break;
    case SIGEV_THREAD_ID: out_event->thread = (uint64_t)given->thread; break;
    default: return -EINVAL;
    }
    return given->signal < 1 || given->signal > POSIX_SIGNALS ? -EINVAL : 0;
}

long __posix_timer_create(int clock, const struct k_sigevent *given, int *out_timer)
{
    /* Without an event: SIGALRM, with the timer's number, which is not known yet; the handler has it in
     * si_timerid. */
    struct interval_event event = { .signal = SIGALRM };
    uint32_t kind, timer;
    uint64_t thread;
    long error = clock_read(clock, &kind, &thread);
    if (error == 0 && given != NULL)
        error = event_read(given, &event);
    if (error < 0)
        return error;
    status_t status =
        sys_interval_timer_create(kind, thread,
                                  kind == INTERVAL_CLOCK_WALL ? clock_wall() : HANDLE_NONE, &event,
                                  &timer);
    if (status != STATUS_OK)
        return posix_error(status);
    *out_timer = (int)timer;
    return 0;
}

/* The timer's flags are the kernel's; TIMER_ABSTIME is 1 on both sides. */
static long set(int timer, uint32_t flags, const struct interval_setting *setting,
                struct itimerspec *out_old)
{
    struct interval_setting old;
    if (timer < INTERVAL_TIMERS_OWN)
        return -EINVAL;
    status_t status = sys_interval_timer_set((uint32_t)timer, flags, setting->value,
                                             setting->interval, &old.value, &old.interval);
    if (status != STATUS_OK)
        return posix_error(status);
    if (out_old != NULL)
        *out_old = (struct itimerspec){ .it_value = time_write(old.value),
                                        .it_interval = time_write(old.interval) };
    return 0;
}

long __posix_timer_settime(int timer, int flags, const struct itimerspec *value,
                           struct itimerspec *out_old)
{
    struct interval_setting setting;
    long error = time_read(&value->it_value, &setting.value);
    if (error == 0)
        error = time_read(&value->it_interval, &setting.interval);
    if (error < 0)
        return error;
    return set(timer, flags & TIMER_ABSTIME ? INTERVAL_SET_ABSOLUTE : 0, &setting, out_old);
}

long __posix_timer_gettime(int timer, struct itimerspec *out_value)
{
    const struct interval_setting none = { 0 };
    return set(timer, INTERVAL_SET_READ, &none, out_value);
}

long __posix_timer_getoverrun(int timer)
{
    uint32_t count;
    status_t status = timer < INTERVAL_TIMERS_OWN
                          ? STATUS_INVALID
                          : sys_interval_timer_overrun((uint32_t)timer, &count);
    return status == STATUS_OK ? (long)count : posix_error(status);
}

long __posix_timer_delete(int timer)
{
    if (timer < INTERVAL_TIMERS_OWN)
        return -EINVAL;
    return posix_error(sys_interval_timer_delete((uint32_t)timer));
}
