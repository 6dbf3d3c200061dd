/* Conditions where the signal and the wake are apart: the one who signals has the mutex, and the other wakes when it is
 * given back (ports/musl/overlay/src/thread/hand_over.h). Every way to give it back, every way for a waiter to end
 * meanwhile, and threads that signal without the mutex. A wake that is lost shows as a claim that never ends. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { WAITERS = 6, ROUNDS = 300, TURNS = 2000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER, other = PTHREAD_COND_INITIALIZER;
static int waiting, allowed, passed; /* Under the mutex. */

/* Also one that is over: ns may be negative, to a second back. */
static struct timespec time_in_ns(long ns)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_sec--;
    time.tv_nsec += 1000000000 + ns;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

/* Wait to be allowed, at the condition that is the argument. */
static void *pass(void *argument)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    while (allowed == 0)
        pthread_cond_wait(argument, &mutex);
    allowed--;
    waiting--;
    passed++;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* With the mutex, when so many wait. */
static void lock_when_waiting(int count)
{
    pthread_mutex_lock(&mutex);
    while (waiting < count) {
        pthread_mutex_unlock(&mutex);
        sched_yield();
        pthread_mutex_lock(&mutex);
    }
}

static void begin(pthread_t *threads, int count, pthread_cond_t *at)
{
    passed = 0;
    for (int i = 0; i < count; i++)
        EQ(pthread_create(&threads[i], NULL, pass, at), 0);
}

static void join_all(pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(passed, count);
}

/* One is left with the mutex, the others are not forgotten for it. */
static void several_signals_under_one_lock_wake_as_many(void)
{
    pthread_t threads[WAITERS];
    for (int round = 0; round < ROUNDS / 10; round++) {
        begin(threads, WAITERS - 1, &condition);
        begin(&threads[WAITERS - 1], 1, &other);
        lock_when_waiting(WAITERS);
        allowed = WAITERS;
        pthread_cond_signal(&other);
        for (int i = 0; i < WAITERS - 1; i++)
            pthread_cond_signal(&condition);
        pthread_mutex_unlock(&mutex);
        join_all(threads, WAITERS);
    }
}

static void a_broadcast_under_the_lock_wakes_all(void)
{
    pthread_t threads[WAITERS];
    for (int round = 0; round < ROUNDS / 10; round++) {
        begin(threads, WAITERS, &condition);
        lock_when_waiting(WAITERS);
        allowed = WAITERS;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
        join_all(threads, WAITERS);
    }
}

static void a_signal_without_the_mutex_wakes(void)
{
    pthread_t thread;
    for (int round = 0; round < ROUNDS / 10; round++) {
        begin(&thread, 1, &condition);
        lock_when_waiting(1);
        allowed = 1;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&condition);
        join_all(&thread, 1);
    }
}

/* Whoever signals and then waits itself, in each way that a wait may go. */
static void the_mutex_may_be_given_back_by_another_wait(void)
{
    pthread_t thread;
    for (int round = 0; round < ROUNDS; round++) {
        begin(&thread, 1, &condition);
        lock_when_waiting(1);
        allowed = 1;
        pthread_cond_signal(&condition);
        struct timespec until = time_in_ns(round % 3 == 0 ? -1000000 : 20000 * round);
        while (passed == 0) /* Nobody signals `other`: the wait ends by its time. */
            EQ(pthread_cond_timedwait(&other, &mutex, &until), ETIMEDOUT);
        pthread_mutex_unlock(&mutex);
        join_all(&thread, 1);
    }
}

/* --- turns --- */

static int turn;

