/* What a direction's queue is made of. Charges: one CELL_SEGMENTS for each segment, CELL_MEMORY for
 * the descriptor, and for a frame its page; the pages of a pool are charged where its VMO is. */
#include "kernel/stream/segment.h"

#include "kernel/cell/charge.h"
#include "kernel/stream/letter.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

/* So many segments of at least this size on average; small ones run into the count first. */
enum { SEGMENT_BYTES_FAIR = 512, SEGMENT_COUNT_MIN = 16 };

void queue_init(struct stream_queue *queue, uint32_t limit)
{
    list_init(&queue->segments);
    list_init(&queue->letters);
    queue->limit = limit;
    queue->segment_max = SEGMENT_COUNT_MIN + limit / SEGMENT_BYTES_FAIR;
    wait_queue_init(&queue->readers);
    wait_queue_init(&queue->writers);
    wait_queue_init(&queue->turns);
}

uint64_t segment_memory(const struct stream_pair *pair)
{
    return sizeof(struct segment) + (pair->pool == NULL ? PAGE_SIZE : 0);
}

static status_t segment_charge(struct stream_pair *pair)
{
    status_t status = cell_charge(pair->cell, CELL_SEGMENTS, 1);
    if (status != STATUS_OK)
        return status;
    status = cell_charge(pair->cell, CELL_MEMORY, segment_memory(pair));
    if (status != STATUS_OK)
        cell_uncharge(pair->cell, CELL_SEGMENTS, 1);
    return status;
}

static void segment_uncharge(struct stream_pair *pair)
{
    cell_uncharge(pair->cell, CELL_SEGMENTS, 1);
    cell_uncharge(pair->cell, CELL_MEMORY, segment_memory(pair));
}

/* The descriptor alone, charged. */
static status_t segment_begin(struct stream_pair *pair, struct segment **out_segment)
{
    status_t status = segment_charge(pair);
    if (status != STATUS_OK)
        return status;
    struct segment *segment = slab_alloc(&streams.segments);
    if (segment == NULL) {
        segment_uncharge(pair);
        return STATUS_NO_MEMORY;
    }
    list_init(&segment->link);
    *out_segment = segment;
    return STATUS_OK;
}

static void segment_end(struct stream_pair *pair, struct segment *segment)
{
    slab_free(&streams.segments, segment);
    segment_uncharge(pair);
}

static status_t chunk_alloc(struct stream_pair *pair, struct segment *segment)
{
    paddr_t frame;
    if (pair->pool != NULL)
        return pool_alloc(pair->pool, &segment->chunk, &segment->data);
    status_t status = frame_alloc(0, FRAME_KERNEL, &frame);
    if (status == STATUS_OK)
        segment->data = frame_data(frame);
    return status;
}

status_t segment_create(struct stream_pair *pair, struct segment **out_segment)
{
    struct segment *segment = NULL;
    status_t status = segment_begin(pair, &segment);
    if (status != STATUS_OK)
        return status;
    status = chunk_alloc(pair, segment);
    if (status != STATUS_OK) {
        segment_end(pair, segment);
        return status;
    }
    *out_segment = segment;
    return STATUS_OK;
}

status_t segment_adopt(struct stream_pair *pair, uint32_t chunk, uint8_t *data, uint16_t offset,
                       uint16_t len, struct segment **out_segment)
{
    status_t status = segment_begin(pair, out_segment);
    if (status != STATUS_OK)
        return status;
    (*out_segment)->chunk = chunk;
    (*out_segment)->data = data;
    (*out_segment)->offset = offset;
    (*out_segment)->len = len;
    return STATUS_OK;
}

void segment_free(struct stream_pair *pair, struct segment *segment)
{
    if (pair->pool != NULL)
        pool_free(pair->pool, segment->chunk);
    else
        frame_free(frame_from_data(segment->data), 0);
    segment_end(pair, segment);
}

void segments_free(struct stream_pair *pair, struct list *garbage)
{
    struct list *node;
    while ((node = list_pop_front(garbage)) != NULL)
        segment_free(pair, CONTAINER_OF(node, struct segment, link));
}

void queue_append(struct stream_queue *queue, struct segment *segment, bool is_shown_later)
{
    list_push_back(&queue->segments, &segment->link);
    queue->segment_count++;
    queue->bytes += segment->len;
    queue->bytes_in += segment->len;
    if (!is_shown_later)
        return;
    queue->unshown_bytes += segment->len;
    if (queue->unshown == NULL)
        queue->unshown = segment;
}

void queue_grow(struct stream_queue *queue, struct segment *segment, uint16_t len,
                bool is_shown_later)
{
    segment->len = (uint16_t)(segment->len + len);
    queue->bytes += len;
    queue->bytes_in += len;
    if (is_shown_later)
        queue->unshown_bytes += len;
}

void queue_remove(struct stream_queue *queue, struct segment *segment, struct list *garbage)
{
    list_remove(&segment->link);
    queue->segment_count--;
    if (queue->unshown == segment)
        queue->unshown = NULL; /* Only a purge takes what was not shown: all of it. */
    list_push_back(garbage, &segment->link);
}

void queue_consume(struct stream_queue *queue, uint32_t len, bool keep, struct list *garbage)
{
    ASSERT(len <= queue->bytes);
    while (len > 0) {
        const struct segment *head = CONTAINER_OF(queue->segments.next, struct segment, link);
        uint32_t part = head->len < len ? head->len : len;
        queue_consume_one(queue, part, keep, garbage);
        len -= part;
        if (part == 0)
            break;
    }
    ASSERT(len == 0);
}

void queue_discard_letters(struct stream_queue *queue, uint64_t end)
{
    LIST_FOR_EACH_SAFE (link, &queue->letters) {
        struct stream_letter *letter = CONTAINER_OF(link, struct stream_letter, link);
        if (letter->position >= end)
            break;
        list_remove(link);
        letter->ops->discarded(letter);
    }
}

void queue_purge(struct stream_queue *queue, struct list *garbage)
{
    if (queue->read_turn)
        return; /* The reader purges at the end of its turn. */
    queue_discard_letters(queue, UINT64_MAX);
    LIST_FOR_EACH_SAFE (node, &queue->segments) {
        struct segment *segment = CONTAINER_OF(node, struct segment, link);
        queue->bytes -= segment->len;
        segment->offset =
            (uint16_t)(segment->offset + segment->len); /* The filler's place stays. */
        segment->len = 0;
        if (!(segment->flags & SEGMENT_FILLING))
            queue_remove(queue, segment, garbage);
    }
    ASSERT(queue->bytes == 0);
    queue->unshown_bytes = 0;
}
