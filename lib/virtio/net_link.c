/* netd's end. Two tables know what is out: a byte for each chunk of the pool, and a queue of frames
 * with a shadow of their pieces. The shadow is what makes a restart possible: it is private, so it
 * says the truth about what was sent whatever became of the rings. */
#include "lib/virtio/net_link.h"

#include <string.h>

#include "lib/base/assert.h"

static void ends_open(struct net_link *link)
{
    void *area = link->config.area;
    const struct net_ring_depths *depths = &link->config.depths;
    net_area_format(area, depths, link->epoch);
    ring_producer_open(&link->rx_free, net_area_ring(area, depths, NET_RING_RX_FREE),
                       depths->rx_chunks, sizeof(struct net_rx_free));
    ring_consumer_open(&link->rx_done, net_area_ring(area, depths, NET_RING_RX_DONE),
                       depths->rx_chunks, sizeof(struct net_rx_done));
    ring_producer_open(&link->tx, net_area_ring(area, depths, NET_RING_TX), depths->tx_pieces,
                       sizeof(struct net_tx));
    ring_consumer_open(&link->tx_done, net_area_ring(area, depths, NET_RING_TX_DONE),
                       depths->tx_frames, sizeof(struct net_tx_done));
}

void net_link_open(struct net_link *link, const struct net_link_config *config, uint32_t epoch)
{
    ASSERT(config->pool_bytes % NET_CHUNK_BYTES == 0);
    *link = (struct net_link){ .config = *config, .epoch = epoch };
    memset(config->chunks, 0, config->pool_bytes / NET_CHUNK_BYTES);
    ends_open(link);
}

enum { NET_MTU_MIN = 68 }; /* RFC 791, 3.2: what every link must carry. */

status_t net_link_device(const struct net_link *link, struct net_device_info *out_info)
{
    const struct net_area *area = link->config.area;
    if (__atomic_load_n(&area->attached_epoch, __ATOMIC_ACQUIRE) != link->epoch)
        return STATUS_BAD_STATE;
    struct net_device_info info;
    const volatile uint8_t *shared = (const volatile uint8_t *)&area->device;
    for (size_t i = 0; i < sizeof info; i++)
        ((volatile uint8_t *)&info)[i] = shared[i];
    if (info.mtu < NET_MTU_MIN || info.link_up > 1)
        return STATUS_CORRUPT;
    info.features &= NET_FEATURE_TX_CHECKSUM | NET_FEATURE_RX_CHECKSUM | NET_FEATURE_TX_TSO4 |
                     NET_FEATURE_RX_GSO4 | NET_FEATURE_MERGE;
    *out_info = info;
    return STATUS_OK;
}

static bool is_poisoned(const struct net_link *link)
{
    return link->poisoned || link->rx_free.poisoned || link->rx_done.poisoned ||
           link->tx.poisoned || link->tx_done.poisoned;
}

static status_t poison(struct net_link *link)
{
    link->poisoned = true;
    return STATUS_CORRUPT;
}

status_t net_link_post(struct net_link *link, uint32_t chunk)
{
    ASSERT(chunk % NET_CHUNK_BYTES == 0 && chunk < link->config.pool_bytes);
    ASSERT(link->config.chunks[chunk / NET_CHUNK_BYTES] == 0);
    if (is_poisoned(link))
        return STATUS_CORRUPT;
    if (link->chunks_out == link->config.depths.rx_chunks)
        return STATUS_WOULD_BLOCK;
    struct net_rx_free descriptor = { chunk, NET_CHUNK_BYTES };
    status_t status = ring_push(&link->rx_free, &descriptor);
    if (status != STATUS_OK)
        return status;
    link->config.chunks[chunk / NET_CHUNK_BYTES] = 1;
    link->chunks_out++;
    return STATUS_OK;
}

static struct net_tx *piece_at(struct net_link *link, uint32_t index)
{
    return &link->config.pieces[index & (link->config.depths.tx_pieces - 1)];
}

static struct net_link_frame *frame_at(struct net_link *link, uint32_t number)
{
    return &link->config.frames[number & (link->config.depths.tx_frames - 1)];
}

/* Room in the shadow and in the ring: the ring may lag behind, when the driver has returned frames
 * but not yet the places of their descriptors. */
