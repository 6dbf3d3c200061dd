/* What is shown: the output queue, the processing of XBD 11.2.3, echo. The column is kept for tabs and for
 * wiping them; a program that moves the cursor by escape sequences makes it wrong until the next
 * carriage return, which does no more harm than a tab that is wiped badly. */
#include "lib/tty/line_internal.h"

static bool output_process(const struct tty_line *line)
{
    return tty_has(line->attributes.output, TTY_OUTPUT_PROCESS);
}

/* There is room. */
static void put(struct tty_line *line, uint8_t byte)
{
    line->output[line->output_tail++ % TTY_OUTPUT_SIZE] = byte;
}

void tty_put_plain(struct tty_line *line, uint8_t byte)
{
    if (tty_output_room(line) > 0)
        put(line, byte);
}

static bool is_continuation(const struct tty_line *line, uint8_t byte)
{
    return tty_has(line->attributes.input, TTY_INPUT_UTF8) && (byte & 0xc0) == 0x80;
}

static void put_newline(struct tty_line *line)
{
    uint32_t flags = line->attributes.output;
    if (tty_has(flags, TTY_OUTPUT_NL_TO_CRNL))
        put(line, '\r');
    if (tty_has(flags, TTY_OUTPUT_NL_TO_CRNL | TTY_OUTPUT_NL_RETURNS))
        line->column = 0;
    put(line, '\n');
}

static void put_return(struct tty_line *line)
{
    uint32_t flags = line->attributes.output;
    if (tty_has(flags, TTY_OUTPUT_NO_CR_AT_0) && line->column == 0)
        return;
    if (tty_has(flags, TTY_OUTPUT_CR_TO_NL)) {
        put(line, '\n');
        line->column = tty_has(flags, TTY_OUTPUT_NL_RETURNS) ? 0 : line->column;
        return;
    }
    line->column = 0;
    put(line, '\r');
}

static void put_tab(struct tty_line *line)
{
    uint32_t spaces = TTY_TAB - line->column % TTY_TAB;
    line->column += spaces;
    if ((line->attributes.output & TTY_OUTPUT_TABS) != TTY_OUTPUT_TABS) {
        put(line, '\t');
        return;
    }
    for (uint32_t i = 0; i < spaces; i++)
        put(line, ' ');
}

/* There is room for TTY_SHOWN_MAX bytes. */
static void put_processed(struct tty_line *line, uint8_t byte)
{
    switch (byte) {
    case '\n': put_newline(line); return;
    case '\r': put_return(line); return;
    case '\t': put_tab(line); return;
    case '\b': line->column -= line->column > 0; break;
    default:
        if (byte >= 0x20 && byte != 0x7f && !is_continuation(line, byte))
            line->column++;
    }
    put(line, byte);
}

void tty_put(struct tty_line *line, uint8_t byte)
{
    if (!output_process(line))
        tty_put_plain(line, byte);
    else if (tty_output_room(line) >= TTY_SHOWN_MAX)
        put_processed(line, byte);
}

void tty_echo(struct tty_line *line, uint8_t byte)
{
    bool is_control = byte < 0x20 || byte == 0x7f;
    if (is_control && byte != '\n' && byte != '\t' &&
        tty_has(line->attributes.local, TTY_LOCAL_ECHO_CONTROL)) {
        tty_put(line, '^');
        byte ^= 0x40;
    }
    tty_put(line, byte);
}

/* Backspaces, spaces, backspaces; the room decides for all or nothing. */
void tty_wipe(struct tty_line *line, uint32_t columns)
{
    if (columns > TTY_OUTPUT_SIZE || tty_output_room(line) < 3 * columns)
        return;
    for (uint32_t i = 0; i < 3 * columns; i++)
        put(line, i / columns == 1 ? ' ' : '\b');
    line->column -= columns < line->column ? columns : line->column;
}

size_t tty_line_write(struct tty_line *line, const uint8_t *bytes, size_t len)
{
    size_t done = 0;
    while (done < len && tty_line_writable(line))
        tty_put(line, bytes[done++]);
    return done;
}

bool tty_line_writable(const struct tty_line *line)
{
    return !line->stopped && tty_output_room(line) >= TTY_ECHO_RESERVE + TTY_SHOWN_MAX;
}

size_t tty_line_show_len(const struct tty_line *line)
{
    return line->stopped ? 0 : line->output_tail - line->output_head;
}

size_t tty_line_show(struct tty_line *line, uint8_t *dst, size_t size)
{
    size_t len = tty_line_show_len(line);
    if (len > size)
        len = size;
    for (size_t i = 0; i < len; i++)
        dst[i] = line->output[line->output_head++ % TTY_OUTPUT_SIZE];
    return len;
}

void tty_line_flush_output(struct tty_line *line)
{
    line->output_head = line->output_tail;
}

void tty_line_stop(struct tty_line *line, bool stopped)
{
    line->stopped = stopped;
}

void tty_line_send_flow(struct tty_line *line, bool stop)
{
    uint8_t byte = line->attributes.characters[stop ? TTY_CHARACTER_STOP : TTY_CHARACTER_START];
    if (byte != 0)
        tty_put_plain(line, byte);
}
