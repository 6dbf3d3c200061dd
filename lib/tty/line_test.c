/* The line discipline, feature by feature: what is typed, what is shown, what can be read. */
#include "lib/tty/line.h"
#include "tests/unit.h"

static struct tty_line line;
static uint32_t events;

static void start(const struct tty_attributes *attributes)
{
    tty_line_init(&line, attributes);
    events = 0;
}

static void cooked(void)
{
    start(&tty_attributes_cooked);
}

static size_t type_at(time_ns_t now_ns, const char *text, size_t len)
{
    return tty_line_receive(&line, (const uint8_t *)text, len, now_ns, &events);
}

static void type(const char *text)
{
    EXPECT_EQ(type_at(1, text, strlen(text)), strlen(text));
}

/* All that was shown since the last look. */
static const char *shown(void)
{
    static char text[TTY_OUTPUT_SIZE + 1];
    text[tty_line_show(&line, (uint8_t *)text, TTY_OUTPUT_SIZE)] = 0;
    return text;
}

static const char *taken(size_t size)
{
    static char text[TTY_INPUT_SIZE + 1];
    bool end;
    text[tty_line_read(&line, (uint8_t *)text, size, &end)] = 0;
    return text;
}

static const char *next_line(void)
{
    return tty_line_readable(&line) ? taken(TTY_INPUT_SIZE) : "(nothing)";
}

static void change(uint32_t *flags, uint32_t clear, uint32_t set)
{
    *flags = (*flags & ~clear) | set;
}

TEST(tty_line_is_read_when_it_is_complete)
{
    cooked();
    type("hello");
    EXPECT(!tty_line_readable(&line));
    type("\rmore");
    EXPECT_STR(next_line(), "hello\n");
    EXPECT(!tty_line_readable(&line));
    EXPECT_STR(shown(), "hello\r\nmore");
}

TEST(tty_lines_are_read_one_at_a_time)
{
    cooked();
    type("a\nbc\n");
    EXPECT_EQ(tty_line_readable_len(&line), 5);
    EXPECT_STR(next_line(), "a\n");
    EXPECT_STR(taken(1), "b");
    EXPECT_STR(next_line(), "c\n");
}

TEST(tty_erase_wipes_a_character)
{
    cooked();
    type("ab\x7f");
    EXPECT_STR(shown(), "ab\b \b");
    type("\x7f\x7f\x7fx\n"); /* There is nothing more to wipe than one. */
    EXPECT_STR(shown(), "\b \bx\r\n");
    EXPECT_STR(next_line(), "x\n");
}

/* Erasing must not eat a line that was completed before. */
TEST(tty_erase_stops_at_the_line)
{
    cooked();
    type("one\n\x7f\x15\x17two\n");
    EXPECT_STR(next_line(), "one\n");
    EXPECT_STR(next_line(), "two\n");
}

TEST(tty_erase_takes_all_bytes_of_a_character)
{
    cooked();
    type("\xc3\xa9\xe2\x82\xac\x7f");
    EXPECT_STR(shown(), "\xc3\xa9\xe2\x82\xac\b \b");
    type("\n");
    EXPECT_STR(next_line(), "\xc3\xa9\n");
    change(&line.attributes.input, TTY_INPUT_UTF8, 0);
    type("\xc3\xa9\x7f\n");
    EXPECT_STR(next_line(), "\xc3\n");
}

/* A tab is as wide as it is at its place, and ^A has two columns. */
TEST(tty_erase_knows_widths)
{
    cooked();
    EXPECT_EQ(tty_line_write(&line, (const uint8_t *)"$ ", 2), 2);
    type("a\t\x7f");
    EXPECT_STR(shown(), "$ a\t\b\b\b\b\b     \b\b\b\b\b");
    type("\x01\x7f");
    EXPECT_STR(shown(), "^A\b\b  \b\b");
}

TEST(tty_word_erase_takes_a_word)
{
    cooked();
    type("echo two,three  \x17");
    EXPECT_STR(shown(), "echo two,three  \b\b\b\b\b\b\b       \b\b\b\b\b\b\b");
    type("\x17x\n");
    EXPECT_STR(next_line(), "echo x\n");
    type("\x17\n");
    EXPECT_STR(next_line(), "\n");
}

TEST(tty_kill_takes_the_line)
{
    cooked();
    type("abc\x15");
    EXPECT_STR(shown(), "abc\b\b\b   \b\b\b");
    change(&line.attributes.local, TTY_LOCAL_ECHO_KILL_ERASES, 0);
    type("abc\x15"
         "d\n");
    EXPECT_STR(shown(), "abc^U\r\nd\r\n");
    EXPECT_STR(next_line(), "d\n");
}

