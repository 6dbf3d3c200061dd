/* Visits the guest book over TCP and reads it over its channel: the test of the example, and an example of
 * both kinds of client. It may connect to that one port and call that one service, and nothing else. */
#include <string.h>

#include <abi/stream.h>
#include <ipc/guestbook_client.h>
#include <ipc/net_client.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"

#define PATIENCE_NS 5000000000ull

enum { ANSWER_SIZE = 64, VISITORS_AT_ONCE = 20 };

static handle_t network; /* The grant to connect. */
static handle_t book;

static status_t visit_begin(handle_t *out_stream)
{
    struct net_connect_request request = { .port = 7000 };
    static const uint8_t own[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
    memcpy(request.address, own, sizeof own);
    return net_connect(network, clock_after(PATIENCE_NS), &request, out_stream);
}

static void say(struct test_claim *claim, handle_t stream, const char *text)
{
    size_t written = 0;
    TEST_EQ(claim,
            sys_stream_write(stream, text, strlen(text), 0, clock_after(PATIENCE_NS), &written),
            STATUS_OK);
    TEST_EQ(claim, written, strlen(text));
}

/* All that the other side says until it hangs up, as a string. */
static void hear(struct test_claim *claim, handle_t stream, char answer[ANSWER_SIZE])
{
    size_t len = 0, got = 1;
    status_t status = STATUS_OK;
    while (status == STATUS_OK && got > 0 && len < ANSWER_SIZE - 1) {
        status = sys_stream_read(stream, answer + len, ANSWER_SIZE - 1 - len, 0,
                                 clock_after(PATIENCE_NS), &got);
        len += status == STATUS_OK ? got : 0;
    }
    TEST_EQ(claim, status, STATUS_OK);
    answer[len] = '\0';
    (void)sys_handle_close(stream.raw);
}

/* One visit from start to end. */
static void visit(struct test_claim *claim, const char *line, const char *expected)
{
    char answer[ANSWER_SIZE];
    handle_t stream;
    TEST_EQ(claim, visit_begin(&stream), STATUS_OK);
    if (claim->failed)
        return;
    say(claim, stream, line);
    hear(claim, stream, answer);
    if (strcmp(answer, expected) != 0)
        test_fail(claim, "it says '%s', not '%s'", answer, expected);
}

static void visitors_are_greeted_and_counted(struct test_claim *claim)
{
    visit(claim, "Ada\n", "1: welcome, Ada\n");
    visit(claim, "Grace Hopper\r\n", "2: welcome, Grace Hopper\n");
}

static void a_bad_name_is_refused(struct test_claim *claim)
{
    visit(claim, "\n", "that is no name\n");
    visit(claim, "\x01\n", "that is no name\n");
    visit(claim, "a name that goes on and on and on", "that is no name\n");
}

static void a_line_may_come_in_pieces(struct test_claim *claim)
{
    char answer[ANSWER_SIZE];
    handle_t slow;
    TEST_EQ(claim, visit_begin(&slow), STATUS_OK);
    say(claim, slow, "Al");
    visit(claim, "Joan\n", "3: welcome, Joan\n"); /* Somebody else is not kept waiting. */
    say(claim, slow, "an\n");
    hear(claim, slow, answer);
    TEST_EQ(claim, strcmp(answer, "4: welcome, Alan\n"), 0);
}

static void the_book_is_read_by_its_channel(struct test_claim *claim)
{
    struct guestbook_read_request request = { .number = 2 };
    struct guestbook_read_reply reply;
    TEST_EQ(claim, guestbook_read(book, clock_after(PATIENCE_NS), &request, &reply), STATUS_OK);
    TEST_EQ(claim, reply.total, 4);
    TEST_EQ(claim, reply.name_len, strlen("Grace Hopper"));
    TEST_EQ(claim, memcmp(reply.name, "Grace Hopper", strlen("Grace Hopper")), 0);
    request.number = 5;
    TEST_EQ(claim, guestbook_read(book, clock_after(PATIENCE_NS), &request, &reply),
            STATUS_NOT_FOUND);
}

/* More at once than it has places for: those who say nothing yet are many, and everybody is served in the end. */
static void more_visitors_than_places_wait(struct test_claim *claim)
{
    handle_t streams[VISITORS_AT_ONCE];
    char answer[ANSWER_SIZE];
    for (size_t i = 0; i < VISITORS_AT_ONCE; i++)
        TEST_EQ(claim, visit_begin(&streams[i]), STATUS_OK);
    for (size_t i = 0; i < VISITORS_AT_ONCE && !claim->failed; i++)
        say(claim, streams[i], "one of many\n");
    for (size_t i = 0; i < VISITORS_AT_ONCE && !claim->failed; i++) {
        hear(claim, streams[i], answer);
        const char *after_number = strchr(answer, ':');
        TEST_CHECK(claim,
                   after_number != NULL && strcmp(after_number, ": welcome, one of many\n") == 0);
    }
}

static void erased_names_are_gone(struct test_claim *claim)
{
    struct guestbook_erase_reply erased;
    struct guestbook_read_request request = { .number = 4 + VISITORS_AT_ONCE };
    struct guestbook_read_reply reply;
    TEST_EQ(claim, guestbook_read(book, clock_after(PATIENCE_NS), &request, &reply), STATUS_OK);
    TEST_EQ(claim, guestbook_erase(book, clock_after(PATIENCE_NS), &erased), STATUS_OK);
    TEST_EQ(claim, erased.erased, 16);
    TEST_EQ(claim, guestbook_read(book, clock_after(PATIENCE_NS), &request, &reply),
            STATUS_NOT_FOUND);
}

/* The grant names a port; no other one exists for this process. */
static void another_port_is_out_of_reach(struct test_claim *claim)
{
    struct net_connect_request request = { .port = 80 };
    handle_t stream;
    request.address[10] = request.address[11] = 0xff;
    request.address[12] = 127;
    request.address[15] = 1;
    TEST_EQ(claim, net_connect(network, clock_after(PATIENCE_NS), &request, &stream),
            STATUS_NO_RIGHT);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        { "visitors_are_greeted_and_counted", visitors_are_greeted_and_counted },
        { "a_bad_name_is_refused", a_bad_name_is_refused },
        { "a_line_may_come_in_pieces", a_line_may_come_in_pieces },
        { "the_book_is_read_by_its_channel", the_book_is_read_by_its_channel },
        { "more_visitors_than_places_wait", more_visitors_than_places_wait },
        { "erased_names_are_gone", erased_names_are_gone },
        { "another_port_is_out_of_reach", another_port_is_out_of_reach },
    };
    network = start_handle_need("net:connect:tcp:127.0.0.1:7000", OBJECT_CHANNEL);
    book = start_handle_need("ipc:call:guestbook", OBJECT_CHANNEL);
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
