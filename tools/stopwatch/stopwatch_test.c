/* The pure parts: lines out of bytes, and which answers count. */
#include <string.h>

#include "tests/unit.h"
#include "tools/stopwatch/knock.h"
#include "tools/stopwatch/lines.h"

/* A guest's output comes in pieces of any size, and its console ends lines with two characters. */
TEST(lines_are_whole_however_they_come)
{
    static const char bytes[] = "one\r\ntwo\n\nlast";
    static const char *const want[] = { "one", "two", "" };
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        static struct lines lines;
        size_t found = 0;
        memset(&lines, 0, sizeof lines);
        for (size_t at = 0; at < sizeof bytes - 1;) {
            size_t rest = sizeof bytes - 1 - at, taken = 0;
            if (lines_take(&lines, bytes + at, rest < piece ? rest : piece, &taken)) {
                REQUIRE(found < 3);
                EXPECT_EQ(strcmp(lines.text, want[found]), 0);
                found++;
            }
            at += taken;
        }
        EXPECT_EQ(found, 3);
        EXPECT_EQ(lines.len, strlen("last"));
    }
}

TEST(lines_that_are_too_long_are_cut)
{
    static struct lines lines;
    static char bytes[2 * LINE_SIZE_MAX];
    size_t taken = 0;
    memset(bytes, 'x', sizeof bytes);
    EXPECT_EQ(lines_take(&lines, bytes, sizeof bytes, &taken), true);
    EXPECT_EQ(taken, LINE_SIZE_MAX - 1);
    EXPECT_EQ(strlen(lines.text), LINE_SIZE_MAX - 1);
}

/* An error page must not count as the system being up. */
TEST(knock_counts_only_status_200)
{
    EXPECT_EQ(knock_is_ok("HTTP/1.1 200 OK\r", 16), true);
    EXPECT_EQ(knock_is_ok("HTTP/1.0 200 OK\r", 16), true);
    EXPECT_EQ(knock_is_ok("HTTP/1.1 503 Ser", 16), false);
    EXPECT_EQ(knock_is_ok("HTTP/1.1 200 OK\r", 12), false);
    EXPECT_EQ(knock_is_ok("220 ready       ", 16), false);
}
