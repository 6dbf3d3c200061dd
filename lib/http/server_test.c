#include "lib/http/server.h"

#include <stdlib.h>

#include "tests/doubles/http_rig.h"
#include "tests/unit.h"

#define SECOND_NS 1000000000ull
#define HOST "Host: a\r\n"

static struct http_rig rig;

/* Everything sent since the rig was opened, as a string. */
static const char *out(void)
{
    rig.out[rig.out_len < HTTP_RIG_OUT_BYTES ? rig.out_len : HTTP_RIG_OUT_BYTES] = 0;
    return rig.out;
}

static const char *answer_to(const char *request)
{
    http_rig_open(&rig, false);
    http_rig_send_string(&rig, request);
    return out();
}

static unsigned status_of(const char *request)
{
    answer_to(request);
    return rig.record_count == 0 ? 0 : rig.statuses[rig.record_count - 1];
}

static bool says(const char *text)
{
    return strstr(out(), text) != NULL;
}

static bool ends_with(const char *text)
{
    size_t len = strlen(text);
    return rig.out_len >= len && memcmp(out() + rig.out_len - len, text, len) == 0;
}

TEST(get_sends_head_and_file)
{
    EXPECT_STR(answer_to("GET /hello.txt HTTP/1.1\r\n" HOST "\r\n"),
               "HTTP/1.1 200 OK\r\nServer: swos\r\nDate: Mon, 07 Nov 1994 08:49:37 GMT\r\n"
               "ETag: \"00000000abcd000c-000000000000000c\"\r\n"
               "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nAccept-Ranges: bytes\r\n"
               "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 12\r\n"
               "X-Content-Type-Options: nosniff\r\n\r\nhello, world");
    EXPECT_EQ(rig.record.body_bytes, 12);
    EXPECT(!rig.is_closed && rig.file == NULL);
}

TEST(head_sends_the_same_head_and_no_body)
{
    char whole[2048];
    strcpy(whole, answer_to("GET /hello.txt HTTP/1.1\r\n" HOST "\r\n"));
    whole[strlen(whole) - 12] = 0;
    EXPECT_STR(answer_to("HEAD /hello.txt HTTP/1.1\r\n" HOST "\r\n"), whole);
    answer_to("HEAD /none HTTP/1.1\r\n" HOST "\r\n");
    EXPECT(says("404 Not Found") && ends_with("\r\n\r\n"));
}

TEST(names_lead_to_the_documented_statuses)
{
    static const struct {
        const char *path;
        unsigned status;
    } cases[] = {
        { "/", 200 },       { "/index.html", 200 }, { "/none", 404 },
        { "/none/", 404 },  { "/dir", 301 },        { "/dir/", 200 },
        { "/bare", 301 },   { "/bare/", 403 },      { "/device", 403 },
        { "/secret", 403 }, { "/broken", 500 },     { "/hello.txt/", 404 },
        { "/empty", 200 },  { "/a/../dir/", 200 },  { "/bare/index.html", 404 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[128];
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST "\r\n", cases[i].path);
        unsigned status = status_of(request);
        if (status != cases[i].status)
            unit_fail(__FILE_NAME__, __LINE__, "%s gives %u", cases[i].path, status);
        EXPECT(rig.file == NULL);
    }
}

/* A redirect stays on this host whatever slashes the client sent, and keeps the query. */
TEST(directories_redirect_to_their_slash)
{
    answer_to("GET //dir?a=b HTTP/1.1\r\n" HOST "\r\n");
    EXPECT(says("301 Moved Permanently") && says("\r\nLocation: /dir/?a=b\r\n"));
    EXPECT(says("Content-Length: 0\r\n"));
}

TEST(methods_are_sorted_into_allowed_known_and_unknown)
{
    EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 204);
    EXPECT(says("Allow: GET, HEAD, OPTIONS\r\n") && !says("Content-Length"));
    EXPECT_EQ(status_of("DELETE / HTTP/1.1\r\n" HOST "\r\n"), 405);
    EXPECT(says("Allow: GET, HEAD, OPTIONS\r\n") && !rig.is_shut);
    EXPECT_EQ(status_of("get / HTTP/1.1\r\n" HOST "\r\n"), 501);
}

