/* Sending: frames from the tx ring become chains of the transmit queue, the device's header written
 * into the headroom of the frame's header block, so that a frame costs no descriptor of its own for
 * it. A chain's cookie is netd's number of the frame, and above it the turn (virtio_net_forget). */
#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "user/drivers/virtio_net/virtio_net_internal.h"

_Static_assert(NET_TX_HEADROOM >= VIRTIO_NET_HEADER_BYTES, "the header fits the headroom");

static status_t frame_finish(struct virtio_net *net, uint32_t number, status_t status)
{
    struct net_tx_done done = { number, (uint32_t)status };
    /* tx_done is as deep as there are frames: only a netd that miscounts fills it. */
    status = ring_push(&net->config.port->tx_done, &done);
    return status == STATUS_WOULD_BLOCK ? STATUS_CORRUPT : status;
}

status_t transmit_completed(struct virtio_net *net, uint32_t budget, bool *more)
{
    for (uint32_t i = 0; i < budget; i++) {
        struct virtqueue_completion used;
        status_t status = virtqueue_pop(&net->tx, &used);
        if (status == STATUS_WOULD_BLOCK)
            return STATUS_OK;
        if (status == STATUS_OK) {
            net->tx_out[used.cookie >> 32]--;
            status = frame_finish(net, (uint32_t)used.cookie, STATUS_OK);
        }
        if (status != STATUS_OK)
            return status;
    }
    *more = true;
    return STATUS_OK;
}

/* Take a whole frame from the ring; netd publishes whole frames, so a missing end is a lie. */
static status_t frame_pop(struct virtio_net *net)
{
    struct virtio_net_held *held = &net->held;
    struct ring_consumer *ring = &net->config.port->tx;
    uint32_t count = 0;
    do {
        status_t status = ring_pop(ring, &held->pieces[count]);
        if (status != STATUS_OK)
            return count == 0 ? status : STATUS_CORRUPT;
        count++;
    } while ((held->pieces[count - 1].flags & NET_TX_MORE) != 0 && count < NET_TX_PIECES_MAX);
    if ((held->pieces[count - 1].flags & NET_TX_MORE) != 0)
        return STATUS_CORRUPT;
    held->count = count;
    return STATUS_OK;
}

static bool offload_is_valid(const struct virtio_net *net, const struct net_tx *head,
                             uint32_t frame_bytes)
{
    bool checksum = (head->flags & NET_TX_NEEDS_CHECKSUM) != 0;
    if (checksum && ((net->info.features & NET_FEATURE_TX_CHECKSUM) == 0 ||
                     (uint32_t)head->checksum_start + head->checksum_offset + 2 > head->len))
        return false;
    if (head->gso_type == NET_GSO_NONE)
        return frame_bytes <= (uint32_t)net->info.mtu + ETHERNET_HEADER_BYTES;
    return head->gso_type == NET_GSO_TCPV4 && checksum && head->gso_size != 0 &&
           head->header_len <= head->len && (net->info.features & NET_FEATURE_TX_TSO4) != 0;
}

/* Whether the held frame lies in the pool and asks for what the device can do. */
static bool frame_is_valid(const struct virtio_net *net, uint32_t *out_bytes)
{
    const struct net_tx *pieces = net->held.pieces;
    uint32_t pool_bytes = net->config.pool_bytes;
    uint32_t frame_bytes = 0;
    for (uint32_t i = 0; i < net->held.count; i++) {
        if (pieces[i].len == 0 || pieces[i].offset >= pool_bytes ||
            pieces[i].len > pool_bytes - pieces[i].offset ||
            pieces[i].len > NET_FRAME_BYTES_MAX - frame_bytes)
            return false;
        frame_bytes += pieces[i].len;
    }
    *out_bytes = frame_bytes;
    return pieces[0].offset >= VIRTIO_NET_HEADER_BYTES && frame_bytes >= ETHERNET_HEADER_BYTES &&
           offload_is_valid(net, &pieces[0], frame_bytes);
}

