/* See lines.h. */
#include "tools/stopwatch/lines.h"

bool lines_take(struct lines *lines, const char *bytes, size_t len, size_t *out_taken)
{
    for (size_t i = 0; i < len; i++) {
        bool is_end = bytes[i] == '\n';
        if (!is_end && bytes[i] != '\r' && bytes[i] != '\0')
            lines->text[lines->len++] = bytes[i];
        if (is_end || lines->len == LINE_SIZE_MAX - 1) {
            lines->text[lines->len] = '\0';
            lines->len = 0;
            *out_taken = i + 1;
            return true;
        }
    }
    *out_taken = len;
    return false;
}