TEST(one_range_is_sent_alone)
{
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST "Range: bytes=7-\r\n\r\n"), 206);
    EXPECT(says("Content-Range: bytes 7-11/12\r\n") && says("Content-Length: 5\r\n"));
    EXPECT(ends_with("\r\n\r\nworld"));
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST "Range: bytes=12-\r\n\r\n"), 416);
    EXPECT(says("Content-Range: bytes */12\r\n") && rig.file == NULL);
    EXPECT_EQ(status_of("HEAD /hello.txt HTTP/1.1\r\n" HOST "Range: bytes=7-\r\n\r\n"), 200);
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST
                        "Range: bytes=7-\r\nIf-Range: \"x\"\r\n\r\n"),
              200);
}

static uint64_t content_length(void)
{
    const char *at = strstr(out(), "Content-Length: ");
    return at == NULL ? 0 : strtoull(at + 16, NULL, 10);
}

TEST(several_ranges_are_sent_as_parts)
{
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST "Range: bytes=0-0,7-8,-1\r\n\r\n"), 206);
    const char *boundary = strstr(out(), "boundary=");
    REQUIRE(boundary != NULL);
    char expected[1024];
    boundary += 9;
#define PART(range, bytes)                                                                    \
    "\r\n--%1$.16s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " range \
    "/12\r\n\r\n" bytes
    snprintf(expected, sizeof expected,
             "\r\n" PART("0-0", "h") PART("7-8", "wo") PART("11-11", "d") "\r\n--%1$.16s--\r\n",
             boundary);
    EXPECT(ends_with(expected));
    EXPECT_EQ(content_length(), strlen(expected) - 2);
    EXPECT_EQ(rig.record.body_bytes, strlen(expected) - 2);
}

TEST(conditions_save_the_body)
{
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST
                        "If-None-Match: \"00000000abcd000c-000000000000000c\"\r\n\r\n"),
              304);
    EXPECT(ends_with("\r\n\r\n") && !says("Content-Length") && says("ETag: "));
    EXPECT_EQ(status_of("GET /hello.txt HTTP/1.1\r\n" HOST "If-Match: \"x\"\r\n\r\n"), 412);
    EXPECT_EQ(rig.file == NULL, true);
    EXPECT_EQ(status_of("GET /none HTTP/1.1\r\n" HOST "If-Match: \"x\"\r\n\r\n"), 404);
}