TEST(tty_reprint_shows_the_line_again)
{
    cooked();
    type("ab\x12");
    EXPECT_STR(shown(), "ab^R\r\nab");
    EXPECT(!tty_line_readable(&line));
}

TEST(tty_literal_next_takes_any_byte)
{
    cooked();
    type("\x16\x03\x16\x7f\x16\n\n");
    EXPECT_EQ(events, 0);
    EXPECT_STR(next_line(), "\x03\x7f\n\n");
    EXPECT_STR(shown(), "^\b^C^\b^?^\b\r\n\r\n");
}

TEST(tty_eof_at_the_begin_reads_nothing)
{
    cooked();
    type("\x04");
    EXPECT(tty_line_readable(&line));
    EXPECT_STR(next_line(), "");
    EXPECT(!tty_line_readable(&line));
    EXPECT_STR(shown(), "");
}

TEST(tty_eof_after_text_gives_the_text)
{
    cooked();
    type("abc\x04"
         "d\n");
    EXPECT_STR(next_line(), "abc");
    EXPECT_STR(next_line(), "d\n");
}

/* The buffer is full exactly before the EOF: it belongs to what was read. */
TEST(tty_eof_behind_a_full_read_is_no_second_end)
{
    cooked();
    type("abc\x04");
    EXPECT_STR(taken(3), "abc");
    EXPECT(!tty_line_readable(&line));
    type("\x04");
    EXPECT_STR(next_line(), "");
}

TEST(tty_other_ends_of_line)
{
    cooked();
    line.attributes.characters[TTY_CHARACTER_EOL] = ';';
    line.attributes.characters[TTY_CHARACTER_EOL2] = '!';
    type("a;b!");
    EXPECT_STR(next_line(), "a;");
    EXPECT_STR(next_line(), "b!");
    change(&line.attributes.local, TTY_LOCAL_EXTENDED, 0);
    type("c!");
    EXPECT(!tty_line_readable(&line));
}

TEST(tty_signals_flush_both_queues)
{
    cooked();
    EXPECT_EQ(tty_line_write(&line, (const uint8_t *)"flood", 5), 5);
    type("abc\nde\x03");
    EXPECT_EQ(events, TTY_EVENT_INTERRUPT);
    EXPECT(!tty_line_readable(&line));
    EXPECT_STR(shown(), "^C");
    type("x\n");
    EXPECT_STR(next_line(), "x\n");
    type("\x1c\x1a");
    EXPECT_EQ(events, TTY_EVENT_SIGNALS);
}

TEST(tty_signals_need_not_flush)
{
    cooked();
    change(&line.attributes.local, 0, TTY_LOCAL_NO_FLUSH);
    type("a\x03"
         "b\n");
    EXPECT_EQ(events, TTY_EVENT_INTERRUPT);
    EXPECT_STR(next_line(), "ab\n");
    change(&line.attributes.local, TTY_LOCAL_SIGNALS, 0);
    events = 0;
    type("\x03\n");
    EXPECT_EQ(events, 0);
    EXPECT_STR(next_line(), "\x03\n");
}

TEST(tty_a_character_that_is_off_is_ordinary)
{
    cooked();
    memset(line.attributes.characters, 0, sizeof line.attributes.characters);
    EXPECT_EQ(type_at(1, "\0\x04\x03\x7f\n", 5), 5);
    EXPECT_EQ(events, 0);
    uint8_t bytes[8];
    bool end = false;
    EXPECT_EQ(tty_line_read(&line, bytes, sizeof bytes, &end), 5);
    EXPECT(end && memcmp(bytes, "\0\x04\x03\x7f\n", 5) == 0);
}

TEST(tty_echo_can_be_off)
{
    cooked();
    change(&line.attributes.local, TTY_LOCAL_ECHO, 0);
    type("secret\x7f\x15\x12x\n");
    EXPECT_STR(shown(), "");
    change(&line.attributes.local, 0, TTY_LOCAL_ECHO_NL);
    type("secret\n");
    EXPECT_STR(shown(), "\r\n");
}

TEST(tty_mapping_of_input)
{
    cooked();
    change(&line.attributes.input, TTY_INPUT_CR_TO_NL, TTY_INPUT_NO_CR | TTY_INPUT_STRIP);
    type("a\r\xe2\n");
    EXPECT_STR(next_line(), "ab\n");
    change(&line.attributes.input, TTY_INPUT_NO_CR, TTY_INPUT_NL_TO_CR);
    type("a\n");
    EXPECT(!tty_line_readable(&line));
    change(&line.attributes.local, TTY_LOCAL_CANONICAL, 0);
    tty_line_flush_input(&line);
    type("\n");
    EXPECT_STR(next_line(), "\r");
}

