#include "lib/http/request.h"
#include "tests/unit.h"

static struct http_request request;

static enum http_parse parse(const char *head)
{
    http_request_begin(&request);
    return http_request_parse(&request, head, strlen(head));
}

static bool text_is(struct http_text text, const char *expected)
{
    return http_text_equal(text, (struct http_text){ expected, strlen(expected) });
}

TEST(request_finds_its_parts)
{
    const char *head = "GET /a/b?c=d HTTP/1.1\r\nHost: example.org:80\r\nRange:\t bytes=0-1 \r\n"
                       "X-Other: 1\r\nConnection: x, Close\r\n\r\nrest";
    EXPECT_EQ(parse(head), HTTP_PARSE_DONE);
    EXPECT_EQ(request.head_len, strlen(head) - 4);
    EXPECT_EQ(request.method, HTTP_METHOD_GET);
    EXPECT(text_is(http_slice_text(request.target, head), "/a/b?c=d"));
    EXPECT(text_is(http_slice_text(request.path, head), "/a/b"));
    EXPECT(text_is(http_slice_text(request.query, head), "?c=d"));
    EXPECT(text_is(http_request_field(&request, head, HTTP_FIELD_RANGE), "bytes=0-1"));
    EXPECT(http_request_field(&request, head, HTTP_FIELD_IF_MATCH).data == NULL);
    EXPECT(!request.keep_alive);
    EXPECT_EQ(request.minor_version, 1);
}

TEST(request_takes_every_form_of_target)
{
    const char *head = "GET HTTP://a:80/b?c HTTP/1.1\r\nHost: z\r\n\r\n";
    EXPECT_EQ(parse(head), HTTP_PARSE_DONE);
    EXPECT(text_is(http_slice_text(request.path, head), "/b"));
    head = "GET http://a?q HTTP/1.1\r\nHost: z\r\n\r\n";
    EXPECT_EQ(parse(head), HTTP_PARSE_DONE);
    EXPECT_EQ(request.path.len, 0);
    EXPECT(text_is(http_slice_text(request.query, head), "?q"));
    EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: z\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(request.is_asterisk);
    EXPECT_EQ(parse("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT_EQ(request.method, HTTP_METHOD_KNOWN);
}

/* RFC 9112, 9.3. */
TEST(persistence_follows_version_and_connection)
{
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost:\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(request.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(!request.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(request.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n"),
              HTTP_PARSE_DONE);
    EXPECT(!request.keep_alive);
    EXPECT_EQ(parse("GET / HTTP/1.7\r\nHost: a\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT_EQ(request.minor_version, 1);
}

TEST(expectations_of_1_0_are_ignored)
{
    EXPECT_EQ(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(!request.expects_continue);
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n"), HTTP_PARSE_DONE);
    EXPECT(request.expects_continue);
}

/* Head of exactly `len` bytes, filled up by one long field. */
static size_t head_of(char *head, size_t len)
{
    size_t at = (size_t)sprintf(head, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(head + at, 'x', len - 4 - at);
    memcpy(head + len - 4, "\r\n\r\n", 4);
    return len;
}

TEST(limits_hold_at_the_edge)
{
    char head[HTTP_HEAD_BYTES_MAX + 2];
    for (int over = -1; over <= 1; over++) {
        size_t len = head_of(head, (size_t)(HTTP_HEAD_BYTES_MAX + over));
        http_request_begin(&request);
        EXPECT_EQ(http_request_parse(&request, head, len),
                  over > 0 ? HTTP_PARSE_REFUSED : HTTP_PARSE_DONE);
        EXPECT_EQ(request.refusal, over > 0 ? 431 : 0);
    }
    for (int over = -1; over <= 1; over++) {
        size_t target = (size_t)(HTTP_TARGET_BYTES_MAX + over);
        size_t at = (size_t)sprintf(head, "GET /");
        memset(head + at, 'a', target - 1);
        at += target - 1;
        at += (size_t)sprintf(head + at, " HTTP/1.1\r\nHost: a\r\n\r\n");
        http_request_begin(&request);
        EXPECT_EQ(http_request_parse(&request, head, at),
                  over > 0 ? HTTP_PARSE_REFUSED : HTTP_PARSE_DONE);
        EXPECT_EQ(request.refusal, over > 0 ? 414 : 0);
    }
}

TEST(field_count_is_limited)
{
    char head[1024];
    for (int count = HTTP_FIELDS_MAX - 1; count <= HTTP_FIELDS_MAX + 1; count++) {
        size_t at = (size_t)sprintf(head, "GET / HTTP/1.1\r\nHost:\r\n");
        for (int i = 1; i < count; i++)
            at += (size_t)sprintf(head + at, "If-Match:\r\n");
        sprintf(head + at, "\r\n");
        EXPECT_EQ(parse(head), count > HTTP_FIELDS_MAX ? HTTP_PARSE_REFUSED : HTTP_PARSE_DONE);
    }
    EXPECT_EQ(request.refusal, 431);
}

/* One byte at a time gives what all at once gives, and never looks beyond what is there. */
TEST(request_does_not_depend_on_how_it_is_cut)
{
    const char *head = "\r\nHEAD /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    EXPECT_EQ(parse(head), HTTP_PARSE_DONE);
    struct http_request whole = request;
    http_request_begin(&request);
    for (size_t len = 0; len < whole.head_len; len++)
        EXPECT_EQ(http_request_parse(&request, head, len), HTTP_PARSE_MORE);
    EXPECT_EQ(http_request_parse(&request, head, whole.head_len), HTTP_PARSE_DONE);
    EXPECT_MEM(&request, &whole, sizeof whole);
    EXPECT_EQ(request.content_length, 5);
}
