/* What a stream tells about itself, and to whom it is charged. */
#include "kernel/cell/charge.h"
#include "kernel/stream/stream.h"

void stream_info(struct stream *stream, struct stream_info *out_info)
{
    struct stream_pair *pair = stream->pair;
    const struct stream_queue *in = &pair->queues[1 - stream->index];
    const struct stream_queue *out = &pair->queues[stream->index];
    spin_lock(&pair->lock);
    const struct stream *peer = pair->ends[1 - stream->index];
    *out_info = (struct stream_info){
        .local = pair->addresses[stream->index],
        .remote = pair->addresses[1 - stream->index],
        .state = pair->state,
        .status = (uint32_t)pair->status,
        .readable = in->bytes,
        .room = queue_room(out),
        .unsent = out->bytes,
        .flags = (in->shut ? STREAM_INFO_READ_END : 0) | (out->shut ? STREAM_INFO_WRITE_SHUT : 0) |
                 (peer == NULL || peer->closed ? STREAM_INFO_PEER_CLOSED : 0),
        .read_bytes = in->bytes_out,
        .write_bytes = out->bytes_in,
    };
    spin_unlock(&pair->lock);
}

/* Charge `count` segments. */
static status_t segments_charge(struct cell *cell, uint64_t count, uint64_t memory_bytes)
{
    status_t status = cell_charge(cell, CELL_SEGMENTS, count);
    if (status != STATUS_OK)
        return status;
    status = cell_charge(cell, CELL_MEMORY, memory_bytes);
    if (status != STATUS_OK)
        cell_uncharge(cell, CELL_SEGMENTS, count);
    return status;
}

/* Segments on their way into or out of a queue are made and freed without the lock, by whom they are
 * charged to then. So the charge moves only while there can be none: nobody wrote, read, purged, or is
 * about to. (A transport pushes under the lock.) */
static bool is_untouched(const struct stream_queue *sent, const struct stream_queue *received)
{
    return sent->bytes_in == 0 && !sent->write_turn && !sent->deaf && received->bytes_out == 0 &&
           !received->read_turn && !received->deaf && !received->write_turn;
}

status_t stream_move_charges(struct stream *stream, struct cell *cell)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *sent = &pair->queues[stream->index];
    struct stream_queue *received = &pair->queues[1 - stream->index];
    status_t status = STATUS_OK;
    struct cell *before = NULL;
    spin_lock(&pair->lock);
    bool moves = pair->unclaimed && pair->cell != cell && is_untouched(sent, received);
    if (moves) {
        uint64_t count = received->segment_count;
        uint64_t memory_bytes = queue_memory(pair, received);
        status = segments_charge(cell, count, memory_bytes);
        if (status == STATUS_OK) {
            before = pair->cell;
            cell_uncharge(before, CELL_SEGMENTS, count);
            cell_uncharge(before, CELL_MEMORY, memory_bytes);
            object_ref(&cell->object);
            pair->cell = cell;
        }
    }
    if (status == STATUS_OK)
        __atomic_store_n(&pair->unclaimed, false, __ATOMIC_RELAXED);
    spin_unlock(&pair->lock);
    if (before != NULL)
        object_unref(&before->object);
    return status;
}
