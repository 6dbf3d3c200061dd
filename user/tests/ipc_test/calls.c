/* Calls between two threads. */
#include <abi/objects.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/clock.h"
#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"
#include "user/tests/support/threads.h"

enum { BADGE = 7, ROUNDS = 1000 };

static handle_t endpoint, channel;
static struct test_claim claim;

static void pair_open(void)
{
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, BADGE, &channel), STATUS_OK);
}

/* Adds one to each word; ends with the badge's last handle. */
static void echo_body(void *argument)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    for (;;) {
        uint64_t badge = 0;
        status_t status = sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge);
        if (status != STATUS_OK || (words.count & IPC_FLAG_CLOSED)) {
            TEST_EQ(&claim, status, STATUS_OK);
            return;
        }
        TEST_EQ(&claim, badge, BADGE);
        for (uint64_t i = 0; i < words.count; i++)
            words.word[i]++;
    }
}

static void words_go_both_ways(void)
{
    pair_open();
    struct test_thread server;
    TEST_EQ(&claim, thread_begin(&server, echo_body, NULL), STATUS_OK);
    for (uint64_t round = 0; round < ROUNDS; round++) {
        struct channel_words words = { .count = round % 9 };
        for (uint64_t i = 0; i < 8; i++)
            words.word[i] = round * 8 + i;
        TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_OK);
        TEST_EQ(&claim, words.count, round % 9);
        for (uint64_t i = 0; i < 8; i++)
            TEST_EQ(&claim, words.word[i], round * 8 + i + (i < round % 9));
    }
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    thread_join(&server);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
}

static void deadlines_are_kept(void)
{
    struct channel_words words = { .count = 1 };
    uint64_t badge = 0;
    pair_open();
    time_ns_t before = clock_now();
    TEST_EQ(&claim, sys_channel_call(channel, clock_after(2000000), &words), STATUS_TIMED_OUT);
    TEST_CHECK(&claim, clock_now() - before >= 2000000);
    words.count = ENDPOINT_NO_REPLY;
    TEST_EQ(&claim, sys_endpoint_receive(endpoint, clock_after(1000000), 0, &words, &badge),
            STATUS_TIMED_OUT);
    TEST_EQ(&claim, sys_endpoint_receive(endpoint, TIME_NOW, 0, &words, &badge), STATUS_TIMED_OUT);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
    TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_INVALID);
    words.count = 0;
    TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_PEER_CLOSED);
    uint32_t seen = 0;
    TEST_EQ(&claim, sys_object_wait(channel, SIGNAL_PEER_CLOSED, TIME_NOW, &seen), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
}

static uint8_t big[IPC_BYTES_MAX], copy[IPC_BYTES_MAX];

/* Sends a long message back, with the event that came with it signalled. */
static void long_body(void *argument)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge = 0, handles[1];
    size_t len = 0, handle_count = 0;
    TEST_EQ(&claim, sys_endpoint_receive(endpoint, TIME_NEVER, 0, &words, &badge), STATUS_OK);
    TEST_EQ(&claim, words.count, IPC_FLAG_LONG);
    TEST_EQ(&claim, words.word[0], sizeof big);
    TEST_EQ(&claim, sys_message_read(copy, sizeof copy, handles, 1, &len, &handle_count),
            STATUS_OK);
    TEST_EQ(&claim, sys_event_signal((handle_t){ handles[0] }, 0, SIGNAL_USER_0), STATUS_OK);
    struct ipc_message answer = {
        .bytes = (uintptr_t)copy,
        .byte_count = (uint32_t)len,
        .handles = (uintptr_t)handles,
        .handle_count = 1,
    };
    TEST_EQ(&claim, sys_message_reply(&answer, STATUS_BUSY), STATUS_OK);
}

static void long_messages_move_handles(void)
{
    handle_t event = HANDLE_NONE;
    uint64_t back = 0;
    uint32_t seen = 0;
    static uint8_t room_bytes[IPC_BYTES_MAX];
    pair_open();
    TEST_EQ(&claim, sys_event_create(&event), STATUS_OK);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 31 + i / 251);
    struct ipc_message request = {
        .bytes = (uintptr_t)big,
        .byte_count = sizeof big,
        .handles = (uintptr_t)&event,
        .handle_count = 1,
    };
    struct ipc_message room = {
        .bytes = (uintptr_t)room_bytes,
        .byte_count = sizeof room_bytes,
        .handles = (uintptr_t)&back,
        .handle_count = 1,
    };
    struct test_thread server;
    TEST_EQ(&claim, thread_begin(&server, long_body, NULL), STATUS_OK);
    TEST_EQ(&claim, sys_channel_call_long(channel, &request, &room, TIME_NEVER), STATUS_BUSY);
    TEST_EQ(&claim, room.byte_count, sizeof big);
    TEST_EQ(&claim, memcmp(big, room_bytes, sizeof big), 0);
    TEST_EQ(&claim, sys_handle_close(event.raw), STATUS_BAD_HANDLE);
    TEST_EQ(&claim, sys_object_wait((handle_t){ back }, SIGNAL_USER_0, TIME_NOW, &seen), STATUS_OK);
    thread_join(&server);
    TEST_EQ(&claim, sys_handle_close(back), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
}

/* Takes a call and ends without an answer. */
static void deserter_body(void *argument)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge = 0;
    TEST_EQ(&claim, sys_endpoint_receive(endpoint, TIME_NEVER, 0, &words, &badge), STATUS_OK);
}

static void a_held_call_is_answered_at_the_end(void)
{
    struct channel_words words = { .count = 0 };
    pair_open();
    struct test_thread server;
    TEST_EQ(&claim, thread_begin(&server, deserter_body, NULL), STATUS_OK);
    TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_PEER_CLOSED);
    thread_join(&server);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK);
}

void claims_calls(void)
{
    claim_run(&claim, "call_words_go_both_ways", words_go_both_ways);
    claim_run(&claim, "call_deadlines_are_kept", deadlines_are_kept);
    claim_run(&claim, "call_long_messages_move_handles", long_messages_move_handles);
    claim_run(&claim, "call_is_answered_when_the_server_thread_ends",
              a_held_call_is_answered_at_the_end);
}
