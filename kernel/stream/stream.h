/* Streams: a pair of ends with a queue of segments each way. Both ends of a local stream (a pipe, a
 * socket pair, joined local TCP) are applications'; of a network stream one is the transport's,
 * which takes and gives segments by reference (stream_net.h).
 *
 * Any number of threads and processes use an end. Bytes are copied without a lock, under a *turn*:
 * one writer and one reader at a time in each direction. docs/design/stream.md draws the states.
 *
 * Lock order: pair.lock (LOCK_STREAM) > pool.lock > LOCK_OBJECT > LOCK_WAIT. */
#pragma once

#include <abi/signals.h>
#include <abi/stream.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/object.h"
#include "kernel/stream/letter.h"
#include "kernel/stream/segment.h"

struct file;

struct stream {
    struct object object; /* OBJECT_STREAM. */
    struct signal_source source;
    struct stream_pair *pair; /* What it is a part of: it stays until both ends are gone. */
    uint8_t index;            /* It writes into pair->queues[index], reads from the other. */
    bool is_net;              /* The transport's end. */
    bool closed;              /* The last handle went. */
    bool writable;            /* WRITABLE, with hysteresis: see stream_refresh. */
    bool fin_told;            /* Transport: it has seen STREAM_RESULT_FIN, */
    bool closed_told;         /* and STREAM_RESULT_CLOSED, */
    uint32_t room_told;       /* and this much room to push into. */
    uint32_t signals;         /* What `source` shows; changed under the pair's lock only. */
    struct stream_reach {     /* For kernel/posix/letter.c, guarded by its lock. */
        uint64_t round;
        uint32_t held; /* Handles that only letters hold. */
        struct posix_letter *letters;
    } reach;
};

struct stream_pair {
    struct spinlock lock; /* LOCK_STREAM: all below, and the ends' fields. */
    uint8_t end_count;    /* Ends that are not destroyed. */
    uint8_t state;        /* enum stream_state. */
    uint16_t chunk_fill;  /* Bytes to put into one chunk. */
    bool records;         /* Each segment is one; else bytes. */
    bool plain;           /* Local, and of bytes. */
    bool has_peer;        /* Of records of the network: addresses[1]. */
    bool unclaimed;       /* Made for somebody else, who has not used it. */
    bool sums;            /* Of a network: what is written is summed while it is copied. */
    bool watched;         /* Somebody has asked for an end's signals: they are kept from then on. */
    status_t status;      /* Of STREAM_RESET; of records, a report to be answered once. */
    struct pool *pool;    /* One reference; NULL: frames. */
    struct cell *cell;    /* One reference: charged for segments. */
    struct stream *ends[2]; /* Of `parts`; NULL: destroyed. */
    struct stream_queue queues[2];
    struct socket_address addresses[2]; /* Of each end: its local one. */
    struct stream parts[2];             /* Charged, as all of this, to the cell of both. */
};

/* A pair that is plain. */
struct stream_pair_plain {
    struct stream_pair pair;
    struct segment_small small[2];
};

/* Queues' sizes and names of a new pair; zeroes give a plain local stream. */
struct stream_params {
    struct pool *pool;   /* Network stream: end 1 is the transport's. */
    uint32_t limits[2];  /* Of what end 0 writes, of what end 1 writes; 0: the default. */
    uint16_t chunk_fill; /* Network: 1 to STREAM_CHUNK_SIZE. */
    bool connecting;     /* Writes of end 0 wait. */
    bool unsummed;       /* Network: nobody needs sums of what is written. Not with records. */
    bool records;        /* chunk_fill is the longest, header included. */
    bool unclaimed;      /* Charged to the first cell that uses an application's end. */
    struct socket_address addresses[2];
};

/* The caller gets one reference to each end. @return NO_MEMORY, LIMIT. */
status_t stream_create(struct cell *cell, const struct stream_params *params,
                       struct stream *out_ends[2]);

/* Take at least one byte, at most dst.len. 0 at the end of the stream. @param flags STREAM_NO_WAIT,
 * STREAM_PEEK. @return BAD_ADDRESS (what was copied before it stays in the stream), WOULD_BLOCK,
 * TIMED_OUT, CANCELLED, or the status of the reset. */
status_t stream_read(struct stream *stream, struct user_out dst, uint32_t flags, time_ns_t deadline,
                     size_t *out_actual);

