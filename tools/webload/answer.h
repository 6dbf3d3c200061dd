/* The head of an HTTP/1.1 answer, as far as a client needs it: the status, the length of the body, and
 * whether the connection goes on (RFC 9112). An answer without Content-Length is refused: the server under
 * test always sends it. Pure; any context. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct answer {
    unsigned status;
    uint64_t body_bytes;
    bool closes;        /* Connection: close. */
    bool has_range;     /* Content-Range: bytes FIRST-LAST/SIZE. */
    uint64_t first;     /* Of the range. */
    uint64_t last;      /* Inclusive. */
    uint64_t file_size; /* The whole of which this is a part. */
};

enum answer_parse { ANSWER_MORE, ANSWER_WHOLE, ANSWER_BAD };

/* Read a head from `text`.
 * @param out_len  on WHOLE, the length of the head with its empty line.
 * @return MORE when the empty line is not there yet, BAD when this is no head. */
enum answer_parse answer_parse(const char *text, size_t len, struct answer *out_answer,
                               size_t *out_len);