static const char *written(uint32_t output, const char *text)
{
    start(&tty_attributes_raw);
    line.attributes.output = output;
    EXPECT_EQ(tty_line_write(&line, (const uint8_t *)text, strlen(text)), strlen(text));
    return shown();
}

TEST(tty_processing_of_output)
{
    EXPECT_STR(written(0, "a\n\tb\r"), "a\n\tb\r");
    EXPECT_STR(written(TTY_OUTPUT_NL_TO_CRNL, "a\n"), "a\n");
    EXPECT_STR(written(TTY_OUTPUT_PROCESS | TTY_OUTPUT_NL_TO_CRNL, "a\n\r"), "a\r\n\r");
    EXPECT_STR(written(TTY_OUTPUT_PROCESS | TTY_OUTPUT_CR_TO_NL, "a\r"), "a\n");
    EXPECT_STR(written(TTY_OUTPUT_PROCESS | TTY_OUTPUT_NO_CR_AT_0, "\ra\r\r"), "a\r");
    EXPECT_STR(written(TTY_OUTPUT_PROCESS | TTY_OUTPUT_TABS, "abc\t\td\b\te"),
               "abc             d\b        e");
    EXPECT_STR(written(TTY_OUTPUT_PROCESS | TTY_OUTPUT_TABS | TTY_OUTPUT_NL_RETURNS, "ab\n\tc"),
               "ab\n        c");
}

TEST(tty_stop_holds_output)
{
    cooked();
    type("\x13");
    EXPECT_EQ(tty_line_write(&line, (const uint8_t *)"x", 1), 0);
    EXPECT(!tty_line_writable(&line));
    type("ab");
    EXPECT_EQ(tty_line_show_len(&line), 0);
    type("\x11");
    EXPECT_STR(shown(), "ab");
    EXPECT(tty_line_writable(&line));
}

TEST(tty_any_byte_releases_output)
{
    cooked();
    change(&line.attributes.input, 0, TTY_INPUT_ANY);
    type("\x13");
    type("a");
    EXPECT_STR(shown(), "a");
    type("\x13");
    change(&line.attributes.input, TTY_INPUT_ANY, 0);
    type("\x03"); /* So does a signal: else one could not leave a stopped program. */
    EXPECT_STR(shown(), "^C");
}

/* Whoever turns the characters off must not leave output stopped for good. */
TEST(tty_without_flow_control_output_goes_on)
{
    cooked();
    type("\x13");
    struct tty_attributes other = line.attributes;
    change(&other.input, TTY_INPUT_FLOW, 0);
    tty_line_set(&line, &other);
    EXPECT(tty_line_writable(&line));
}

TEST(tty_line_has_a_limit)
{
    static char many[TTY_INPUT_SIZE + 8];
    memset(many, 'x', sizeof many);
    cooked();
    change(&line.attributes.input, 0, TTY_INPUT_BELL);
    change(&line.attributes.local, TTY_LOCAL_ECHO, 0);
    EXPECT_EQ(type_at(1, many, TTY_INPUT_SIZE - 1), TTY_INPUT_SIZE - 1);
    EXPECT_EQ(line.lost, 0);
    type("y");
    EXPECT_EQ(line.lost, 1);
    EXPECT_STR(shown(), "\a");
    type("\n");
    EXPECT_EQ(strlen(next_line()), TTY_INPUT_SIZE);
    EXPECT_EQ(tty_line_readable_len(&line), 0);
}

/* With lines to be read, what is typed waits outside instead of being dropped; ^C still comes through. */
TEST(tty_full_queue_takes_no_more_until_it_is_read)
{
    static char many[TTY_INPUT_SIZE];
    memset(many, '\n', sizeof many);
    cooked();
    change(&line.attributes.local, TTY_LOCAL_ECHO, TTY_LOCAL_NO_FLUSH);
    EXPECT_EQ(type_at(1, many, sizeof many), sizeof many - 1);
    EXPECT(!tty_line_accepts(&line));
    EXPECT_EQ(type_at(1, "ab", 2), 0);
    type("\x03");
    EXPECT_EQ(events, TTY_EVENT_INTERRUPT);
    EXPECT_STR(next_line(), "\n");
    EXPECT(tty_line_accepts(&line));
    EXPECT_EQ(line.lost, 0);
}

TEST(tty_raw_queue_holds_all_its_places)
{
    static char many[TTY_INPUT_SIZE + 1];
    memset(many, 'r', sizeof many);
    start(&tty_attributes_raw);
    EXPECT_EQ(type_at(1, many, sizeof many), TTY_INPUT_SIZE);
    EXPECT_EQ(strlen(taken(TTY_INPUT_SIZE)), TTY_INPUT_SIZE);
    EXPECT_EQ(line.lost, 0);
}

