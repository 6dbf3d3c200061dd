/* Local streams, splicing, listeners. */
#include <abi/objects.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"
#include "user/tests/support/threads.h"

enum { TOTAL = 4 * 1024 * 1024 };

static struct test_claim claim;
static handle_t ends[2];
static uint8_t outgoing[100000], incoming[100000];

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at * 7 + at / 253);
}

static void writer_body(void *argument)
{
    for (uint64_t done = 0; done < TOTAL;) {
        size_t actual = 0, len = 1 + (done * 37) % sizeof outgoing;
        if (len > TOTAL - done)
            len = TOTAL - done;
        for (size_t i = 0; i < len; i++)
            outgoing[i] = pattern(done + i);
        TEST_EQ(&claim, sys_stream_write(ends[0], outgoing, len, 0, TIME_NEVER, &actual),
                STATUS_OK);
        TEST_EQ(&claim, actual, len);
        done += actual;
    }
    TEST_EQ(&claim, sys_handle_close(ends[0].raw), STATUS_OK);
}

static void bytes_arrive_in_order(void)
{
    uint64_t done = 0, wrong = 0;
    size_t actual = 0;
    TEST_EQ(&claim, sys_stream_create(&ends[0], &ends[1]), STATUS_OK);
    struct test_thread writer;
    TEST_EQ(&claim, thread_begin(&writer, writer_body, NULL), STATUS_OK);
    do {
        TEST_EQ(&claim,
                sys_stream_read(ends[1], incoming, 1 + (done * 13) % sizeof incoming, 0, TIME_NEVER,
                                &actual),
                STATUS_OK);
        for (size_t i = 0; i < actual; i++)
            wrong += incoming[i] != pattern(done + i);
        done += actual;
    } while (actual > 0);
    TEST_EQ(&claim, done, TOTAL);
    TEST_EQ(&claim, wrong, 0);
    thread_join(&writer);
    TEST_EQ(&claim, sys_handle_close(ends[1].raw), STATUS_OK);
}

static handle_t root, file;

static void splice_body(void *argument)
{
    uint64_t actual = 0;
    TEST_EQ(&claim, sys_stream_splice(ends[0], file, 1, UINT64_MAX, 0, TIME_NEVER, &actual),
            STATUS_OK);
    TEST_EQ(&claim, sys_stream_shutdown(ends[0], STREAM_SHUT_WRITE), STATUS_OK);
}

/* The program's own file, less its first byte, through a stream. */
static void a_file_is_spliced(void)
{
    static const char path[] = "bin/ipc_test";
    uint64_t done = 0, wrong = 0;
    size_t actual = 0, compared = 0;
    uint32_t kind = 0;
    TEST_EQ(&claim, sys_file_open(root, path, sizeof path - 1, 0, RIGHT_READ, &file, &kind),
            STATUS_OK);
    TEST_EQ(&claim, sys_stream_create(&ends[0], &ends[1]), STATUS_OK);
    struct test_thread splicer;
    TEST_EQ(&claim, thread_begin(&splicer, splice_body, NULL), STATUS_OK);
    do {
        TEST_EQ(&claim, sys_stream_read(ends[1], incoming, sizeof incoming, 0, TIME_NEVER, &actual),
                STATUS_OK);
        TEST_EQ(&claim, sys_file_read(file, outgoing, actual, 1 + done, &compared), STATUS_OK);
        TEST_EQ(&claim, compared, actual);
        wrong += memcmp(incoming, outgoing, actual) != 0;
        done += actual;
    } while (actual > 0);
    TEST_CHECK(&claim, done > 4096);
    TEST_EQ(&claim, sys_file_read(file, outgoing, 1, 1 + done, &compared), STATUS_OK);
    TEST_EQ(&claim, compared, 0);
    TEST_EQ(&claim, wrong, 0);
    thread_join(&splicer);
    TEST_EQ(&claim, sys_handle_close(file.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(ends[0].raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(ends[1].raw), STATUS_OK);
}

static handle_t accepting, posting;
enum { CONNECTIONS = 20 };

/* Accepts, and answers each connection with its peer's port. */
static void accept_body(void *argument)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        struct socket_address peer;
        handle_t stream = HANDLE_NONE;
        size_t actual = 0;
        TEST_EQ(&claim, sys_listener_accept(accepting, &peer, 0, TIME_NEVER, &stream), STATUS_OK);
        TEST_EQ(&claim,
                sys_stream_write(stream, &peer.port, sizeof peer.port, 0, TIME_NEVER, &actual),
                STATUS_OK);
        TEST_EQ(&claim, sys_handle_close(stream.raw), STATUS_OK);
    }
}

static void a_listener_passes_ends_on(void)
{
    struct socket_address address = { .port = 80, .protocol = SOCKET_TCP };
    TEST_EQ(&claim, sys_listener_create(&address, 4, &accepting, &posting), STATUS_OK);
    struct test_thread accepter;
    TEST_EQ(&claim, thread_begin(&accepter, accept_body, NULL), STATUS_OK);
    for (uint16_t i = 0; i < CONNECTIONS; i++) {
        struct socket_address peer = { .port = (uint16_t)(1000 + i) };
        handle_t mine = HANDLE_NONE, theirs = HANDLE_NONE;
        uint16_t port = 0;
        uint32_t seen = 0;
        size_t actual = 0;
        TEST_EQ(&claim, sys_stream_create(&mine, &theirs), STATUS_OK);
        TEST_EQ(&claim, sys_object_wait(posting, SIGNAL_WRITABLE, TIME_NEVER, &seen), STATUS_OK);
        TEST_EQ(&claim, sys_listener_post(posting, theirs.raw, &peer), STATUS_OK);
        TEST_EQ(&claim, sys_handle_close(theirs.raw), STATUS_BAD_HANDLE);
        TEST_EQ(&claim, sys_stream_read(mine, &port, sizeof port, 0, TIME_NEVER, &actual),
                STATUS_OK);
        TEST_EQ(&claim, port, 1000 + i);
        TEST_EQ(&claim, sys_stream_read(mine, &port, sizeof port, 0, TIME_NEVER, &actual),
                STATUS_OK);
        TEST_EQ(&claim, actual, 0);
        TEST_EQ(&claim, sys_handle_close(mine.raw), STATUS_OK);
    }
    thread_join(&accepter);
    TEST_EQ(&claim, sys_handle_close(accepting.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(posting.raw), STATUS_OK);
}

void claims_streams(handle_t root_directory)
{
    root = root_directory;
    claim_run(&claim, "stream_bytes_arrive_in_order", bytes_arrive_in_order);
    claim_run(&claim, "stream_splices_a_file", a_file_is_spliced);
    claim_run(&claim, "listener_passes_ends_on", a_listener_passes_ends_on);
}
