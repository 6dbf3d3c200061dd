/* Signals that come while a thread waits: which calls end with EINTR, which are made again, and which thread
 * is meant. A sender waits until the other thread sleeps in its call: what tells is its turn to be late, so
 * each round sends until the handler has run, and the call must not answer before. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { SIGNALS_HANDLED = 3, SIGNALS_UNTIL_OVER = 20 };

static atomic_int handled;
static _Thread_local int handled_here;

static void handler(int signal)
{
    handled++;
    handled_here++;
}

static void install(int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    handled = 0;
}

static void nap(long ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (nanosleep(&time, &time) != 0)
        ;
}

/* --- A call in one thread, signals from another ---------------------------------------------- */

struct trial {
    long (*call)(struct trial *trial);
    int fds[2];
    sem_t semaphore;
    long answer;
    int error;
    int handled; /* Before the call answered. */
    atomic_bool begun, over;
};

static void *trial_run(void *argument)
{
    struct trial *trial = argument;
    trial->begun = true;
    errno = 0;
    trial->answer = trial->call(trial);
    trial->error = errno;
    trial->handled = handled_here;
    trial->over = true;
    return NULL;
}

static void wait_until_over(const struct trial *trial, int ms_max)
{
    for (int late = 0; !trial->over && late < ms_max; late++)
        nap(1);
}

/* Send one and wait until it is handled, unless an earlier one has ended the call. */
static void trial_signal(const struct trial *trial, pthread_t thread)
{
    int before = handled;
    EQ(pthread_kill(thread, SIGUSR1), 0);
    for (int late = 0; handled == before && !trial->over && late < 4000; late++)
        nap(1);
    CHECK(handled > before || trial->over);
}

/* So many signals to the thread, each handled before the next; what the last leaves waiting ends by itself.
 * A call that signals end may not have been reached by the first few. */
static void trial_interrupt(struct trial *trial, bool ends)
{
    pthread_t thread;
    int signals = ends ? SIGNALS_UNTIL_OVER : SIGNALS_HANDLED;
    trial->begun = trial->over = false;
    EQ(pthread_create(&thread, NULL, trial_run, trial), 0);
    while (!trial->begun)
        sched_yield();
    for (int i = 0; i < signals && !trial->over; i++) {
        nap(5);
        trial_signal(trial, thread);
        if (ends)
            wait_until_over(trial, 50);
    }
    if (!trial->over) {
        EQ(write(trial->fds[1], "x", 1), 1);
        sem_post(&trial->semaphore);
    }
    pthread_join(thread, NULL);
}

static long call_read(struct trial *trial)
{
    char byte;
    return read(trial->fds[0], &byte, 1);
}

static long call_receive(struct trial *trial)
{
    char byte;
    return recv(trial->fds[0], &byte, 1, 0);
}

static long call_poll(struct trial *trial)
{
    struct pollfd fd = { .fd = trial->fds[0], .events = POLLIN };
    return poll(&fd, 1, -1);
}

static long call_select(struct trial *trial)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(trial->fds[0], &set);
    return select(trial->fds[0] + 1, &set, NULL, NULL, NULL);
}

static long call_semaphore(struct trial *trial)
{
    return sem_wait(&trial->semaphore);
}

static long call_semaphore_timed(struct trial *trial)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    return sem_timedwait(&trial->semaphore, &until);
}

static long call_sleep(struct trial *trial)
{
    struct timespec time = { .tv_sec = 60 }, left = { 0 };
    long answer = nanosleep(&time, &left);
    return answer < 0 && left.tv_sec >= 50 && left.tv_sec < 60 ? answer : -2;
}

static long call_pause(struct trial *trial)
{
    return pause();
}

static void expect(long (*call)(struct trial *), int flags, bool ends)
{
    struct trial trial = { .call = call };
    install(flags);
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, trial.fds), 0);
    sem_init(&trial.semaphore, 0, 0);
    trial_interrupt(&trial, ends);
    if (ends) {
        EQ(trial.answer, -1);
        EQ(trial.error, EINTR);
        CHECK(trial.handled >= 1);
    } else {
        CHECK(trial.answer >= 0);
        EQ(trial.handled, SIGNALS_HANDLED);
    }
    close(trial.fds[0]);
    close(trial.fds[1]);
}

static void calls_end_with_eintr(void)
{
    expect(call_read, 0, true);
    expect(call_receive, 0, true);
    expect(call_poll, 0, true);
    expect(call_select, 0, true);
    expect(call_sleep, 0, true);
    expect(call_pause, 0, true);
    expect(call_semaphore, 0, true);
    expect(call_semaphore_timed, 0, true);
}

static void calls_are_made_again_where_the_action_says_so(void)
{
    expect(call_read, SA_RESTART, false);
    expect(call_receive, SA_RESTART, false);
    expect(call_semaphore, SA_RESTART, false);
}

static void some_calls_end_always(void)
{
    expect(call_poll, SA_RESTART, true);
    expect(call_select, SA_RESTART, true);
    expect(call_sleep, SA_RESTART, true);
    expect(call_pause, SA_RESTART, true);
}

/* What is ignored, or has the default of doing nothing, ends no call. */
static void *send_ignored(void *argument)
{
    struct trial *trial = argument;
    for (int i = 0; i < 5; i++) {
        nap(2);
        kill(getpid(), SIGCHLD);
        kill(getpid(), SIGURG);
    }
    EQ(write(trial->fds[1], "x", 1), 1);
    return NULL;
}

static void ignored_signals_end_no_call(void)
{
    struct trial trial;
    pthread_t sender;
    signal(SIGURG, SIG_IGN);
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, trial.fds), 0);
    EQ(pthread_create(&sender, NULL, send_ignored, &trial), 0);
    EQ(call_read(&trial), 1);
    pthread_join(sender, NULL);
    close(trial.fds[0]);
    close(trial.fds[1]);
}

