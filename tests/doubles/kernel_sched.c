/* The scheduler behind kernel_sched.h, and doubles of sched/wait.h, sched/handoff.h, sched/timer.h,
 * base/spinlock.h and base/epoch.h on it. */
#include "tests/doubles/kernel_sched.h"

#include <pthread.h>
#include <stdlib.h>

#include "kernel/base/epoch.h"
#include "kernel/sched/handoff.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"
#include "lib/base/assert.h"

enum { SIM_THREADS_MAX = 32, SIM_TIMERS_MAX = 64 };

enum sim_wait {
    SIM_RUNNING,
    SIM_WAITING, /* May be claimed. */
    SIM_WOKEN,   /* Claimed; runs once it is woken. */
};

struct sim_thread {
    struct thread thread; /* First: a struct thread is one of these. */
    struct trap_frame frame;
    pthread_t host;
    pthread_cond_t turn;
    void (*body)(void *);
    void *argument;
    bool started;
    bool runnable;
    bool finished;
    bool cancelled; /* Each wait from now on is cancelled. */
    time_ns_t deadline;
    unsigned locks;
    uint64_t classes; /* Of the locks held: they are taken in rising order. */
    unsigned epochs;
};

static struct {
    pthread_mutex_t baton;
    struct sim_thread main;
    struct sim_thread *threads[SIM_THREADS_MAX];
    unsigned thread_count;
    struct sim_thread *current;
    uint64_t random;
    bool switches;
    time_ns_t now;
    struct timer *timers[SIM_TIMERS_MAX];
    struct list retired;
    struct sim_thread *reaper; /* Who releases retired objects right now. */
} sim = { .baton = PTHREAD_MUTEX_INITIALIZER };

static void sim_thread_init(struct sim_thread *thread)
{
    pthread_cond_init(&thread->turn, NULL);
    thread->runnable = true;
    thread->deadline = TIME_NEVER;
    thread->thread.priority = THREAD_PRIORITY_DEFAULT;
    thread->thread.affinity = UINT64_MAX;
}

__attribute__((constructor)) static void sim_start(void)
{
    list_init(&sim.retired);
    sim_thread_init(&sim.main);
    sim.main.started = true;
    sim.current = &sim.main;
    pthread_mutex_lock(&sim.baton);
}

