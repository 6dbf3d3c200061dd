/* The transport's side. Sending: segments are shown once, in order, and stay in the stream until
 * they are acknowledged. Receiving: a chunk with payload is handed over as it is, with two exceptions.
 * Small payloads are copied together, so that a peer that sends single bytes cannot fill the pool; and
 * when applications leave so much unread that the transport runs short of chunks, what comes is
 * copied into one of the streams' own, so that slow readers cannot stop everybody's reception. */
#include "kernel/stream/stream_net.h"

#include <string.h>

#include "kernel/trace/counter.h"
#include "lib/base/assert.h"

/* A received payload of at most this joins the segment before it, when its chunk has room. */
enum { PUSH_COPY_MAX = 256 };

size_t stream_net_peek(struct stream *stream, struct stream_slice *slices, size_t max)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[1 - stream->index];
    size_t count = 0;
    spin_lock(&pair->lock);
    while (count < max && queue->unshown != NULL && !(queue->unshown->flags & SEGMENT_FILLING)) {
        struct segment *segment = queue->unshown;
        segment->flags |= SEGMENT_SHOWN;
        queue->unshown_bytes -= segment->len;
        slices[count].offset = segment->chunk * STREAM_CHUNK_SIZE + segment->offset;
        slices[count].len = segment->len;
        slices[count].sum = segment->sum;
        count++;
        struct list *next = segment->link.next;
        queue->unshown = next == &queue->segments ? NULL : CONTAINER_OF(next, struct segment, link);
    }
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    return count;
}

status_t stream_net_consume(struct stream *stream, uint32_t len)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[1 - stream->index];
    struct list garbage;
    list_init(&garbage);
    spin_lock(&pair->lock);
    bool is_shown = len <= queue->bytes - queue->unshown_bytes;
    if (is_shown) {
        queue_consume(queue, len, false, &garbage);
        stream_tell_writers(pair, 1 - stream->index);
        stream_refresh(pair);
    }
    spin_unlock(&pair->lock);
    segments_free(pair, &garbage);
    return is_shown ? STATUS_OK : STATUS_INVALID;
}

static status_t push_refusal(const struct stream_pair *pair, const struct stream_queue *queue,
                             uint32_t len)
{
    if (pair->state == STREAM_RESET)
        return pair->status;
    if (queue->shut)
        return STATUS_BAD_STATE;
    if (queue->deaf)
        return STATUS_PEER_CLOSED;
    return len > queue->limit - queue->bytes ? STATUS_LIMIT : STATUS_OK;
}

/* Copy a small payload behind the last segment, when there is room. A reader may be copying that
 * segment's earlier bytes: those stay where they are. */
static bool push_joins(struct stream_queue *queue, const uint8_t *data, uint32_t len)
{
    if (len > PUSH_COPY_MAX || list_is_empty(&queue->segments))
        return false;
    struct segment *tail = CONTAINER_OF(queue->segments.previous, struct segment, link);
    uint32_t end = (uint32_t)tail->offset + tail->len;
    if (end + len > STREAM_CHUNK_SIZE)
        return false;
    memcpy(tail->data + end, data, len);
    queue_grow(queue, tail, (uint16_t)len, false);
    return true;
}

/* Whether a record comes from another than the peer. Its header is the transport's, as all of it. */
static bool record_is_foreign(const struct stream_pair *pair, const uint8_t *record)
{
    const struct socket_address *peer = &pair->addresses[1];
    struct socket_address from;
    memcpy(&from, record, sizeof from);
    return pair->has_peer && (from.port != peer->port ||
                              memcmp(from.address, peer->address, sizeof from.address) != 0);
}

/* Where a payload is. */
struct payload {
    uint32_t chunk;
    uint8_t *data; /* The chunk's first byte. */
    uint16_t offset;
    uint16_t len;
};

/* A chunk to copy a payload into, when the transport's own run short. None is no failure. */
static bool push_alloc_spare(struct pool *pool, struct payload *out_spare)
{
    return pool_is_scarce(pool) &&
           pool_alloc(pool, &out_spare->chunk, &out_spare->data) == STATUS_OK;
}

/* A payload whose chunk is HELD now into the queue, or its bytes: into the tail, or into *spare, whose
 * data is NULL afterwards. The lock held. */
