/* Chunks of the pool that are netd's: posted to the driver, in the engine's reassembly queues, in
 * header blocks, or idle. A chunk that is pushed into a stream is the stream's, and comes back to the
 * pool when the application has read it; another is taken in its place. */
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"

enum { TAKE_AT_ONCE = 64, SPARE_KEEP = 32 };

static SELDOM void spare_fill(struct netd *netd)
{
    uint32_t chunks[TAKE_AT_ONCE];
    size_t taken = 0, room = SPARE_MAX - netd->spare_count;
    size_t wanted = room < TAKE_AT_ONCE ? room : (size_t)TAKE_AT_ONCE;
    if (sys_pool_take(netd->pool, chunks, wanted, &taken) != STATUS_OK)
        return; /* The streams have it all: as they are read, it comes back. */
    for (size_t i = 0; i < taken; i++)
        netd->spare[netd->spare_count++] = chunks[i] * STREAM_CHUNK_SIZE;
}

uint32_t buffer_take(struct netd *netd)
{
    if (netd->spare_count == 0)
        spare_fill(netd);
    return netd->spare_count == 0 ? UINT32_MAX : netd->spare[--netd->spare_count];
}

static SELDOM void chunk_return(struct netd *netd, uint32_t offset)
{
    uint32_t chunk = offset / STREAM_CHUNK_SIZE;
    status_t status = sys_pool_give(netd->pool, &chunk, 1);
    if (status != STATUS_OK)
        netd_fail("pool_give", status);
}

void buffer_give(struct netd *netd, uint32_t offset)
{
    if (netd->spare_count < SPARE_MAX)
        netd->spare[netd->spare_count++] = offset;
    else
        chunk_return(netd, offset);
}

void buffers_balance(struct netd *netd)
{
    while (netd->link.chunks_out < RECEIVE_CHUNKS && !netd->rings_broken) {
        uint32_t offset = buffer_take(netd);
        if (offset == UINT32_MAX)
            return;
        if (net_link_post(&netd->link, offset) != STATUS_OK) {
            buffer_give(netd, offset);
            return;
        }
    }
    while (netd->spare_count > 2 * SPARE_KEEP) {
        uint32_t chunks[SPARE_KEEP];
        for (uint32_t i = 0; i < SPARE_KEEP; i++)
            chunks[i] = netd->spare[--netd->spare_count] / STREAM_CHUNK_SIZE;
        status_t status = sys_pool_give(netd->pool, chunks, SPARE_KEEP);
        if (status != STATUS_OK)
            netd_fail("pool_give", status);
    }
}