uint64_t sim_random(uint64_t limit)
{
    uint64_t z = (sim.random += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (z ^ (z >> 31)) % limit;
}

void sim_begin(uint64_t seed)
{
    ASSERT(sim.thread_count == 0);
    sim.random = seed;
    sim.switches = seed != 0;
    sim.now = 1000;
    sim.current = &sim.main;
    sim.main.locks = 0;
    sim.main.epochs = 0;
}

/* Pass the baton to `next` and wait until it comes back. */
static void sim_switch(struct sim_thread *next)
{
    struct sim_thread *self = sim.current;
    if (next == self)
        return;
    sim.current = next;
    pthread_cond_signal(&next->turn);
    while (sim.current != self)
        pthread_cond_wait(&self->turn, &sim.baton);
}

static struct sim_thread *sim_pick(void)
{
    struct sim_thread *ready[SIM_THREADS_MAX + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < sim.thread_count; i++)
        if (sim.threads[i]->runnable && !sim.threads[i]->finished)
            ready[count++] = sim.threads[i];
    if (count == 0)
        return NULL;
    return ready[sim.switches ? sim_random(count) : 0];
}

/* Nobody can run: let the next timer or deadline come. False: there is none. */
static bool sim_advance(void)
{
    time_ns_t next = TIME_NEVER;
    for (unsigned i = 0; i < SIM_TIMERS_MAX; i++)
        if (sim.timers[i] != NULL && sim.timers[i]->deadline < next)
            next = sim.timers[i]->deadline;
    for (unsigned i = 0; i < sim.thread_count; i++)
        if (!sim.threads[i]->finished && !sim.threads[i]->runnable &&
            sim.threads[i]->thread.wait_state == SIM_WAITING && sim.threads[i]->deadline < next)
            next = sim.threads[i]->deadline;
    if (next == TIME_NEVER)
        return false;
    if (next > sim.now)
        sim.now = next;
    for (unsigned i = 0; i < SIM_TIMERS_MAX; i++) {
        struct timer *timer = sim.timers[i];
        if (timer != NULL && timer->deadline <= sim.now) {
            sim.timers[i] = NULL;
            timer->armed = false;
            timer->fire(timer);
        }
    }
    for (unsigned i = 0; i < sim.thread_count; i++) {
        struct sim_thread *thread = sim.threads[i];
        if (!thread->finished && !thread->runnable && thread->deadline <= sim.now &&
            handoff_claim(&thread->thread)) {
            thread->thread.wait_result = STATUS_TIMED_OUT;
            handoff_wake(&thread->thread);
        }
    }
    return true;
}

/* The current thread cannot go on. The main thread looks after time and the end of all. */
static void sim_block(void)
{
    struct sim_thread *next = sim_pick();
    sim_switch(next != NULL ? next : &sim.main);
}

void sim_point(void)
{
    if (!sim.switches || sim.current == &sim.main || sim.reaper == sim.current ||
        sim_random(3) != 0)
        return;
    struct sim_thread *next = sim_pick();
    if (next != NULL)
        sim_switch(next);
}

static void *sim_host_body(void *argument)
{
    struct sim_thread *self = argument;
    pthread_mutex_lock(&sim.baton);
    while (sim.current != self)
        pthread_cond_wait(&self->turn, &sim.baton);
    self->body(self->argument);
    ASSERT(self->locks == 0);
    self->finished = true;
    struct sim_thread *next = sim_pick();
    sim.current = next != NULL ? next : &sim.main;
    pthread_cond_signal(&sim.current->turn);
    pthread_mutex_unlock(&sim.baton);
    return NULL;
}

struct thread *sim_thread(struct process *process, void (*body)(void *), void *argument)
{
    ASSERT(sim.thread_count < SIM_THREADS_MAX);
    struct sim_thread *thread = calloc(1, sizeof *thread);
    sim_thread_init(thread);
    thread->thread.process = process;
    thread->thread.object.refs = 1;
    thread->body = body;
    thread->argument = argument;
    sim.threads[sim.thread_count++] = thread;
    return &thread->thread;
}

bool sim_run(void)
{
    for (;;) {
        for (unsigned i = 0; i < sim.thread_count; i++)
            if (!sim.threads[i]->started) {
                sim.threads[i]->started = true;
                pthread_create(&sim.threads[i]->host, NULL, sim_host_body, sim.threads[i]);
            }
        struct sim_thread *next = sim_pick();
        if (next != NULL)
            sim_switch(next);
        else if (!sim_advance())
            break;
    }
    sim_reap();
    for (unsigned i = 0; i < sim.thread_count; i++)
        if (!sim.threads[i]->finished)
            return false;
    return true;
}

void sim_cancel(struct thread *thread)
{
    struct sim_thread *target = (struct sim_thread *)thread;
    target->cancelled = true;
    if (!target->finished && handoff_claim(thread)) {
        thread->wait_result = STATUS_CANCELLED;
        handoff_wake(thread);
    }
}

void (*sim_thread_destroy)(struct thread *thread);

void sim_end(void)
{
    for (unsigned i = 0; i < sim.thread_count; i++)
        sim_cancel(&sim.threads[i]->thread);
    bool all_ended = sim_run();
    ASSERT(all_ended);
    for (unsigned i = 0; i < sim.thread_count; i++) {
        pthread_mutex_unlock(&sim.baton);
        pthread_join(sim.threads[i]->host, NULL);
        pthread_mutex_lock(&sim.baton);
        pthread_cond_destroy(&sim.threads[i]->turn);
        ASSERT(sim.threads[i]->thread.object.refs == 1);
        if (sim_thread_destroy != NULL)
            sim_thread_destroy(&sim.threads[i]->thread);
        free(sim.threads[i]);
    }
    sim.thread_count = 0;
    sim_reap();
}

unsigned sim_locks_held(void)
{
    return sim.current->locks;
}

struct thread *thread_current(void)
{
    return &sim.current->thread;
}

struct trap_frame *trap_user_frame(const struct thread *thread)
{
    return &((struct sim_thread *)thread)->frame;
}

time_ns_t clock_now(void)
{
    return sim.now;
}

void preempt_point(void)
{
    ASSERT(sim.current->locks == 0);
    sim_point();
}

/* ---- base/spinlock.h ---- */

/* The classes that are held, so that an order violation fails a test. */
void spin_lock(struct spinlock *lock)
{
    sim_point();
    while (lock->held != 0) {
        ASSERT(sim.current != &sim.main && sim.switches);
        struct sim_thread *next = sim_pick();
        sim_switch(next);
    }
    lock->held = 1 + (uint32_t)(sim.current == &sim.main ? 0 : 1);
    sim.current->locks++;
    uint64_t *classes = &sim.current->classes;
    ASSERT((*classes >> lock->class) == 0);
    *classes |= 1ull << lock->class;
}

void spin_unlock(struct spinlock *lock)
{
    ASSERT(lock->held != 0 && sim.current->locks > 0);
    lock->held = 0;
    sim.current->locks--;
    sim.current->classes &= ~(1ull << lock->class);
    if (sim.current->locks == 0 && sim.current->epochs == 0)
        sim_reap();
    sim_point();
}

bool spin_held(const struct spinlock *lock)
{
    return lock->held != 0;
}

/* ---- base/epoch.h ---- */

void epoch_begin(void)
{
    ASSERT(sim.current->epochs == 0);
    sim.current->epochs++;
}

void epoch_end(void)
{
    ASSERT(sim.current->epochs == 1);
    sim.current->epochs--;
}

void epoch_retire(struct epoch_node *node, void (*release)(struct epoch_node *node))
{
    node->release = release;
    list_push_back(&sim.retired, &node->link);
}

void sim_reap(void)
{
    if (sim.reaper != NULL)
        return;
    for (unsigned i = 0; i < sim.thread_count; i++)
        if (sim.threads[i]->epochs > 0)
            return;
    sim.reaper = sim.current;
    struct list *node;
    while ((node = list_pop_front(&sim.retired)) != NULL) {
        struct epoch_node *retired = CONTAINER_OF(node, struct epoch_node, link);
        retired->release(retired);
    }
    sim.reaper = NULL;
}

void epoch_drain(void)
{
    sim_reap();
}

/* ---- sched/handoff.h ---- */

void handoff_prepare(void)
{
    ASSERT(sim.current != &sim.main);
    sim.current->thread.wait_state = SIM_WAITING;
}

bool handoff_claim(struct thread *thread)
{
    sim_point();
    if (thread->wait_state != SIM_WAITING)
        return false;
    thread->wait_state = SIM_WOKEN;
    thread->wait_result = STATUS_OK;
    return true;
}

void handoff_wake(struct thread *claimed)
{
    ASSERT(claimed->wait_state == SIM_WOKEN);
    claimed->wait_state = SIM_RUNNING;
    ((struct sim_thread *)claimed)->runnable = true;
    sim_point();
}

status_t handoff_wait(struct thread *next, time_ns_t deadline)
{
    struct sim_thread *self = sim.current;
    ASSERT(self->locks == 0);
    ASSERT(self->epochs == 0);
    if (self->cancelled && handoff_claim(&self->thread)) {
        self->thread.wait_result = STATUS_CANCELLED;
        self->thread.wait_state = SIM_RUNNING;
    }
    if (self->thread.wait_state != SIM_RUNNING) { /* Else it was woken before it slept. */
        self->runnable = false;
        self->deadline = deadline;
    }
    if (next != NULL) {
        next->wait_state = SIM_RUNNING;
        ((struct sim_thread *)next)->runnable = true;
        sim_switch((struct sim_thread *)next);
    }
    while (!self->runnable)
        sim_block();
    self->deadline = TIME_NEVER;
    return self->thread.wait_result;
}

/* ---- sched/wait.h ---- */

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waiters);
}

