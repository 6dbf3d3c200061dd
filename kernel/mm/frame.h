/* Physical memory in 4 KiB frames: a buddy allocator with per-CPU caches over the online sections of
 * RAM. Metadata is 16 bytes a frame and initialised on first use. Any context; takes LOCK_FRAME.
 *
 * A frame is named by its physical address; frame_data is where the kernel sees its bytes. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

struct vmo;

enum frame_state {
    FRAME_INSIDE, /* Not the head of a block: inside one, or in a CPU's cache. */
    FRAME_FREE,   /* Heads a free block. */
    FRAME_KERNEL, /* Slab, page table, stack, ring. */
    FRAME_ANON,   /* Anonymous memory; `refs` VMOs share it copy-on-write. */
    FRAME_CACHE,  /* A page of a file: owner and index name it. */
};

struct frame {
    /* FRAME_CACHE: the struct vmo. FRAME_FREE: links. FRAME_ANON that leaves its VMO: the next one. */
    uint64_t owner;
    uint32_t index; /* FRAME_CACHE: page of the VMO. A translation table: its entries in use. */
    uint16_t refs;  /* FRAME_ANON: sharers. FRAME_CACHE: 1 + pins. */
    uint8_t order;  /* Of the block that this frame heads. */
    uint8_t state;  /* enum frame_state. */
};
_Static_assert(sizeof(struct frame) == 16, "frame metadata is at most 16 bytes");

enum { FRAME_ORDER_MAX = 9 }; /* 2 MiB. */

/* A block of 2^order frames, contents undefined. @return NO_MEMORY (after reclaim was tried). */
status_t frame_alloc(unsigned order, enum frame_state state, paddr_t *out_frame);
/* The same, but NO_MEMORY when none is free now: for whoever can do with less. */
status_t frame_alloc_at_hand(unsigned order, enum frame_state state, paddr_t *out_frame);
/* Up to `count` single frames of zeros without reclaiming any, from one block where there is one. @return how many. */
uint32_t frame_alloc_ahead(enum frame_state state, uint32_t count, paddr_t *out_frames);
/* One frame of zeros. */
status_t frame_alloc_zeroed(enum frame_state state, paddr_t *out_frame);
void frame_free(paddr_t frame, unsigned order);

/* Make single frames of a block in use, each with a reference of its own. */
void frame_split(paddr_t block, unsigned order);

struct frame *frame_of(paddr_t frame);
/* Where the kernel sees the bytes; valid for all RAM. */
void *frame_data(paddr_t frame);
paddr_t frame_from_data(const void *data);

/* Sharers of a FRAME_ANON frame. unref frees it with the last. */
void frame_ref(paddr_t frame);
void frame_unref(paddr_t frame);

struct frame_counts {
    uint64_t total; /* Frames of RAM that the allocator was given. */
    uint64_t free;
};
struct frame_counts frame_counts(void);

/* Boot: the regions are complete. */
void frame_init(void);
/* Give this CPU's cache of single frames back to the lists. */
void frame_drop_cache(void);
