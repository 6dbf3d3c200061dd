/* What native calls between processes cost in time, and how their rate grows with CPUs: `pairs=N` on the kernel's command
 * line says how many threads call, each a server process of its own. Runs as the first process, for ./swos bench. */
#include <abi/objects.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/support/threads.h"

enum { PAIRS_MAX = 8, BATCH = 64, LINE_SIZE = 2048 };

#define WARM_NS 50000000ull
#define WORK_NS 300000000ull
#define PATIENCE_NS 5000000000ull

static struct test_claim claim;
static uint32_t go; /* Set when all pairs are there. */

static struct pair {
    struct test_thread thread;
    handle_t channel;
    handle_t process;
    uint64_t calls;
    uint64_t took_ns;
} pairs[PAIRS_MAX];

static int serve(void)
{
    handle_t endpoint = start_handle_need("endpoint", OBJECT_ENDPOINT);
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    do {
        if (sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge) != STATUS_OK)
            return EXIT_FAILED;
    } while (!(words.count & IPC_FLAG_CLOSED));
    return EXIT_OK;
}

/* Calls until that much time has passed. @return how many. */
static uint64_t call_for(handle_t channel, uint64_t for_ns)
{
    uint64_t calls = 0;
    for (time_ns_t end = clock_after(for_ns); clock_now() < end; calls += BATCH)
        for (int i = 0; i < BATCH; i++) {
            struct channel_words words = { .count = 1 };
            TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_OK);
        }
    return calls;
}

static void pair_work(void *argument)
{
    struct pair *pair = argument;
    word_wait_while(&go, 0);
    (void)call_for(pair->channel, WARM_NS);
    time_ns_t begin = clock_now();
    pair->calls = call_for(pair->channel, WORK_NS);
    pair->took_ns = clock_now() - begin;
}

static void pair_begin(struct pair *pair)
{
    static struct spawn_plan plan;
    static const char path[] = "bin/ipc_pairs";
    handle_t endpoint = HANDLE_NONE, image = HANDLE_NONE;
    uint32_t kind;
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, 1, &pair->channel), STATUS_OK);
    TEST_EQ(&claim,
            sys_file_open(start_handle_need("root", OBJECT_DIRECTORY), path, sizeof path - 1, 0,
                          RIGHT_READ | RIGHT_EXECUTE, &image, &kind),
            STATUS_OK);
    spawn_begin(&plan, "serve");
    spawn_argument(&plan, "ipc_pairs", strlen("ipc_pairs"));
    spawn_argument(&plan, "serve", strlen("serve"));
    spawn_give(&plan, "endpoint", strlen("endpoint"), endpoint, RIGHT_ENDPOINT_RECEIVE);
    TEST_EQ(&claim, spawn_run(&plan, start_handle_need("cell", OBJECT_CELL), image, &pair->process),
            STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(image.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
    TEST_EQ(&claim, thread_begin(&pair->thread, pair_work, pair), STATUS_OK);
}

static void pair_end(struct pair *pair)
{
    uint32_t seen;
    thread_join(&pair->thread);
    TEST_EQ(&claim, sys_handle_close(pair->channel.raw), STATUS_OK);
    TEST_EQ(&claim, sys_object_wait(pair->process, SIGNAL_TERMINATED, TIME_NEVER, &seen),
            STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(pair->process.raw), STATUS_OK);
}

/* From the command line, at most one a CPU; and no earlier than these run. */
static uint32_t pairs_wanted(void)
{
    static char line[LINE_SIZE];
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    struct memory_info info = { 0 };
    uint32_t wanted = 1;
    size_t len = 0;
    TEST_EQ(&claim, sys_boot_arguments(system, line, sizeof line, &len), STATUS_OK);
    for (size_t at = 0; at + strlen("pairs=1") <= len; at++)
        if (memcmp(line + at, "pairs=", strlen("pairs=")) == 0)
            wanted = (uint32_t)(line[at + strlen("pairs=")] - '0');
    TEST_CHECK(&claim, wanted >= 1 && wanted <= PAIRS_MAX);
    time_ns_t give_up = clock_after(PATIENCE_NS);
    do {
        (void)sys_thread_sleep(clock_after(1000000));
        TEST_EQ(&claim, sys_system_memory(system, &info), STATUS_OK);
    } while (info.cpu_count < wanted && clock_now() < give_up);
    TEST_CHECK(&claim, info.cpu_count >= wanted);
    return claim.failed ? 1 : wanted;
}

int main(int argc, char **argv)
{
    uint64_t per_s = 0, round_trip_ns = 0;
    (void)argv;
    if (argc > 1)
        return serve();
    test_begin(&claim, "pairs_call_each_other");
    uint32_t count = pairs_wanted();
    for (uint32_t i = 0; i < count; i++)
        pair_begin(&pairs[i]);
    word_set_and_wake(&go, 1);
    for (uint32_t i = 0; i < count; i++)
        pair_end(&pairs[i]);
    for (uint32_t i = 0; i < count && !claim.failed; i++) {
        per_s += pairs[i].calls * 1000000000ull / pairs[i].took_ns;
        round_trip_ns = pairs[i].took_ns / pairs[i].calls;
    }
    test_count("ipc_pairs.per_s", per_s);
    test_count("ipc_pairs.round_trip_ns", round_trip_ns);
    test_end(&claim);
    return test_done();
}