status_t wait_sleep_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                          time_ns_t deadline)
{
    ASSERT(spin_held(guard));
    if (sim.current == &sim.main) { /* A test alone: nobody will wake it. */
        ASSERT(deadline != TIME_NEVER);
        spin_unlock(guard);
        return STATUS_TIMED_OUT;
    }
    struct waiter waiter = { .thread = thread_current(), .key = key };
    handoff_prepare();
    list_push_back(&queue->waiters, &waiter.link);
    spin_unlock(guard);
    status_t status = handoff_wait(NULL, deadline);
    spin_lock(guard);
    list_remove(&waiter.link);
    spin_unlock(guard);
    return status;
}

status_t wait_sleep(struct wait_queue *queue, struct spinlock *guard, time_ns_t deadline)
{
    return wait_sleep_keyed(queue, guard, 0, deadline);
}

static uint32_t wake(struct wait_queue *queue, struct spinlock *guard, uint64_t key, bool any_key,
                     uint32_t limit)
{
    uint32_t woken = 0;
    ASSERT(spin_held(guard));
    LIST_FOR_EACH_SAFE (node, &queue->waiters) {
        struct waiter *waiter = CONTAINER_OF(node, struct waiter, link);
        if (woken == limit)
            break;
        if (!any_key && waiter->key != key)
            continue;
        list_remove(node);
        if (!handoff_claim(waiter->thread))
            continue;
        woken++;
        handoff_wake(waiter->thread);
    }
    return woken;
}

uint32_t wait_wake_one(struct wait_queue *queue, struct spinlock *guard)
{
    return wake(queue, guard, 0, true, 1);
}

uint32_t wait_wake_all(struct wait_queue *queue, struct spinlock *guard)
{
    return wake(queue, guard, 0, true, UINT32_MAX);
}

uint32_t wait_wake_keyed(struct wait_queue *queue, struct spinlock *guard, uint64_t key,
                         uint32_t limit)
{
    return wake(queue, guard, key, false, limit);
}

/* ---- sched/timer.h ---- */

void timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
    *timer = (struct timer){ .fire = fire };
}

void timer_arm(struct timer *timer, time_ns_t deadline)
{
    timer_cancel(timer);
    timer->deadline = deadline;
    for (unsigned i = 0; i < SIM_TIMERS_MAX; i++)
        if (sim.timers[i] == NULL) {
            sim.timers[i] = timer;
            timer->cpu = i;
            timer->armed = true;
            return;
        }
    ASSERT(false);
}

bool timer_cancel(struct timer *timer)
{
    if (!timer->armed)
        return false;
    sim.timers[timer->cpu] = NULL;
    timer->armed = false;
    return true;
}
