/* Where the bytes of a write come from: user memory or a file. */
#pragma once

#include "kernel/stream/stream.h"

struct stream_piece {
    uint16_t len; /* Copied. */
    uint16_t sum; /* Of them, when it was asked for. */
};

struct stream_feed {
    /* Copy the next `len` (at most a chunk) bytes or, at the end of the feed, fewer and set is_over.
     * No lock held; may sleep. On failure nothing has been copied. */
    status_t (*copy)(struct stream_feed *feed, uint8_t *dst, size_t len, bool needs_sum,
                     struct stream_piece *out_piece);
    uint64_t left; /* At most. */
    uint64_t done;
    bool is_over;
    uaddr_t address;   /* User memory. */
    struct file *file; /* File. */
    uint64_t offset_bytes;
    struct stream_letter *letter; /* To go with the first byte; NULL: none, or it has gone. */
};

/* Write all of the feed, as stream_write says; feed->done is how much went in. */
status_t stream_put(struct stream *stream, struct stream_feed *feed, uint32_t flags,
                    time_ns_t deadline);
