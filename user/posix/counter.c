/* eventfd and timerfd: counters of the kernel. */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include <abi/descriptor.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/descriptor.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

static long counter_open(uint64_t value, uint32_t flags)
{
    uint32_t number;
    status_t status = sys_descriptor_counter(value, flags, &number);
    return status == STATUS_OK ? (long)number : descriptor_error(status);
}

long __posix_eventfd2(unsigned value, int flags)
{
    if ((flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)) != 0)
        return -EINVAL;
    return counter_open(value, (flags & EFD_SEMAPHORE ? COUNTER_ONE_BY_ONE : 0) |
                                   (flags & EFD_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                                   (flags & EFD_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0));
}

/* Which clock it is matters only when a time is set. TODO(clocks): a wall clock that is set later does not
 * move a timer that waits for a time of it. */
long __posix_timerfd_create(int clock, int flags)
{
    bool is_known = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
    if (!is_known || (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0)
        return -EINVAL;
    long fd = counter_open(0, COUNTER_TIMER | (flags & TFD_NONBLOCK ? DESCRIPTION_NO_WAIT : 0) |
                                  (flags & TFD_CLOEXEC ? DESCRIPTOR_CLOSE_ON_EXEC : 0));
    if (fd >= 0)
        (void)descriptor_change((int)fd, DESCRIPTOR_SET_WORD, (uint64_t)clock);
    return fd;
}

static long clock_of(int fd, int *out_clock)
{
    struct descriptor_info info;
    if (sys_descriptor_info((uint32_t)fd, &info) != STATUS_OK)
        return -EBADF;
    *out_clock = (int)info.words[0];
    return info.kind == OBJECT_COUNTER ? 0 : -EINVAL;
}

/* A place on the timer's clock as one on the monotonic clock. */
static time_ns_t absolute(int clock, time_ns_t time_ns)
{
    struct timespec wall;
    time_ns_t wall_ns;
    if (clock != CLOCK_REALTIME || __posix_clock_gettime(clock, &wall) != 0 ||
        time_read(&wall, &wall_ns) != 0)
        return time_ns;
    return time_ns > wall_ns ? clock_after(time_ns - wall_ns) : 1;
}

static struct itimerspec setting_of(const struct counter_timer *timer)
{
    return (struct itimerspec){ .it_interval = time_write(timer->interval_ns),
                                .it_value = time_write(timer->first_ns) };
}

long __posix_timerfd_settime(int fd, int flags, const struct itimerspec *setting,
                             struct itimerspec *out_old)
{
    struct counter_timer wanted, old;
    time_ns_t first_ns;
    int clock;
    long error = clock_of(fd, &clock);
    if (error == 0)
        error = time_read(&setting->it_interval, &wanted.interval_ns);
    if (error == 0)
        error = time_read(&setting->it_value, &first_ns);
    if (error < 0)
        return error;
    if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) != 0)
        return -EINVAL;
    wanted.first_ns = first_ns == 0               ? TIME_NEVER
                      : flags & TFD_TIMER_ABSTIME ? absolute(clock, first_ns)
                                                  : clock_after(first_ns);
    status_t status = sys_counter_set(descriptor_handle((uint32_t)fd), &wanted, &old);
    if (status == STATUS_OK && out_old != NULL)
        *out_old = setting_of(&old);
    return posix_error(status);
}

long __posix_timerfd_gettime(int fd, struct itimerspec *out)
{
    struct counter_timer timer;
    status_t status = sys_counter_info(descriptor_handle((uint32_t)fd), &timer);
    if (status == STATUS_OK)
        *out = setting_of(&timer);
    return posix_error(status);
}
