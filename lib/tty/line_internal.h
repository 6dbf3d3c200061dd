/* What the files of the line discipline share. */
#pragma once

#include "lib/tty/line.h"

/* What one byte shown takes at most: a tab. */
enum { TTY_SHOWN_MAX = TTY_TAB };

static inline bool tty_has(uint32_t flags, uint32_t bits)
{
    return (flags & bits) != 0;
}

/* Is the byte this special character? 0 is none. */
static inline bool tty_is_character(const struct tty_line *line, enum tty_character which,
                                    uint8_t byte)
{
    return byte != 0 && line->attributes.characters[which] == byte;
}

static inline bool tty_mark_at(const struct tty_line *line, uint32_t at)
{
    at %= TTY_INPUT_SIZE;
    return (line->marks[at / 64] >> at % 64 & 1) != 0;
}

static inline void tty_mark_set(struct tty_line *line, uint32_t at)
{
    at %= TTY_INPUT_SIZE;
    line->marks[at / 64] |= 1ull << at % 64;
}

static inline void tty_mark_clear(struct tty_line *line, uint32_t at)
{
    at %= TTY_INPUT_SIZE;
    line->marks[at / 64] &= ~(1ull << at % 64);
}

static inline uint32_t tty_output_room(const struct tty_line *line)
{
    return TTY_OUTPUT_SIZE - (line->output_tail - line->output_head);
}

/* line_output.c */

/* Show a byte as the output attributes say. Dropped if it does not fit. */
void tty_put(struct tty_line *line, uint8_t byte);
/* Show it as it is: the cursor is where it was. */
void tty_put_plain(struct tty_line *line, uint8_t byte);
/* Echo a typed byte: ^X for control characters. */
void tty_echo(struct tty_line *line, uint8_t byte);
/* The cursor goes back over so many columns, wiping them. */
void tty_wipe(struct tty_line *line, uint32_t columns);

/* line_edit.c: the line at the end of the input queue, ready..tail. */

void tty_edit_erase(struct tty_line *line, uint8_t byte);
void tty_edit_erase_word(struct tty_line *line, uint8_t byte);
void tty_edit_kill(struct tty_line *line, uint8_t byte);
void tty_edit_reprint(struct tty_line *line, uint8_t byte);
