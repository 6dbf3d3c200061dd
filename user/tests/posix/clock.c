/* Clocks and sleeping. Only lower bounds are claimed: how late a sleeper wakes is the machine's affair. */
#include <errno.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static long long now_ns(clockid_t clock)
{
    struct timespec now = { 0 };
    EQ(clock_gettime(clock, &now), 0);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void monotonic_clock_never_goes_back(void)
{
    long long last = now_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < 10000; i++) {
        long long now = now_ns(CLOCK_MONOTONIC);
        CHECK(now >= last);
        last = now;
    }
}

static void sleep_lasts_as_long_as_asked(void)
{
    struct timespec time = { .tv_nsec = 15000000 };
    long long before = now_ns(CLOCK_MONOTONIC);
    EQ(nanosleep(&time, NULL), 0);
    CHECK(now_ns(CLOCK_MONOTONIC) - before >= 15000000);
    long long until = now_ns(CLOCK_MONOTONIC) + 10000000;
    time = (struct timespec){ .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };
    EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0);
    CHECK(now_ns(CLOCK_MONOTONIC) >= until);
    EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0); /* It has passed. */
}

static void bad_times_and_clocks_are_refused(void)
{
    struct timespec time = { .tv_nsec = 1000000000 };
    EQ(nanosleep(&time, NULL), -1);
    EQ(errno, EINVAL);
    EQ(clock_gettime(77, &time), -1);
    EQ(errno, EINVAL);
}

/* The machine that runs this has a clock that says later than 2024. */
static void wall_clock_is_granted(void)
{
    struct timeval day;
    CHECK(time(NULL) > 1704067200);
    EQ(gettimeofday(&day, NULL), 0);
    CHECK(day.tv_sec - time(NULL) <= 1);
    struct tm broken;
    time_t now = time(NULL);
    CHECK(gmtime_r(&now, &broken) != NULL && broken.tm_year >= 124);
}

static void resolution_is_fine(void)
{
    struct timespec resolution;
    EQ(clock_getres(CLOCK_MONOTONIC, &resolution), 0);
    CHECK(resolution.tv_sec == 0 && resolution.tv_nsec > 0 && resolution.tv_nsec <= 1000);
}

int main(void)
{
    CLAIM(monotonic_clock_never_goes_back);
    CLAIM(sleep_lasts_as_long_as_asked);
    CLAIM(bad_times_and_clocks_are_refused);
    CLAIM(wall_clock_is_granted);
    CLAIM(resolution_is_fine);
    return claims_done();
}
