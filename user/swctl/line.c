/* See line.h. After every change the whole line is drawn again: a line is short. */
#include "user/swctl/line.h"

#include <string.h>

#include "lib/base/format.h"

enum {
    KEY_HOME = 1,    /* ^A */
    KEY_LEFT = 2,    /* ^B */
    KEY_ABANDON = 3, /* ^C */
    KEY_END_OF_INPUT = 4,
    KEY_END = 5,   /* ^E */
    KEY_RIGHT = 6, /* ^F */
    KEY_BACKSPACE = 8,
    KEY_REDRAW = 12,   /* ^L */
    KEY_NEXT = 14,     /* ^N */
    KEY_PREVIOUS = 16, /* ^P */
    KEY_CLEAR = 21,    /* ^U */
    KEY_WORD = 23,     /* ^W */
    KEY_ESCAPE = 27,
    KEY_DELETE = 127,
};

static void show(struct line *line, const char *text, size_t len)
{
    size_t room = sizeof line->echo - line->echo_len;
    if (len > room)
        len = room;
    memcpy(line->echo + line->echo_len, text, len);
    line->echo_len += len;
}

static void show_text(struct line *line, const char *text)
{
    show(line, text, strlen(text));
}

static void redraw(struct line *line)
{
    char move[16];
    show_text(line, "\r");
    show_text(line, line->prompt);
    show(line, line->text, line->len);
    show_text(line, "\033[K");
    if (line->cursor < line->len) {
        format_text(move, sizeof move, "\033[%zuD", line->len - line->cursor);
        show_text(line, move);
    }
}

void line_init(struct line *line, const char *prompt)
{
    *line = (struct line){ .prompt = prompt };
}

void line_begin(struct line *line)
{
    line->len = 0;
    line->cursor = 0;
    line->text[0] = 0;
    line->history_at = 0;
    line->state = LINE_PLAIN;
    show_text(line, line->prompt);
}

static void set_text(struct line *line, const char *text)
{
    line->len = strnlen(text, LINE_MAX);
    memcpy(line->text, text, line->len);
    line->text[line->len] = 0;
    line->cursor = line->len;
}

static void recall(struct line *line, size_t at)
{
    if (at > line->history_count)
        return;
    line->history_at = at;
    set_text(line, at == 0 ? "" : line->history[at - 1]);
}

static void remember(struct line *line)
{
    if (line->len == 0 || (line->history_count > 0 && strcmp(line->history[0], line->text) == 0))
        return;
    memmove(line->history[1], line->history[0], sizeof line->history[0] * (LINE_HISTORY - 1));
    memcpy(line->history[0], line->text, line->len + 1);
    if (line->history_count < LINE_HISTORY)
        line->history_count++;
}

static void insert(struct line *line, char byte)
{
    if (line->len == LINE_MAX) {
        show_text(line, "\a");
        return;
    }
    memmove(line->text + line->cursor + 1, line->text + line->cursor, line->len - line->cursor);
    line->text[line->cursor++] = byte;
    line->text[++line->len] = 0;
}

/* Remove the bytes from `start` to the cursor. */
static void erase_from(struct line *line, size_t start)
{
    memmove(line->text + start, line->text + line->cursor, line->len - line->cursor);
    line->len -= line->cursor - start;
    line->text[line->len] = 0;
    line->cursor = start;
}

static size_t word_start(const struct line *line)
{
    size_t at = line->cursor;
    while (at > 0 && line->text[at - 1] == ' ')
        at--;
    while (at > 0 && line->text[at - 1] != ' ')
        at--;
    return at;
}

static void arrow(struct line *line, char key)
{
    switch (key) {
    case 'A': recall(line, line->history_at + 1); break;
    case 'B': recall(line, line->history_at > 0 ? line->history_at - 1 : 0); break;
    case 'C': line->cursor += line->cursor < line->len; break;
    case 'D': line->cursor -= line->cursor > 0; break;
    case 'H': line->cursor = 0; break;
    case 'F': line->cursor = line->len; break;
    default: return;
    }
}

/* An escape sequence is ESC [ or ESC O, parameters, a letter. */
static void escape(struct line *line, char byte)
{
    if (line->state == LINE_ESCAPE) {
        line->state = byte == '[' || byte == 'O' ? LINE_BRACKET : LINE_PLAIN;
        return;
    }
    if ((byte >= '0' && byte <= '9') || byte == ';')
        return;
    line->state = LINE_PLAIN;
    arrow(line, byte);
}

static enum line_event finish(struct line *line, enum line_event event)
{
    show_text(line, event == LINE_ABANDONED ? "^C\r\n" : "\r\n");
    if (event == LINE_ABANDONED)
        set_text(line, "");
    else
        remember(line);
    return event;
}

static void edit(struct line *line, char byte)
{
    switch (byte) {
    case KEY_HOME: arrow(line, 'H'); break;
    case KEY_END: arrow(line, 'F'); break;
    case KEY_LEFT: arrow(line, 'D'); break;
    case KEY_RIGHT: arrow(line, 'C'); break;
    case KEY_NEXT: arrow(line, 'B'); break;
    case KEY_PREVIOUS: arrow(line, 'A'); break;
    case KEY_BACKSPACE:
    case KEY_DELETE:
        if (line->cursor > 0)
            erase_from(line, line->cursor - 1);
        break;
    case KEY_CLEAR: erase_from(line, 0); break;
    case KEY_WORD: erase_from(line, word_start(line)); break;
    case KEY_ESCAPE: line->state = LINE_ESCAPE; break;
    case KEY_REDRAW: show_text(line, "\033[H\033[2J"); break;
    default:
        if ((unsigned char)byte >= ' ')
            insert(line, byte);
        break;
    }
}

enum line_event line_feed(struct line *line, char byte)
{
    bool second_of_pair = byte == '\n' && line->saw_return;
    line->saw_return = byte == '\r';
    if (second_of_pair)
        return LINE_NONE;
    if (line->state != LINE_PLAIN) {
        escape(line, byte);
    } else {
        switch (byte) {
        case '\r':
        case '\n': return finish(line, LINE_DONE);
        case KEY_ABANDON: return finish(line, LINE_ABANDONED);
        case KEY_END_OF_INPUT:
            if (line->len == 0)
                return LINE_END;
            break;
        default: edit(line, byte);
        }
    }
    if (line->state == LINE_PLAIN)
        redraw(line);
    return LINE_NONE;
}
