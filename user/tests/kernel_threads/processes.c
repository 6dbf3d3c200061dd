/* Processes: how they end, and very many of them with nothing left behind. */
#include <abi/process.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/child.h"

enum { AT_ONCE = 8 };

static void expect_code(struct test_claim *claim, const char *role, uint32_t code)
{
    handle_t process;
    TEST_EQ(claim, child_start(role, NULL, 0, &process), STATUS_OK);
    if (!claim->failed)
        TEST_EQ(claim, child_wait(process), code);
}

static void ends(struct test_claim *claim)
{
    expect_code(claim, "exit", 7);
    expect_code(claim, "exit_last_thread", 0);
}

static void test_ends(struct test_claim *claim)
{
    balance_hold(claim, ends);
}

static void end_by_thread(struct test_claim *claim)
{
    handle_t ready, process;
    TEST_EQ(claim, sys_event_create(&ready), STATUS_OK);
    const struct child_handle given[] = { { "ready", ready, CHILD_RIGHTS_ALL } };
    TEST_EQ(claim, child_start("exit_by_thread", given, 1, &process), STATUS_OK);
    if (!claim->failed)
        TEST_EQ(claim, child_wait(process), 9);
    TEST_EQ(claim, sys_handle_close(ready.raw), STATUS_OK);
}

static void test_end_by_thread(struct test_claim *claim)
{
    balance_hold(claim, end_by_thread);
}

/* The first of two ends counts: neither a second kill nor the exit after it changes the code. */
static void test_kill_twice(struct test_claim *claim)
{
    handle_t process;
    struct process_info info = { 0 };
    uint32_t seen;
    TEST_EQ(claim, child_start("exit_last_thread", NULL, 0, &process), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen), STATUS_OK);
    TEST_EQ(claim, sys_process_kill(process, 3), STATUS_OK);
    TEST_EQ(claim, sys_process_info(process, &info), STATUS_OK);
    TEST_EQ(claim, info.exit_code, 0);
    TEST_EQ(claim, info.state, PROCESS_ENDED);
    TEST_EQ(claim, info.threads, 0);
    TEST_EQ(claim, info.handles, 0);
    TEST_EQ(claim, info.mapped_bytes, 0);
    TEST_EQ(claim, sys_handle_close(process.raw), STATUS_OK);
}

static uint64_t storm_rounds;

/* Some at a time, each third killed where it happens to be. */
static void storm(struct test_claim *claim)
{
    handle_t processes[AT_ONCE];
    for (uint64_t done = 0; done < storm_rounds && !claim->failed; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            TEST_EQ(claim, child_start("exit", NULL, 0, &processes[i]), STATUS_OK);
            if (claim->failed)
                return;
        }
        for (int i = 0; i < AT_ONCE; i += 3)
            TEST_EQ(claim, sys_process_kill(processes[i], 1), STATUS_OK);
        for (int i = 0; i < AT_ONCE; i++) {
            uint32_t code = child_wait(processes[i]);
            TEST_CHECK(claim, code == 7 || (i % 3 == 0 && code == EXIT_KILLED + 1));
        }
    }
}

static void test_storm(struct test_claim *claim)
{
    static struct balance before;
    storm_rounds = AT_ONCE * 4;
    storm(claim);
    balance_take(&before);
    storm_rounds = test_rounds("process.storm", 500, 20000);
    storm(claim);
    balance_check(claim, &before);
}

static const struct test_case cases[] = {
    { "process.ends", test_ends },
    { "process.end_by_thread", test_end_by_thread },
    { "process.kill_twice", test_kill_twice },
    { "process.storm", test_storm },
};

void claims_processes(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
