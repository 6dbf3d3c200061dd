/* Descriptors of payload slices, in one bounded store that send queues and reassembly queues share.
 * A queue is a singly linked list of descriptors by index; nothing here is a pointer, so a queue is
 * plain data of its connection's record. The engine guards it; any context. */
#pragma once

#include "lib/base/assert.h"
#include "lib/net/net.h"

#define SLICE_NONE UINT32_MAX

struct slice_descriptor {
    struct net_slice slice;
    uint32_t sequence; /* TCP sequence number of its first byte. */
    uint32_t next;     /* Index, or SLICE_NONE. */
};

struct slice_store {
    struct slice_descriptor *descriptors;
    uint32_t capacity;
    uint32_t used;
    uint32_t free_head;
    uint32_t touched; /* Descriptors from here on were never used: no list to build at start. */
};

struct slice_queue {
    uint32_t head, tail; /* SLICE_NONE when empty. */
    uint32_t count;
    uint32_t bytes;
};

#define SLICE_QUEUE_EMPTY ((struct slice_queue){ SLICE_NONE, SLICE_NONE, 0, 0 })

void slice_store_init(struct slice_store *store, uint32_t capacity);

static inline struct slice_descriptor *slice_at(const struct slice_store *store, uint32_t index)
{
    ASSERT(index < store->touched);
    return &store->descriptors[index];
}

/* A descriptor in no queue, or SLICE_NONE when all are used. */
uint32_t slice_take(struct slice_store *store, struct net_slice slice, uint32_t sequence);
void slice_give(struct slice_store *store, uint32_t index);

void slice_queue_push(struct slice_store *store, struct slice_queue *queue, uint32_t index);

/* Puts `index` behind `previous`, which is in the queue; SLICE_NONE: at the front. */
void slice_queue_insert(struct slice_store *store, struct slice_queue *queue, uint32_t previous,
                        uint32_t index);

/* Removes the descriptor behind `previous` (SLICE_NONE: the first) and returns it, still taken. */
uint32_t slice_queue_remove(struct slice_store *store, struct slice_queue *queue,
                            uint32_t previous);

/* Gives all descriptors back. */
void slice_queue_clear(struct slice_store *store, struct slice_queue *queue);