static status_t push_held(struct stream_pair *pair, struct stream_queue *queue,
                          const struct payload *payload, struct payload *spare)
{
    struct segment *segment = NULL;
    const uint8_t *bytes = payload->data + payload->offset;
    if (pair->records && record_is_foreign(pair, bytes)) {
        pool_free(pair->pool, payload->chunk);
        return STATUS_OK; /* Somebody else's: as if it had never come. */
    }
    if (!pair->records && push_joins(queue, bytes, payload->len)) {
        pool_free(pair->pool, payload->chunk);
        return STATUS_OK;
    }
    if (queue->segment_count >= queue->segment_max)
        return STATUS_LIMIT;
    const struct payload *put = spare->data != NULL ? spare : payload;
    status_t status =
        segment_adopt(pair, put->chunk, put->data, put->offset, payload->len, &segment);
    if (status != STATUS_OK)
        return status;
    if (put == spare) {
        memcpy(spare->data, bytes, payload->len);
        pool_free(pair->pool, payload->chunk);
        spare->data = NULL;
    }
    queue_append(queue, segment, false);
    return STATUS_OK;
}

status_t stream_net_push(struct stream *stream, uint32_t offset, uint32_t len)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    struct payload spare = { 0 }, payload = { .chunk = offset / STREAM_CHUNK_SIZE,
                                              .offset = offset % STREAM_CHUNK_SIZE,
                                              .len = (uint16_t)len };
    if (len == 0 || len > STREAM_CHUNK_SIZE - (uint32_t)payload.offset)
        return STATUS_INVALID;
    if (pair->records && len < STREAM_RECORD_HEADER)
        return STATUS_INVALID;
    bool has_spare = push_alloc_spare(pair->pool, &spare);
    spin_lock(&pair->lock);
    status_t status = push_refusal(pair, queue, len);
    if (status == STATUS_OK)
        status = pool_hold(pair->pool, payload.chunk, &payload.data);
    if (status == STATUS_OK) {
        status = push_held(pair, queue, &payload, &spare);
        if (status != STATUS_OK)
            pool_unhold(pair->pool, payload.chunk);
    }
    if (status == STATUS_OK) {
        counter_add(COUNTER_STREAM_BYTES, len);
        stream->room_told -= len < stream->room_told ? len : stream->room_told;
        stream_tell_readers(pair, stream->index);
        stream_refresh(pair);
    }
    spin_unlock(&pair->lock);
    if (has_spare && spare.data != NULL)
        pool_free(pair->pool, spare.chunk);
    return status;
}

void stream_net_close_write(struct stream *stream)
{
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    pair->queues[stream->index].shut = true;
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
}

/* A report about a record. The first one counts; users look at one at a time. */
static void report_add(struct stream_pair *pair, status_t status, bool of_peer)
{
    if (of_peer && !pair->has_peer)
        return;
    if (pair->status == STATUS_OK)
        pair->status = status;
}

void stream_net_report(struct stream *stream, status_t status, bool of_peer)
{
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    report_add(pair, status, of_peer);
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
}

void stream_net_reset(struct stream *stream, status_t status)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *sent = &pair->queues[1 - stream->index];
    struct list garbage;
    list_init(&garbage);
    spin_lock(&pair->lock);
    if (pair->state != STREAM_RESET) {
        pair->state = STREAM_RESET;
        pair->status = status;
    }
    sent->deaf = true;
    queue_purge(sent, &garbage);
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    segments_free(pair, &garbage);
}

status_t stream_net_fill(struct stream *stream, uint32_t fill)
{
    if (fill == 0 || fill > STREAM_CHUNK_SIZE)
        return STATUS_INVALID;
    __atomic_store_n(&stream->pair->chunk_fill, (uint16_t)fill, __ATOMIC_RELAXED);
    return STATUS_OK;
}

void stream_net_connected(struct stream *stream)
{
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    if (pair->state == STREAM_CONNECTING)
        pair->state = STREAM_CONNECTED;
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
}

struct stream_net_state stream_net_state(struct stream *stream)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *sent = &pair->queues[1 - stream->index];
    struct stream_queue *received = &pair->queues[stream->index];
    spin_lock(&pair->lock);
    const struct stream *peer = pair->ends[1 - stream->index];
    bool is_gone = peer == NULL || peer->closed;
    /* What a writer copies into now is told of by a signal when it has done. */
    bool has_more = sent->unshown != NULL && !(sent->unshown->flags & SEGMENT_FILLING);
    bool is_fin = sent->shut && sent->unshown == NULL && !sent->write_turn;
    struct stream_net_state state = {
        .room = queue_room(received),
        .held = sent->bytes,
        .flags = (has_more ? STREAM_RESULT_MORE : 0) | (is_fin ? STREAM_RESULT_FIN : 0) |
                 (is_gone ? STREAM_RESULT_CLOSED : 0) | (received->deaf ? STREAM_RESULT_DEAF : 0),
    };
    stream->room_told = state.room;
    stream->fin_told |= is_fin;
    stream->closed_told |= is_gone;
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    return state;
}
