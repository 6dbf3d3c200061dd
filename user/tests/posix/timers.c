/* Timers and the clocks that they measure. Only that nothing comes too early, and that it comes, is claimed. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static atomic_int fired, overruns;
static siginfo_t last;
static clockid_t watched = CLOCK_MONOTONIC;
static long long fired_at;

static long long now_ns(clockid_t clock)
{
    struct timespec now = { 0 };
    EQ(clock_gettime(clock, &now), 0);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static struct timespec time_of(long long ns)
{
    return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static void note(int signal, siginfo_t *information, void *context)
{
    last = *information;
    fired_at = now_ns(watched);
    overruns += information->si_overrun;
    fired++;
}

static void install(int signal)
{
    struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
    EQ(sigaction(signal, &action, NULL), 0);
    fired = overruns = 0;
    memset(&last, 0, sizeof last);
}

static void burn_until(int count)
{
    while (fired < count)
        ;
}

/* Masked but while it sleeps, so that a signal between the look and the sleep is not missed. */
static void sleep_until(int signal, int count)
{
    sigset_t one, old;
    sigemptyset(&one);
    sigaddset(&one, signal);
    sigprocmask(SIG_BLOCK, &one, &old);
    while (fired < count)
        sigsuspend(&old);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void set_own(int which, long value_us, long interval_us)
{
    struct itimerval value = { .it_value = { value_us / 1000000, value_us % 1000000 },
                               .it_interval = { interval_us / 1000000, interval_us % 1000000 } };
    EQ(setitimer(which, &value, NULL), 0);
}

static void alarm_comes_in_time(void)
{
    struct itimerval left;
    sigset_t set, old;
    watched = CLOCK_MONOTONIC;
    install(SIGALRM);
    set_own(ITIMER_REAL, 90000000, 0);
    EQ(getitimer(ITIMER_REAL, &left), 0);
    CHECK(left.it_value.tv_sec > 0 && left.it_value.tv_sec <= 90);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, &old);
    long long before = now_ns(CLOCK_MONOTONIC);
    set_own(ITIMER_REAL, 20000, 0);
    while (fired == 0)
        sigsuspend(&old);
    sigprocmask(SIG_SETMASK, &old, NULL);
    CHECK(fired_at - before >= 20000000);
    EQ(getitimer(ITIMER_REAL, &left), 0);
    EQ(left.it_value.tv_usec, 0);
    EQ(alarm(100), 0);
    EQ(alarm(0), 100);
    EQ(alarm(0), 0);
}

static void interval_repeats_until_it_is_stopped(void)
{
    install(SIGALRM);
    set_own(ITIMER_REAL, 2000, 2000);
    sleep_until(SIGALRM, 5);
    set_own(ITIMER_REAL, 0, 0);
    int count = fired;
    struct timespec time = time_of(10000000);
    nanosleep(&time, NULL);
    EQ(fired, count);
}

static void cpu_timers_measure_work(void)
{
    watched = CLOCK_PROCESS_CPUTIME_ID;
    install(SIGPROF);
    long long before = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    set_own(ITIMER_PROF, 300000, 0);
    struct timespec time = time_of(30000000);
    nanosleep(&time, NULL);
    EQ(fired, 0);
    burn_until(1);
    CHECK(fired_at - before >= 300000000);
    EQ(last.si_signo, SIGPROF);
    install(SIGVTALRM);
    set_own(ITIMER_VIRTUAL, 5000, 5000);
    burn_until(3);
    set_own(ITIMER_VIRTUAL, 0, 0);
    watched = CLOCK_MONOTONIC;
}

/* The machine below may take its time in the middle; not every time. */
static bool sleep_costs_little(clockid_t clock)
{
    for (int i = 0; i < 20; i++) {
        struct timespec time = time_of(40000000);
        long long before = now_ns(clock);
        nanosleep(&time, NULL);
        if (now_ns(clock) - before < 20000000)
            return true;
    }
    return false;
}

static void cpu_clocks_measure_work(void)
{
    clockid_t process, thread;
    EQ(clock_getcpuclockid(0, &process), 0);
    EQ(pthread_getcpuclockid(pthread_self(), &thread), 0);
    const clockid_t clocks[] = { CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, process,
                                 thread };
    for (size_t i = 0; i < 4; i++) {
        long long before = now_ns(clocks[i]), last_seen = before;
        CHECK(sleep_costs_little(clocks[i]));
        while (now_ns(clocks[i]) - before < 20000000) {
            long long now = now_ns(clocks[i]);
            CHECK(now >= last_seen);
            last_seen = now;
        }
    }
    EQ(clock_getcpuclockid(0x7ffffff, &process), ESRCH);
    struct timespec time = { 0 };
    EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL), ENOTSUP);
}

