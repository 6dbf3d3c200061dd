/* The engine's memory, its steps, and what comes out of them. Frames leave before notices are looked
 * at: a notice that bytes were acknowledged lets their chunks go once the frames before it are done. */
#include "user/netd/netd.h"

#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/arena.h"

void engine_open(struct netd *netd)
{
    struct net_config *config = &netd->config;
    const struct net_config told = *config; /* By the arguments. */
    *config = net_config_default();
    config->address = told.address;
    memcpy(config->dns, told.dns, sizeof told.dns);
    config->pool = netd->memory;
    config->pool_len = netd->pool_bytes;
    config->chunk_size = STREAM_CHUNK_SIZE;
    config->connections_max = CONNECTIONS_MAX;
    config->listeners_max = LISTENERS_MAX;
    config->pings_max = REQUESTS_MAX;
    config->udp_max = DATAGRAMS_MAX;
    config->queries_max = WAITERS_MAX;
    config->slices_max = 16384;
    config->send_slices_max = 512;
    config->reorder_slices_max = REORDER_CHUNKS;
    config->receive_window = WINDOW_FIRST_BYTES;
    config->window_scale = 5;
    config->link.up = false; /* Until a driver says otherwise. */
    static const char hostname[] = "swos";
    config->hostname_len = sizeof hostname - 1;
    memcpy(config->hostname, hostname, sizeof hostname - 1);
    status_t status = sys_entropy_read(netd->entropy, config->seed, sizeof config->seed);
    if (status != STATUS_OK)
        netd_fail("entropy", status);
    size_t size = net_engine_size(config);
    void *memory = NULL;
    ASSERT(size > 0);
    status = pages_take(size, &memory);
    if (status == STATUS_OK)
        status = net_engine_init(memory, size, config, netd->now, &netd->engine);
    pages_touch(memory, size);
    if (status != STATUS_OK)
        netd_fail("engine", status);
    netd->outbox.frames = netd->frames;
    netd->outbox.notices = netd->notices;
    netd->outbox.notices_max = OUTBOX_NOTICES;
}

bool engine_has_room(const struct netd *netd)
{
    return OUTBOX_NOTICES - netd->outbox.notice_count >= NET_STEP_NOTICES;
}

status_t engine_step(struct netd *netd, const struct net_event *event)
{
    if (!engine_has_room(netd))
        engine_collect(netd);
    uint32_t room = rings_room(netd);
    netd->outbox.frames_max = room < OUTBOX_FRAMES ? room : (uint32_t)OUTBOX_FRAMES;
    if (netd->outbox.frames_max < netd->outbox.frame_count)
        netd->outbox.frames_max = netd->outbox.frame_count;
    uint32_t known = netd->outbox.notice_count;
    netd->deadline = net_step(netd->engine, event, netd->now, &netd->outbox);
    for (uint32_t i = known; i < netd->outbox.notice_count; i++)
        if (netd->notices[i].kind == NET_NOTICE_DATAGRAM && netd->notices[i].own_len > 0)
            datagrams_own(netd, &netd->notices[i]);
    netd->stepped = event->more;
    return netd->outbox.answer;
}

void engine_run(struct netd *netd)
{
    static const struct net_event poll = { .kind = NET_EVENT_POLL };
    if (netd->stepped || netd->deadline <= netd->now)
        (void)engine_step(netd, &poll);
}

void engine_collect(struct netd *netd)
{
    for (uint32_t i = 0; i < netd->outbox.frame_count; i++)
        rings_send(netd, &netd->frames[i]);
    netd->outbox.frame_count = 0;
    for (uint32_t i = 0; i < netd->outbox.notice_count; i++)
        streams_notice(netd, &netd->notices[i]);
    netd->outbox.notice_count = 0;
}
