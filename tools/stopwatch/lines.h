/* Bytes to lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { LINE_SIZE_MAX = 4096 };

struct lines {
    size_t len;
    char text[LINE_SIZE_MAX];
};

/* Take bytes up to the end of a line, of which *out_taken were needed. True when one is whole: it is in text, without
 * its end (and carriage returns), as a string, until the next call. A line that is too long is cut into several. */
bool lines_take(struct lines *lines, const char *bytes, size_t len, size_t *out_taken);
