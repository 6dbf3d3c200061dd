/* See stream_record.h. A record is copied into a segment of its own before anybody sees it, so writing
 * takes no turn: what waits for room is only the adding. Reading takes the turn, as for bytes. */
#include "kernel/stream/stream_record.h"

#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/sum.h"

_Static_assert(sizeof(struct socket_address) == STREAM_RECORD_HEADER, "the header of a record");

/* What was reported, once; of a reset stream, its status. The lock held. */
static status_t report_take(struct stream_pair *pair)
{
    status_t status = pair->status;
    if (pair->state != STREAM_RESET)
        pair->status = STATUS_OK;
    if (status != STATUS_OK)
        stream_refresh(pair);
    return status;
}

/* Why nothing can be sent, or OK with the address in `header`. */
static status_t send_begin(struct stream *stream, const struct socket_address *to,
                           struct socket_address *header)
{
    struct stream_pair *pair = stream->pair;
    const struct stream_queue *queue = &pair->queues[stream->index];
    spin_lock(&pair->lock);
    status_t status = report_take(pair);
    if (status == STATUS_OK && (queue->shut || queue->deaf))
        status = STATUS_PEER_CLOSED;
    if (status == STATUS_OK && to == NULL && pair->pool != NULL && !pair->has_peer)
        status = STATUS_NOT_CONNECTED;
    *header = to != NULL ? *to : pair->addresses[1 - stream->index];
    spin_unlock(&pair->lock);
    return status;
}

/* Behind what the segment has. With pool memory the sum is taken in the same pass. */
static status_t piece_copy(const struct stream_pair *pair, struct segment *segment,
                           struct user_in src)
{
    uint8_t *end = segment->data + segment->len;
    uint16_t sum = 0;
    status_t status = pair->pool == NULL ? user_read(end, src.address, src.len)
                                         : user_read_sum(end, src.address, src.len, &sum);
    if (status != STATUS_OK)
        return status;
    segment->sum = sum_append(segment->sum, segment->len, sum);
    segment->len = (uint16_t)(segment->len + src.len);
    return STATUS_OK;
}

/* No lock held. */
static status_t record_copy(const struct stream_pair *pair, struct segment *segment,
                            const struct socket_address *header, const struct user_in *pieces,
                            size_t count)
{
    status_t status = STATUS_OK;
    segment->sum = sum_copy(segment->data, header, STREAM_RECORD_HEADER);
    segment->len = STREAM_RECORD_HEADER;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (pieces[i].len > 0)
            status = piece_copy(pair, segment, pieces[i]);
    return status;
}

/* Wait for room and add it. The lock held before and after. */
static status_t record_add(struct stream *stream, struct segment *segment, uint32_t flags,
                           time_ns_t deadline)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    status_t status = STATUS_OK;
    while (status == STATUS_OK) {
        if (pair->state == STREAM_RESET)
            return pair->status;
        if (queue->shut || queue->deaf)
            return STATUS_PEER_CLOSED;
        if (queue_room(queue) >= segment->len)
            break;
        if (flags & STREAM_NO_WAIT) {
            stream->writable = false; /* So that room makes an edge. */
            stream_refresh(pair);
            return STATUS_WOULD_BLOCK;
        }
        status = wait_sleep(&queue->writers, &pair->lock, deadline);
        spin_lock(&pair->lock);
    }
    if (status != STATUS_OK)
        return status;
    queue_append(queue, segment, pair->pool != NULL);
    stream_tell_readers(pair, stream->index);
    stream_tell_writers(pair, stream->index);
    stream_refresh(pair);
    return STATUS_OK;
}

/* The length of all pieces together. @return TOO_BIG when no record of the stream has so many bytes. */
static status_t record_measure(const struct stream_pair *pair, const struct user_in *pieces,
                               size_t count, size_t *out_len)
{
    size_t longest = __atomic_load_n(&pair->chunk_fill, __ATOMIC_RELAXED);
    size_t len = STREAM_RECORD_HEADER;
    for (size_t i = 0; i < count && len <= longest; i++)
        len += pieces[i].len < longest ? pieces[i].len : longest + 1;
    *out_len = len - STREAM_RECORD_HEADER;
    return len <= longest ? STATUS_OK : STATUS_TOO_BIG;
}

