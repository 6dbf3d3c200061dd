/* The stacks of threads: where they end, what a thread finds on one that another has left, and that not more of
 * them are kept than a few. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum {
    GENERATIONS = 40,
    THREADS = 12,
    KEPT_MAX = 4, /* ports/musl/overlay/src/thread/thread_stack.c */
    PAGE = 4096,
    DEPTH = 64 * 1024,
};

static void *run(const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
    pthread_t thread;
    void *answer = NULL;
    EQ(pthread_create(&thread, attributes, body, argument), 0);
    EQ(pthread_join(thread, &answer), 0);
    return answer;
}

static _Thread_local long set = 17;
static _Thread_local char cleared[600];
static pthread_key_t key;

static void *soil(void *not_used)
{
    volatile char deep[DEPTH];
    for (size_t i = 0; i < sizeof deep; i++)
        deep[i] = (char)0xa5;
    bool clean = set == 17 && pthread_getspecific(key) == NULL;
    for (size_t i = 0; i < sizeof cleared; i++)
        clean &= cleared[i] == 0;
    set = 18;
    memset(cleared, 0xa5, sizeof cleared);
    EQ(pthread_setspecific(key, (void *)deep), 0);
    EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL), 0);
    return clean ? NULL : (void *)(uintptr_t)1;
}

/* What the thread before left on the stack must not look like this one's own: its variables, its values of keys, and
 * that it would not be cancelled. */
static void a_thread_begins_with_nothing_of_the_last(void)
{
    for (int i = 0; i < GENERATIONS; i++)
        EQ((intptr_t)run(NULL, soil, NULL), 0);
}

static void *wait_for_ever(void *not_used)
{
    for (;;)
        pause();
    return NULL;
}

static void a_thread_on_a_used_stack_can_be_cancelled(void)
{
    pthread_t thread;
    void *answer = NULL;
    run(NULL, soil, NULL);
    EQ(pthread_create(&thread, NULL, wait_for_ever, NULL), 0);
    EQ(pthread_cancel(thread), 0);
    EQ(pthread_join(thread, &answer), 0);
    CHECK(answer == PTHREAD_CANCELED);
}

/* --- the ends of a stack --- */

struct extent {
    char *lowest;
    size_t size, guard;
};

static void *extent_ask(void *argument)
{
    struct extent *extent = argument;
    void *lowest;
    pthread_attr_t attributes;
    EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    EQ(pthread_attr_getstack(&attributes, &lowest, &extent->size), 0);
    EQ(pthread_attr_getguardsize(&attributes, &extent->guard), 0);
    extent->lowest = lowest;
    *(volatile char *)extent->lowest = 1;
    EQ(pthread_attr_destroy(&attributes), 0);
    return NULL;
}

static void *touch_guard(void *argument)
{
    struct extent extent;
    extent_ask(&extent);
    *(volatile char *)(extent.lowest - 1) = 1;
    return NULL;
}

/* In a process of its own, which has had threads of each kind before. */
static int touch_guard_of(const pthread_attr_t *attributes)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        run(attributes, soil, NULL);
        run(attributes, touch_guard, NULL);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The same number of pages with another guard is another stack: a thread gets the guard that it was promised. */
static void a_used_stack_has_the_guard_that_was_asked_for(void)
{
    struct extent small, large;
    pthread_attr_t few, many;
    EQ(pthread_attr_init(&few), 0);
    EQ(pthread_attr_init(&many), 0);
    EQ(pthread_attr_setguardsize(&few, PAGE), 0);
    EQ(pthread_attr_setstacksize(&few, 24 * PAGE), 0);
    EQ(pthread_attr_setguardsize(&many, 5 * PAGE), 0);
    EQ(pthread_attr_setstacksize(&many, 20 * PAGE), 0);
    for (int i = 0; i < GENERATIONS; i++) {
        run(&few, extent_ask, &small);
        run(&many, extent_ask, &large);
        EQ(small.guard, PAGE);
        EQ(large.guard, 5 * PAGE);
        CHECK(small.size >= 24 * PAGE && small.size < 26 * PAGE);
        CHECK(large.size >= 20 * PAGE && large.size < 22 * PAGE);
    }
    EQ(touch_guard_of(NULL), SIGSEGV);
    EQ(touch_guard_of(&few), SIGSEGV);
    EQ(touch_guard_of(&many), SIGSEGV);
}

/* --- how many are kept --- */

static void *own_stack(void *not_used)
{
    struct extent extent;
    extent_ask(&extent);
    return extent.lowest;
}

static bool is_mapped(char *address)
{
    return madvise(address, PAGE, MADV_NORMAL) == 0;
}

/* Memory for stacks is not to grow with the number of threads that once were, nor to be mapped afresh for each. */
static void a_few_stacks_are_kept_and_no_more(void)
{
    pthread_t threads[THREADS];
    void *stacks[THREADS];
    int mapped = 0;
    for (int i = 0; i < THREADS; i++)
        EQ(pthread_create(&threads[i], NULL, own_stack, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        EQ(pthread_join(threads[i], &stacks[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        int first = 0;
        while (stacks[first] != stacks[i])
            first++;
        mapped += first == i && is_mapped(stacks[i]);
    }
    CHECK(mapped >= 1 && mapped <= KEPT_MAX);
    bool again = false;
    void *stack = run(NULL, own_stack, NULL);
    for (int i = 0; i < THREADS; i++)
        again |= stacks[i] == stack;
    CHECK(again);
}

static atomic_int ended;
static atomic_int soiled;

static void *soil_detached(void *not_used)
{
    if (soil(NULL) != NULL)
        soiled++;
    ended++;
    return NULL;
}

/* It gives the stack away while it stands on it: nobody may get it before it is gone. All that are made here, from
 * both sides, would write over each other. */
static void stacks_of_detached_threads_are_left_whole(void)
{
    pthread_attr_t detached;
    EQ(pthread_attr_init(&detached), 0);
    EQ(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED), 0);
    ended = 0;
    for (int i = 0; i < GENERATIONS * 10; i++) {
        pthread_t thread;
        EQ(pthread_create(&thread, &detached, soil_detached, NULL), 0);
        if (i % 3 == 0)
            EQ((intptr_t)run(NULL, soil, NULL), 0);
        while (ended < i - 2)
            sched_yield();
    }
    while (ended < GENERATIONS * 10)
        sched_yield();
    EQ(soiled, 0);
}

static void *children(void *not_used)
{
    for (int i = 0; i < GENERATIONS; i++)
        run(NULL, soil, NULL);
    return NULL;
}

/* Takers and givers meet in the slots: a stack that two got would show in what they find. */
static void threads_of_threads_share_no_stack(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        EQ(pthread_create(&threads[i], NULL, children, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        EQ(pthread_join(threads[i], NULL), 0);
}

/* The child's kept stacks are its own copies. */
static void a_forked_child_has_the_kept_stacks(void)
{
    int status = 0;
    run(NULL, soil, NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(run(NULL, soil, NULL) == NULL ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child);
    EQ(status, 0);
}

int main(void)
{
    if (pthread_key_create(&key, NULL) != 0)
        return 1;
    CLAIM(a_thread_begins_with_nothing_of_the_last);
    CLAIM(a_thread_on_a_used_stack_can_be_cancelled);
    CLAIM(a_used_stack_has_the_guard_that_was_asked_for);
    CLAIM(a_few_stacks_are_kept_and_no_more);
    CLAIM(stacks_of_detached_threads_are_left_whole);
    CLAIM(threads_of_threads_share_no_stack);
    CLAIM(a_forked_child_has_the_kept_stacks);
    return claims_done();
}
