/* Threads of one process, and the words they wait for. */
#include <abi/memory.h>
#include <abi/process.h>

#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"

#define MILLISECOND 1000000ull

enum { JOIN_ROUNDS = 100, PING_ROUNDS = 1000, MUTEX_THREADS = 8, WAITERS = 4 };

static void add_one(void *argument)
{
    __atomic_fetch_add((uint32_t *)argument, 1, __ATOMIC_RELAXED);
}

static void join_many(struct test_claim *claim)
{
    uint32_t count = 0;
    for (int i = 0; i < JOIN_ROUNDS; i++) {
        struct test_thread thread;
        TEST_EQ(claim, thread_begin(&thread, add_one, &count), STATUS_OK);
        if (claim->failed)
            return;
        thread_join(&thread);
    }
    TEST_EQ(claim, count, JOIN_ROUNDS);
}

static void test_join(struct test_claim *claim)
{
    balance_hold(claim, join_many);
}

static void test_create_errors(struct test_claim *claim)
{
    handle_t thread;
    uint64_t number;
    uint32_t word;
    uint64_t stack = (uint64_t)(uintptr_t)&word & ~15ull, entry = (uintptr_t)add_one;
    TEST_EQ(claim, sys_thread_create(entry + 2, stack, 0, 0, 0, 0, &thread, &number),
            STATUS_INVALID);
    TEST_EQ(claim, sys_thread_create(entry, stack + 8, 0, 0, 0, 0, &thread, &number),
            STATUS_INVALID);
    TEST_EQ(claim, sys_thread_create(entry, stack, 0, 0, (uintptr_t)&word + 1, 0, &thread, &number),
            STATUS_INVALID);
}

/* A thread that nobody has a handle to runs and ends like others. */
static uint32_t unnamed_ran, unnamed_lives;

static _Noreturn void unnamed_main(void)
{
    word_set_and_wake(&unnamed_ran, 1);
    sys_thread_exit();
}

static void run_unnamed(struct test_claim *claim)
{
    handle_t thread = { 1 };
    uint64_t number = 0, stack = 0;
    unnamed_ran = 0;
    unnamed_lives = 1;
    TEST_EQ(claim, sys_memory_map_anon(4096, 0, MEMORY_READ | MEMORY_WRITE, &stack), STATUS_OK);
    TEST_EQ(claim,
            sys_thread_create((uintptr_t)unnamed_main, stack + 4096, 0, 0,
                              (uintptr_t)&unnamed_lives, THREAD_NO_HANDLE, &thread, &number),
            STATUS_OK);
    TEST_EQ(claim, thread.raw, 0);
    TEST_CHECK(claim, number != 0);
    word_wait_while(&unnamed_lives, 1);
    TEST_EQ(claim, unnamed_ran, 1);
    TEST_EQ(claim, sys_memory_unmap(stack, 4096), STATUS_OK);
}

static void test_unnamed(struct test_claim *claim)
{
    balance_hold(claim, run_unnamed);
}

static void test_identity(struct test_claim *claim)
{
    uint64_t process = 0, thread = 0, tls;
    TEST_EQ(claim, sys_thread_self(&process, &thread), STATUS_OK);
    TEST_CHECK(claim, process != 0 && thread != 0);
    TEST_EQ(claim, sys_thread_set_tls(0x1234567890), STATUS_OK);
    TEST_EQ(claim, sys_thread_yield(), STATUS_OK);
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
    TEST_EQ(claim, tls, 0x1234567890);
}

/* --- Futexes --------------------------------------------------------------------------------- */

struct ping {
    uint32_t turn; /* Whose it is: 0 or 1. */
    uint32_t rounds;
};

static void ping_side(struct ping *ping, uint32_t side)
{
    for (int i = 0; i < PING_ROUNDS; i++) {
        word_wait_while(&ping->turn, !side);
        ping->rounds++; /* Only the side whose turn it is touches it. */
        word_set_and_wake(&ping->turn, !side);
    }
}

static void ping_second(void *argument)
{
    ping_side(argument, 1);
}

