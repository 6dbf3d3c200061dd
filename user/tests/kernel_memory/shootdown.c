/* Threads on several CPUs and one address space: what is unmapped or replaced is gone for all of them
 * when the call returns, and pages that many touch first exist once. */
#include <swos/syscalls.h>

#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"

enum { THREADS = 4, PAGES = 128, SWAPS = 200 };

#define PLACE 0x5000000000ull

static struct {
    uint32_t stop;
    uint32_t running;
    uint64_t base;
} shared;

/* Count in the word at PLACE, whatever page is there. */
static void count_there(void *argument)
{
    __atomic_fetch_add(&shared.running, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&shared.stop, __ATOMIC_ACQUIRE))
        __atomic_fetch_add((uint64_t *)(uintptr_t)PLACE, 1, __ATOMIC_RELAXED);
}

static uint64_t vmo_word(handle_t vmo)
{
    uint64_t word = 0;
    (void)sys_vmo_read(vmo, &word, sizeof word, 0);
    return word;
}

static void swap(struct test_claim *claim)
{
    handle_t vmos[2];
    struct test_thread threads[THREADS];
    uint64_t address = 0;
    shared.stop = shared.running = 0;
    for (int i = 0; i < 2; i++)
        TEST_EQ(claim, sys_vmo_create(PAGE, 0, &vmos[i]), STATUS_OK);
    uint32_t flags = ACCESS_RW | MEMORY_FIXED | MEMORY_REPLACE;
    TEST_EQ(claim, sys_memory_map(vmos[0].raw, 0, PAGE, PLACE, flags, &address), STATUS_OK);
    for (int i = 0; i < THREADS; i++)
        TEST_EQ(claim, thread_begin(&threads[i], count_there, NULL), STATUS_OK);
    while (__atomic_load_n(&shared.running, __ATOMIC_ACQUIRE) < THREADS)
        (void)sys_thread_yield();
    for (int i = 1; i <= SWAPS && !claim->failed; i++) {
        handle_t before = vmos[(i + 1) % 2];
        TEST_EQ(claim, sys_memory_map(vmos[i % 2].raw, 0, PAGE, PLACE, flags, &address), STATUS_OK);
        uint64_t first = vmo_word(before);
        (void)sys_thread_yield();
        TEST_EQ(claim, vmo_word(before), first);
    }
    __atomic_store_n(&shared.stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        thread_join(&threads[i]);
    TEST_CHECK(claim, vmo_word(vmos[0]) + vmo_word(vmos[1]) > 0);
    TEST_EQ(claim, sys_memory_unmap(PLACE, PAGE), STATUS_OK);
    for (int i = 0; i < 2; i++)
        TEST_EQ(claim, sys_handle_close(vmos[i].raw), STATUS_OK);
}

static void test_swap(struct test_claim *claim)
{
    balance_hold(claim, swap);
}

static void touch_all(void *argument)
{
    for (uint64_t i = 0; i < PAGES; i++)
        __atomic_fetch_add((uint64_t *)(uintptr_t)(shared.base + i * PAGE), 1, __ATOMIC_RELAXED);
}

static void touch(struct test_claim *claim)
{
    struct test_thread threads[THREADS];
    TEST_EQ(claim, sys_memory_map_anon(PAGES * PAGE, 0, ACCESS_RW, &shared.base), STATUS_OK);
    for (int i = 0; i < THREADS; i++)
        TEST_EQ(claim, thread_begin(&threads[i], touch_all, NULL), STATUS_OK);
    for (int i = 0; i < THREADS && !claim->failed; i++)
        thread_join(&threads[i]);
    for (uint64_t i = 0; i < PAGES; i++)
        TEST_EQ(claim, *word_at(shared.base + i * PAGE), THREADS);
    TEST_EQ(claim, sys_memory_unmap(shared.base, PAGES * PAGE), STATUS_OK);
}

static void test_touch(struct test_claim *claim)
{
    balance_hold(claim, touch);
}

static const struct test_case cases[] = {
    { "threads.swap", test_swap },
    { "threads.touch", test_touch },
};

void claims_threads(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
