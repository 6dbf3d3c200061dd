/* Frames to and from the driver. What is sent is numbered; frames complete in any order, and what waits
 * for completion (consuming acknowledged bytes, closing streams) waits until all up to a number have:
 * `tx_retired`. The number of a frame, modulo TX_FRAMES, is its slot with its block for headers. */
#include <ipc/notice_client.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/base/seldom.h"
#include "user/netd/netd.h"
#include "user/rt/log.h"

enum {
    BLOCKS_PER_CHUNK = STREAM_CHUNK_SIZE / HEADER_BLOCK_BYTES,
    FRAME_PIECES_MAX = NET_FRAME_SLICES + 1,
};
_Static_assert(NET_TX_HEADROOM + NET_HEADER_MAX <= HEADER_BLOCK_BYTES, "headers fit their block");
_Static_assert((int)FRAME_PIECES_MAX <= (int)NET_TX_PIECES_MAX, "a frame fits the rings");
_Static_assert((int)NET_SEGMENTATION_TCP4 == (int)NET_GSO_TCPV4, "offload fields pass through");

static const struct net_ring_depths depths = { RECEIVE_CHUNKS, TX_PIECES, TX_FRAMES };

static void blocks_make(struct netd *netd)
{
    uint32_t chunk = 0;
    for (uint32_t i = 0; i < TX_FRAMES; i++) {
        if (i % BLOCKS_PER_CHUNK == 0) {
            chunk = buffer_take(netd);
            if (chunk == UINT32_MAX)
                netd_fail("header blocks", STATUS_NO_MEMORY);
        }
        netd->tx[i].block = chunk + i % BLOCKS_PER_CHUNK * HEADER_BLOCK_BYTES;
        netd->tx[i].large_chunk = UINT32_MAX;
    }
}

SELDOM void rings_open(struct netd *netd)
{
    uint64_t address = 0, size = 0;
    status_t status = sys_ring_map(netd->ring, &address, &size);
    if (status == STATUS_OK && size < net_area_size(&depths))
        status = STATUS_TOO_BIG;
    if (status != STATUS_OK)
        netd_fail("ring", status);
    struct net_link_config config = {
        .area = (void *)(uintptr_t)address,
        .depths = depths,
        .pool_bytes = netd->pool_bytes,
        .chunks = netd->link_chunks,
        .pieces = netd->pieces,
        .frames = netd->link_frames,
    };
    net_link_open(&netd->link, &config, 1);
    blocks_make(netd);
}

/* The driver contradicts itself. The supervisor ends it, and link_reset follows. */
static SELDOM void rings_break(struct netd *netd)
{
    if (netd->rings_broken)
        return;
    static const char why[] = "the network driver's rings are broken";
    struct notice_degraded_request request = { .yes = true, .why_len = sizeof why - 1 };
    netd->rings_broken = true;
    memcpy(request.why, why, sizeof why - 1);
    log_line("%s", why);
    if (netd->supervisor.raw != 0)
        (void)notice_degraded(netd->supervisor, &request);
}

static uint32_t offloads_of(const struct net_device_info *device)
{
    uint32_t offloads = 0;
    if (device->features & NET_FEATURE_TX_CHECKSUM)
        offloads |= NET_OFFLOAD_TX_CHECKSUM;
    if ((device->features & NET_FEATURE_TX_TSO4) && offloads != 0)
        offloads |= NET_OFFLOAD_TSO4;
    return offloads;
}

static SELDOM void device_changed(struct netd *netd, const struct net_device_info *device)
{
    struct net_event event = { .kind = NET_EVENT_INTERFACE };
    event.link.mtu =
        device->mtu < 1500 ? device->mtu : 1500; /* A frame and its header fit a chunk. */
    event.link.up = device->link_up != 0;
    event.link.offloads = offloads_of(device);
    memcpy(event.link.mac.bytes, device->mac, sizeof device->mac);
    if (engine_step(netd, &event) != STATUS_OK) {
        rings_break(netd);
        return;
    }
    netd->device = *device;
    netd->device_up = device->link_up != 0;
    if (netd->device_up && netd->waits_for_address && !netd->dhcp_started) {
        struct net_event dhcp = { .kind = NET_EVENT_DHCP, .dhcp = true };
        netd->dhcp_started = true;
        (void)engine_step(netd, &dhcp);
    }
}