/* --- timer_create ---------------------------------------------------------------------------- */

static timer_t make(clockid_t clock, int signal, int value)
{
    timer_t timer = 0;
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
                              .sigev_signo = signal,
                              .sigev_value = { .sival_int = value } };
    EQ(timer_create(clock, &event, &timer), 0);
    return timer;
}

static void set(timer_t timer, int flags, long long value_ns, long long interval_ns)
{
    struct itimerspec value = { .it_value = time_of(value_ns),
                                .it_interval = time_of(interval_ns) };
    EQ(timer_settime(timer, flags, &value, NULL), 0);
}

static void timers_tell_their_value(void)
{
    const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };
    install(SIGRTMIN);
    for (int i = 0; i < 2; i++) {
        fired = 0;
        watched = clocks[i];
        timer_t timer = make(clocks[i], SIGRTMIN, 40 + i);
        long long before = now_ns(clocks[i]);
        set(timer, 0, 5000000, 0);
        sleep_until(SIGRTMIN, 1);
        CHECK(fired_at - before >= 5000000);
        EQ(last.si_value.sival_int, 40 + i);
        EQ(last.si_code, SI_TIMER);
        EQ(last.si_overrun, 0);
        long long at = now_ns(clocks[i]) + 5000000;
        set(timer, TIMER_ABSTIME, at, 0);
        sleep_until(SIGRTMIN, 2);
        CHECK(fired_at >= at);
        set(timer, TIMER_ABSTIME, 1, 0); /* Long past. */
        sleep_until(SIGRTMIN, 3);
        EQ(timer_delete(timer), 0);
        CHECK(timer_delete(timer) != 0);
    }
    watched = CLOCK_MONOTONIC;
}

static void overruns_are_counted(void)
{
    sigset_t set_of_one;
    siginfo_t information;
    install(SIGRTMIN);
    sigemptyset(&set_of_one);
    sigaddset(&set_of_one, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set_of_one, NULL);
    timer_t timer = make(CLOCK_MONOTONIC, SIGRTMIN, 1);
    long long before = now_ns(CLOCK_MONOTONIC);
    set(timer, 0, 1000000, 1000000);
    struct timespec time = time_of(20000000);
    nanosleep(&time, NULL);
    EQ(sigwaitinfo(&set_of_one, &information), SIGRTMIN);
    long long lasted = now_ns(CLOCK_MONOTONIC) - before;
    CHECK(information.si_overrun >= 18 && information.si_overrun <= lasted / 1000000);
    EQ(timer_getoverrun(timer), information.si_overrun);
    set(timer, 0, 0, 0);
    struct timespec now = { 0 };
    while (sigtimedwait(&set_of_one, NULL, &now) > 0)
        ;
    set(timer, 0, 1000000, 100); /* A short interval costs nothing while its signal waits. */
    nanosleep(&time, NULL);
    EQ(sigwaitinfo(&set_of_one, &information), SIGRTMIN);
    CHECK(information.si_overrun > 100000);
    EQ(timer_delete(timer), 0);
    EQ(sigtimedwait(&set_of_one, NULL, &now), -1); /* It went with the timer. */
    sigprocmask(SIG_UNBLOCK, &set_of_one, NULL);
}

static void silent_timer_only_counts(void)
{
    struct sigevent event = { .sigev_notify = SIGEV_NONE };
    struct itimerspec left;
    timer_t timer;
    EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    set(timer, 0, 5000000, 3000000);
    for (int i = 0; i < 5; i++) {
        struct timespec time = time_of(3000000);
        nanosleep(&time, NULL);
        EQ(timer_gettime(timer, &left), 0);
        CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 &&
              left.it_value.tv_nsec <= 3000000);
        EQ(left.it_interval.tv_nsec, 3000000);
    }
    set(timer, 0, 1000000, 0);
    struct timespec time = time_of(3000000);
    nanosleep(&time, NULL);
    EQ(timer_gettime(timer, &left), 0);
    EQ(left.it_value.tv_nsec, 0);
    EQ(timer_delete(timer), 0);
}

static atomic_int told;

static void tell(union sigval value)
{
    told += value.sival_int;
}

static void threads_are_told(void)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD,
                              .sigev_notify_function = tell,
                              .sigev_value = { .sival_int = 3 } };
    timer_t timer;
    EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    set(timer, 0, 1000000, 1000000);
    while (told < 15)
        sched_yield();
    EQ(timer_delete(timer), 0);
}

