#include "lib/http/conditional.h"
#include "tests/unit.h"

#define MODIFIED_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define EARLIER "Sun, 06 Nov 1994 08:49:36 GMT"
#define LATER "Sun, 06 Nov 1994 08:49:38 GMT"

static enum http_condition evaluate_at(const char *fields, int64_t now_s)
{
    char head[1024];
    struct http_request request;
    int len = snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    http_request_begin(&request);
    REQUIRE(http_request_parse(&request, head, (size_t)len) == HTTP_PARSE_DONE);
    struct http_validators validators = { HTTP_TEXT("\"v1\""), MODIFIED_S, now_s };
    return http_condition_evaluate(&request, head, &validators);
}

static enum http_condition evaluate(const char *fields)
{
    return evaluate_at(fields, MODIFIED_S + 3600);
}

TEST(no_condition_proceeds)
{
    EXPECT_EQ(evaluate(""), HTTP_CONDITION_PROCEED);
}

TEST(if_match_compares_strongly)
{
    EXPECT_EQ(evaluate("If-Match: \"v1\"\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Match: *\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Match: \"v0\", \"v1\"\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Match: \"v0\"\r\nIf-Match: \"v1\"\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Match: \"v0\"\r\n"), HTTP_CONDITION_FAILED);
    EXPECT_EQ(evaluate("If-Match: W/\"v1\"\r\n"), HTTP_CONDITION_FAILED);
    EXPECT_EQ(evaluate("If-Match: v1\r\n"), HTTP_CONDITION_FAILED);
    EXPECT_EQ(evaluate("If-Match:\r\n"), HTTP_CONDITION_FAILED);
}

TEST(if_none_match_compares_weakly)
{
    EXPECT_EQ(evaluate("If-None-Match: \"v1\"\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-None-Match: W/\"v1\"\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-None-Match: \"a,b\", \"v1\"\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-None-Match: *\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-None-Match: \"v2\"\r\n"), HTTP_CONDITION_PROCEED);
}

TEST(dates_compare_to_the_second)
{
    EXPECT_EQ(evaluate("If-Modified-Since: " SAME "\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-Modified-Since: " LATER "\r\n"), HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-Modified-Since: " EARLIER "\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Modified-Since: soon\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Unmodified-Since: " SAME "\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Unmodified-Since: " LATER "\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Unmodified-Since: " EARLIER "\r\n"), HTTP_CONDITION_FAILED);
}

/* RFC 9110, 13.2.2: a tag outranks a date, and what insists outranks what asks for news. */
TEST(precedence_is_that_of_the_rfc)
{
    EXPECT_EQ(evaluate("If-Match: \"v1\"\r\nIf-Unmodified-Since: " EARLIER "\r\n"),
              HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-None-Match: \"v2\"\r\nIf-Modified-Since: " LATER "\r\n"),
              HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Match: \"v0\"\r\nIf-None-Match: \"v1\"\r\n"), HTTP_CONDITION_FAILED);
    EXPECT_EQ(evaluate("If-Match: \"v1\"\r\nIf-None-Match: \"v1\"\r\n"),
              HTTP_CONDITION_NOT_MODIFIED);
    EXPECT_EQ(evaluate("If-Range: \"v0\"\r\nIf-None-Match: \"v1\"\r\n"),
              HTTP_CONDITION_NOT_MODIFIED);
}

TEST(if_range_needs_a_strong_validator)
{
    EXPECT_EQ(evaluate("If-Range: \"v1\"\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Range: \"v2\"\r\n"), HTTP_CONDITION_PROCEED_WHOLE);
    EXPECT_EQ(evaluate("If-Range: W/\"v1\"\r\n"), HTTP_CONDITION_PROCEED_WHOLE);
    EXPECT_EQ(evaluate("If-Range: " SAME "\r\n"), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate("If-Range: " LATER "\r\n"), HTTP_CONDITION_PROCEED_WHOLE);
    EXPECT_EQ(evaluate_at("If-Range: " SAME "\r\n", MODIFIED_S + 59), HTTP_CONDITION_PROCEED_WHOLE);
    EXPECT_EQ(evaluate_at("If-Range: " SAME "\r\n", MODIFIED_S + 60), HTTP_CONDITION_PROCEED);
    EXPECT_EQ(evaluate_at("If-Range: " SAME "\r\n", 0), HTTP_CONDITION_PROCEED_WHOLE);
}
