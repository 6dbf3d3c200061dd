/* A line editor for the operator console: bytes in, bytes to show out; no I/O of its own. Knows
 * backspace, ^C (abandon), ^U (clear), ^W (word), ^L (redraw), arrows left, right, up and down, Home
 * and End, and a few lines of history. Bytes outside ASCII are taken as they are. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LINE_MAX = 120, LINE_HISTORY = 8, LINE_ECHO_MAX = 512 };

enum line_event {
    LINE_NONE,
    LINE_DONE,      /* text is a whole line, NUL-ended. */
    LINE_ABANDONED, /* ^C: text is empty. */
    LINE_END,       /* ^D on an empty line. */
};

struct line {
    const char *prompt;
    char text[LINE_MAX + 1];
    size_t len;
    size_t cursor;
    char history[LINE_HISTORY][LINE_MAX + 1]; /* The newest first. */
    size_t history_count;
    size_t history_at; /* 0: the line being written; n: history[n - 1]. */
    enum { LINE_PLAIN, LINE_ESCAPE, LINE_BRACKET } state;
    bool saw_return; /* The last byte was \r: a \n after it is the same key. */
    char echo[LINE_ECHO_MAX];
    size_t echo_len; /* What to show now; the caller takes it and sets it to 0. */
};

/* The prompt's text must outlive the line. */
void line_init(struct line *line, const char *prompt);
/* Begin a line: shows the prompt. */
void line_begin(struct line *line);
enum line_event line_feed(struct line *line, char byte);
