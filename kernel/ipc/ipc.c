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
} ipc_caches[] = {
    { &ipc.events, "event", sizeof(struct event) },
    { &ipc.timers, "timer", sizeof(struct timer_object) },
    { &ipc.counters, "counter", sizeof(struct counter) },
    { &ipc.ports, "port", sizeof(struct port) },
    { &ipc.bindings, "port_binding", sizeof(struct port_binding) },
    { &ipc.rings, "ring", sizeof(struct ring_core) },
    { &ipc.ring_ends, "ring_end", sizeof(struct ring_end) },
    { &ipc.endpoints, "endpoint", sizeof(struct endpoint) },
    { &ipc.channels, "channel", sizeof(struct channel) },
    { &ipc.letters, "ipc_letter", sizeof(struct ipc_letter) },
    { &ipc.replies, "reply", sizeof(struct reply) },
    { &ipc.threads, "ipc_thread", sizeof(struct ipc_thread) },
};

void ipc_init(void)
{
    for (size_t i = 0; i < sizeof ipc_caches / sizeof ipc_caches[0]; i++)
        slab_cache_init(ipc_caches[i].cache, ipc_caches[i].name, ipc_caches[i].object_size);
}