void rings_check(struct netd *netd)
{
    struct net_device_info device;
    status_t status = net_link_device(&netd->link, &device);
    if (status == STATUS_CORRUPT)
        rings_break(netd);
    if (status == STATUS_OK && memcmp(&device, &netd->device, sizeof device) != 0)
        device_changed(netd, &device);
}

/* ---- Sending --------------------------------------------------------------------------------- */

uint32_t rings_room(struct netd *netd)
{
    uint32_t frames = TX_FRAMES - (uint32_t)(netd->tx_submitted - netd->tx_retired);
    uint32_t pieces_out = netd->link.piece_head - netd->link.piece_tail;
    uint32_t pieces = ring_room(&netd->link.tx, TX_PIECES);
    if (pieces > TX_PIECES - pieces_out)
        pieces = TX_PIECES - pieces_out;
    uint32_t by_pieces = pieces / FRAME_PIECES_MAX;
    return frames < by_pieces ? frames : by_pieces;
}

/* Where the headers go: the slot's block, or for the engine's own long messages a chunk. */
static uint32_t header_place(struct netd *netd, struct tx_slot *slot, uint32_t header_len)
{
    if (header_len + NET_TX_HEADROOM <= HEADER_BLOCK_BYTES)
        return slot->block + NET_TX_HEADROOM;
    slot->large_chunk = buffer_take(netd);
    return slot->large_chunk == UINT32_MAX ? UINT32_MAX : slot->large_chunk + NET_TX_HEADROOM;
}

void rings_send(struct netd *netd, const struct net_frame *frame)
{
    struct tx_slot *slot = &netd->tx[netd->tx_submitted % TX_FRAMES];
    struct net_link_piece pieces[FRAME_PIECES_MAX];
    slot->done = false;
    slot->given_count = 0;
    uint32_t header = header_place(netd, slot, frame->header_len);
    bool gives = frame->flags & NET_FRAME_GIVES_CHUNKS;
    for (uint32_t i = 0; i < frame->slice_count; i++) {
        pieces[i + 1] = (struct net_link_piece){ frame->slices[i].offset, frame->slices[i].len };
        if (gives)
            slot->given[slot->given_count++] =
                frame->slices[i].offset - frame->slices[i].offset % STREAM_CHUNK_SIZE;
    }
    status_t status = STATUS_NO_MEMORY;
    if (header != UINT32_MAX) {
        memcpy(netd->memory + header, frame->header, frame->header_len);
        pieces[0] = (struct net_link_piece){ header, frame->header_len };
        struct net_link_send send = {
            .pieces = pieces,
            .piece_count = frame->slice_count + 1u,
            .cookie = netd->tx_submitted,
            .needs_checksum = frame->flags & NET_FRAME_NEEDS_CHECKSUM,
            .gso_type = frame->gso_type,
            .gso_size = frame->gso_size,
            .header_len = frame->header_len,
            .checksum_start = frame->csum_start,
            .checksum_offset = frame->csum_offset,
        };
        status = net_link_send(&netd->link, &send);
    }
    /* A frame that cannot go counts as sent and lost: the network loses frames anyway. */
    netd->tx_submitted++;
    if (status != STATUS_OK)
        slot->done = true;
}

static void slot_finish(struct netd *netd, struct tx_slot *slot)
{
    for (uint32_t i = 0; i < slot->given_count; i++)
        buffer_give(netd, slot->given[i]);
    slot->given_count = 0;
    if (slot->large_chunk != UINT32_MAX)
        buffer_give(netd, slot->large_chunk);
    slot->large_chunk = UINT32_MAX;
}

