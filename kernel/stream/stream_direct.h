/* Bytes that go from the writer's memory straight into that of a reader which sleeps for them: one copy instead of
 * two, no chunk, and half as many pages touched. For local streams, large transfers, and an empty queue. */
#pragma once

#include "kernel/stream/stream.h"

enum { STREAM_DIRECT_MIN = 8192 }; /* Below, finding the reader's pages costs more than a copy. */

/* What a reader that sleeps says about itself: the key of its waiter points here, on its stack. */
struct stream_sleeper {
    struct user_out dst;
    size_t done; /* Not 0: the answer. */
};

/* Give the caller's bytes to the reader that waits longest, if there is one that takes them and nothing is queued.
 * The lock held before and after, but not meanwhile: the turn to write is free, and is taken for the time.
 * @return how many went; 0: none, and nothing has happened. */
size_t stream_give(struct stream *stream, struct user_in src);
