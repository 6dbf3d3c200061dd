/* POSIX threads, eight at a time: every kind of lock under load, and the ends of threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { THREADS = 8, ROUNDS = 2000 };

static void run_all(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        EQ(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    for (intptr_t i = 0; i < THREADS; i++) {
        void *answer = NULL;
        EQ(pthread_join(threads[i], &answer), 0);
        EQ((intptr_t)answer, i * 3);
    }
}

static void *triple(void *argument)
{
    return (void *)((intptr_t)argument * 3);
}

static void threads_return_values(void)
{
    for (int i = 0; i < 25; i++)
        run_all(triple);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long guarded;

static void *add_under_mutex(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        long value = guarded;
        if (i % 64 == 0)
            sched_yield();
        guarded = value + 1;
        pthread_mutex_unlock(&mutex);
    }
    return triple(argument);
}

static void mutex_excludes(void)
{
    run_all(add_under_mutex);
    EQ(guarded, THREADS * ROUNDS);
}

static void mutex_kinds_differ(void)
{
    pthread_mutex_t kind;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&kind, &attributes);
    EQ(pthread_mutex_lock(&kind), 0);
    EQ(pthread_mutex_lock(&kind), 0);
    EQ(pthread_mutex_unlock(&kind), 0);
    EQ(pthread_mutex_unlock(&kind), 0);
    EQ(pthread_mutex_unlock(&kind), EPERM);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&kind, &attributes);
    EQ(pthread_mutex_lock(&kind), 0);
    EQ(pthread_mutex_lock(&kind), EDEADLK);
    EQ(pthread_mutex_trylock(&kind), EBUSY);
    EQ(pthread_mutex_unlock(&kind), 0);
}

/* A bounded queue: four put, four take, each number once. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    int items[4];
    int count;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
            .not_empty = PTHREAD_COND_INITIALIZER,
            .not_full = PTHREAD_COND_INITIALIZER };
static atomic_long queue_sum;

static void queue_put(int item)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 4)
        pthread_cond_wait(&queue.not_full, &queue.lock);
    queue.items[queue.count++] = item;
    pthread_cond_signal(&queue.not_empty);
    pthread_mutex_unlock(&queue.lock);
}

static int queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0)
        pthread_cond_wait(&queue.not_empty, &queue.lock);
    int item = queue.items[--queue.count];
    pthread_cond_broadcast(&queue.not_full);
    pthread_mutex_unlock(&queue.lock);
    return item;
}

static void *put_or_take(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        if ((intptr_t)argument % 2 == 0)
            queue_put(i);
        else
            queue_sum += queue_take();
    }
    return triple(argument);
}

static void conditions_lose_no_wakeup(void)
{
    run_all(put_or_take);
    EQ(queue_sum, 4l * ROUNDS * (ROUNDS - 1) / 2);
    EQ(queue.count, 0);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long pair_first, pair_second;

static void *read_or_write(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        if ((intptr_t)argument < 2) {
            pthread_rwlock_wrlock(&rwlock);
            pair_first++;
            if (i % 128 == 0)
                sched_yield();
            pair_second++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
            EQ(pair_first - pair_second, 0);
        }
        pthread_rwlock_unlock(&rwlock);
    }
    return triple(argument);
}

static void rwlock_shows_no_half_write(void)
{
    run_all(read_or_write);
    EQ(pair_first, 2 * ROUNDS);
}

static pthread_barrier_t barrier;
static atomic_int arrived;
static atomic_int serial;

static void *meet(void *argument)
{
    for (int i = 1; i <= 200; i++) {
        arrived++;
        int result = pthread_barrier_wait(&barrier);
        serial += result == PTHREAD_BARRIER_SERIAL_THREAD;
        CHECK(arrived >= i * THREADS);
        CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
        pthread_barrier_wait(&barrier);
    }
    return triple(argument);
}

static void barrier_holds_until_all_are_there(void)
{
    pthread_barrier_init(&barrier, NULL, THREADS);
    run_all(meet);
    EQ(pthread_barrier_destroy(&barrier), 0);
    EQ(serial, 200);
}

static _Thread_local long own = 17;
static pthread_key_t key;
static atomic_int destroyed;

static void key_destroy(void *value)
{
    destroyed++;
}

static void *use_own(void *argument)
{
    EQ(own, 17);
    own = (intptr_t)argument;
    pthread_setspecific(key, &own);
    for (int i = 0; i < 100; i++) {
        sched_yield();
        EQ(own, (intptr_t)argument);
        CHECK(pthread_getspecific(key) == &own);
        errno = (int)(intptr_t)argument;
        sched_yield();
        EQ(errno, (intptr_t)argument);
    }
    return triple(argument);
}

static void thread_storage_is_each_threads_own(void)
{
    EQ(pthread_key_create(&key, key_destroy), 0);
    run_all(use_own);
    EQ(destroyed, THREADS);
    EQ(own, 17);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int initialised;

static void initialise(void)
{
    sched_yield();
    initialised++;
}

static void *initialise_once(void *argument)
{
    pthread_once(&once, initialise);
    EQ(initialised, 1);
    return triple(argument);
}

static void once_is_once(void)
{
    run_all(initialise_once);
}

static sem_t semaphore;

static void *post(void *argument)
{
    for (int i = 0; i < 100; i++)
        sem_post(&semaphore);
    return triple(argument);
}

static void semaphore_counts(void)
{
    sem_init(&semaphore, 0, 0);
    run_all(post);
    for (int i = 0; i < THREADS * 100; i++)
        EQ(sem_trywait(&semaphore), 0);
    EQ(sem_trywait(&semaphore), -1);
    EQ(errno, EAGAIN);
}

static void waits_end_at_their_time(void)
{
    struct timespec deadline, now;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += 20000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_lock(&mutex);
    EQ(pthread_cond_timedwait(&never, &mutex, &deadline), ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
    clock_gettime(CLOCK_REALTIME, &now);
    CHECK(now.tv_sec > deadline.tv_sec ||
          (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec));
    EQ(sem_timedwait(&semaphore, &deadline), -1);
    EQ(errno, ETIMEDOUT);
}

static atomic_int detached_done;

static void *end_detached(void *argument)
{
    detached_done++;
    return NULL;
}

/* The stacks of detached threads are given back by the threads themselves: 500 of them, one by one,
 * fit in any limit only then. */
