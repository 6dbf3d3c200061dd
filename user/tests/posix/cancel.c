/* pthread_cancel: a thread that waits is ended and cleans up; one that must not be is not; no result of a call
 * that was made is lost. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static void nap(long ms)
{
    struct timespec time = { .tv_nsec = ms * 1000000 };
    nanosleep(&time, NULL);
}

static int fds[2];
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static atomic_int begun, cleaned;

static void clean(void *argument)
{
    cleaned++;
}

static void unlock(void *argument)
{
    cleaned++;
    pthread_mutex_unlock(&mutex);
}

static void wait_read(void)
{
    char byte;
    (void)!read(fds[0], &byte, 1);
}

static void wait_sleep(void)
{
    struct timespec time = { .tv_sec = 1000 };
    nanosleep(&time, NULL);
}

static void wait_poll(void)
{
    struct pollfd fd = { .fd = fds[0], .events = POLLIN };
    poll(&fd, 1, -1);
}

static void wait_semaphore(void)
{
    sem_wait(&semaphore);
}

static void wait_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    int taken;
    sigwait(&set, &taken);
}

static void wait_pause(void)
{
    pause();
}

static void *wait_by(void *argument)
{
    void (*wait)(void) = (void (*)(void))(uintptr_t)argument;
    pthread_cleanup_push(clean, NULL);
    begun++;
    for (;;)
        wait();
    pthread_cleanup_pop(0);
}

static void *wait_condition(void *argument)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlock, NULL);
    begun++;
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(0);
}

static void cancel_in(void *(*body)(void *), void *argument, int delay_ms)
{
    pthread_t thread;
    void *answer = NULL;
    begun = cleaned = 0;
    EQ(pthread_create(&thread, NULL, body, argument), 0);
    while (begun == 0)
        sched_yield();
    if (delay_ms > 0)
        nap(delay_ms);
    EQ(pthread_cancel(thread), 0);
    EQ(pthread_join(thread, &answer), 0);
    CHECK(answer == PTHREAD_CANCELED);
    EQ(cleaned, 1);
}

static void sleeping_threads_are_cancelled(void)
{
    void (*const waits[])(void) = { wait_read,      wait_sleep,  wait_poll,
                                    wait_semaphore, wait_signal, wait_pause };
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++)
        for (int delay_ms = 0; delay_ms <= 4; delay_ms += 2)
            cancel_in(wait_by, (void *)(uintptr_t)waits[i], delay_ms);
    for (int delay_ms = 0; delay_ms <= 4; delay_ms += 2)
        cancel_in(wait_condition, NULL, delay_ms);
    EQ(pthread_mutex_trylock(&mutex), 0);
    pthread_mutex_unlock(&mutex);
}

/* Not while it waits for a lock, which is no cancellation point. */
static void *wait_mutex(void *argument)
{
    begun++;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    cleaned++;
    pthread_testcancel();
    cleaned++;
    return NULL;
}

static void wait_for_a_lock_is_not_cancelled(void)
{
    pthread_t thread;
    void *answer;
    begun = cleaned = 0;
    pthread_mutex_lock(&mutex);
    EQ(pthread_create(&thread, NULL, wait_mutex, NULL), 0);
    while (begun == 0)
        sched_yield();
    nap(3);
    EQ(pthread_cancel(thread), 0);
    nap(3);
    EQ(cleaned, 0);
    pthread_mutex_unlock(&mutex);
    EQ(pthread_join(thread, &answer), 0);
    CHECK(answer == PTHREAD_CANCELED);
    EQ(cleaned, 1);
}

static void *read_disabled(void *argument)
{
    char byte;
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    begun++;
    long answer = read(fds[0], &byte, 1);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    cleaned = (int)answer;
    pthread_testcancel();
    return NULL;
}

static void disabled_cancellation_waits(void)
{
    pthread_t thread;
    void *answer;
    begun = cleaned = 0;
    EQ(pthread_create(&thread, NULL, read_disabled, NULL), 0);
    while (begun == 0)
        sched_yield();
    nap(3);
    EQ(pthread_cancel(thread), 0);
    nap(3);
    EQ(cleaned, 0);
    EQ(write(fds[1], "x", 1), 1);
    EQ(pthread_join(thread, &answer), 0);
    CHECK(answer == PTHREAD_CANCELED);
    EQ(cleaned, 1);
}

static void *spin(void *argument)
{
    int old;
    pthread_cleanup_push(clean, NULL);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    begun++;
    for (;;)
        ;
    pthread_cleanup_pop(0);
}

static void asynchronous_cancellation_comes_at_once(void)
{
    for (int round = 0; round < 10; round++)
        cancel_in(spin, NULL, round % 3);
}

/* Bytes are written one by one while readers are cancelled and made anew: each byte is counted, since a read
 * that has taken one is over. */
static atomic_long bytes_read;

static void *count_bytes(void *argument)
{
    char byte;
    begun++;
    while (read(fds[0], &byte, 1) == 1)
        bytes_read++;
    return NULL;
}

static atomic_bool written;
enum { BYTES = 3000 };

static void *write_bytes(void *argument)
{
    for (int i = 0; i < BYTES; i++) {
        EQ(write(fds[1], "x", 1), 1);
        if (i % 16 == 0)
            sched_yield();
    }
    written = true;
    return NULL;
}

static void no_byte_is_lost(void)
{
    pthread_t reader, writer;
    bytes_read = 0;
    EQ(pthread_create(&writer, NULL, write_bytes, NULL), 0);
    while (!written) {
        begun = 0;
        EQ(pthread_create(&reader, NULL, count_bytes, NULL), 0);
        while (begun == 0)
            sched_yield();
        pthread_cancel(reader);
        pthread_join(reader, NULL);
    }
    pthread_join(writer, NULL);
    char rest[BYTES];
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    long left = read(fds[0], rest, sizeof rest);
    EQ(bytes_read + (left > 0 ? left : 0), BYTES);
}

int main(void)
{
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    sem_init(&semaphore, 0, 0);
    CLAIM(sleeping_threads_are_cancelled);
    CLAIM(wait_for_a_lock_is_not_cancelled);
    CLAIM(disabled_cancellation_waits);
    CLAIM(asynchronous_cancellation_comes_at_once);
    CLAIM(no_byte_is_lost);
    return claims_done();
}
