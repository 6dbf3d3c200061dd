/* Strings: basic and literal, of one line or of several. A string without escapes is a run of the
 * text; one with escapes is written out into the arena, where it is never longer than in the text. */
#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/toml/toml_internal.h"

/* Where the decoded bytes of one string go. */
struct toml_output {
    struct toml_cursor *cursor;
    size_t begin; /* In the arena. */
    bool full;
};

static void output_byte(struct toml_output *output, uint8_t byte)
{
    struct toml *toml = output->cursor->toml;
    if (toml->arena_used == toml->arena.len) {
        output->full = true;
        return;
    }
    toml->arena.data[toml->arena_used++] = byte;
}

/* A Unicode scalar value as UTF-8. */
static void output_scalar(struct toml_output *output, uint32_t scalar)
{
    if (scalar < 0x80) {
        output_byte(output, (uint8_t)scalar);
        return;
    }
    int followers = scalar < 0x800 ? 1 : scalar < 0x10000 ? 2 : 3;
    static const uint8_t leads[4] = { 0, 0xc0, 0xe0, 0xf0 };
    output_byte(output, (uint8_t)(leads[followers] | scalar >> (6 * followers)));
    while (followers-- > 0)
        output_byte(output, (uint8_t)(0x80 | (scalar >> (6 * followers) & 0x3f)));
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    int letter = c | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* The digits of \uXXXX or \UXXXXXXXX. */
static status_t toml_escape_unicode(struct toml_output *output, int digits)
{
    struct toml_cursor *cursor = output->cursor;
    uint32_t scalar = 0;
    for (int i = 0; i < digits; i++, cursor->at++) {
        int digit = hex_digit(cursor_peek(cursor));
        if (digit < 0)
            return cursor_refuse(cursor, STATUS_CORRUPT, "an escape has too few digits");
        scalar = scalar << 4 | (uint32_t)digit;
    }
    if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar < 0xe000))
        return cursor_refuse(cursor, STATUS_CORRUPT, "an escape names no character");
    output_scalar(output, scalar);
    return STATUS_OK;
}

/* A backslash at the end of a line swallows all blanks and line ends up to the next text. */
static bool toml_escape_line(struct toml_cursor *cursor)
{
    struct toml_cursor ahead = *cursor;
    cursor_skip_blanks(&ahead);
    if (!cursor_take_newline(&ahead))
        return false;
    do
        cursor_skip_blanks(&ahead);
    while (cursor_take_newline(&ahead));
    *cursor = ahead;
    return true;
}

/* What follows a backslash. */
static status_t toml_escape(struct toml_output *output, bool multiline)
{
    struct toml_cursor *cursor = output->cursor;
    static const char letters[] = "btnfr\"\\";
    static const uint8_t bytes[] = "\b\t\n\f\r\"\\";
    int c = cursor_peek(cursor);
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        if (c != letters[i])
            continue;
        cursor->at++;
        output_byte(output, bytes[i]);
        return STATUS_OK;
    }
    if (cursor_take(cursor, 'u'))
        return toml_escape_unicode(output, 4);
    if (cursor_take(cursor, 'U'))
        return toml_escape_unicode(output, 8);
    if (multiline && toml_escape_line(cursor))
        return STATUS_OK;
    return cursor_refuse(cursor, STATUS_CORRUPT, "an escape that TOML does not have");
}

/* How many quotes stand here, at most five: three that close and two of the string before them. */
static size_t quotes_ahead(const struct toml_cursor *cursor, char quote)
{
    size_t count = 0;
    while (count < 5 && cursor->at + count < cursor->len &&
           cursor->data[cursor->at + count] == (uint8_t)quote)
        count++;
    return count;
}

/* Take the closing quotes if they are here; quotes before them belong to the string. */
static bool toml_string_ends(struct toml_output *output, char quote, bool multiline)
{
    struct toml_cursor *cursor = output->cursor;
    if (!multiline)
        return cursor_take(cursor, quote);
    size_t count = quotes_ahead(cursor, quote);
    if (count < 3)
        return false;
    for (size_t i = 3; i < count; i++)
        output_byte(output, (uint8_t)quote);
    cursor->at += count;
    return true;
}

/* The string after its opening quotes, written out into the arena. */
static status_t toml_string_decode(struct toml_output *output, char quote, bool multiline)
{
    struct toml_cursor *cursor = output->cursor;
    while (!toml_string_ends(output, quote, multiline)) {
        int c = cursor_peek(cursor);
        if (c < 0)
            return cursor_refuse(cursor, STATUS_CORRUPT, "a string does not end");
        if (!multiline && (c == '\n' || c == '\r'))
            return cursor_refuse(cursor, STATUS_CORRUPT, "a string does not end on its line");
        cursor->at++;
        if (quote == '"' && c == '\\') {
            status_t status = toml_escape(output, multiline);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        cursor->line += c == '\n';
        output_byte(output, (uint8_t)c);
    }
    return STATUS_OK;
}

/* Bytes of a one-line string that has no escapes, after its quote; false if it is another. */
static bool toml_string_is_plain(const struct toml_cursor *cursor, char quote, size_t *out_len)
{
    for (size_t at = cursor->at; at < cursor->len; at++) {
        uint8_t c = cursor->data[at];
        if (c == (uint8_t)quote) {
            *out_len = at - cursor->at;
            return true;
        }
        if (c == '\\' && quote == '"')
            return false;
        if (c == '\n' || c == '\r')
            return false;
    }
    return false;
}

static status_t toml_string_read(struct toml_cursor *cursor, char quote, bool multiline,
                                 struct const_span *out_string)
{
    size_t len;
    if (!multiline && toml_string_is_plain(cursor, quote, &len)) {
        *out_string = const_span_of(cursor->data + cursor->at, len);
        cursor->at += len + 1;
        return STATUS_OK;
    }
    struct toml *toml = cursor->toml;
    struct toml_output output = { .cursor = cursor, .begin = toml->arena_used };
    status_t status = toml_string_decode(&output, quote, multiline);
    if (status != STATUS_OK)
        return status;
    if (output.full)
        return cursor_refuse(cursor, STATUS_NO_SPACE, "too much text");
    *out_string = const_span_of(toml->arena.data + output.begin, toml->arena_used - output.begin);
    return STATUS_OK;
}

status_t toml_line_string(struct toml_cursor *cursor, struct const_span *out_string)
{
    char quote = (char)cursor_peek(cursor);
    ASSERT(quote == '"' || quote == '\'');
    cursor->at++;
    return toml_string_read(cursor, quote, false, out_string);
}

status_t toml_string(struct toml_cursor *cursor, struct const_span *out_string)
{
    char quote = (char)cursor_peek(cursor);
    ASSERT(quote == '"' || quote == '\'');
    bool multiline = quotes_ahead(cursor, quote) >= 3;
    cursor->at += multiline ? 3 : 1;
    if (multiline)
        (void)cursor_take_newline(cursor); /* One right after the quotes does not count. */
    return toml_string_read(cursor, quote, multiline, out_string);
}