static bool send_fits(struct net_link *link, uint32_t piece_count)
{
    uint32_t pieces_out = link->piece_head - link->piece_tail;
    return link->frame_head - link->frame_tail < link->config.depths.tx_frames &&
           link->config.depths.tx_pieces - pieces_out >= piece_count &&
           ring_room(&link->tx, piece_count) >= piece_count;
}

status_t net_link_send(struct net_link *link, const struct net_link_send *frame)
{
    ASSERT(frame->piece_count > 0 && frame->piece_count <= NET_TX_PIECES_MAX);
    if (is_poisoned(link))
        return STATUS_CORRUPT;
    if (!send_fits(link, frame->piece_count))
        return is_poisoned(link) ? STATUS_CORRUPT : STATUS_WOULD_BLOCK;
    uint16_t checksum = frame->needs_checksum ? NET_TX_NEEDS_CHECKSUM : 0;
    for (uint32_t i = 0; i < frame->piece_count; i++) {
        bool last = i + 1 == frame->piece_count;
        struct net_tx piece = {
            .offset = frame->pieces[i].offset,
            .len = frame->pieces[i].len,
            .number = link->frame_head,
            .flags = (uint16_t)(checksum | (last ? 0 : NET_TX_MORE)),
            .gso_type = frame->gso_type,
            .gso_size = frame->gso_size,
            .header_len = frame->header_len,
            .checksum_start = frame->checksum_start,
            .checksum_offset = frame->checksum_offset,
        };
        *piece_at(link, link->piece_head++) = piece;
        status_t status = ring_push(&link->tx, &piece);
        ASSERT(status == STATUS_OK); /* send_fits saw the room. */
    }
    *frame_at(link, link->frame_head++) =
        (struct net_link_frame){ frame->cookie, frame->piece_count, false };
    return STATUS_OK;
}

/* @return whether a chunk that comes back is out and what is said of it fits. */
static bool chunk_is_plausible(const struct net_link *link, const struct net_rx_done *done)
{
    return done->offset % NET_CHUNK_BYTES == 0 && done->offset < link->config.pool_bytes &&
           link->config.chunks[done->offset / NET_CHUNK_BYTES] != 0 &&
           done->len <= NET_CHUNK_BYTES && done->skip <= NET_CHUNK_BYTES - done->len;
}

static bool head_is_plausible(const struct net_rx_done *head)
{
    if (head->chunks == 0 || head->chunks > NET_RX_CHUNKS_MAX)
        return false;
    if ((head->flags & NET_RX_NEEDS_CHECKSUM) != 0 &&
        (uint32_t)head->checksum_start + head->checksum_offset + 2 > head->len)
        return false;
    if (head->gso_type == NET_GSO_NONE)
        return true;
    return (head->gso_type == NET_GSO_TCPV4 || head->gso_type == NET_GSO_TCPV6) &&
           head->gso_size != 0;
}

static void chunk_take(struct net_link *link, const struct net_rx_done *done,
                       struct net_link_received *frame)
{
    frame->chunks[frame->chunk_count].chunk = done->offset;
    frame->chunks[frame->chunk_count].offset = done->offset + done->skip;
    frame->chunks[frame->chunk_count].len = done->len;
    frame->chunk_count++;
    frame->len += done->len;
    link->config.chunks[done->offset / NET_CHUNK_BYTES] = 0;
    link->chunks_out--;
}

/* The frame was a lie: what was taken of it counts as out again, for the restart to post. */
static status_t frame_give_back(struct net_link *link, const struct net_link_received *frame)
{
    for (uint32_t i = 0; i < frame->chunk_count; i++)
        link->config.chunks[frame->chunks[i].chunk / NET_CHUNK_BYTES] = 1;
    link->chunks_out += frame->chunk_count;
    return poison(link);
}

static void head_take(struct net_link_received *frame, const struct net_rx_done *head)
{
    frame->chunk_count = 0;
    frame->len = 0;
    frame->flags = head->flags & (NET_RX_CHECKSUM_GOOD | NET_RX_NEEDS_CHECKSUM | NET_RX_DROPPED);
    frame->gso_type = head->gso_type;
    frame->gso_size = head->gso_size;
    frame->header_len = head->header_len;
    frame->checksum_start = head->checksum_start;
    frame->checksum_offset = head->checksum_offset;
}

