/* The kernel's counters tell what was done: each part does a known amount of one thing and looks at the
 * counters before and after. No other process is there to do more of it. */
#include <abi/file.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/device_test/device_test.h"
#include "user/tests/support/counters.h"
#include "user/tests/support/threads.h"

enum { PAGE = 4096, CALLS = 10, STREAM_BYTES = 100 };

static struct test_claim claim;
static handle_t endpoint;

/* A byte of a page that nobody has read is a miss and goes to the disk; the second time it is a hit, and the
 * disk is left alone. */
static void count_cache(handle_t root)
{
    static const char path[] = "bin/hello";
    handle_t file = HANDLE_NONE;
    uint32_t kind;
    uint64_t dropped;
    uint8_t byte;
    size_t actual;
    test_begin(&claim, "counters_tell_of_disk_and_cache");
    TEST_EQ(&claim, sys_file_open(root, path, sizeof path - 1, 0, RIGHT_READ, &file, &kind),
            STATUS_OK);
    TEST_EQ(&claim, sys_system_drop_cache(start_handle_need("system", OBJECT_SYSTEM), &dropped),
            STATUS_OK);
    (void)counter_now("page_cache_misses_total"); /* What this runs is in memory from here on. */
    uint64_t misses = counter_now("page_cache_misses_total");
    uint64_t pages = counter_now("page_cache_pages_read_total");
    uint64_t reads = counter_now("block_reads_total");
    uint64_t bytes = counter_now("block_read_bytes_total");
    TEST_EQ(&claim, sys_file_read(file, &byte, 1, 0, &actual), STATUS_OK);
    TEST_EQ(&claim, counter_now("page_cache_misses_total") - misses, 1);
    TEST_EQ(&claim, counter_now("block_reads_total") - reads, 1);
    pages = counter_now("page_cache_pages_read_total") - pages;
    TEST_CHECK(&claim, pages >= 1);
    TEST_EQ(&claim, counter_now("block_read_bytes_total") - bytes, pages * PAGE);
    uint64_t hits = counter_now("page_cache_hits_total");
    TEST_EQ(&claim, sys_file_read(file, &byte, 1, 0, &actual), STATUS_OK);
    TEST_EQ(&claim, counter_now("page_cache_hits_total") - hits, 1);
    TEST_EQ(&claim, counter_now("page_cache_misses_total") - misses, 1);
    TEST_EQ(&claim, counter_now("block_reads_total") - reads, 1);
    TEST_EQ(&claim, counter_now("page_cache_failures_total"), 0);
    TEST_EQ(&claim, counter_now("block_errors_total"), 0);
    TEST_EQ(&claim, sys_handle_close(file.raw), STATUS_OK);
    test_end(&claim);
}

static void serve(void *argument)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    do
        TEST_EQ(&claim, sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge),
                STATUS_OK);
    while (!(words.count & IPC_FLAG_CLOSED));
}

static void count_calls(void)
{
    handle_t channel = HANDLE_NONE;
    struct test_thread server;
    test_begin(&claim, "counters_tell_of_calls");
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, 1, &channel), STATUS_OK);
    uint64_t calls = counter_now("ipc_calls_total");
    uint64_t queued = counter_now("ipc_queued_calls_total");
    struct channel_words words = { .count = 1 };
    TEST_EQ(&claim, sys_channel_call(channel, 1, &words), STATUS_TIMED_OUT); /* Nobody serves. */
    TEST_EQ(&claim, counter_now("ipc_calls_total") - calls, 1);
    TEST_EQ(&claim, counter_now("ipc_queued_calls_total") - queued, 1);
    TEST_EQ(&claim, thread_begin(&server, serve, NULL), STATUS_OK);
    for (int i = 0; i < CALLS; i++) {
        words = (struct channel_words){ .count = 1 };
        TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_OK);
    }
    TEST_EQ(&claim, counter_now("ipc_calls_total") - calls, CALLS + 1);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    thread_join(&server);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
    test_end(&claim);
}

static void count_stream(void)
{
    static const uint8_t bytes[STREAM_BYTES];
    handle_t ends[2];
    size_t actual;
    test_begin(&claim, "counters_tell_of_streams");
    TEST_EQ(&claim, sys_stream_create(&ends[0], &ends[1]), STATUS_OK);
    uint64_t before = counter_now("stream_bytes_total");
    TEST_EQ(&claim, sys_stream_write(ends[0], bytes, sizeof bytes, 0, TIME_NEVER, &actual),
            STATUS_OK);
    TEST_EQ(&claim, counter_now("stream_bytes_total") - before, STREAM_BYTES);
    for (int i = 0; i < 2; i++)
        TEST_EQ(&claim, sys_handle_close(ends[i].raw), STATUS_OK);
    test_end(&claim);
}

void test_counters(handle_t root)
{
    count_cache(root);
    count_calls();
    count_stream();
}