static void test_ping_pong(struct test_claim *claim)
{
    struct ping ping = { 0 };
    struct test_thread thread;
    TEST_EQ(claim, thread_begin(&thread, ping_second, &ping), STATUS_OK);
    if (claim->failed)
        return;
    ping_side(&ping, 0);
    thread_join(&thread);
    TEST_EQ(claim, ping.rounds, 2 * PING_ROUNDS);
}

static struct {
    struct test_mutex mutex;
    uint64_t rounds;
    uint64_t count; /* Not atomic: the mutex guards it. */
} guarded;

static void count_guarded(void *argument)
{
    for (uint64_t i = 0; i < guarded.rounds; i++) {
        test_mutex_lock(&guarded.mutex);
        uint64_t seen = guarded.count;
        if (i % 64 == 0)
            (void)sys_thread_yield(); /* While it is held: let the others run into it. */
        guarded.count = seen + 1;
        test_mutex_unlock(&guarded.mutex);
    }
}

static void test_mutex(struct test_claim *claim)
{
    struct test_thread threads[MUTEX_THREADS];
    guarded.rounds = test_rounds("futex.mutex", 2000, 100000);
    guarded.count = 0;
    for (int i = 0; i < MUTEX_THREADS; i++)
        TEST_EQ(claim, thread_begin(&threads[i], count_guarded, NULL), STATUS_OK);
    for (int i = 0; i < MUTEX_THREADS && !claim->failed; i++)
        thread_join(&threads[i]);
    TEST_EQ(claim, guarded.count, MUTEX_THREADS * guarded.rounds);
}

struct waiters {
    uint32_t word;
    uint32_t arrived;
    uint32_t woken;
};

static void wait_once(void *argument)
{
    struct waiters *waiters = argument;
    __atomic_fetch_add(&waiters->arrived, 1, __ATOMIC_RELAXED);
    status_t status = sys_futex_wait((uintptr_t)&waiters->word, 0, TIME_NEVER);
    if (status == STATUS_OK)
        __atomic_fetch_add(&waiters->woken, 1, __ATOMIC_RELAXED);
}

/* Wake until so many have been: a thread that has said it arrives may not sleep yet. */
static uint32_t wake_exactly(uint32_t *word, uint32_t at_once, uint32_t total)
{
    uint32_t done = 0, woken;
    while (done < total) {
        (void)sys_futex_wake((uintptr_t)word, at_once < total - done ? at_once : total - done,
                             &woken);
        done += woken;
        (void)sys_thread_yield();
    }
    return done;
}

static void test_wake_counts(struct test_claim *claim)
{
    struct waiters waiters = { 0 };
    struct test_thread threads[WAITERS];
    uint32_t woken = 1;
    TEST_EQ(claim, sys_futex_wake((uintptr_t)&waiters.word, 9, &woken), STATUS_OK);
    TEST_EQ(claim, woken, 0);
    for (int i = 0; i < WAITERS; i++)
        TEST_EQ(claim, thread_begin(&threads[i], wait_once, &waiters), STATUS_OK);
    if (claim->failed)
        return;
    /* As many are woken as are asked for, and no more: the rest is still there to be woken. */
    wake_exactly(&waiters.word, 1, 1);
    wake_exactly(&waiters.word, WAITERS, WAITERS - 1);
    for (int i = 0; i < WAITERS; i++)
        thread_join(&threads[i]);
    TEST_EQ(claim, waiters.woken, WAITERS);
}

static void test_requeue(struct test_claim *claim)
{
    struct waiters waiters = { 0 };
    struct test_thread thread;
    uint32_t target = 0, moved = 0, woken = 0;
    uint64_t word = (uintptr_t)&waiters.word;
    TEST_EQ(claim, sys_futex_requeue(word, 1, 1, (uintptr_t)&target, 1, &moved),
            STATUS_WOULD_BLOCK);
    TEST_EQ(claim, sys_futex_requeue(8, 0, 1, (uintptr_t)&target, 1, &moved), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, thread_begin(&thread, wait_once, &waiters), STATUS_OK);
    while (moved + woken == 0 && !claim->failed) {
        TEST_EQ(claim, sys_futex_requeue(word, 0, 0, (uintptr_t)&target, 1, &moved), STATUS_OK);
        (void)sys_futex_wake((uintptr_t)&target, 1, &woken);
        (void)sys_thread_yield();
    }
    (void)sys_futex_wake((uintptr_t)&target, 1, &woken);
    thread_join(&thread);
    TEST_EQ(claim, waiters.woken, 1);
}

