/* Pools: memory that segments of network streams live in, in chunks of a page. A pool is made of an
 * anonymous VMO that the transport (netd) maps and a device reaches. Its first chunks are the
 * transport's own, for what it receives; all of their pages are there from the start and for good. The
 * rest is for what streams hold: pages come when they are needed, and pool_trim gives back those that
 * are free. A chunk has one owner:
 *
 *      own   FREE --pool_take--> TAKEN (the transport's) --pool_hold (PUSH)--> HELD (a stream's)
 *             | ^------pool_give----+                                           |
 *             | ^------------------------------pool_free------------------------+
 *      rest  ABSENT --page comes--> FREE --pool_alloc--> HELD --pool_free--> FREE --pool_trim--> ABSENT
 *
 * So however a load was spread over the pool, after a trim with no stream open the pages of the pool
 * are those that it was made with. Free chunks are handed out last in, first out. */
#pragma once

#include <abi/stream.h>

#include "kernel/mm/vmo.h"
#include "kernel/object/object.h"

enum { POOL_CHUNKS_MAX = 65536 }; /* 256 MiB. */

/* Free chunks, linked through pool.states. */
struct pool_list {
    uint32_t first; /* POOL_CHUNK_END: none. */
    uint32_t count;
};

struct pool {
    struct object object; /* OBJECT_POOL. */
    struct list link;     /* In streams.pool_list. */
    struct spinlock lock; /* LOCK_POOL: all below. */
    struct vmo *vmo;      /* One reference. */
    uint32_t chunk_count;
    uint32_t own_count; /* Chunks below this are the transport's. */
    struct pool_list own;
    struct pool_list rest;
    uint32_t taken_count;
    uint32_t held_count;
    uint32_t absent_from; /* No page below this is absent, */
    uint32_t present_to;  /* and none from this on is present. */
    bool trimming;
    uint32_t *states; /* POOL_CHUNK_*, or the next free chunk. */
    uint8_t **pages;  /* Kernel address of each page; POOL_PAGE_*. */
};

enum {
    POOL_CHUNK_END = UINT32_MAX, /* Free, the last of its list. */
    POOL_CHUNK_TAKEN = UINT32_MAX - 1,
    POOL_CHUNK_HELD = UINT32_MAX - 2,
    POOL_CHUNK_ABSENT = UINT32_MAX - 3, /* Its page is not there. */
};

/* A pool over the first chunk_count chunks of the VMO, charged to the cell. Takes a reference to the
 * VMO. May sleep. @return INVALID (no chunk, too many, more own ones than all, the VMO
 * is smaller or not anonymous), NO_MEMORY, LIMIT. */
status_t pool_create(struct cell *cell, struct vmo *vmo, uint32_t chunk_count, uint32_t own_count,
                     struct pool **out_pool);

/* FREE to TAKEN, of the transport's own. Never sleeps. @return NO_MEMORY when none is free. */
status_t pool_take(struct pool *pool, uint32_t *out_chunk);
/* TAKEN to FREE. @return INVALID for any other chunk. */
status_t pool_give(struct pool *pool, uint32_t chunk);
/* FREE to HELD, of the rest, with the kernel's address of the chunk. May sleep (a page comes).
 * @return NO_MEMORY when none is free, or what pinning the page answers. */
status_t pool_alloc(struct pool *pool, uint32_t *out_chunk, uint8_t **out_data);
/* TAKEN to HELD. @return INVALID for any other chunk. Never sleeps. */
status_t pool_hold(struct pool *pool, uint32_t chunk, uint8_t **out_data);
/* HELD back to TAKEN: the stream could not use it after all. Never sleeps. */
void pool_unhold(struct pool *pool, uint32_t chunk);
/* HELD to FREE. Never sleeps. */
void pool_free(struct pool *pool, uint32_t chunk);

/* Few of the transport's own chunks are free: what it received should not stay in them. A hint. */
bool pool_is_scarce(const struct pool *pool);

/* Give back the pages of the rest that nothing is in. Thread context; may sleep. @return how many. */
uint64_t pool_trim(struct pool *pool);
/* The same for every pool. */
uint64_t pools_trim(void);
