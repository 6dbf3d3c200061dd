/* Doubles of kernel/sched/wait.h and preempt.h on host threads that pass a baton: see
 * threads.h. The scheduler is the test's own thread. */
#include "kernel/sched/wait.h"

#include <pthread.h>
#include <stdlib.h>

#include "kernel/sched/preempt.h"
#include "lib/base/assert.h"
#include "tests/doubles/files/threads.h"

struct thread { /* The double's own; nobody else looks inside. */
    struct kernel_thread_body body;
    pthread_t pthread;
    pthread_cond_t turn;
    struct waiter waiter;
    bool sleeps;
    bool ended;
    bool runs;
};

struct kernel_threads kernel_threads;

static struct {
    pthread_mutex_t baton;
    pthread_cond_t scheduler;
    struct thread threads[KERNEL_THREADS_MAX];
    uint32_t count;
    struct thread *current; /* NULL: the scheduler, or a test without threads. */
} world = { .baton = PTHREAD_MUTEX_INITIALIZER, .scheduler = PTHREAD_COND_INITIALIZER };

static struct thread single = { .runs = true }; /* A test without threads. */

static struct thread *self(void)
{
    return world.current == NULL ? &single : world.current;
}

/* Let the scheduler choose who goes on. */
static void pass_baton(struct thread *thread)
{
    ASSERT(kernel_threads.locks_held == 0);
    thread->runs = false;
    pthread_cond_signal(&world.scheduler);
    while (!thread->runs)
        pthread_cond_wait(&thread->turn, &world.baton);
}

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    pthread_mutex_lock(&world.baton);
    while (!thread->runs)
        pthread_cond_wait(&thread->turn, &world.baton);
    thread->body.run(thread->body.argument);
    thread->ended = true;
    thread->runs = false;
    pthread_cond_signal(&world.scheduler);
    pthread_mutex_unlock(&world.baton);
    return NULL;
}

static struct thread *choose(void)
{
    struct thread *ready[KERNEL_THREADS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < world.count; i++)
        if (!world.threads[i].sleeps && !world.threads[i].ended)
            ready[count++] = &world.threads[i];
    if (count == 0)
        return NULL;
    return ready[kernel_threads.random == NULL ? 0 : kernel_threads.random() % count];
}

static bool all_ended(void)
{
    for (uint32_t i = 0; i < world.count; i++)
        if (!world.threads[i].ended)
            return false;
    return true;
}

static void run_idle(void)
{
    ASSERT(kernel_threads.idle != NULL); /* Everybody sleeps for good. */
    kernel_threads.idle();
}

static void schedule(void)
{
    while (!all_ended()) {
        struct thread *next = choose();
        if (next == NULL) {
            run_idle();
            ASSERT(choose() != NULL);
            continue;
        }
        kernel_threads.switches++;
        world.current = next;
        next->runs = true;
        pthread_cond_signal(&next->turn);
        while (next->runs)
            pthread_cond_wait(&world.scheduler, &world.baton);
        world.current = NULL;
    }
}

void kernel_threads_run(const struct kernel_thread_body *bodies, uint32_t count)
{
    ASSERT(count <= KERNEL_THREADS_MAX);
    world.count = count;
    pthread_mutex_lock(&world.baton);
    for (uint32_t i = 0; i < count; i++) {
        struct thread *thread = &world.threads[i];
        *thread = (struct thread){ .body = bodies[i], .turn = PTHREAD_COND_INITIALIZER };
        pthread_create(&thread->pthread, NULL, thread_main, thread);
    }
    schedule();
    pthread_mutex_unlock(&world.baton);
    for (uint32_t i = 0; i < count; i++)
        pthread_join(world.threads[i].pthread, NULL);
    world.count = 0;
}

/* --- kernel/sched/wait.h --- */

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

status_t wait_sleep_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                          time_ns_t deadline)
{
    struct thread *thread = self();
    ASSERT(spin_held(guard));
    thread->waiter = (struct waiter){ .thread = thread, .key = key };
    list_push_back(&queue->waiters, &thread->waiter.link);
    thread->sleeps = true;
    spin_unlock(guard);
    if (world.current != NULL)
        pass_baton(thread);
    else
        while (thread->sleeps)
            run_idle();
    ASSERT(!thread->sleeps);
    return STATUS_OK;
}

status_t wait_sleep(struct wait_queue *queue, struct spinlock *guard, time_ns_t deadline)
{
    return wait_sleep_keyed(queue, guard, 0, deadline);
}

status_t wait_sleep_unsignalled(struct wait_queue *queue, struct spinlock *guard,
                                time_ns_t deadline)
{
    return wait_sleep_keyed(queue, guard, 0, deadline);
}

status_t wait_sleep_uninterrupted(struct wait_queue *queue, struct spinlock *guard)
{
    return wait_sleep_keyed(queue, guard, 0, TIME_NEVER);
}

static uint32_t wake(struct wait_queue *queue, struct spinlock *guard, bool any_key, uint64_t key,
                     uint32_t limit)
{
    uint32_t count = 0;
    ASSERT(spin_held(guard));
    LIST_FOR_EACH_SAFE (link, &queue->waiters) {
        struct waiter *waiter = CONTAINER_OF(link, struct waiter, link);
        if (count == limit)
            break;
        if (!any_key && waiter->key != key)
            continue;
        list_remove(link);
        waiter->thread->sleeps = false;
        count++;
    }
    return count;
}

uint32_t wait_wake_one(struct wait_queue *queue, struct spinlock *guard)
{
    return wake(queue, guard, true, 0, 1);
}

uint32_t wait_wake_all(struct wait_queue *queue, struct spinlock *guard)
{
    return wake(queue, guard, true, 0, UINT32_MAX);
}

uint32_t wait_wake_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                         uint32_t limit)
{
    return wake(queue, guard, false, key, limit);
}

void mutex_init(struct mutex *mutex, enum lock_class lock_class)
{
    *mutex = (struct mutex){ .class = (uint8_t)lock_class };
    spin_init(&mutex->guard, LOCK_WAIT);
    wait_queue_init(&mutex->queue);
}

bool mutex_try_lock(struct mutex *mutex)
{
    if (mutex->owner != NULL)
        return false;
    mutex->owner = self();
    return true;
}

void mutex_lock(struct mutex *mutex)
{
    ASSERT(kernel_threads.locks_held == 0);
    ASSERT(mutex->owner != self());
    while (!mutex_try_lock(mutex)) {
        spin_lock(&mutex->guard);
        (void)wait_sleep_uninterrupted(&mutex->queue, &mutex->guard);
    }
}

void mutex_unlock(struct mutex *mutex)
{
    ASSERT(mutex->owner == self());
    mutex->owner = NULL;
    spin_lock(&mutex->guard);
    wait_wake_one(&mutex->queue, &mutex->guard);
    spin_unlock(&mutex->guard);
}

bool mutex_held(const struct mutex *mutex)
{
    return mutex->owner == self();
}

void preempt_point(void)
{
    ASSERT(kernel_threads.locks_held == 0);
    if (world.current != NULL)
        pass_baton(world.current);
}
