/* Calls between two processes: this program, started again as a server. */
#include <abi/objects.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/spawn.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"

enum { ROUNDS = 2000 };

static struct test_claim claim;
static handle_t root, cell;

int serve(const char *how)
{
    handle_t endpoint = start_handle_need("endpoint", OBJECT_ENDPOINT);
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    for (;;) {
        uint64_t badge = 0;
        status_t status = sys_endpoint_receive(endpoint, TIME_NEVER, STATUS_OK, &words, &badge);
        if (status != STATUS_OK)
            return EXIT_FAILED;
        if (words.count & IPC_FLAG_CLOSED)
            return EXIT_OK;
        if (strcmp(how, "die") == 0)
            return EXIT_FAILED; /* With the call in hand. */
        words.word[0] = words.word[0] * 3 + badge;
    }
}

static struct spawn_plan plan;

static handle_t server_start(handle_t endpoint, const char *how)
{
    static const char path[] = "bin/ipc_test";
    handle_t image = HANDLE_NONE, process = HANDLE_NONE;
    uint32_t kind = 0;
    TEST_EQ(&claim,
            sys_file_open(root, path, sizeof path - 1, 0, RIGHT_READ | RIGHT_EXECUTE, &image,
                          &kind),
            STATUS_OK);
    spawn_begin(&plan, "ipc_server");
    spawn_argument(&plan, "ipc_test", 8);
    spawn_argument(&plan, how, strlen(how));
    spawn_give(&plan, "endpoint", 8, endpoint, RIGHT_ENDPOINT_RECEIVE);
    TEST_EQ(&claim, spawn_run(&plan, cell, image, &process), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(image.raw), STATUS_OK);
    TEST_EQ(&claim, sys_handle_close(endpoint.raw), STATUS_OK); /* The server's alone now. */
    return process;
}

static void server_end(handle_t process, uint32_t exit_code)
{
    struct process_info info;
    uint32_t seen = 0;
    TEST_EQ(&claim, sys_object_wait(process, SIGNAL_TERMINATED, TIME_NEVER, &seen), STATUS_OK);
    TEST_EQ(&claim, sys_process_info(process, &info), STATUS_OK);
    TEST_EQ(&claim, info.exit_code, exit_code);
    TEST_EQ(&claim, sys_handle_close(process.raw), STATUS_OK);
}

static void calls_cross_address_spaces(void)
{
    handle_t endpoint = HANDLE_NONE, channel = HANDLE_NONE;
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, 5, &channel), STATUS_OK);
    handle_t process = server_start(endpoint, "echo");
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct channel_words words = { .word = { i }, .count = 1 };
        TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_OK);
        TEST_EQ(&claim, words.word[0], i * 3 + 5);
    }
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
    server_end(process, EXIT_OK);
}

static void a_dying_process_answers(void)
{
    handle_t endpoint = HANDLE_NONE, channel = HANDLE_NONE;
    struct channel_words words = { .count = 0 };
    TEST_EQ(&claim, sys_endpoint_create(&endpoint), STATUS_OK);
    TEST_EQ(&claim, sys_channel_mint(endpoint, 5, &channel), STATUS_OK);
    handle_t process = server_start(endpoint, "die");
    TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_PEER_CLOSED);
    server_end(process, EXIT_FAILED);
    TEST_EQ(&claim, sys_channel_call(channel, TIME_NEVER, &words), STATUS_PEER_CLOSED);
    TEST_EQ(&claim, sys_handle_close(channel.raw), STATUS_OK);
}

void claims_processes(handle_t root_directory, handle_t own_cell)
{
    root = root_directory;
    cell = own_cell;
    claim_run(&claim, "call_crosses_address_spaces", calls_cross_address_spaces);
    claim_run(&claim, "call_is_answered_when_the_server_process_dies", a_dying_process_answers);
}
