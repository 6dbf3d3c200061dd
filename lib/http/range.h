/* The Range field (RFC 9110, section 14.2): which bytes of a file a client asks for.
 * Pure; any context; cost linear in the field. */
#pragma once

#include "lib/http/text.h"

enum { HTTP_RANGES_MAX = 8 };

struct http_range {
    uint64_t offset_bytes;
    uint64_t len_bytes; /* Never 0. */
};

struct http_ranges {
    struct http_range range[HTTP_RANGES_MAX];
    unsigned count;
};

enum http_range_answer {
    HTTP_RANGE_WHOLE,         /* The field is to be ignored: send everything, with 200. */
    HTTP_RANGE_PARTIAL,       /* Send the ranges, of which there is at least one, with 206. */
    HTTP_RANGE_UNSATISFIABLE, /* None of them lies in the file: 416. */
};

/* Read the field for a file of `size_bytes`, clipping each range to the file and leaving out those
 * beyond it. Ignored are every field for an empty file (no Content-Range can describe a part of
 * it), a malformed field, a unit other than bytes, more than HTTP_RANGES_MAX ranges, and ranges
 * that together ask for more than the file has: those overlap, and a client could have a small
 * file sent many times over (14.2 allows all of it). */
enum http_range_answer http_ranges_parse(struct http_text field, uint64_t size_bytes,
                                         struct http_ranges *out_ranges);
