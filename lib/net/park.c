/* Replies that wait for their neighbour: an echo reply, an ICMP error, a reset, whatever is kept nowhere else. RFC
 * 1122, section 2.3.2.2 asks for at least the latest packet for each unresolved address to be kept, and that is
 * what is: one for each next hop, PARKED_MAX in all, of which the oldest gives way. They leave when the neighbour
 * answers, and are dropped with it after three questions. TCP, questions and datagrams wait as state of their own.
 *
 * A parked frame may own one chunk, the one whose bytes an echo reply gives back. It lies under a slice descriptor,
 * which goes to the queue of chunks to recycle when the frame is dropped. */
#include "lib/net/engine.h"

/* The place for a frame to the next hop: its own, a free one, or the oldest. */
static struct parked *place_for(struct net_engine *net, const struct net_address *next_hop)
{
    struct parked *best = &net->parked[0];
    for (uint32_t i = 0; i < PARKED_MAX; i++) {
        struct parked *parked = &net->parked[i];
        if (parked->used && net_address_equal(&parked->next_hop, next_hop))
            return parked;
        if (best->used && (!parked->used || parked->since < best->since))
            best = parked;
    }
    return best;
}

static void drop(struct net_engine *net, struct parked *parked)
{
    if (parked->chunk != SLICE_NONE)
        net_recycle(net, parked->chunk);
    parked->chunk = SLICE_NONE;
    parked->used = false;
    net->counters.output_dropped++;
}

struct net_frame *net_reply_begin(struct net_engine *net, const struct net_address *to,
                                  struct net_path *out_path)
{
    struct net_frame *frame = NULL;
    status_t status = net_path_find(net, to, out_path);
    out_path->parked = status == STATUS_WOULD_BLOCK;
    if (status == STATUS_OK)
        frame = net_frame_begin(net, out_path->loopback);
    /* With a descriptor at hand, so that a chunk can be kept. */
    if (out_path->parked && net->slices.used < net->config.slices_max) {
        struct parked *parked = place_for(net, &out_path->next_hop);
        if (parked->used)
            drop(net, parked);
        parked->next_hop = out_path->next_hop;
        parked->since = net->now;
        parked->chunk = SLICE_NONE;
        frame = &parked->frame;
        net_frame_clear(frame);
    }
    if (frame == NULL)
        net->counters.output_dropped++;
    return frame;
}

static void park(struct net_engine *net, struct net_frame *frame)
{
    struct parked *parked = net->parked;
    while (&parked->frame != frame)
        parked++;
    ASSERT(parked < net->parked + PARKED_MAX && !parked->used);
    ASSERT(frame->slice_count <= PARKED_SLICES_MAX);
    if (frame->slice_count > 0) {
        ASSERT((frame->flags & NET_FRAME_GIVES_CHUNKS) !=
               0); /* Others' bytes may be gone by then. */
        parked->chunk = slice_take(&net->slices, frame->slices[0], 0);
        ASSERT(parked->chunk != SLICE_NONE);
    }
    parked->used = true;
}

void net_reply_commit(struct net_engine *net, struct net_frame *frame, const struct net_path *path)
{
    if (path->parked)
        park(net, frame);
    else
        net_frame_commit(net, frame, path->loopback, INDEX_NONE);
}

void park_send(struct net_engine *net, const struct net_address *next_hop,
               const struct net_mac *mac)
{
    for (uint32_t i = 0; i < PARKED_MAX; i++) {
        struct parked *parked = &net->parked[i];
        if (!parked->used || !net_address_equal(&parked->next_hop, next_hop))
            continue;
        struct net_frame *frame = net_frame_begin(net, false);
        if (frame == NULL) {
            drop(net, parked);
            return;
        }
        *frame = parked->frame;
        memcpy(frame->header, mac->bytes, sizeof mac->bytes); /* The destination comes first. */
        net_frame_commit(net, frame, false, INDEX_NONE);
        if (parked->chunk != SLICE_NONE)
            slice_give(&net->slices, parked->chunk);
        parked->used = false;
        return;
    }
}

void park_forget(struct net_engine *net, const struct net_address *next_hop)
{
    for (uint32_t i = 0; i < PARKED_MAX; i++)
        if (net->parked[i].used &&
            (next_hop == NULL || net_address_equal(&net->parked[i].next_hop, next_hop)))
            drop(net, &net->parked[i]);
}

uint32_t park_chunks(const struct net_engine *net)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PARKED_MAX; i++)
        count += net->parked[i].used && net->parked[i].chunk != SLICE_NONE;
    return count;
}