static void sent_take(struct netd *netd)
{
    uint64_t cookie;
    bool was_sent;
    uint64_t retired = netd->tx_retired;
    status_t status;
    while ((status = net_link_sent(&netd->link, &cookie, &was_sent)) == STATUS_OK) {
        /* The link has checked that the frame was out. */
        ASSERT(cookie - netd->tx_retired < netd->tx_submitted - netd->tx_retired);
        netd->tx[cookie % TX_FRAMES].done = true;
    }
    if (status == STATUS_CORRUPT)
        rings_break(netd);
    while (netd->tx_retired != netd->tx_submitted && netd->tx[netd->tx_retired % TX_FRAMES].done)
        slot_finish(netd, &netd->tx[netd->tx_retired++ % TX_FRAMES]);
    if (netd->tx_retired != retired)
        streams_retired(netd);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

static void frame_take(struct netd *netd, const struct net_link_received *frame)
{
    struct net_slice slices[NET_FRAME_SLICES];
    if (frame->flags & NET_RX_DROPPED) {
        for (uint32_t i = 0; i < frame->chunk_count; i++)
            buffer_give(netd, frame->chunks[i].chunk);
        return;
    }
    _Static_assert((int)NET_RX_CHUNKS_MAX <= (int)NET_FRAME_SLICES, "what comes fits an event");
    uint16_t count = 0;
    for (uint32_t i = 0; i < frame->chunk_count; i++) {
        if (frame->chunks[i].len == 0) /* A chunk without bytes is none of the frame's. */
            buffer_give(netd, frame->chunks[i].chunk);
        else
            slices[count++] = (struct net_slice){ .offset = frame->chunks[i].offset,
                                                  .len = frame->chunks[i].len };
    }
    struct net_event event = { .kind = NET_EVENT_FRAME, .more = true };
    event.frame = (struct net_event_frame){ slices, count, 0, frame->gso_size };
    if (frame->flags & NET_RX_CHECKSUM_GOOD)
        event.frame.flags |= NET_RECEIVE_CHECKSUM_OK;
    if (frame->flags & NET_RX_NEEDS_CHECKSUM)
        event.frame.flags |= NET_RECEIVE_CHECKSUM_PARTIAL;
    (void)engine_step(netd, &event);
}

void rings_receive(struct netd *netd, uint32_t budget)
{
    sent_take(netd);
    struct net_link_received frame;
    status_t status = STATUS_OK;
    /* With many streams waiting to be closed behind frames, more work would only add to them. */
    if (netd->endings_count > ENDINGS_MAX / 4)
        return;
    for (uint32_t i = 0; i < budget && engine_has_room(netd); i++) {
        status = net_link_receive(&netd->link, &frame);
        if (status != STATUS_OK)
            break;
        frame_take(netd, &frame);
    }
    if (status == STATUS_CORRUPT)
        rings_break(netd);
}

void rings_flush(struct netd *netd)
{
    if (netd->rings_broken || !net_link_flush(&netd->link))
        return;
    status_t status = sys_ring_notify(netd->ring);
    if (status != STATUS_OK)
        netd_fail("ring_notify", status);
}

/* Sent frames are news only for what waits behind them, and for the engine when it found no room. */
bool rings_may_sleep(struct netd *netd)
{
    bool wants_sent =
        netd->consuming_count > 0 || netd->endings_count > 0 || netd->outbox.frames_wanted;
    return netd->rings_broken || net_link_may_sleep(&netd->link, wants_sent);
}

SELDOM void rings_restart(struct netd *netd)
{
    net_link_restart(&netd->link);
    memset(&netd->device, 0, sizeof netd->device); /* The next driver's word is news. */
    netd->rings_broken = false;
    buffers_balance(netd);
    rings_flush(netd);
}