static void detached_threads_take_their_stacks_along(void)
{
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        EQ(pthread_create(&thread, NULL, end_detached, NULL), 0);
        EQ(pthread_detach(thread), 0);
        while (detached_done <= i)
            sched_yield();
    }
}

static bool cleaned;

static void clean(void *argument)
{
    cleaned = true;
}

static atomic_bool may_test;

static void *wait_for_cancel(void *argument)
{
    pthread_cleanup_push(clean, NULL);
    while (!may_test)
        sched_yield();
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return NULL;
}

/* Deferred cancellation; a thread that sleeps in a call is not woken before there are signals. */
static void cancelled_threads_clean_up(void)
{
    pthread_t thread;
    void *answer;
    EQ(pthread_create(&thread, NULL, wait_for_cancel, NULL), 0);
    pthread_cancel(thread);
    may_test = true;
    EQ(pthread_join(thread, &answer), 0);
    CHECK(answer == PTHREAD_CANCELED);
    CHECK(cleaned);
}

static void *exit_later(void *argument)
{
    pthread_t main_thread = *(pthread_t *)argument;
    void *answer;
    EQ(pthread_join(main_thread, &answer), 0); /* The first thread can be joined, too. */
    EQ((intptr_t)answer, 5);
    claim_end();
    exit(claims_done());
}

int main(void)
{
    CLAIM(threads_return_values);
    CLAIM(mutex_excludes);
    CLAIM(mutex_kinds_differ);
    CLAIM(conditions_lose_no_wakeup);
    CLAIM(rwlock_shows_no_half_write);
    CLAIM(barrier_holds_until_all_are_there);
    CLAIM(thread_storage_is_each_threads_own);
    CLAIM(once_is_once);
    CLAIM(semaphore_counts);
    CLAIM(waits_end_at_their_time);
    CLAIM(detached_threads_take_their_stacks_along);
    CLAIM(cancelled_threads_clean_up);
    static pthread_t self;
    pthread_t last;
    self = pthread_self();
    claim_begin("first_thread_may_end_before_the_others");
    EQ(pthread_create(&last, NULL, exit_later, &self), 0);
    pthread_exit((void *)5);
}