TEST(tty_echo_has_room_when_programs_flood)
{
    static uint8_t flood[TTY_OUTPUT_SIZE];
    cooked();
    size_t fitted = tty_line_write(&line, flood, sizeof flood);
    EXPECT(fitted > 0 && fitted <= TTY_OUTPUT_SIZE - TTY_ECHO_RESERVE);
    type("typed");
    EXPECT_EQ(tty_line_show_len(&line), fitted + 5);
}

TEST(tty_full_input_asks_the_typist_to_stop)
{
    static char many[TTY_INPUT_SIZE];
    memset(many, 'r', sizeof many);
    start(&tty_attributes_raw);
    line.attributes.input = TTY_INPUT_FLOW_BACK;
    line.attributes.characters[TTY_CHARACTER_STOP] = 'S';
    line.attributes.characters[TTY_CHARACTER_START] = 'Q';
    EXPECT_EQ(type_at(1, many, sizeof many - 8), sizeof many - 8);
    EXPECT_STR(shown(), "S");
    (void)taken(1000);
    EXPECT_STR(shown(), "");
    (void)taken(TTY_INPUT_SIZE);
    EXPECT_STR(shown(), "Q");
}

/* ---- MIN and TIME ---- */

enum { TENTH = 100000000 };

static enum tty_read_step step(size_t size, time_ns_t started, time_ns_t now, time_ns_t *out_until)
{
    return tty_line_read_step(&line, size, started, now, out_until);
}

static void raw(uint8_t min, uint8_t time)
{
    start(&tty_attributes_raw);
    line.attributes.characters[TTY_CHARACTER_MIN] = min;
    line.attributes.characters[TTY_CHARACTER_TIME] = time;
}

TEST(tty_min_waits_for_bytes)
{
    time_ns_t until = 0;
    raw(3, 0);
    EXPECT_EQ(step(10, 0, 0, &until), TTY_READ_WAIT);
    type("ab");
    EXPECT_EQ(step(10, 0, 1000, &until), TTY_READ_WAIT);
    EXPECT_EQ(until, TIME_NEVER);
    EXPECT(!tty_line_readable(&line));
    EXPECT_EQ(step(2, 0, 0, &until), TTY_READ_NOW); /* A smaller read is full. */
    type("c");
    EXPECT_EQ(step(10, 0, 0, &until), TTY_READ_NOW);
    EXPECT(tty_line_readable(&line));
}

TEST(tty_time_runs_between_bytes)
{
    time_ns_t until = 0;
    raw(3, 2);
    EXPECT_EQ(step(10, 0, 9 * TENTH, &until), TTY_READ_WAIT);
    EXPECT_EQ(until, TIME_NEVER); /* Not before the first byte. */
    EXPECT_EQ(type_at(5 * TENTH, "a", 1), 1);
    EXPECT_EQ(step(10, 0, 6 * TENTH, &until), TTY_READ_WAIT);
    EXPECT_EQ(until, 7 * TENTH);
    EXPECT_EQ(step(10, 0, 7 * TENTH, &until), TTY_READ_NOW);
    EXPECT_EQ(step(10, 6 * TENTH, 7 * TENTH, &until), TTY_READ_WAIT); /* It was there before. */
    EXPECT_EQ(until, 8 * TENTH);
}

TEST(tty_time_alone_bounds_the_read)
{
    time_ns_t until = 0;
    raw(0, 5);
    EXPECT_EQ(step(10, TENTH, 2 * TENTH, &until), TTY_READ_WAIT);
    EXPECT_EQ(until, 6 * TENTH);
    EXPECT_EQ(step(10, TENTH, 6 * TENTH, &until), TTY_READ_NOW);
    type("a");
    EXPECT_EQ(step(10, TENTH, TENTH, &until), TTY_READ_NOW);
    raw(0, 0);
    EXPECT_EQ(step(10, TENTH, TENTH, &until), TTY_READ_NOW);
}

/* ---- Changing the mode ---- */

TEST(tty_half_a_line_can_be_read_raw)
{
    cooked();
    type("one\ntw");
    tty_line_set(&line, &tty_attributes_raw);
    EXPECT_STR(next_line(), "one\ntw");
}

TEST(tty_raw_bytes_become_a_line)
{
    start(&tty_attributes_raw);
    type("abc");
    tty_line_set(&line, &tty_attributes_cooked);
    EXPECT_STR(next_line(), "abc");
    EXPECT(!tty_line_readable(&line));
    type("d\n");
    EXPECT_STR(next_line(), "d\n");
}

TEST(tty_flush_drops_what_was_typed)
{
    cooked();
    type("one\ntwo\x16");
    tty_line_flush_input(&line);
    type("\x7f\n");
    EXPECT_STR(next_line(), "\n");
}
