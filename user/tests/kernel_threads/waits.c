/* A process that is killed must leave whatever it waits in, at once and whole. Each role of roles.c
 * with a name that begins with "wait_" says that it is ready and then waits in its own way for good. */
#include <abi/process.h>
#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/child.h"

enum { KILL_CODE = 42, KILLS = 4 };

/* What this round's child waits in. */
static const char *wait_role;

/* Kill it some microseconds after it said that it is ready: before it waits, and when it does. */
static void kill_once(struct test_claim *claim, handle_t ready, handle_t endpoint, handle_t channel,
                      time_ns_t delay_ns)
{
    const struct child_handle given[] = {
        { "ready", ready, CHILD_RIGHTS_ALL },
        { "endpoint", endpoint, CHILD_RIGHTS_ALL },
        { "channel", channel, CHILD_RIGHTS_ALL },
        { "tty", start_handle_need("tty", OBJECT_TTY), RIGHT_READ | RIGHT_WRITE | RIGHT_WAIT },
        { "log", start_handle_need("log", OBJECT_LOG), RIGHT_READ },
    };
    handle_t process;
    uint32_t seen;
    TEST_EQ(claim, child_start(wait_role, given, sizeof given / sizeof given[0], &process),
            STATUS_OK);
    if (claim->failed)
        return;
    TEST_EQ(claim, sys_object_wait(ready, SIGNAL_EVENT, TIME_NEVER, &seen), STATUS_OK);
    TEST_EQ(claim, sys_event_signal(ready, SIGNAL_EVENT, 0), STATUS_OK);
    TEST_EQ(claim, sys_thread_sleep(clock_after(delay_ns)), STATUS_OK);
    TEST_EQ(claim, sys_process_kill(process, KILL_CODE), STATUS_OK);
    TEST_EQ(claim, child_wait(process), EXIT_KILLED + KILL_CODE);
}

static void kill_some(struct test_claim *claim)
{
    handle_t ready, endpoint, channel;
    TEST_EQ(claim, sys_event_create(&ready), STATUS_OK);
    TEST_EQ(claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(claim, sys_channel_mint(endpoint, 1, &channel), STATUS_OK);
    for (int i = 0; i < KILLS && !claim->failed; i++)
        kill_once(claim, ready, endpoint, channel, (time_ns_t)i * i * 300000);
    TEST_EQ(claim, sys_handle_close(channel.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(endpoint.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(ready.raw), STATUS_OK);
}

static const char *const roles[] = {
    "wait_sleep",  "wait_futex",     "wait_object",  "wait_process", "wait_port",
    "wait_call",   "wait_call_long", "wait_receive", "wait_stream",  "wait_stream_full",
    "wait_accept", "wait_tty",       "wait_log",     "wait_nothing", "wait_threads",
    "wait_faults", "wait_yield",
};

void claims_waits(void)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        struct test_claim claim;
        wait_role = roles[i];
        test_begin(&claim, wait_role);
        balance_hold(&claim, kill_some);
        test_end(&claim);
    }
}
