/* The book itself: names in order, the last BOOK_NAMES of them. Bytes in, bytes out; who brings them, and when,
 * is main.c's. One thread; nothing here can fail but by its answer. */
#pragma once

#include <abi/types.h>

enum { BOOK_NAMES = 16, BOOK_NAME_MAX = 31, BOOK_GREETING_SIZE = 64 };

struct book_name {
    char text[BOOK_NAME_MAX];
    uint8_t len;
};

struct book {
    uint64_t total;                     /* Visitors ever; they are numbered from 1. */
    uint64_t erased;                    /* Those up to this number are forgotten. */
    struct book_name names[BOOK_NAMES]; /* Visitor N at (N - 1) % BOOK_NAMES. */
};

/* What a visitor has sent so far. A line is a name: printable ASCII, at least one byte, at most BOOK_NAME_MAX
 * of them, then "\n", perhaps with "\r" before it.
 * @return OK with the name's length; WOULD_BLOCK while the line has no end yet; INVALID if it can be none. */
[[nodiscard]] status_t book_line_read(const char *bytes, size_t len, size_t *out_name_len);

/* Enter a name that book_line_read has found good. Writes the greeting, which fits, and @return its length. */
size_t book_enter(struct book *book, const char *name, size_t name_len,
                  char greeting[BOOK_GREETING_SIZE]);

/* @return NOT_FOUND if the number is nobody's, or no longer in the book. */
[[nodiscard]] status_t book_find(const struct book *book, uint64_t number,
                                 const struct book_name **out_name);

/* @return how many names were forgotten. */
uint64_t book_erase(struct book *book);
