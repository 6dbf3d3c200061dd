/* Small kernel objects. A slab_cache serves one size; empty slabs go back to the frame allocator.
 * kmalloc serves odd sizes from a row of caches, and whole frames above 2 KiB. Any context. */
#pragma once

#include <stddef.h>

#include "kernel/base/spinlock.h"
#include "lib/base/list.h"

struct slab_cache {
    struct spinlock lock;
    const char *name;
    struct slab_cache *home; /* Whose slabs its objects lie in: mostly its own. */
    uint32_t object_size;
    struct list partial;
    uint32_t empty_count;
    uint64_t in_use;  /* Objects handed out. */
    uint64_t taken;   /* Ever. */
    uint64_t frames;  /* Of all its slabs; 0 where they are another cache's. */
    struct list link; /* All caches, for the memory report. */
};

/* A cache is static data of its module, set up once. object_size <= 2048. */
void slab_cache_init(struct slab_cache *cache, const char *name, size_t object_size);
/* The same for small objects of several kinds that are touched together: all such caches share their slabs, so that a
 * system call meets them in few pages. object_size <= SLAB_HOT_SIZE. */
enum { SLAB_HOT_SIZE = 192 };
void slab_cache_init_hot(struct slab_cache *cache, const char *name, size_t object_size);
/* Zeroed memory, 16-byte aligned, or NULL. */
void *slab_alloc(struct slab_cache *cache);
void slab_free(struct slab_cache *cache, void *object);

/* Zeroed memory, 16-byte aligned, or NULL. Up to 2 MiB. */
void *kmalloc(size_t size);
/* `size` is what kmalloc was asked for. NULL is allowed. */
void kfree(void *memory, size_t size);

/* Boot. */
void slab_init(void);
/* Empty slabs back to the frame allocator. @return how many frames. */
uint64_t slab_reclaim(uint64_t frames);
/* For the memory report. */
void slab_for_each(void (*visit)(const struct slab_cache *cache, void *argument), void *argument);
