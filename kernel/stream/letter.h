/* Letters: what travels with the bytes of a stream without being bytes. A letter lies at a place in the
 * stream, that of the first byte that was written with it; who reads that byte may take it, and who reads past
 * it without asking, or closes the reading end, has it discarded. What is in a letter is its owner's business
 * (kernel/posix/letter.h): the functions below are called with the pair's lock held, and must not sleep. */
#pragma once

#include <stdint.h>

#include "lib/base/list.h"

struct stream;
struct stream_letter;

struct stream_letter_ops {
    /* It lies in a queue from now on, which `reader` reads. */
    void (*entered)(struct stream_letter *letter, struct stream *reader);
    /* It was taken out, for whoever took it. */
    void (*left)(struct stream_letter *letter);
    /* It was taken out, and nobody wants it: it owns itself from now on. */
    void (*discarded)(struct stream_letter *letter);
};

struct stream_letter {
    const struct stream_letter_ops *ops;
    struct list link;  /* In the queue, by place. */
    uint64_t position; /* Bytes ever written before it. */
};

/* What reading does about letters. */
enum letter_mode {
    LETTERS_IGNORE, /* What is passed is discarded. */
    LETTERS_TAKE,   /* At most one, at the begin; stop before the next. */
    LETTERS_STOP,   /* Stop before the first: WOULD_BLOCK when it is right there. */
};
