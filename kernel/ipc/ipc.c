/* One place that names every structure of the folder, so that boot is one short loop. */
#include "kernel/ipc/ipc.h"

#include "kernel/ipc/call.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/counter.h"
#include "kernel/ipc/event.h"
#include "kernel/ipc/port.h"
#include "kernel/ipc/reply.h"
#include "kernel/ipc/ring.h"
#include "kernel/ipc/timer_object.h"

struct ipc ipc;

static const struct ipc_cache {
    struct slab_cache *cache;
    const char *name;
    uint32_t object_size;
    void (*init)(struct slab_cache *cache, const char *name, size_t object_size);
} ipc_caches[] = {
    { &ipc.events, "event", sizeof(struct event), slab_cache_init },
    { &ipc.timers, "timer", sizeof(struct timer_object), slab_cache_init },
    { &ipc.counters, "counter", sizeof(struct counter), slab_cache_init },
    { &ipc.ports, "port", sizeof(struct port), slab_cache_init },
    { &ipc.bindings, "port_binding", sizeof(struct port_binding), slab_cache_init },
    { &ipc.rings, "ring", sizeof(struct ring_core), slab_cache_init },
    { &ipc.ring_ends, "ring_end", sizeof(struct ring_end), slab_cache_init },
    { &ipc.endpoints, "endpoint", sizeof(struct endpoint), slab_cache_init_hot },
    { &ipc.channels, "channel", sizeof(struct channel), slab_cache_init_hot },
    { &ipc.letters, "ipc_letter", sizeof(struct ipc_letter), slab_cache_init },
    { &ipc.replies, "reply", sizeof(struct reply), slab_cache_init },
    { &ipc.threads, "ipc_thread", sizeof(struct ipc_thread), slab_cache_init },
};

void ipc_init(void)
{
    for (size_t i = 0; i < sizeof ipc_caches / sizeof ipc_caches[0]; i++)
        ipc_caches[i].init(ipc_caches[i].cache, ipc_caches[i].name, ipc_caches[i].object_size);
}
