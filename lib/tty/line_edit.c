/* Editing the line that is being typed: ready..tail of the input queue. What was echoed is wiped by columns, which
 * are found by walking the line as it was echoed: the one way that is right for tabs, ^X and characters
 * of several bytes alike. */
#include "lib/tty/line_internal.h"

static uint8_t byte_at(const struct tty_line *line, uint32_t at)
{
    return line->input[at % TTY_INPUT_SIZE];
}

static bool is_continuation(const struct tty_line *line, uint8_t byte)
{
    return tty_has(line->attributes.input, TTY_INPUT_UTF8) && (byte & 0xc0) == 0x80;
}

static bool is_echoed(const struct tty_line *line)
{
    return tty_has(line->attributes.local, TTY_LOCAL_ECHO);
}

/* The column behind the echo of the edited line's bytes up to `end`. */
static uint32_t column_at(const struct tty_line *line, uint32_t end)
{
    bool shows_control = tty_has(line->attributes.local, TTY_LOCAL_ECHO_CONTROL);
    uint32_t column = line->line_column;
    for (uint32_t at = line->ready; at != end; at++) {
        uint8_t byte = byte_at(line, at);
        if (byte == '\t')
            column += TTY_TAB - column % TTY_TAB;
        else if (byte < 0x20 || byte == 0x7f)
            column += shows_control ? 2 : 0;
        else if (!is_continuation(line, byte))
            column++;
    }
    return column;
}

/* Drop the bytes from `end` on, and their echo. */
static void cut(struct tty_line *line, uint32_t end, uint8_t byte)
{
    if (is_echoed(line) && tty_has(line->attributes.local, TTY_LOCAL_ECHO_ERASE))
        tty_wipe(line, column_at(line, line->tail) - column_at(line, end));
    else if (is_echoed(line))
        tty_echo(line, byte);
    line->tail = end;
}

/* The begin of the character that ends before `end`. A continuation byte without its first byte is one. */
static uint32_t character_before(const struct tty_line *line, uint32_t end)
{
    uint32_t at = end - 1;
    while (at != line->ready && is_continuation(line, byte_at(line, at)))
        at--;
    return at;
}

void tty_edit_erase(struct tty_line *line, uint8_t byte)
{
    if (line->tail != line->ready)
        cut(line, character_before(line, line->tail), byte);
}

/* Letters, digits, the underscore, and everything beyond ASCII. */
static bool is_word(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte >= 0x80;
}

/* The last word, and what is between it and the cursor. */
void tty_edit_erase_word(struct tty_line *line, uint8_t byte)
{
    uint32_t end = line->tail;
    while (end != line->ready && !is_word(byte_at(line, end - 1)))
        end--;
    while (end != line->ready && is_word(byte_at(line, end - 1)))
        end--;
    if (end != line->tail)
        cut(line, end, byte);
}

void tty_edit_kill(struct tty_line *line, uint8_t byte)
{
    const uint32_t wiping = TTY_LOCAL_ECHO_ERASE | TTY_LOCAL_ECHO_KILL | TTY_LOCAL_ECHO_KILL_ERASES;
    if ((line->attributes.local & wiping) == wiping) {
        if (line->tail != line->ready)
            cut(line, line->ready, byte);
        return;
    }
    line->tail = line->ready;
    if (!is_echoed(line))
        return;
    tty_echo(line, byte);
    if (tty_has(line->attributes.local, TTY_LOCAL_ECHO_KILL))
        tty_put(line, '\n');
    line->line_column = line->column;
}

void tty_edit_reprint(struct tty_line *line, uint8_t byte)
{
    tty_echo(line, byte);
    tty_put(line, '\n');
    line->line_column = line->column;
    for (uint32_t at = line->ready; at != line->tail; at++)
        tty_echo(line, byte_at(line, at));
}