static void cpu_time_timers_of_threads(void)
{
    install(SIGRTMIN + 1);
    watched = CLOCK_THREAD_CPUTIME_ID;
    timer_t timer = make(CLOCK_THREAD_CPUTIME_ID, SIGRTMIN + 1, 9);
    long long before = now_ns(CLOCK_THREAD_CPUTIME_ID);
    set(timer, 0, 10000000, 0);
    burn_until(1);
    CHECK(fired_at - before >= 10000000);
    EQ(last.si_value.sival_int, 9);
    EQ(timer_delete(timer), 0);
    watched = CLOCK_MONOTONIC;
}

enum { TIMERS = 32 };

/* Each ends before the one that was set before it. @return whether all were set before the first ended. */
static bool set_backwards(const timer_t timers[TIMERS], long long lead_ns)
{
    long long at = now_ns(CLOCK_MONOTONIC) + lead_ns;
    for (int i = 0; i < TIMERS; i++)
        set(timers[i], TIMER_ABSTIME, at + (TIMERS - i) * 100000, 0);
    return now_ns(CLOCK_MONOTONIC) < at;
}

static void stop_and_forget(const timer_t timers[TIMERS], const sigset_t *set_of_one)
{
    struct timespec none = { 0 };
    for (int i = 0; i < TIMERS; i++)
        set(timers[i], 0, 0, 0);
    while (sigtimedwait(set_of_one, NULL, &none) > 0)
        ;
}

static void many_timers_come_in_order(void)
{
    timer_t timers[TIMERS];
    sigset_t one;
    siginfo_t information;
    long long lead_ns = 20000000; /* A busy machine needs more. */
    sigemptyset(&one);
    sigaddset(&one, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &one, NULL);
    install(SIGRTMIN);
    for (int i = 0; i < TIMERS; i++)
        timers[i] = make(CLOCK_MONOTONIC, SIGRTMIN, i);
    for (; !set_backwards(timers, lead_ns); lead_ns *= 2)
        stop_and_forget(timers, &one);
    for (int i = TIMERS - 1; i >= 0; i--) {
        EQ(sigwaitinfo(&one, &information), SIGRTMIN);
        EQ(information.si_value.sival_int, i);
    }
    for (int i = 0; i < TIMERS; i++)
        EQ(timer_delete(timers[i]), 0);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* Set from two threads while they fire. */
static timer_t shared;

static void *set_often(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        struct itimerspec value = { .it_value = { .tv_nsec = 1 + i % 7 * 3000 },
                                    .it_interval = { .tv_nsec = i % 3 * 20000 } };
        timer_settime(shared, 0, &value, NULL);
    }
    return NULL;
}

static void timer_may_be_set_while_it_fires(void)
{
    pthread_t threads[3];
    install(SIGUSR1);
    shared = make(CLOCK_MONOTONIC, SIGUSR1, 0);
    for (int i = 0; i < 3; i++)
        EQ(pthread_create(&threads[i], NULL, set_often, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    int before = fired; /* It may fire before the call returns. */
    set(shared, 0, 1000000, 0);
    while (fired == before)
        sched_yield();
    EQ(timer_delete(shared), 0);
    CHECK(fired > 0);
}

static void bad_timers_are_refused(void)
{
    timer_t timer;
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 65 };
    struct itimerspec value = { .it_value = { .tv_nsec = 1000000000 } };
    struct itimerval own = { .it_value = { .tv_usec = 1000000 } };
    EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), -1);
    EQ(errno, EINVAL);
    EQ(timer_create(77, NULL, &timer), -1);
    EQ(errno, EINVAL);
    EQ(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
    EQ(timer_settime(timer, 0, &value, NULL), -1);
    EQ(errno, EINVAL);
    EQ(timer_delete(timer), 0);
    EQ(setitimer(ITIMER_REAL, &own, NULL), -1);
    EQ(errno, EINVAL);
    EQ(setitimer(3, &own, NULL), -1);
}

int main(void)
{
    CLAIM(alarm_comes_in_time);
    CLAIM(interval_repeats_until_it_is_stopped);
    CLAIM(cpu_timers_measure_work);
    CLAIM(cpu_clocks_measure_work);
    CLAIM(timers_tell_their_value);
    CLAIM(overruns_are_counted);
    CLAIM(silent_timer_only_counts);
    CLAIM(threads_are_told);
    CLAIM(cpu_time_timers_of_threads);
    CLAIM(many_timers_come_in_order);
    CLAIM(timer_may_be_set_while_it_fires);
    CLAIM(bad_timers_are_refused);
    return claims_done();
}
