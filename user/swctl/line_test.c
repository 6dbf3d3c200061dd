#include "tests/unit.h"
#include "user/swctl/line.h"

static enum line_event type(struct line *line, const char *keys)
{
    enum line_event event = LINE_NONE;
    for (; *keys != 0; keys++) {
        event = line_feed(line, *keys);
        line->echo_len = 0;
    }
    return event;
}

static struct line line_started(void)
{
    struct line line;
    line_init(&line, "> ");
    line_begin(&line);
    return line;
}

TEST(line_is_edited_in_the_middle)
{
    struct line line = line_started();
    EXPECT_EQ(type(&line, "statxs\033[D\033[D\177u\005!\r"), LINE_DONE);
    EXPECT_STR(line.text, "stauxs!");
    line_begin(&line);
    EXPECT_EQ(type(&line, "one two three\027\r"), LINE_DONE);
    EXPECT_STR(line.text, "one two ");
}

/* Terminals send \r, \n or both for one key: one line must come of it. */
TEST(line_takes_return_and_newline_as_one_key)
{
    struct line line = line_started();
    EXPECT_EQ(type(&line, "a\r"), LINE_DONE);
    line_begin(&line);
    EXPECT_EQ(type(&line, "\n"), LINE_NONE);
    EXPECT_EQ(type(&line, "b\n"), LINE_DONE);
    EXPECT_STR(line.text, "b");
}

TEST(line_history_goes_back_and_forth)
{
    struct line line = line_started();
    type(&line, "first\r");
    line_begin(&line);
    type(&line, "second\r");
    line_begin(&line);
    type(&line, "\033[A\033[A\033[A\033[B\r");
    EXPECT_STR(line.text, "second");
}

TEST(line_control_keys_abandon_and_end)
{
    struct line line = line_started();
    EXPECT_EQ(type(&line, "abc\003"), LINE_ABANDONED);
    EXPECT_STR(line.text, "");
    line_begin(&line);
    EXPECT_EQ(type(&line, "a\004"), LINE_NONE);
    line_begin(&line);
    EXPECT_EQ(type(&line, "\004"), LINE_END);
}

/* Whatever is typed, text and echo stay inside their arrays. */
TEST(line_survives_random_keys)
{
    struct line line = line_started();
    for (int i = 0; i < 200000; i++) {
        enum line_event event =
            line_feed(&line,
                      (char)(unit_random() % 7 == 0 ? unit_random() % 32 : unit_random() % 256));
        REQUIRE(line.len <= LINE_MAX && line.cursor <= line.len && line.echo_len <= LINE_ECHO_MAX);
        REQUIRE(line.text[line.len] == 0);
        line.echo_len = 0;
        if (event != LINE_NONE)
            line_begin(&line);
    }
}