static void header_write(const struct virtio_net *net, const struct net_tx *head)
{
    uint8_t *header = net->config.pool + head->offset - VIRTIO_NET_HEADER_BYTES;
    bool checksum = (head->flags & NET_TX_NEEDS_CHECKSUM) != 0;
    header[HEADER_FLAGS] = checksum ? HEADER_F_NEEDS_CHECKSUM : 0;
    header[HEADER_GSO_TYPE] = head->gso_type;
    store_le16(header + HEADER_LEN, head->header_len);
    store_le16(header + HEADER_GSO_SIZE, head->gso_size);
    store_le16(header + HEADER_CHECKSUM_START, checksum ? head->checksum_start : 0);
    store_le16(header + HEADER_CHECKSUM_OFFSET, checksum ? head->checksum_offset : 0);
    store_le16(header + HEADER_BUFFERS, 0);
}

/* Cut a range of the pool at page ends, joining pages that follow one another for the device.
 * @return the new count, or 0 when there are too many segments or a page is not in the window. */
static uint32_t range_cut(const struct virtio_net *net, uint32_t offset, uint32_t len,
                          struct virtqueue_segment *segments, uint32_t count)
{
    while (len > 0) {
        uint32_t in_page = VIRTIO_NET_PAGE_BYTES - offset % VIRTIO_NET_PAGE_BYTES;
        uint32_t part = len < in_page ? len : in_page;
        daddr_t address;
        if (!virtio_net_page(net, offset, &address))
            return 0;
        struct virtqueue_segment *last = count > 0 ? &segments[count - 1] : NULL;
        if (last != NULL && last->address.raw + last->len == address.raw) {
            last->len += part;
        } else {
            if (count == VIRTIO_NET_SEGMENTS_MAX)
                return 0;
            segments[count++] = (struct virtqueue_segment){ address, part, false };
        }
        offset += part;
        len -= part;
    }
    return count;
}

static uint32_t frame_cut(const struct virtio_net *net, struct virtqueue_segment *segments)
{
    const struct net_tx *pieces = net->held.pieces;
    uint32_t count = range_cut(net, pieces[0].offset - VIRTIO_NET_HEADER_BYTES,
                               pieces[0].len + VIRTIO_NET_HEADER_BYTES, segments, 0);
    for (uint32_t i = 1; i < net->held.count && count > 0; i++)
        count = range_cut(net, pieces[i].offset, pieces[i].len, segments, count);
    return count;
}

/* Put the held frame on the queue. @return WOULD_BLOCK when it must wait (it stays held). */
static status_t frame_queue(struct virtio_net *net)
{
    struct virtqueue_segment segments[VIRTIO_NET_SEGMENTS_MAX];
    uint32_t frame_bytes = 0;
    uint32_t number = net->held.pieces[0].number;
    status_t status = STATUS_INVALID;
    if (frame_is_valid(net, &frame_bytes)) {
        uint32_t count = frame_cut(net, segments);
        header_write(net, &net->held.pieces[0]);
        status = virtqueue_add(&net->tx, segments, count, (uint64_t)net->tx_turn << 32 | number);
    }
    if (status == STATUS_INVALID) { /* Refused alone; its neighbours go on. */
        net->counters.tx_refused++;
        net->held.count = 0;
        return frame_finish(net, number, STATUS_INVALID);
    }
    if (status == STATUS_OK) {
        net->tx_out[net->tx_turn]++;
        net->counters.tx_frames++;
        net->counters.tx_bytes += frame_bytes;
        net->held.count = 0;
    }
    return status;
}

status_t transmit_queued(struct virtio_net *net, uint32_t budget, bool *more)
{
    for (uint32_t i = 0; i < budget; i++) {
        status_t status = net->held.count == 0 ? frame_pop(net) : STATUS_OK;
        if (status == STATUS_OK)
            status = frame_queue(net);
        if (status != STATUS_OK)
            return status == STATUS_WOULD_BLOCK ? STATUS_OK : status;
    }
    *more = true;
    return STATUS_OK;
}