static void *take_turns(void *argument)
{
    int mine = (int)(intptr_t)argument;
    for (int i = 0; i < TURNS; i++) {
        pthread_mutex_lock(&mutex);
        while (turn != mine)
            pthread_cond_wait(&condition, &mutex);
        turn = 1 - mine;
        pthread_cond_signal(&condition);
        if (i % 3 == 0)
            pthread_mutex_unlock(&mutex), pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void two_threads_take_turns(void)
{
    pthread_t threads[2];
    for (intptr_t i = 0; i < 2; i++)
        EQ(pthread_create(&threads[i], NULL, take_turns, (void *)i), 0);
    for (int i = 0; i < 2; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(turn, 0);
}

/* --- waiters that end otherwise while their barrier is with the mutex --- */

static struct timespec until_shortly;

static void *wait_shortly(void *not_used)
{
    pthread_mutex_lock(&mutex);
    waiting++;
    until_shortly = time_in_ns(40000000);
    int error = pthread_cond_timedwait(&condition, &mutex, &until_shortly);
    waiting--;
    pthread_mutex_unlock(&mutex);
    return (void *)(intptr_t)error;
}

static bool is_over(struct timespec time)
{
    struct timespec now = time_in_ns(0);
    return now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
}

/* It was signalled in time, which may not be lost on it: nobody else is told. */
static void a_waiter_whose_time_ends_before_the_unlock_was_woken(void)
{
    int in_time = 0;
    waiting = 0;
    for (int round = 0; round < 40 && in_time < 3; round++) {
        pthread_t thread;
        void *error;
        EQ(pthread_create(&thread, NULL, wait_shortly, NULL), 0);
        lock_when_waiting(1);
        pthread_cond_signal(&condition);
        bool was_in_time = !is_over(until_shortly);
        while (!is_over(until_shortly))
            sched_yield();
        pthread_mutex_unlock(&mutex);
        EQ(pthread_join(thread, &error), 0);
        if (was_in_time)
            EQ((intptr_t)error, 0);
        in_time += was_in_time;
        EQ(waiting, 0);
    }
    EQ(in_time, 3);
}

static void give_back(void *held)
{
    pthread_mutex_unlock(held);
}

static void *wait_cancelled(void *not_used)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(give_back, &mutex);
    waiting++;
    while (allowed == 0)
        pthread_cond_wait(&condition, &mutex);
    allowed--;
    passed++;
    pthread_cleanup_pop(1);
    return NULL;
}

/* A cancelled waiter does not take the signal with it: somebody passes for each. */
static void a_cancelled_waiter_consumes_no_signal(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t cancelled, stays;
        void *answer;
        waiting = allowed = passed = 0;
        EQ(pthread_create(&cancelled, NULL, wait_cancelled, NULL), 0);
        EQ(pthread_create(&stays, NULL, wait_cancelled, NULL), 0);
        lock_when_waiting(2);
        allowed = 1;
        if (round % 2 == 0)
            EQ(pthread_cancel(cancelled), 0);
        pthread_cond_signal(&condition);
        if (round % 2 == 1)
            EQ(pthread_cancel(cancelled), 0);
        pthread_mutex_unlock(&mutex);
        EQ(pthread_join(cancelled, &answer), 0);
        pthread_mutex_lock(&mutex);
        bool has_passed = answer != PTHREAD_CANCELED;
        if (has_passed) {
            EQ(passed, 1);
            allowed = 1;
            pthread_cond_signal(&condition);
        }
        pthread_mutex_unlock(&mutex);
        EQ(pthread_join(stays, NULL), 0);
        EQ(passed, has_passed ? 2 : 1);
    }
    waiting = 0;
}

/* --- other mutexes --- */

static void kinds_of_mutex_wake_alike(void)
{
    static const int kinds[] = { PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK };
    pthread_mutex_t normal = mutex;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        pthread_mutexattr_t attributes;
        EQ(pthread_mutexattr_init(&attributes), 0);
        EQ(pthread_mutexattr_settype(&attributes, kinds[i]), 0);
        EQ(pthread_mutex_init(&mutex, &attributes), 0);
        a_broadcast_under_the_lock_wakes_all();
        several_signals_under_one_lock_wake_as_many();
        turn = 0;
        two_threads_take_turns();
        EQ(pthread_mutex_destroy(&mutex), 0);
    }
    mutex = normal;
}

static mtx_t c_mutex;
static cnd_t c_condition;

static int take_c_turns(void *argument)
{
    int mine = (int)(intptr_t)argument;
    for (int i = 0; i < TURNS; i++) {
        if (i % 2 == 0 || mtx_trylock(&c_mutex) != thrd_success)
            mtx_lock(&c_mutex);
        while (turn != mine)
            cnd_wait(&c_condition, &c_mutex);
        turn = 1 - mine;
        cnd_signal(&c_condition);
        mtx_unlock(&c_mutex);
    }
    return 0;
}

static void threads_of_c_take_turns(void)
{
    thrd_t threads[2];
    EQ(mtx_init(&c_mutex, mtx_plain), thrd_success);
    EQ(cnd_init(&c_condition), thrd_success);
    turn = 0;
    for (intptr_t i = 0; i < 2; i++)
        EQ(thrd_create(&threads[i], take_c_turns, (void *)i), thrd_success);
    for (int i = 0; i < 2; i++)
        EQ(thrd_join(threads[i], NULL), thrd_success);
}

/* A lock is busy for all who try it, the owner too, and free after a child of fork has let its own copy go. */
static void a_lock_that_is_held_is_busy(void)
{
    int status;
    EQ(pthread_mutex_lock(&mutex), 0);
    EQ(pthread_mutex_trylock(&mutex), EBUSY);
    pid_t child = fork();
    if (child == 0)
        _exit(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_trylock(&mutex) == 0 &&
                      pthread_mutex_trylock(&mutex) == EBUSY
                  ? 0
                  : 1);
    CHECK(waitpid(child, &status, 0) == child);
    EQ(status, 0);
    EQ(pthread_mutex_unlock(&mutex), 0);
}

int main(void)
{
    CLAIM(several_signals_under_one_lock_wake_as_many);
    CLAIM(a_broadcast_under_the_lock_wakes_all);
    CLAIM(a_signal_without_the_mutex_wakes);
    CLAIM(the_mutex_may_be_given_back_by_another_wait);
    CLAIM(two_threads_take_turns);
    CLAIM(a_waiter_whose_time_ends_before_the_unlock_was_woken);
    CLAIM(a_cancelled_waiter_consumes_no_signal);
    CLAIM(kinds_of_mutex_wake_alike);
    CLAIM(threads_of_c_take_turns);
    CLAIM(a_lock_that_is_held_is_busy);
    return claims_done();
}
