#include "tools/webload/answer.h"

#include <string.h>

#include "tests/unit.h"

static enum answer_parse parse(const char *text, struct answer *answer)
{
    size_t len = 0;
    enum answer_parse result = answer_parse(text, strlen(text), answer, &len);
    if (result == ANSWER_WHOLE)
        EXPECT_MEM(text + len - 4, "\r\n\r\n", 4);
    return result;
}

TEST(answer_tells_status_length_and_range)
{
    struct answer answer;
    REQUIRE(parse("HTTP/1.1 206 Partial Content\r\nServer: x\r\ncontent-length: 3\r\n"
                  "Content-Range: bytes 2-4/10\r\nConnection: close\r\n\r\n",
                  &answer) == ANSWER_WHOLE);
    EXPECT_EQ(answer.status, 206);
    EXPECT_EQ(answer.body_bytes, 3);
    EXPECT_EQ(answer.first, 2);
    EXPECT_EQ(answer.last, 4);
    EXPECT_EQ(answer.file_size, 10);
    EXPECT_EQ(answer.closes, true);
}

TEST(answer_waits_for_the_empty_line)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n";
    struct answer answer;
    size_t len = 0;
    for (size_t i = 0; i < sizeof head - 1; i++)
        EXPECT_EQ(answer_parse(head, i, &answer, &len), ANSWER_MORE);
    EXPECT_EQ(answer_parse(head, sizeof head - 1, &answer, &len), ANSWER_WHOLE);
    EXPECT_EQ(len, sizeof head - 1);
    EXPECT_EQ(answer.body_bytes, 12);
}

TEST(answer_refuses_what_is_no_head)
{
    static const char *const bad[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 600 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 1\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nno field\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Length: 1\r\nContent-Range: bytes 5-4/9\r\n\r\n",
        "HTTP/1.1 206 x\r\nContent-Length: 1\r\nContent-Range: bytes 4-9/9\r\n\r\n",
        "\r\n\r\n",
    };
    struct answer answer;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_EQ(parse(bad[i], &answer), ANSWER_BAD);
}
