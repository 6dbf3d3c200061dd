/* For lib/toml alone: the place in the text, and what toml.c and toml_value.c ask of each other. */
#pragma once

#include "lib/toml/toml.h"

struct toml_cursor {
    struct toml *toml;
    const uint8_t *data;
    size_t len;
    size_t at;
    uint32_t line;
};

/* The next byte, or -1 at the end. */
static inline int cursor_peek(const struct toml_cursor *cursor)
{
    return cursor->at < cursor->len ? cursor->data[cursor->at] : -1;
}

/* Take the next byte if it is this one. */
static inline bool cursor_take(struct toml_cursor *cursor, char c)
{
    if (cursor_peek(cursor) != c)
        return false;
    cursor->at++;
    return true;
}

static inline void cursor_skip_blanks(struct toml_cursor *cursor)
{
    while (cursor_peek(cursor) == ' ' || cursor_peek(cursor) == '\t')
        cursor->at++;
}

/* Take a line's end if it is next; a CR is always followed by LF (toml_text_check). */
static inline bool cursor_take_newline(struct toml_cursor *cursor)
{
    if (cursor_peek(cursor) == '\r')
        cursor->at++;
    if (!cursor_take(cursor, '\n'))
        return false;
    cursor->line++;
    return true;
}

/* Note the line and the reason, and be the status. */
static inline status_t cursor_refuse(struct toml_cursor *cursor, status_t status,
                                     const char *reason)
{
    cursor->toml->error_line = cursor->line;
    cursor->toml->error_reason = reason;
    return status;
}

/* In toml.c: blanks, comments and line ends; a new child; a key and its value, into `table`. */
void cursor_skip_lines(struct toml_cursor *cursor);
status_t toml_add(struct toml_cursor *cursor, uint32_t parent, struct const_span key,
                  enum toml_kind kind, uint32_t *out_node);
status_t toml_key_value(struct toml_cursor *cursor, uint32_t table);

/* In toml_value.c: a value, into a node that has its place; a string on one line, at its quote. */
status_t toml_value(struct toml_cursor *cursor, uint32_t node);

/* In toml_string.c: a string at its opening quote, of one line only or of any kind. */
status_t toml_line_string(struct toml_cursor *cursor, struct const_span *out_string);
status_t toml_string(struct toml_cursor *cursor, struct const_span *out_string);