status_t net_link_receive(struct net_link *link, struct net_link_received *out_frame)
{
    struct net_rx_done done;
    if (is_poisoned(link))
        return STATUS_CORRUPT;
    status_t status = ring_pop(&link->rx_done, &done);
    if (status != STATUS_OK)
        return status;
    if (!head_is_plausible(&done))
        return poison(link);
    uint32_t chunks = done.chunks;
    head_take(out_frame, &done);
    for (uint32_t left = chunks; left > 0; left--) {
        /* A driver publishes whole frames: a missing rest is a lie as well. */
        if (left != chunks && ring_pop(&link->rx_done, &done) != STATUS_OK)
            return frame_give_back(link, out_frame);
        if (!chunk_is_plausible(link, &done) || ((done.flags & NET_RX_MORE) != 0) != (left > 1))
            return frame_give_back(link, out_frame);
        chunk_take(link, &done, out_frame);
    }
    bool dropped = (out_frame->flags & NET_RX_DROPPED) != 0;
    if (out_frame->len > NET_FRAME_BYTES_MAX || dropped != (out_frame->len == 0))
        return frame_give_back(link, out_frame);
    return STATUS_OK;
}

/* Forget the frames at the tail that are all done, and their pieces. */
static void frames_retire(struct net_link *link)
{
    while (link->frame_tail != link->frame_head && frame_at(link, link->frame_tail)->done) {
        link->piece_tail += frame_at(link, link->frame_tail)->piece_count;
        link->frame_tail++;
    }
}

status_t net_link_sent(struct net_link *link, uint64_t *out_cookie, bool *out_sent)
{
    struct net_tx_done done;
    if (is_poisoned(link))
        return STATUS_CORRUPT;
    status_t status = ring_pop(&link->tx_done, &done);
    if (status != STATUS_OK)
        return status;
    if (done.number - link->frame_tail >= link->frame_head - link->frame_tail)
        return poison(link);
    struct net_link_frame *frame = frame_at(link, done.number);
    if (frame->done)
        return poison(link);
    frame->done = true;
    *out_cookie = frame->cookie;
    *out_sent = done.status == STATUS_OK;
    frames_retire(link);
    return STATUS_OK;
}

bool net_link_flush(struct net_link *link)
{
    bool tell = ring_release(&link->rx_done);
    tell |= ring_release(&link->tx_done);
    tell |= ring_publish(&link->rx_free);
    tell |= ring_publish(&link->tx);
    return tell;
}

bool net_link_may_sleep(struct net_link *link, bool wants_sent)
{
    bool quiet = ring_consumer_may_sleep(&link->rx_done);
    if (wants_sent)
        quiet &= ring_consumer_may_sleep(&link->tx_done);
    return quiet && !is_poisoned(link);
}

static void chunks_post_again(struct net_link *link)
{
    uint32_t count = link->config.pool_bytes / NET_CHUNK_BYTES;
    for (uint32_t i = 0; i < count; i++) {
        if (link->config.chunks[i] == 0)
            continue;
        struct net_rx_free descriptor = { i * NET_CHUNK_BYTES, NET_CHUNK_BYTES };
        status_t status = ring_push(&link->rx_free, &descriptor);
        ASSERT(status == STATUS_OK); /* Never more out than the ring is deep. */
    }
}

static void frames_send_again(struct net_link *link)
{
    uint32_t piece = link->piece_tail;
    for (uint32_t number = link->frame_tail; number != link->frame_head; number++) {
        const struct net_link_frame *frame = frame_at(link, number);
        for (uint32_t i = 0; i < frame->piece_count && !frame->done; i++) {
            status_t status = ring_push(&link->tx, piece_at(link, piece + i));
            ASSERT(status == STATUS_OK);
        }
        piece += frame->piece_count;
    }
}

void net_link_restart(struct net_link *link)
{
    link->epoch = link->epoch + 1 != 0 ? link->epoch + 1 : 1;
    link->poisoned = false;
    ends_open(link);
    chunks_post_again(link);
    frames_send_again(link);
}
