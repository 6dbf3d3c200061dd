/* The state of this folder that is not an object: where its objects are allocated. */
#pragma once

#include "kernel/base/spinlock.h"
#include "kernel/mm/slab.h"

struct streams {
    struct spinlock pool_lock; /* LOCK_STREAM: the list. */
    struct list pool_list;
    struct slab_cache pools;
    struct slab_cache pairs;
    struct slab_cache plain_pairs;
    struct slab_cache segments;
    struct slab_cache listeners;
    struct slab_cache listener_ends;
    struct slab_cache arrivals;
};

extern struct streams streams;

/* Early boot, one CPU. */
void streams_init(void);
