/* Receiving: chunks from rx_free go into the receive queue, filled ones come out and go to rx_done.
 * A chunk's cookie in the queue is its offset in the pool, and above it the number of the page that the
 * device was told. The device puts its header before the
 * frame, in the first chunk; with mergeable buffers it says there how many chunks follow. */
#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "user/drivers/virtio_net/virtio_net_internal.h"

/* 32 bits of page number are addresses to 16 TiB. */
static uint64_t cookie_of(uint32_t offset, daddr_t address)
{
    return address.raw / VIRTIO_NET_PAGE_BYTES << 32 | offset;
}

static status_t chunk_add(struct virtio_net *net, const struct net_rx_free *chunk)
{
    const struct virtio_net_config *config = &net->config;
    if (chunk->offset % NET_CHUNK_BYTES != 0 || chunk->len != NET_CHUNK_BYTES ||
        chunk->offset >= config->pool_bytes)
        return STATUS_CORRUPT; /* A pool of whole pages holds whole chunks. */
    struct virtqueue_segment segment = { .len = NET_CHUNK_BYTES, .device_writes = true };
    if (!virtio_net_page(net, chunk->offset, &segment.address))
        return STATUS_CORRUPT;
    return virtqueue_add(&net->rx, &segment, 1, cookie_of(chunk->offset, segment.address));
}

bool receive_is_current(const struct virtio_net *net)
{
    uint16_t at = 0;
    uint64_t cookie;
    while (virtqueue_next_out(&net->rx, &at, &cookie)) {
        daddr_t address;
        if (!virtio_net_page(net, (uint32_t)cookie, &address) ||
            cookie_of((uint32_t)cookie, address) != cookie)
            return false;
    }
    return true;
}

status_t receive_refill(struct virtio_net *net, uint32_t budget, bool *more)
{
    for (uint32_t i = 0; virtqueue_fits(&net->rx, 1); i++) {
        struct net_rx_free chunk;
        if (i == budget) {
            *more = true;
            return STATUS_OK;
        }
        status_t status = ring_pop(&net->config.port->rx_free, &chunk);
        if (status == STATUS_WOULD_BLOCK)
            return STATUS_OK;
        if (status == STATUS_OK)
            status = chunk_add(net, &chunk);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The device's header, copied once. */
static void header_read(const struct virtio_net *net, uint32_t chunk,
                        uint8_t header[VIRTIO_NET_HEADER_BYTES])
{
    const volatile uint8_t *shared = net->config.pool + chunk;
    for (uint32_t i = 0; i < VIRTIO_NET_HEADER_BYTES; i++)
        header[i] = shared[i];
}

/* Offload fields count only where the feature was agreed on (5.1.6.4.2).
 * @return false for a frame whose fields contradict themselves. */
static bool offload_take(const struct virtio_net *net, const uint8_t *header,
                         struct net_rx_done *done)
{
    if ((net->info.features & NET_FEATURE_RX_CHECKSUM) == 0)
        return true;
    uint8_t flags = header[HEADER_FLAGS];
    if (flags & HEADER_F_NEEDS_CHECKSUM) {
        done->flags |= NET_RX_NEEDS_CHECKSUM;
        done->checksum_start = load_le16(header + HEADER_CHECKSUM_START);
        done->checksum_offset = load_le16(header + HEADER_CHECKSUM_OFFSET);
        if ((uint32_t)done->checksum_start + done->checksum_offset + 2 > done->len)
            return false;
    } else if (flags & HEADER_F_DATA_VALID) {
        done->flags |= NET_RX_CHECKSUM_GOOD;
    }
    if (header[HEADER_GSO_TYPE] == NET_GSO_NONE)
        return true;
    done->gso_type = header[HEADER_GSO_TYPE];
    done->gso_size = load_le16(header + HEADER_GSO_SIZE);
    done->header_len = load_le16(header + HEADER_LEN);
    return (net->info.features & NET_FEATURE_RX_GSO4) != 0 && done->gso_type == NET_GSO_TCPV4 &&
           done->gso_size != 0;
}

/* The first chunk of a frame. @return CORRUPT for a header that no device may write. */
static status_t head_take(struct virtio_net *net, uint32_t written_bytes, struct net_rx_done *done)
{
    uint8_t header[VIRTIO_NET_HEADER_BYTES];
    if (written_bytes < VIRTIO_NET_HEADER_BYTES)
        return STATUS_CORRUPT;
    header_read(net, done->offset, header);
    /* Without merging the field is not to be looked at (5.1.6.4.1). */
    bool merges = (net->info.features & NET_FEATURE_MERGE) != 0;
    uint16_t chunks = merges ? load_le16(header + HEADER_BUFFERS) : 1;
    if (chunks == 0 || chunks > NET_RX_CHUNKS_MAX)
        return STATUS_CORRUPT;
    done->chunks = chunks;
    done->skip = VIRTIO_NET_HEADER_BYTES;
    done->len = written_bytes - VIRTIO_NET_HEADER_BYTES;
    net->rx_frame_dropped = done->len < ETHERNET_HEADER_BYTES || !offload_take(net, header, done);
    net->rx_chunks_left = chunks;
    net->rx_frame_bytes = 0;
    return STATUS_OK;
}

/* A chunk came back: pass it on. rx_done is as deep as there are chunks, so it has room. */
static status_t chunk_done(struct virtio_net *net, const struct virtqueue_completion *used)
{
    struct net_rx_done done = { .offset = (uint32_t)used->cookie, .len = used->written_bytes };
    status_t status =
        net->rx_chunks_left == 0 ? head_take(net, used->written_bytes, &done) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    net->rx_chunks_left--;
    net->rx_frame_bytes += done.len;
    if (net->rx_frame_bytes > NET_FRAME_BYTES_MAX)
        return STATUS_CORRUPT;
    if (net->rx_frame_dropped)
        done = (struct net_rx_done){ .offset = done.offset,
                                     .chunks = done.chunks,
                                     .flags = NET_RX_DROPPED };
    if (net->rx_chunks_left > 0)
        done.flags |= NET_RX_MORE;
    else if (net->rx_frame_dropped)
        net->counters.rx_dropped++;
    else
        net->counters.rx_frames++;
    net->counters.rx_bytes += done.len;
    status = ring_push(&net->config.port->rx_done, &done);
    return status == STATUS_WOULD_BLOCK ? STATUS_CORRUPT : status;
}

status_t receive_completed(struct virtio_net *net, uint32_t budget, bool *more)
{
    for (uint32_t i = 0; i < budget; i++) {
        struct virtqueue_completion used;
        status_t status = virtqueue_pop(&net->rx, &used);
        if (status == STATUS_WOULD_BLOCK)
            return STATUS_OK;
        if (status == STATUS_OK)
            status = chunk_done(net, &used);
        if (status != STATUS_OK)
            return status;
    }
    *more = true;
    return STATUS_OK;
}
