/* One place that names every structure of the folder, so that boot is one short loop. */
#include "kernel/stream/streams.h"

#include "kernel/base/hot.h"
#include "kernel/stream/listener.h"
#include "kernel/stream/stream.h"

WARM_DATA struct streams streams;

static const struct stream_cache {
    struct slab_cache *cache;
    const char *name;
    uint32_t object_size;
} stream_caches[] = {
    { &streams.pools, "pool", sizeof(struct pool) },
    { &streams.pairs, "stream_pair", sizeof(struct stream_pair) },
    { &streams.plain_pairs, "stream_plain", sizeof(struct stream_pair_plain) },
    { &streams.segments, "segment", sizeof(struct segment) },
    { &streams.listeners, "listener", sizeof(struct listener_core) },
    { &streams.listener_ends, "listener_end", sizeof(struct listener) },
    { &streams.arrivals, "arrival", sizeof(struct arrival) },
};

void streams_init(void)
{
    spin_init(&streams.pool_lock, LOCK_STREAM);
    list_init(&streams.pool_list);
    for (size_t i = 0; i < sizeof stream_caches / sizeof stream_caches[0]; i++)
        slab_cache_init(stream_caches[i].cache, stream_caches[i].name,
                        stream_caches[i].object_size);
}