TEST(pipelined_requests_are_answered_in_order)
{
    answer_to("GET /hello.txt HTTP/1.1\r\n" HOST "\r\nHEAD /dir/ HTTP/1.1\r\n" HOST "\r\n"
              "GET /none HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST
              "Connection: close\r\n\r\nGET /hello.txt HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_EQ(rig.record_count, 4);
    EXPECT_EQ(rig.statuses[0], 200);
    EXPECT_EQ(rig.statuses[1], 200);
    EXPECT_EQ(rig.statuses[2], 404);
    EXPECT_EQ(rig.statuses[3], 200);
    EXPECT(rig.is_shut && !rig.is_closed);
    EXPECT(ends_with("<h1>Hello</h1>...."));
    http_rig_end(&rig);
    EXPECT(rig.is_closed);
}

TEST(http_1_0_closes_unless_asked_to_keep)
{
    answer_to("GET /hello.txt HTTP/1.0\r\n\r\n");
    EXPECT(rig.is_shut && says("Connection: close\r\n"));
    answer_to("GET /hello.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT(!rig.is_shut && says("Connection: keep-alive\r\n"));
}

/* A body that nobody wants must not become the next request. */
TEST(bodies_are_skipped_within_a_bound)
{
    answer_to("GET /hello.txt HTTP/1.1\r\n" HOST "Content-Length: 33\r\n\r\n"
              "GET /none HTTP/1.1\r\nHost: b\r\n\r\n..GET /dir/ HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_EQ(rig.record_count, 2);
    EXPECT_EQ(rig.statuses[1], 200);
    EXPECT(ends_with("dir!"));

    static char request[HTTP_SKIPPED_BODY_BYTES_MAX + 256];
    int len = sprintf(request, "POST / HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n");
    memset(request + len, 'x', HTTP_SKIPPED_BODY_BYTES_MAX);
    strcpy(request + len + HTTP_SKIPPED_BODY_BYTES_MAX, "GET /dir/ HTTP/1.0\r\n\r\n");
    answer_to(request);
    EXPECT_EQ(rig.record_count, 2);
    EXPECT_EQ(rig.statuses[0], 405);
    EXPECT(ends_with("dir!"));
}

/* RFC 9110, 10.1.1. */
TEST(expectation_is_met_only_when_the_body_is_read)
{
    answer_to("GET /hello.txt HTTP/1.1\r\n" HOST
              "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_STR(out(), "HTTP/1.1 100 Continue\r\n\r\n");
    http_rig_send_string(&rig, "abcGET /dir/ HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_EQ(rig.record_count, 2);
    EXPECT(ends_with("dir!") && !rig.is_shut);
    answer_to("GET /hello.txt HTTP/1.1\r\n" HOST
              "Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
    EXPECT(says("100 Continue") && says("200 OK") && !rig.is_shut);
    answer_to("PUT /hello.txt HTTP/1.1\r\n" HOST
              "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT(!says("100 Continue") && says("405 ") && says("Connection: close") && rig.is_shut);
}

TEST(refusal_tells_when_to_come_back)
{
    http_rig_open(&rig, true);
    http_rig_send_string(&rig, "GET / HTTP/1.1\r\n" HOST "\r\n");
    EXPECT(says("503 Service Unavailable") && says("Retry-After: 2\r\n") && rig.is_shut);
}

TEST(drain_finishes_what_runs_and_closes_what_idles)
{
    http_rig_open(&rig, false);
    http_rig_send_string(&rig, "GET /hello.txt HTTP/1.1\r\n");
    http_server_drain(&rig.server);
    http_rig_wait(&rig, 0);
    EXPECT(!rig.is_closed);
    http_rig_send_string(&rig, HOST "\r\n");
    EXPECT(says("200 OK") && says("Connection: close\r\n") && rig.is_shut);

    answer_to("GET /hello.txt HTTP/1.1\r\n" HOST "\r\n");
    http_server_drain(&rig.server);
    http_rig_wait(&rig, 0);
    EXPECT(rig.is_closed);
}

TEST(idle_connections_close_without_a_word)
{
    http_rig_open(&rig, false);
    EXPECT_EQ(rig.deadline_ns, 1000 + http_policy_default.idle_timeout_ns);
    http_rig_wait(&rig, http_policy_default.idle_timeout_ns - 1);
    EXPECT(!rig.is_closed);
    http_rig_wait(&rig, 1);
    EXPECT(rig.is_closed);
    EXPECT_EQ(rig.out_len, 0);
}

/* One byte now and then does not hold a connection for ever. */
TEST(slow_heads_and_bodies_time_out)
{
    http_rig_open(&rig, false);
    for (int i = 0; i < 9; i++) {
        http_rig_send_string(&rig, i == 0 ? "G" : "E");
        http_rig_wait(&rig, SECOND_NS);
    }
    EXPECT_EQ(rig.record_count, 0);
    http_rig_wait(&rig, SECOND_NS);
    http_rig_send_string(&rig, "");
    EXPECT(says("408 Request Timeout") && rig.is_shut);

    answer_to("GET / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    http_rig_wait(&rig, 10 * SECOND_NS);
    http_rig_send_string(&rig, "");
    EXPECT(says("408 Request Timeout") && rig.is_shut);
    EXPECT_EQ(rig.statuses[0], 408);
}

TEST(a_stalled_reader_is_cut_and_its_file_closed)
{
    http_rig_open(&rig, false);
    /* Take the connection to its first SEND by hand. */
    const char *request = "GET /big.bin HTTP/1.1\r\n" HOST "\r\n";
    struct http_connection *connection = &rig.connection;
    struct http_action action = rig.action;
    memcpy(action.room.data, request, strlen(request));
    struct http_event event = { .kind = HTTP_EVENT_READ, .len = strlen(request) };
    http_connection_step(connection, &event, &rig.clock, &action);
    REQUIRE(action.kind == HTTP_ACTION_OPEN);
    event = (struct http_event){ .kind = HTTP_EVENT_OPENED,
                                 .file = { HTTP_FILE_REGULAR, 100000, 1, 1 } };
    http_connection_step(connection, &event, &rig.clock, &action);
    REQUIRE(action.kind == HTTP_ACTION_WRITE && action.more);
    event = (struct http_event){ .kind = HTTP_EVENT_WROTE, .len = action.bytes.len };
    time_ns_t deadline = http_connection_step(connection, &event, &rig.clock, &action);
    REQUIRE(action.kind == HTTP_ACTION_SEND);
    rig.clock.now_ns = deadline;
    event = (struct http_event){ .kind = HTTP_EVENT_TIMER };
    http_connection_step(connection, &event, &rig.clock, &action);
    EXPECT_EQ(action.kind, HTTP_ACTION_CLOSE_FILE);
    event = (struct http_event){ .kind = HTTP_EVENT_DONE };
    http_connection_step(connection, &event, &rig.clock, &action);
    EXPECT_EQ(action.kind, HTTP_ACTION_LOG);
    EXPECT(action.record.is_cut);
    http_connection_step(connection, &event, &rig.clock, &action);
    EXPECT_EQ(action.kind, HTTP_ACTION_CLOSE);
}

TEST(lingering_is_bounded_in_time_and_bytes)
{
    answer_to("BAD\r\n");
    EXPECT(says("400 Bad Request") && rig.is_shut && !rig.is_closed);
    http_rig_wait(&rig, http_policy_default.linger_timeout_ns);
    EXPECT(rig.is_closed);

    static char flood[HTTP_LINGER_BYTES_MAX];
    answer_to("BAD\r\n");
    http_rig_send(&rig, flood, sizeof flood - 1);
    EXPECT(!rig.is_closed);
    http_rig_send(&rig, flood, 1);
    EXPECT(rig.is_closed);
}

TEST(a_broken_stream_closes_in_every_state)
{
    http_rig_open(&rig, false);
    http_rig_break(&rig);
    EXPECT(rig.is_closed);
    answer_to("GET / HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n");
    http_rig_break(&rig);
    EXPECT(rig.is_closed);
    answer_to("BAD\r\n");
    http_rig_break(&rig);
    EXPECT(rig.is_closed);
}

/* However reads and writes are cut, the client receives the same bytes. */
TEST(cutting_changes_nothing)
{
    static const char requests[] =
        "GET /big.bin HTTP/1.1\r\n" HOST "Range: bytes=5-50000,60000-60010\r\n\r\n"
        "GET /dir HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"
        "\r\nGET /hello.txt HTTP/1.1\r\n" HOST "\r\nOPTIONS * HTTP/1.1\r\n" HOST "\r\nBAD\r\n";
    static char whole[HTTP_RIG_OUT_BYTES];
    answer_to(requests);
    size_t whole_len = rig.out_len;
    memcpy(whole, rig.out, whole_len);
    EXPECT_EQ(rig.record_count, 5);
    for (size_t cut = 1; cut < 40; cut += cut < 8 ? 1 : 7) {
        http_rig_open(&rig, false);
        rig.read_max = cut;
        rig.write_max = cut * 3;
        http_rig_send_string(&rig, requests);
        REQUIRE(rig.out_len == whole_len);
        EXPECT_MEM(rig.out, whole, whole_len);
        EXPECT_EQ(rig.record_count, 5);
    }
}
