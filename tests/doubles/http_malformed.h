/* The table tests/corpus/http_request/malformed.txt: requests that a server must refuse, and the
 * status of each. The format is told in the table itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { HTTP_MALFORMED_LINE_MAX = 8192, HTTP_MALFORMED_BYTES_MAX = 16384 };

struct http_malformed {
    FILE *file;
    int line; /* Of the present request, for messages. */
    unsigned status;
    size_t len;
    char request[HTTP_MALFORMED_BYTES_MAX];
    char text[HTTP_MALFORMED_LINE_MAX];
};

/* False when there is no table below the working directory. */
bool http_malformed_open(struct http_malformed *table);
/* The next request; false, and the file closed, after the last. A line that cannot be read fails an
 * assertion: the table is ours. */
bool http_malformed_next(struct http_malformed *table);
