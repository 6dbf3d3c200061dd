/* Who runs when: sleeps are never short, urgent threads come first, equal ones share. */
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"

#define MILLISECOND 1000000ull

enum { SLEEPS = 20, PRIORITY_LOW = 4, PRIORITY_MIDDLE = 10, PRIORITY_HIGH = 20 };

static uint32_t cpu_count(void)
{
    static struct balance balance;
    balance_take(&balance);
    return balance.memory.cpu_count;
}

/* A sleep that ends early breaks what waits for a device or a peer; one that is late by a whole
 * slice of the scheduler, every time, is not "to the microsecond". The host may be busy, so the best
 * of some is judged. */
static void test_sleep(struct test_claim *claim)
{
    time_ns_t best_late = TIME_NEVER;
    for (int i = 0; i < SLEEPS; i++) {
        time_ns_t deadline = clock_after(MILLISECOND / 4 * (1 + i % 8));
        TEST_EQ(claim, sys_thread_sleep(deadline), STATUS_OK);
        time_ns_t now = clock_now();
        TEST_CHECK(claim, now >= deadline);
        if (now - deadline < best_late)
            best_late = now - deadline;
    }
    TEST_CHECK(claim, best_late < MILLISECOND);
    TEST_EQ(claim, sys_thread_sleep(TIME_NOW), STATUS_OK);
}

static void test_clock(struct test_claim *claim)
{
    time_ns_t before = clock_now(), kernel = 0;
    TEST_EQ(claim, sys_clock_read(&kernel), STATUS_OK);
    time_ns_t after = clock_now();
    TEST_CHECK(claim, before <= kernel && kernel <= after);
}

/* --- Priorities ------------------------------------------------------------------------------ */

static struct {
    uint32_t gate;
    uint32_t ready;
    uint32_t order[2];
    uint32_t arrived;
} race;

static void race_run(void *argument)
{
    __atomic_fetch_add(&race.ready, 1, __ATOMIC_RELEASE);
    word_wait_while(&race.gate, 0);
    uint32_t place = __atomic_fetch_add(&race.arrived, 1, __ATOMIC_ACQ_REL);
    race.order[place] = (uint32_t)(uintptr_t)argument;
}

/* On one CPU: both are woken while the waker, more urgent than either, goes on; then the more urgent of
 * the two must run first, although the other waited longer. */
static void test_priority(struct test_claim *claim)
{
    struct test_thread low, high;
    race.gate = race.ready = race.arrived = 0;
    TEST_EQ(claim, thread_begin(&low, race_run, (void *)PRIORITY_MIDDLE), STATUS_OK);
    TEST_EQ(claim, thread_begin(&high, race_run, (void *)PRIORITY_HIGH), STATUS_OK);
    TEST_EQ(claim, sys_thread_set_priority(low.handle, PRIORITY_MIDDLE), STATUS_OK);
    TEST_EQ(claim, sys_thread_set_priority(high.handle, PRIORITY_HIGH), STATUS_OK);
    while (__atomic_load_n(&race.ready, __ATOMIC_ACQUIRE) < 2)
        (void)sys_thread_sleep(clock_after(MILLISECOND));
    (void)sys_thread_sleep(clock_after(MILLISECOND)); /* Both wait, or are about to. */
    word_set_and_wake(&race.gate, 1);
    thread_join(&low);
    thread_join(&high);
    TEST_EQ(claim, race.arrived, 2);
    if (cpu_count() == 1)
        TEST_EQ(claim, race.order[0], PRIORITY_HIGH);
}

static void test_priority_errors(struct test_claim *claim)
{
    struct test_thread thread;
    uint32_t gate = 1;
    race.gate = 0;
    race.arrived = 0;
    TEST_EQ(claim, thread_begin(&thread, race_run, (void *)0), STATUS_OK);
    TEST_EQ(claim, sys_thread_set_priority(thread.handle, 0), STATUS_INVALID);
    TEST_EQ(claim, sys_thread_set_priority(thread.handle, 25), STATUS_INVALID);
    TEST_EQ(claim, sys_thread_set_priority(thread.handle, 24), STATUS_OK);
    TEST_EQ(claim, sys_thread_set_priority(thread.handle, 1), STATUS_OK);
    word_set_and_wake(&race.gate, gate);
    thread_join(&thread);
}

/* --- Sharing --------------------------------------------------------------------------------- */

static struct {
    uint32_t stop;
    uint64_t turns[2];
} spin;

static void spin_forever(void *argument)
{
    uint64_t *turns = argument;
    while (!__atomic_load_n(&spin.stop, __ATOMIC_RELAXED))
        (*(volatile uint64_t *)turns)++;
}

/* Threads that never call the kernel must not starve each other, nor one that wakes from a sleep. */
static void test_slices(struct test_claim *claim)
{
    struct test_thread threads[2];
    spin.stop = 0;
    for (int i = 0; i < 2; i++) {
        spin.turns[i] = 0;
        TEST_EQ(claim, thread_begin(&threads[i], spin_forever, &spin.turns[i]), STATUS_OK);
        TEST_EQ(claim, sys_thread_set_priority(threads[i].handle, PRIORITY_LOW), STATUS_OK);
    }
    time_ns_t give_up = clock_after(20000 * MILLISECOND);
    volatile uint64_t *turns = spin.turns;
    while ((turns[0] < 1000 || turns[1] < 1000) && clock_now() < give_up)
        (void)sys_thread_sleep(clock_after(10 * MILLISECOND));
    TEST_CHECK(claim, turns[0] >= 1000 && turns[1] >= 1000);
    __atomic_store_n(&spin.stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        thread_join(&threads[i]);
}

static void yield_turns(void *argument)
{
    uint32_t *count = argument;
    for (int i = 0; i < 500; i++) {
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
        (void)sys_thread_yield();
    }
}

static void test_yield(struct test_claim *claim)
{
    struct test_thread threads[4];
    uint32_t count = 0;
    for (int i = 0; i < 4; i++)
        TEST_EQ(claim, thread_begin(&threads[i], yield_turns, &count), STATUS_OK);
    for (int i = 0; i < 4 && !claim->failed; i++)
        thread_join(&threads[i]);
    TEST_EQ(claim, count, 2000);
}

static const struct test_case cases[] = {
    { "schedule.sleep", test_sleep },       { "schedule.clock", test_clock },
    { "schedule.priority", test_priority }, { "schedule.priority_errors", test_priority_errors },
    { "schedule.slices", test_slices },     { "schedule.yield", test_yield },
};

void claims_schedule(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
