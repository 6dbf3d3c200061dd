/* The state of this folder that is not an object: where its objects are allocated. Set up once,
 * before the first process. */
#pragma once

#include "kernel/mm/slab.h"

struct ipc {
    struct slab_cache events;
    struct slab_cache timers;
    struct slab_cache counters;
    struct slab_cache ports;
    struct slab_cache bindings;
    struct slab_cache rings;
    struct slab_cache ring_ends;
    struct slab_cache endpoints;
    struct slab_cache channels;
    struct slab_cache letters;
    struct slab_cache replies;
    struct slab_cache threads;
};

extern struct ipc ipc;

/* Early boot, one CPU. */
void ipc_init(void);