/* Two ends that take turns; each sleeps at its own word. */
struct turns {
    uint32_t near, far; /* Raised by the other end. */
    uint32_t rounds, done;
};

static void far_turns(void *argument)
{
    struct turns *turns = argument;
    for (uint32_t i = 0; i < turns->rounds; i++) {
        while (__atomic_load_n(&turns->far, __ATOMIC_ACQUIRE) == i)
            (void)sys_futex_wait((uintptr_t)&turns->far, i, TIME_NEVER);
        turns->done++;
        word_set_and_wake(&turns->near, i + 1);
    }
}

/* Waking and sleeping by one call: the other end is always woken, also when this one does not sleep, and nobody who
 * woke in between is missed. */
static void test_wake_wait(struct test_claim *claim)
{
    struct turns turns = { .rounds = test_rounds("futex.wake_wait", 2000, 100000) };
    struct test_thread thread;
    TEST_EQ(claim, thread_begin(&thread, far_turns, &turns), STATUS_OK);
    for (uint32_t i = 0; i < turns.rounds && !claim->failed; i++) {
        /* At times the word is not what it is said to be. */
        uint32_t said = i % 5 == 0 ? i + 2 : i;
        __atomic_store_n(&turns.far, i + 1, __ATOMIC_RELEASE);
        status_t status =
            sys_futex_wake_wait((uintptr_t)&turns.far, (uintptr_t)&turns.near, said, TIME_NEVER);
        TEST_CHECK(claim, status == STATUS_WOULD_BLOCK || (status == STATUS_OK && said == i));
        word_wait_while(&turns.near, i);
    }
    thread_join(&thread);
    TEST_EQ(claim, turns.done, turns.rounds);
}

static void test_futex_errors(struct test_claim *claim)
{
    uint32_t word = 5, woken;
    uint64_t address = (uintptr_t)&word;
    TEST_EQ(claim, sys_futex_wait(address, 4, TIME_NEVER), STATUS_WOULD_BLOCK);
    TEST_EQ(claim, sys_futex_wait(address, 5, TIME_NOW), STATUS_TIMED_OUT);
    time_ns_t deadline = clock_after(2 * MILLISECOND);
    TEST_EQ(claim, sys_futex_wait(address, 5, deadline), STATUS_TIMED_OUT);
    TEST_CHECK(claim, clock_now() >= deadline);
    TEST_EQ(claim, sys_futex_wait(8, 0, TIME_NEVER), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_futex_wait(address + 1, 0, TIME_NEVER), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_futex_wait(0xffffffff80000000ull, 0, TIME_NEVER), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_futex_wake(address + 2, 1, &woken), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_futex_wake_wait(address, address, 4, TIME_NEVER), STATUS_WOULD_BLOCK);
    TEST_EQ(claim, sys_futex_wake_wait(address, address, 5, TIME_NOW), STATUS_TIMED_OUT);
    TEST_EQ(claim, sys_futex_wake_wait(address + 1, address, 4, TIME_NEVER), STATUS_BAD_ADDRESS);
    TEST_EQ(claim, sys_futex_wake_wait(address, 8, 0, TIME_NEVER), STATUS_BAD_ADDRESS);
}

static const struct test_case cases[] = {
    { "thread.join", test_join },
    { "thread.create_errors", test_create_errors },
    { "thread.unnamed", test_unnamed },
    { "thread.identity", test_identity },
    { "futex.ping_pong", test_ping_pong },
    { "futex.mutex", test_mutex },
    { "futex.wake_counts", test_wake_counts },
    { "futex.requeue", test_requeue },
    { "futex.wake_wait", test_wake_wait },
    { "futex.errors", test_futex_errors },
};

void claims_threads(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
