/* Pools: memory that segments of network streams live in, in chunks of 2 KiB. A pool is made of a
 * VMO that the transport (netd) maps and a device reaches; its pages are pinned when one of their
 * chunks is first used, and stay until the pool goes. A chunk has one owner:
 *
 *      FREE --pool_take--> TAKEN (the transport's) --pool_hold (PUSH)--> HELD (a stream's)
 *       | ^------pool_give----+                                           |
 *       | ^------------------------------pool_free------------------------+
 *       +--pool_alloc-------------------------------------------------> HELD
 *
 * Free chunks are handed out last in, first out, so that few pages are in use when little is. */
#pragma once

#include <abi/stream.h>

#include "kernel/mm/vmo.h"
#include "kernel/object/object.h"

enum { POOL_CHUNKS_MAX = 65536 }; /* 128 MiB. */

struct pool {
    struct object object; /* OBJECT_POOL. */
    struct spinlock lock; /* LOCK_POOL: all below. */
    struct vmo *vmo;      /* One reference. */
    uint32_t chunk_count;
    uint32_t fresh; /* Chunks from here on were never used. */
    uint32_t free_first;
    uint32_t free_count; /* In the list: used before, free now. */
    uint32_t taken_count;
    uint32_t held_count;
    uint32_t *states; /* POOL_CHUNK_TAKEN, _HELD, or the next free chunk. */
    uint8_t **pages;  /* Kernel address of each committed page, or NULL. */
};

enum {
    POOL_CHUNK_END = UINT32_MAX, /* Free, the last of the list. */
    POOL_CHUNK_TAKEN = UINT32_MAX - 1,
    POOL_CHUNK_HELD = UINT32_MAX - 2,
};

/* A pool over the first chunk_count chunks of the VMO, charged to the cell. Takes a reference to the
 * VMO. @return INVALID (no chunk, too many, the VMO is smaller or a device's), NO_MEMORY, LIMIT. */
status_t pool_create(struct cell *cell, struct vmo *vmo, uint32_t chunk_count,
                     struct pool **out_pool);

/* FREE to TAKEN. May sleep (a page is committed). @return NO_MEMORY when none is free, or what
 * pinning the page answers. */
status_t pool_take(struct pool *pool, uint32_t *out_chunk);
/* TAKEN to FREE. @return INVALID for any other chunk. */
status_t pool_give(struct pool *pool, uint32_t chunk);
/* FREE to HELD, with the kernel's address of the chunk. May sleep. As pool_take. */
status_t pool_alloc(struct pool *pool, uint32_t *out_chunk, uint8_t **out_data);
/* TAKEN to HELD. @return INVALID for any other chunk. Never sleeps. */
status_t pool_hold(struct pool *pool, uint32_t chunk, uint8_t **out_data);
/* HELD back to TAKEN: the stream could not use it after all. Never sleeps. */
void pool_unhold(struct pool *pool, uint32_t chunk);
/* HELD to FREE. Never sleeps. */
void pool_free(struct pool *pool, uint32_t chunk);
