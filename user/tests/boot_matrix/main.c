/* A machine of whatever size: all its CPUs run and do work, its memory is there, and a good part of it can
 * be used. The command line says what the machine has: swos.cpus=N swos.memory=MIB. */
#include <string.h>

#include <abi/memory.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"

enum {
    CPUS_MAX = 8,
    PAGE = 4096,
    FRAMES_OF_MIB = 256,
    KERNEL_FRAMES_MAX = 1024, /* What is gone before the first process: TARGETS of a boot. */
    TOUCHED_SHARE = 4,        /* One in so many of the free frames is touched, ... */
    TOUCHED_MAX_MIB = 64,     /* ... up to this. */
};

#define PATIENCE_NS 20000000000ull

static uint64_t argument(const char *name)
{
    static char line[2048];
    size_t len = 0, name_len = strlen(name);
    status_t status =
        sys_boot_arguments(start_handle_need("system", OBJECT_SYSTEM), line, sizeof line, &len);
    ASSERT(status == STATUS_OK);
    for (size_t at = 0; at + name_len < len; at++) {
        if (memcmp(line + at, name, name_len) != 0)
            continue;
        uint64_t number = 0;
        for (at += name_len; at < len && line[at] >= '0' && line[at] <= '9'; at++)
            number = number * 10 + (uint64_t)(line[at] - '0');
        return number;
    }
    return 0;
}

static struct memory_info memory_now(void)
{
    struct memory_info info = { 0 };
    status_t status = sys_system_memory(start_handle_need("system", OBJECT_SYSTEM), &info);
    ASSERT(status == STATUS_OK);
    return info;
}

/* They start after the first process. */
static void test_cpus(struct test_claim *claim)
{
    uint64_t expected = argument("swos.cpus="), give_up = clock_after(PATIENCE_NS);
    while (memory_now().cpu_count < expected && clock_now() < give_up)
        (void)sys_thread_sleep(clock_after(1000000));
    TEST_EQ(claim, memory_now().cpu_count, expected);
}

static void test_memory(struct test_claim *claim)
{
    uint64_t frames = argument("swos.memory=") * FRAMES_OF_MIB;
    struct memory_info info = memory_now();
    TEST_CHECK(claim, info.total_frames <= frames);
    TEST_CHECK(claim, info.free_frames <= info.total_frames);
    TEST_CHECK(claim, info.free_frames + KERNEL_FRAMES_MAX >= frames);
}

/* Pages far from each other and next to each other, each with its own number. */
static void touch(struct test_claim *claim)
{
    uint64_t pages = memory_now().free_frames / TOUCHED_SHARE, address = 0;
    if (pages > TOUCHED_MAX_MIB * FRAMES_OF_MIB)
        pages = TOUCHED_MAX_MIB * FRAMES_OF_MIB;
    TEST_EQ(claim, sys_memory_map_anon(pages * PAGE, 0, MEMORY_READ | MEMORY_WRITE, &address),
            STATUS_OK);
    uint64_t *words = (uint64_t *)(uintptr_t)address;
    for (uint64_t i = 0; i < pages && !claim->failed; i++) {
        TEST_EQ(claim, words[i * PAGE / sizeof *words], 0);
        words[i * PAGE / sizeof *words] = i + 1;
    }
    for (uint64_t i = 0; i < pages && !claim->failed; i++)
        TEST_EQ(claim, words[i * PAGE / sizeof *words], i + 1);
    TEST_EQ(claim, sys_memory_unmap(address, pages * PAGE), STATUS_OK);
}

static void test_touch(struct test_claim *claim)
{
    balance_hold(claim, touch);
}

static struct {
    uint32_t stop;
    uint64_t turns[CPUS_MAX];
} work;

static void compute(void *argument)
{
    volatile uint64_t *turns = argument;
    while (!__atomic_load_n(&work.stop, __ATOMIC_RELAXED))
        (*turns)++;
}

/* As many threads as CPUs: no CPU is idle all the time while they compute, and all of them get on. */
static void test_work(struct test_claim *claim)
{
    struct test_thread threads[CPUS_MAX];
    struct memory_info before = memory_now(), after = before;
    uint32_t count = before.cpu_count;
    work.stop = 0;
    for (uint32_t i = 0; i < count; i++)
        TEST_EQ(claim, thread_begin(&threads[i], compute, &work.turns[i]), STATUS_OK);
    uint64_t give_up = clock_after(PATIENCE_NS);
    bool all_worked = false;
    while (!all_worked && clock_now() < give_up) {
        (void)sys_thread_sleep(clock_after(20000000));
        after = memory_now();
        uint64_t elapsed = after.uptime_ns - before.uptime_ns;
        all_worked = true;
        for (uint32_t i = 0; i < count; i++) {
            bool was_busy = after.idle_ns[i] - before.idle_ns[i] < elapsed / 2;
            volatile uint64_t *turns = &work.turns[i];
            all_worked = all_worked && was_busy && *turns > 1000;
        }
    }
    TEST_CHECK(claim, all_worked);
    __atomic_store_n(&work.stop, 1, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < count; i++)
        thread_join(&threads[i]);
}

static const struct test_case cases[] = {
    { "boot.cpus", test_cpus },
    { "boot.memory", test_memory },
    { "boot.touch", test_touch },
    { "boot.work", test_work },
};

int main(int argc, char **argv)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
