/* A service that behaves as its first argument says, for services_test. */
#include <string.h>

#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/exit_codes.h"
#include "user/rt/start.h"
#include "user/tests/mock_service/mock.h"

enum { KEY_ENDPOINT = 1, KEY_STOP = 2 };

static struct mock {
    handle_t port;
    handle_t endpoint;
    size_t handles_at_start; /* That the kernel says there were. */
} mock;

static void answer(struct channel_words *words)
{
    size_t given;
    uint64_t process = 0, thread = 0;
    switch (words->word[0]) {
    case MOCK_PROCESS:
        (void)sys_thread_self(&process, &thread);
        *words = (struct channel_words){ .word = { process }, .count = 1 };
        return;
    case MOCK_HANDLES:
        (void)start_handles(&given);
        *words = (struct channel_words){ .word = { given, mock.handles_at_start }, .count = 2 };
        return;
    case MOCK_EXIT: program_exit((uint32_t)words->word[1]);
    case MOCK_CRASH: {
        const volatile uint8_t *volatile nothing = NULL;
        (void)*nothing;
        return;
    }
    default: *words = (struct channel_words){ .count = 0 };
    }
}

/* All that waits at the endpoint. */
static void serve(void)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    while (sys_endpoint_receive(mock.endpoint, TIME_NOW, STATUS_OK, &words, &badge) == STATUS_OK) {
        if (words.count <= CHANNEL_WORDS_MAX)
            answer(&words);
        else
            words = (struct channel_words){ .count = ENDPOINT_NO_REPLY }; /* A client went. */
    }
}

static int serve_until_stopped(void)
{
    struct port_packet packet;
    size_t count;
    if (mock.endpoint.raw != 0 &&
        sys_port_bind(mock.port, mock.endpoint, KEY_ENDPOINT, SIGNAL_READABLE, 0) != STATUS_OK)
        return EXIT_FAILED;
    while (sys_port_wait(mock.port, &packet, 1, TIME_NEVER, &count) == STATUS_OK) {
        if (count == 1 && packet.key == KEY_STOP)
            return EXIT_OK;
        serve();
    }
    return EXIT_FAILED;
}

static int sleep_for_ever(void)
{
    for (;;)
        (void)sys_thread_sleep(TIME_NEVER);
}

int main(int argc, char **argv)
{
    struct start_handle unused[1];
    (void)sys_handle_list((void *)unused, 0, &mock.handles_at_start);
    if (argc < 2)
        return EXIT_USAGE;
    if (strcmp(argv[1], "crash") == 0)
        return 7;
    if (strcmp(argv[1], "hang") == 0)
        return sleep_for_ever();
    handle_t supervisor = start_handle_need(START_SUPERVISOR, OBJECT_CHANNEL);
    handle_t stop = start_handle_need(START_STOP, OBJECT_EVENT);
    mock.endpoint = argc > 2 ? start_handle(argv[2], OBJECT_ENDPOINT) : HANDLE_NONE;
    if (sys_port_create(&mock.port) != STATUS_OK ||
        sys_port_bind(mock.port, stop, KEY_STOP, SIGNAL_EVENT, 0) != STATUS_OK ||
        notice_ready(supervisor) != STATUS_OK)
        return EXIT_FAILED;
    return strcmp(argv[1], "serve") == 0 ? serve_until_stopped() : sleep_for_ever();
}