/* A write that has moved bytes tells them. */
static long call_write_much(struct trial *trial)
{
    static char bytes[1 << 20];
    return write(trial->fds[0], bytes, sizeof bytes);
}

static void interrupted_write_tells_what_went(void)
{
    struct trial trial = { .call = call_write_much };
    install(0);
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, trial.fds), 0);
    sem_init(&trial.semaphore, 0, 0);
    trial_interrupt(&trial, true);
    CHECK(trial.answer > 0 && trial.answer < 1 << 20);
    close(trial.fds[0]);
    close(trial.fds[1]);
}

/* --- Which thread ---------------------------------------------------------------------------- */

static atomic_int taken;
static atomic_bool leave;

static void *take_by_wait(void *argument)
{
    sigset_t set;
    siginfo_t information;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EQ(sigwaitinfo(&set, &information), SIGUSR2);
    EQ(information.si_pid, getpid());
    taken++;
    return NULL;
}

/* All threads mask it; those that wait for it take one each. */
static void waiting_threads_take_one_each(void)
{
    pthread_t threads[4];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    taken = 0;
    for (int i = 0; i < 4; i++)
        EQ(pthread_create(&threads[i], NULL, take_by_wait, NULL), 0);
    for (int i = 1; i <= 4; i++) {
        EQ(kill(getpid(), SIGUSR2), 0);
        while (taken < i)
            sched_yield();
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    struct timespec now = { 0 };
    EQ(sigtimedwait(&set, NULL, &now), -1);
    EQ(errno, EAGAIN);
    struct timespec soon = { .tv_nsec = 3000000 };
    EQ(sigtimedwait(&set, NULL, &soon), -1);
    EQ(errno, EAGAIN);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *stay(void *argument)
{
    while (!leave)
        nap(1);
    return (void *)(intptr_t)handled_here;
}

static void signal_goes_to_the_thread_that_is_named(void)
{
    pthread_t threads[4];
    install(0);
    leave = false;
    for (int i = 0; i < 4; i++)
        EQ(pthread_create(&threads[i], NULL, stay, NULL), 0);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j <= i; j++) {
            int before = handled;
            EQ(pthread_kill(threads[i], SIGUSR1), 0);
            while (handled == before)
                sched_yield();
        }
    leave = true;
    for (int i = 0; i < 4; i++) {
        void *count;
        pthread_join(threads[i], &count);
        EQ((intptr_t)count, i + 1);
    }
    EQ(handled_here, 0);
}

/* The only thread that does not mask it, or the next one when that ends or masks it. */
static void *mask_later(void *argument)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    for (int i = 0; i < 200; i++) {
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        sched_yield();
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    }
    return NULL;
}

static void no_signal_is_lost_between_masks(void)
{
    pthread_t threads[3];
    sigset_t set;
    install(0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    for (int round = 0; round < 20; round++) {
        handled = 0;
        for (int i = 0; i < 3; i++)
            EQ(pthread_create(&threads[i], NULL, mask_later, NULL), 0);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        EQ(kill(getpid(), SIGUSR1), 0);
        for (int i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        EQ(handled, 1);
    }
}

/* --- Storm ----------------------------------------------------------------------------------- */

enum { STORM_THREADS = 4, STORM_SIGNALS = 400 };

static pthread_t storm_threads[STORM_THREADS];
static atomic_bool storm_begun; /* All threads are named, and know who they are. */
static atomic_int storm_ready, storm_got[STORM_THREADS];
static _Thread_local int storm_self;

static void storm_handler(int signal, siginfo_t *information, void *context)
{
    storm_got[storm_self]++;
}

static void *storm(void *argument)
{
    int self = (int)(intptr_t)argument;
    int got = 0;
    storm_self = self;
    storm_ready++;
    while (!storm_begun)
        sched_yield();
    for (int i = 0; i < STORM_SIGNALS; i++)
        while (pthread_kill(storm_threads[(self + 1 + i % (STORM_THREADS - 1)) % STORM_THREADS],
                            SIGRTMIN) == EAGAIN)
            sched_yield();
    while ((got = storm_got[self]) < STORM_SIGNALS)
        nap(1);
    return NULL;
}

/* Queued signals all arrive, each at its thread, while all send. */
static void storm_loses_nothing(void)
{
    struct sigaction action = { .sa_sigaction = storm_handler,
                                .sa_flags = SA_SIGINFO | SA_RESTART };
    sigaction(SIGRTMIN, &action, NULL);
    for (int i = 0; i < STORM_THREADS; i++) {
        storm_got[i] = 0;
        EQ(pthread_create(&storm_threads[i], NULL, storm, (void *)(intptr_t)i), 0);
    }
    while (storm_ready < STORM_THREADS)
        sched_yield();
    storm_begun = true;
    int total = 0;
    for (int i = 0; i < STORM_THREADS; i++) {
        pthread_join(storm_threads[i], NULL);
        total += storm_got[i];
    }
    EQ(total, STORM_THREADS * STORM_SIGNALS);
}

int main(void)
{
    CLAIM(calls_end_with_eintr);
    CLAIM(calls_are_made_again_where_the_action_says_so);
    CLAIM(some_calls_end_always);
    CLAIM(ignored_signals_end_no_call);
    CLAIM(interrupted_write_tells_what_went);
    CLAIM(waiting_threads_take_one_each);
    CLAIM(signal_goes_to_the_thread_that_is_named);
    CLAIM(no_signal_is_lost_between_masks);
    CLAIM(storm_loses_nothing);
    return claims_done();
}