/* The same with letters (letter.h). @param out_letter  with LETTERS_TAKE: what lay at the begin, the caller's
 * from then on, or NULL. */
status_t stream_read_letter(struct stream *stream, struct user_out dst, uint32_t flags,
                            time_ns_t deadline, enum letter_mode mode, size_t *out_actual,
                            struct stream_letter **out_letter);

/* Put all bytes, or with STREAM_NO_WAIT what fits. When something was put, the answer is OK and a
 * later failure shows in the next call. @return BAD_ADDRESS, WOULD_BLOCK, TIMED_OUT, CANCELLED,
 * PEER_CLOSED, NO_MEMORY, LIMIT, or the status of the reset. */
status_t stream_write(struct stream *stream, struct user_in src, uint32_t flags, time_ns_t deadline,
                      size_t *out_actual);
/* The same with a letter for the first byte; *letter is NULL once it has gone. */
status_t stream_write_letter(struct stream *stream, struct user_in src, uint32_t flags,
                             time_ns_t deadline, struct stream_letter **letter, size_t *out_actual);
/* Discard letters that lie where this end reads. @param matches  which. Any context without locks past
 * LOCK_STREAM. */
void stream_discard_letters(struct stream *stream,
                            bool (*matches)(const struct stream_letter *letter, const void *about),
                            const void *about);
/* The same from a file's cached pages; stops at the end of the file. @return also IO. */
status_t stream_splice(struct stream *stream, struct file *file, uint64_t offset_bytes,
                       uint64_t len, uint32_t flags, time_ns_t deadline, uint64_t *out_actual);

/* @param how STREAM_SHUT_WRITE, STREAM_SHUT_READ. */
void stream_shutdown(struct stream *stream, uint32_t how);
void stream_info(struct stream *stream, struct stream_info *out_info);

/* An end that everybody has closed has a handle again: for named pipes. What this end would have read was
 * dropped when it was closed; what it wrote is still there. Any context without locks past LOCK_STREAM. */
void stream_reopen(struct stream *stream);

/* Charge what an unclaimed pair holds, and will hold, to another cell: the first that uses it. Left as
 * it is when an application's end has been used before. @return LIMIT, nothing changed. */
status_t stream_move_charges(struct stream *stream, struct cell *cell);

/* Reading and writing without waiting, inside an epoch: what lies in the first chunk, and what the last one has room
 * for, of a local stream of bytes. A thread that waits for it is woken. @return false: declined, nothing was done. */
bool stream_read_now(struct stream *stream, struct user_out dst, size_t *out_actual);
bool stream_write_now(struct stream *stream, struct user_in src);

/* What each call on an application's end begins with. */
static inline status_t stream_claim(struct stream *stream, struct cell *cell)
{
    if (!__atomic_load_n(&stream->pair->unclaimed, __ATOMIC_RELAXED))
        return STATUS_OK;
    return stream_move_charges(stream, cell);
}

/* ---- For the folder; pair->lock held ---- */

/* Bring the signals of both ends up to date with the queues. Mostly nobody waits for signals of a pipe, only for its
 * bytes; then there is nothing to bring. */
void stream_refresh_watched(struct stream_pair *pair);
static inline void stream_refresh(struct stream_pair *pair)
{
    if (pair->watched)
        stream_refresh_watched(pair);
}
/* Wake the longest waiter, if there is one: mostly there is none. */
static inline void stream_wake(struct stream_pair *pair, struct wait_queue *queue)
{
    if (!list_is_empty(&queue->waiters))
        wait_wake_one(queue, &pair->lock);
}

/* Bytes have come into / room was made in queue `index`: wake those who wait for it. */
void stream_pulse_reader(struct stream_pair *pair, uint32_t index);
static inline void stream_tell_readers(struct stream_pair *pair, uint32_t index)
{
    stream_wake(pair, &pair->queues[index].readers);
    if (pair->watched)
        stream_pulse_reader(pair, index);
}
static inline __attribute__((always_inline)) void stream_tell_writers(struct stream_pair *pair,
                                                                      uint32_t index)
{
    struct stream_queue *queue = &pair->queues[index];
    if (!list_is_empty(&queue->writers.waiters) && queue_room(queue) >= queue->limit / 2)
        wait_wake_one(&queue->writers, &pair->lock);
}

/* Everybody who waits looks again: an end closed, the stream was reset. */
void stream_tell_all(struct stream_pair *pair);
