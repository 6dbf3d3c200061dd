/* Segments and the queue of one direction of a stream. A segment is a run of bytes in one chunk: a
 * chunk of the transport's pool, or for local streams a frame of the kernel's own. All queue
 * functions are called with the pair's lock held, and what they take out they put on a list of
 * garbage, to be freed after the lock is released: a long queue must not be freed under it. */
#pragma once

#include "kernel/sched/wait.h"
#include "kernel/stream/pool.h"

enum segment_flags {
    SEGMENT_SHOWN = 1 << 0,   /* The transport knows it: its bytes do not change any more. */
    SEGMENT_FILLING = 1 << 1, /* The writer whose turn it is copies behind its bytes. */
};

struct segment {
    struct list link;
    uint8_t *data;   /* The chunk's first byte. */
    uint32_t chunk;  /* In the pool; unused for frames. */
    uint16_t offset; /* Of the first byte that is left. */
    uint16_t len;    /* Bytes left. 0: an empty chunk kept for the next write. */
    uint16_t sum;    /* Of the bytes since it was begun (lib/base/sum.h); for pools only. */
    uint8_t flags;
    uint8_t order; /* The chunk is 2^order frames; 0 for pools; or SEGMENT_SMALL. */
};

/* What is small needs no chunk: a direction of a local stream of bytes begins with a segment that is a part of its
 * pair. It is for whole writes. The first one that does not fit brings a chunk, and then that is what is kept. */
enum { SEGMENT_SMALL = 0xff, SEGMENT_SMALL_BYTES = 128 };

struct segment_small {
    struct segment segment;
    uint8_t bytes[SEGMENT_SMALL_BYTES];
};

struct stream_queue {
    struct list segments;
    struct segment *unshown; /* First that the transport does not know; NULL: none, or local. */
    uint32_t bytes;          /* Queued. */
    uint32_t unshown_bytes;
    uint32_t limit;         /* Of bytes. */
    uint32_t segment_count; /* Without the small one. */
    uint32_t segment_max;
    bool shut;         /* The writing side will add no more. */
    bool deaf;         /* The reading side wants no more: what comes is dropped. */
    bool write_turn;   /* A writer copies; others wait. */
    bool read_turn;    /* A reader copies: the segments at the head stay. */
    uint64_t bytes_in; /* Ever. */
    uint64_t bytes_out;
    struct list letters;       /* struct stream_letter, by position. */
    struct wait_queue readers; /* For bytes. */
    struct wait_queue writers; /* For room. */
    struct wait_queue turns;   /* For either turn. */
};

struct stream_pair;

void queue_init(struct stream_queue *queue, uint32_t limit);
/* Bytes that may be added. */
static inline uint32_t queue_room(const struct stream_queue *queue)
{
    if (queue->segment_count >= queue->segment_max)
        return 0;
    return queue->limit - queue->bytes;
}

/* An empty segment with a chunk from the pair's pool, or of frames, charged to its cell. May sleep.
 * @param wanted  bytes that it is for: of a local stream, many get a large chunk if there is one. What counts is
 *                segment_capacity. @return NO_MEMORY, LIMIT. */
status_t segment_create(struct stream_pair *pair, size_t wanted, struct segment **out_segment);
/* Bytes that its chunk takes. */
uint32_t segment_capacity(const struct stream_pair *pair, const struct segment *segment);
/* A segment around a chunk that is HELD already; the chunk is not freed on failure. Never sleeps. */
status_t segment_adopt(struct stream_pair *pair, uint32_t chunk, uint8_t *data, uint16_t offset,
                       uint16_t len, struct segment **out_segment);
/* Bytes that one is charged, and that all of a queue are. */
uint64_t segment_memory(const struct stream_pair *pair, const struct segment *segment);
uint64_t queue_memory(const struct stream_pair *pair, const struct stream_queue *queue);
void segment_free(struct stream_pair *pair, struct segment *segment);
/* Free a list of them. No lock held. */
void segments_free(struct stream_pair *pair, struct list *garbage);

/* A new queue begins with this. */
void queue_begin_small(struct stream_queue *queue, struct segment_small *small);
/* Add a segment with its bytes. @param is_shown_later  the other end is a transport's. */
void queue_append(struct stream_queue *queue, struct segment *segment, bool is_shown_later);
/* The last segment grew by `len` bytes. */
void queue_grow(struct stream_queue *queue, struct segment *segment, uint16_t len,
                bool is_shown_later);
/* Take a segment out of the queue. */
void queue_remove(struct stream_queue *queue, struct segment *segment, struct list *garbage);
/* Take `len` <= queue->bytes bytes from the front. With `keep` the last chunk stays for the next
 * write, unless it is a large one. */
void queue_consume(struct stream_queue *queue, uint32_t len, bool keep, struct list *garbage);
/* The same of the first segment, which has so many. */
static inline __attribute__((always_inline)) void queue_consume_one(struct stream_queue *queue,
                                                                    uint32_t len, bool keep,
                                                                    struct list *garbage)
{
    struct segment *head = CONTAINER_OF(queue->segments.next, struct segment, link);
    bool is_last = head->link.next == &queue->segments;
    queue->bytes -= len;
    queue->bytes_out += len;
    head->offset = (uint16_t)(head->offset + len);
    head->len = (uint16_t)(head->len - len);
    if (head->len > 0 || (head->flags & SEGMENT_FILLING))
        return; /* Not empty, or about to be filled again: the last one. */
    if (is_last && keep && (head->order == 0 || head->order == SEGMENT_SMALL))
        head->offset = 0;
    else
        queue_remove(queue, head, garbage);
}

/* The letters before a place of the stream are unwanted. */
void queue_discard_letters(struct stream_queue *queue, uint64_t end);
/* Drop everything, except what a reader or writer is copying right now. */
void queue_purge(struct stream_queue *queue, struct list *garbage);
