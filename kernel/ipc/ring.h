/* Rings: memory that two parties share, and a doorbell each way. What is in the memory (indices,
 * descriptors: lib/base/ring.h) is the parties' affair; the kernel only lets each ring the other's
 * bell and tells each when nobody holds the other's end. Any context but map and destroy. */
#pragma once

#include "kernel/mm/aspace.h"
#include "kernel/object/object.h"

enum { RING_SIZE_MAX = 16 * 1024 * 1024 };

struct ring_end {
    struct object object;        /* OBJECT_RING. */
    struct signal_source source; /* SIGNAL_EVENT: the bell. SIGNAL_PEER_CLOSED. */
    struct ring_core *core;
    uint32_t index; /* 0 or 1. */
};

/* What the two ends share; freed with the second one. */
struct ring_core {
    struct spinlock lock;     /* LOCK_CHANNEL: ends. */
    struct ring_end *ends[2]; /* NULL once its object is gone. */
    struct vmo *vmo;          /* One reference. */
};

/* Both ends of fresh zeroed memory, `size` rounded up to pages, charged to the cell. The caller gets
 * one reference to each. @return INVALID (0, or more than RING_SIZE_MAX), NO_MEMORY, LIMIT. */
status_t ring_create(struct cell *cell, uint64_t size, struct ring_end *out_ends[2]);

/* Ring the other end's bell; nothing happens when that is gone. */
void ring_notify(struct ring_end *end);
void ring_clear(struct ring_end *end);

/* Map all of the memory, readable and writable. May sleep. @return NO_MEMORY, LIMIT. */
status_t ring_map(struct ring_end *end, struct aspace *aspace, uint64_t *out_address,
                  uint64_t *out_size);