status_t stream_send(struct stream *stream, const struct user_in *pieces, size_t count,
                     const struct socket_address *to, uint32_t flags, time_ns_t deadline,
                     size_t *out_actual)
{
    struct stream_pair *pair = stream->pair;
    struct socket_address header;
    struct segment *segment = NULL;
    size_t len = 0;
    status_t status = record_measure(pair, pieces, count, &len);
    if (status != STATUS_OK)
        return status;
    status = send_begin(stream, to, &header);
    if (status == STATUS_OK)
        status = segment_create(pair, 0, &segment);
    if (status != STATUS_OK)
        return status;
    status = record_copy(pair, segment, &header, pieces, count);
    if (status == STATUS_OK) {
        spin_lock(&pair->lock);
        status = record_add(stream, segment, flags, deadline);
        spin_unlock(&pair->lock);
    }
    if (status == STATUS_OK)
        *out_actual = len;
    else
        segment_free(pair, segment);
    return status;
}

/* Wait for the turn and for a record. The lock held before and after. @return OK with the record, or
 * with NULL at the end of the stream, without the turn. */
static status_t receive_begin(struct stream_pair *pair, struct stream_queue *queue, uint32_t flags,
                              time_ns_t deadline, struct segment **out_segment)
{
    *out_segment = NULL;
    for (;;) {
        struct wait_queue *what = &queue->readers;
        if (queue->deaf)
            return STATUS_OK;
        if (queue->read_turn) {
            what = &queue->turns;
        } else if (!list_is_empty(&queue->segments)) {
            queue->read_turn = true;
            *out_segment = CONTAINER_OF(queue->segments.next, struct segment, link);
            return STATUS_OK;
        } else {
            status_t status = report_take(pair);
            if (status != STATUS_OK || queue->shut)
                return status;
            if (flags & STREAM_NO_WAIT)
                return STATUS_WOULD_BLOCK;
        }
        status_t status = wait_sleep(what, &pair->lock, deadline);
        spin_lock(&pair->lock);
        if (status != STATUS_OK)
            return status;
    }
}

/* As much of the record as the pieces hold. No lock held. */
static status_t record_deliver(const struct segment *segment, const struct user_out *pieces,
                               size_t count, struct user_out out_from, size_t *out_actual)
{
    const uint8_t *record = segment->data + segment->offset;
    size_t at = STREAM_RECORD_HEADER;
    status_t status = STATUS_OK;
    if (out_from.len != 0)
        status = user_write(out_from.address, record, STREAM_RECORD_HEADER);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        size_t left = segment->len - at, len = pieces[i].len < left ? pieces[i].len : left;
        if (len > 0)
            status = user_write(pieces[i].address, record + at, len);
        at += len;
    }
    *out_actual = at - STREAM_RECORD_HEADER;
    return status;
}

/* Give the turn on, after taking `len` bytes: a record, or nothing. The lock held. */
static void receive_end(struct stream *stream, struct stream_queue *queue, uint32_t len,
                        struct list *garbage)
{
    struct stream_pair *pair = stream->pair;
    queue_consume(queue, len, false, garbage);
    queue->read_turn = false;
    if (queue->deaf)
        queue_purge(queue, garbage); /* This end was closed while we copied. */
    stream_wake(pair, &queue->turns);
    if (queue->bytes > 0)
        stream_wake(pair, &queue->readers);
    stream_tell_writers(pair, 1 - stream->index);
    stream_refresh(pair);
}

status_t stream_receive(struct stream *stream, const struct user_out *pieces, size_t count,
                        struct user_out out_from, uint32_t flags, time_ns_t deadline,
                        size_t *out_actual, size_t *out_record_len)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[1 - stream->index];
    struct segment *segment;
    struct list garbage;
    size_t record_len = 0, len = 0;
    list_init(&garbage);
    spin_lock(&pair->lock);
    status_t status = receive_begin(pair, queue, flags, deadline, &segment);
    spin_unlock(&pair->lock);
    if (segment != NULL) {
        ASSERT(segment->len >= STREAM_RECORD_HEADER);
        record_len = (size_t)segment->len - STREAM_RECORD_HEADER;
        status = record_deliver(segment, pieces, count, out_from, &len);
        bool stays = status != STATUS_OK || (flags & STREAM_PEEK) != 0;
        spin_lock(&pair->lock);
        receive_end(stream, queue, stays ? 0 : segment->len, &garbage);
        spin_unlock(&pair->lock);
        segments_free(pair, &garbage);
    }
    if (status == STATUS_OK) {
        *out_actual = len;
        *out_record_len = record_len;
    }
    return status;
}

status_t stream_connect(struct stream *stream, const struct socket_address *peer)
{
    static const struct socket_address nobody;
    struct stream_pair *pair = stream->pair;
    if (pair->pool == NULL)
        return STATUS_BAD_STATE;
    spin_lock(&pair->lock);
    pair->has_peer = peer != NULL;
    pair->addresses[1 - stream->index] = peer != NULL ? *peer : nobody;
    spin_unlock(&pair->lock);
    return STATUS_OK;
}
