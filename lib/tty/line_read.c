/* What programs read, the attributes, and emptying the queues. */
#include <string.h>

#include "lib/tty/line_internal.h"

enum { TTY_FLOW_RESUME = 1024 }; /* Few enough bytes are left that START is sent. */

#define TENTH_NS 100000000ull

static bool is_canonical(const struct tty_line *line)
{
    return tty_has(line->attributes.local, TTY_LOCAL_CANONICAL);
}

void tty_line_init(struct tty_line *line, const struct tty_attributes *attributes)
{
    memset(line, 0, sizeof *line);
    line->attributes = *attributes;
}

/* The end of what is there becomes the end of a line, so that it can be read. */
static void complete_last(struct tty_line *line)
{
    if (line->tail != line->head) {
        tty_mark_set(line, line->tail - 1);
        line->lines = 1;
    }
}

void tty_line_set(struct tty_line *line, const struct tty_attributes *attributes)
{
    bool was_canonical = is_canonical(line);
    if (tty_has(line->attributes.input & ~attributes->input, TTY_INPUT_FLOW))
        line->stopped = false; /* Nobody could type START any more. */
    line->attributes = *attributes;
    if (was_canonical == is_canonical(line))
        return;
    line->literal_next = false;
    line->lines = 0;
    memset(line->marks, 0, sizeof line->marks);
    line->ready = line->tail;
    if (!was_canonical)
        complete_last(line);
}

size_t tty_line_readable_len(const struct tty_line *line)
{
    return line->ready - line->head;
}

bool tty_line_readable(const struct tty_line *line)
{
    const uint8_t *characters = line->attributes.characters;
    if (is_canonical(line))
        return line->lines > 0;
    size_t least = characters[TTY_CHARACTER_TIME] == 0 ? characters[TTY_CHARACTER_MIN] : 1;
    return tty_line_readable_len(line) >= (least > 0 ? least : 1);
}

static enum tty_read_step wait_until(time_ns_t until_ns, time_ns_t now_ns, time_ns_t *out_until_ns)
{
    *out_until_ns = until_ns;
    return now_ns >= until_ns ? TTY_READ_NOW : TTY_READ_WAIT;
}

enum tty_read_step tty_line_read_step(const struct tty_line *line, size_t size,
                                      time_ns_t started_ns, time_ns_t now_ns,
                                      time_ns_t *out_until_ns)
{
    size_t len = tty_line_readable_len(line);
    size_t least = line->attributes.characters[TTY_CHARACTER_MIN];
    time_ns_t time_ns = line->attributes.characters[TTY_CHARACTER_TIME] * TENTH_NS;
    *out_until_ns = TIME_NEVER;
    if (is_canonical(line))
        return line->lines > 0 ? TTY_READ_NOW : TTY_READ_WAIT;
    if (least == 0) /* One byte, or the time after the begin. */
        return len > 0 ? TTY_READ_NOW : wait_until(started_ns + time_ns, now_ns, out_until_ns);
    if (len >= least || len >= size)
        return TTY_READ_NOW;
    if (len == 0 || time_ns == 0)
        return TTY_READ_WAIT;
    /* The time since the last byte; what was there before the read counts as come with its begin. */
    time_ns_t last_ns = line->input_ns > started_ns ? line->input_ns : started_ns;
    return wait_until(last_ns + time_ns, now_ns, out_until_ns);
}

static void flow_resume(struct tty_line *line)
{
    if (line->peer_stopped && line->tail - line->head < TTY_FLOW_RESUME) {
        line->peer_stopped = false;
        tty_line_send_flow(line, false);
    }
}

/* Take the byte at the head. @return it ended a line. */
static bool take(struct tty_line *line, uint8_t *out_byte)
{
    *out_byte = line->input[line->head % TTY_INPUT_SIZE];
    bool marked = tty_mark_at(line, line->head);
    tty_mark_clear(line, line->head);
    line->lines -= marked;
    line->head++;
    return marked;
}

/* An EOF typed behind the bytes that just filled the buffer belongs to them: else the next read would see an
 * end of file that nobody typed at the begin of a line. */
static void skip_end_of_file(struct tty_line *line)
{
    uint8_t byte;
    if (line->head != line->ready && tty_mark_at(line, line->head) &&
        line->input[line->head % TTY_INPUT_SIZE] == 0)
        (void)take(line, &byte);
}

size_t tty_line_read(struct tty_line *line, uint8_t *dst, size_t size, bool *out_end)
{
    size_t len = 0;
    bool end = false;
    while (len < size && line->head != line->ready && !end) {
        uint8_t byte;
        end = take(line, &byte);
        if (!end || byte != 0)
            dst[len++] = byte;
    }
    if (is_canonical(line) && !end && len > 0)
        skip_end_of_file(line);
    *out_end = end || line->head == line->ready;
    flow_resume(line);
    return len;
}

void tty_line_flush_input(struct tty_line *line)
{
    line->head = line->ready = line->tail;
    line->lines = 0;
    line->literal_next = false;
    memset(line->marks, 0, sizeof line->marks);
    flow_resume(line);
}

const struct tty_attributes tty_attributes_cooked = {
    .input = TTY_INPUT_CR_TO_NL | TTY_INPUT_FLOW | TTY_INPUT_UTF8,
    .output = TTY_OUTPUT_PROCESS | TTY_OUTPUT_NL_TO_CRNL,
    .control = TTY_CONTROL_SPEED_38400 | TTY_CONTROL_8_BITS | TTY_CONTROL_READ,
    .local = TTY_LOCAL_SIGNALS | TTY_LOCAL_CANONICAL | TTY_LOCAL_ECHO | TTY_LOCAL_ECHO_ERASE |
             TTY_LOCAL_ECHO_KILL | TTY_LOCAL_ECHO_CONTROL | TTY_LOCAL_ECHO_KILL_ERASES |
             TTY_LOCAL_EXTENDED,
    .characters = {
        [TTY_CHARACTER_INTERRUPT] = 'C' ^ 0x40,
        [TTY_CHARACTER_QUIT] = '\\' ^ 0x40,
        [TTY_CHARACTER_ERASE] = 0x7f,
        [TTY_CHARACTER_KILL] = 'U' ^ 0x40,
        [TTY_CHARACTER_EOF] = 'D' ^ 0x40,
        [TTY_CHARACTER_MIN] = 1,
        [TTY_CHARACTER_START] = 'Q' ^ 0x40,
        [TTY_CHARACTER_STOP] = 'S' ^ 0x40,
        [TTY_CHARACTER_SUSPEND] = 'Z' ^ 0x40,
        [TTY_CHARACTER_REPRINT] = 'R' ^ 0x40,
        [TTY_CHARACTER_DISCARD] = 'O' ^ 0x40,
        [TTY_CHARACTER_WORD_ERASE] = 'W' ^ 0x40,
        [TTY_CHARACTER_LITERAL_NEXT] = 'V' ^ 0x40,
    },
};

const struct tty_attributes tty_attributes_raw = {
    .control = TTY_CONTROL_SPEED_38400 | TTY_CONTROL_8_BITS | TTY_CONTROL_READ,
    .characters = { [TTY_CHARACTER_MIN] = 1 },
};
