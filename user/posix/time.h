/* Times of POSIX as nanoseconds; for the functions of this layer. */
#pragma once

#include <errno.h>
#include <time.h>

#include <abi/types.h>

enum { TIME_NS_PER_S = 1000000000 };

/* @return 0, or -EINVAL for a time that POSIX forbids; one that is too large is TIME_NEVER. */
static inline long time_read(const struct timespec *time, time_ns_t *out_ns)
{
    if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= TIME_NS_PER_S)
        return -EINVAL;
    uint64_t seconds_max = TIME_NEVER / TIME_NS_PER_S - 1;
    *out_ns = (uint64_t)time->tv_sec > seconds_max
                  ? TIME_NEVER
                  : (time_ns_t)time->tv_sec * TIME_NS_PER_S + (time_ns_t)time->tv_nsec;
    return 0;
}

static inline struct timespec time_write(time_ns_t ns)
{
    return (struct timespec){ .tv_sec = (time_t)(ns / TIME_NS_PER_S),
                              .tv_nsec = (long)(ns % TIME_NS_PER_S) };
}
