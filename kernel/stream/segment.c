/* What a direction's queue is made of. Charges: one CELL_SEGMENTS for each segment, CELL_MEMORY for
 * the descriptor, and for frames their pages; the pages of a pool are charged where its VMO is. */
#include "kernel/stream/segment.h"

#include "kernel/cell/charge.h"
#include "kernel/stream/letter.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

/* So many segments of at least this size on average; small ones run into the count first. */
enum { SEGMENT_BYTES_FAIR = 512, SEGMENT_COUNT_MIN = 16 };

/* Making, charging and freeing a chunk costs as much as copying a page: much is put into 16 KiB at a time. */
enum { CHUNK_ORDER_LARGE = 2 };

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

static uint64_t memory_of(const struct stream_pair *pair, unsigned order)
{
    return sizeof(struct segment) + (pair->pool == NULL ? PAGE_SIZE << order : 0);
}

uint64_t segment_memory(const struct stream_pair *pair, const struct segment *segment)
{
    return segment->order == SEGMENT_SMALL ? 0 : memory_of(pair, segment->order);
}

uint64_t queue_memory(const struct stream_pair *pair, const struct stream_queue *queue)
{
    uint64_t sum = 0;
    LIST_FOR_EACH (node, &queue->segments)
        sum += segment_memory(pair, CONTAINER_OF(node, struct segment, link));
    return sum;
}

uint32_t segment_capacity(const struct stream_pair *pair, const struct segment *segment)
{
    if (segment->order == SEGMENT_SMALL)
        return SEGMENT_SMALL_BYTES;
    uint32_t fill = __atomic_load_n(&pair->chunk_fill, __ATOMIC_RELAXED);
    return pair->pool == NULL ? fill << segment->order : fill;
}

static status_t segment_charge(struct stream_pair *pair, unsigned order)
{
    status_t status = cell_charge(pair->cell, CELL_SEGMENTS, 1);
    if (status != STATUS_OK)
        return status;
    status = cell_charge(pair->cell, CELL_MEMORY, memory_of(pair, order));
    if (status != STATUS_OK)
        cell_uncharge(pair->cell, CELL_SEGMENTS, 1);
    return status;
}

static void segment_uncharge(struct stream_pair *pair, unsigned order)
{
    cell_uncharge(pair->cell, CELL_SEGMENTS, 1);
    cell_uncharge(pair->cell, CELL_MEMORY, memory_of(pair, order));
}

/* The descriptor alone, charged. */
static status_t segment_begin(struct stream_pair *pair, unsigned order,
                              struct segment **out_segment)
{
    status_t status = segment_charge(pair, order);
    if (status != STATUS_OK)
        return status;
    struct segment *segment = slab_alloc(&streams.segments);
    if (segment == NULL) {
        segment_uncharge(pair, order);
        return STATUS_NO_MEMORY;
    }
    list_init(&segment->link);
    segment->order = (uint8_t)order;
    *out_segment = segment;
    return STATUS_OK;
}

static void segment_end(struct stream_pair *pair, struct segment *segment)
{
    unsigned order = segment->order;
    slab_free(&streams.segments, segment);
    segment_uncharge(pair, order);
}

static status_t chunk_alloc(struct stream_pair *pair, struct segment *segment)
{
    paddr_t frame;
    if (pair->pool != NULL)
        return pool_alloc(pair->pool, &segment->chunk, &segment->data);
    status_t status = segment->order == 0
                          ? frame_alloc(0, FRAME_KERNEL, &frame)
                          : frame_alloc_at_hand(segment->order, FRAME_KERNEL, &frame);
    if (status == STATUS_OK)
        segment->data = frame_data(frame);
    return status;
}

static status_t segment_create_of(struct stream_pair *pair, unsigned order,
                                  struct segment **out_segment)
{
    struct segment *segment = NULL;
    status_t status = segment_begin(pair, order, &segment);
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

status_t segment_create(struct stream_pair *pair, size_t wanted, struct segment **out_segment)
{
    bool is_large = wanted >= PAGE_SIZE << CHUNK_ORDER_LARGE && pair->pool == NULL;
    if (is_large && segment_create_of(pair, CHUNK_ORDER_LARGE, out_segment) == STATUS_OK)
        return STATUS_OK;
    return segment_create_of(pair, 0, out_segment);
}

status_t segment_adopt(struct stream_pair *pair, uint32_t chunk, uint8_t *data, uint16_t offset,
                       uint16_t len, struct segment **out_segment)
{
    status_t status = segment_begin(pair, 0, out_segment);
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
    if (segment->order == SEGMENT_SMALL)
        return; /* It goes with the pair. */
    if (pair->pool != NULL)
        pool_free(pair->pool, segment->chunk);
    else
        frame_free(frame_from_data(segment->data), segment->order);
    segment_end(pair, segment);
}

void segments_free(struct stream_pair *pair, struct list *garbage)
{
    struct list *node;
    while ((node = list_pop_front(garbage)) != NULL)
        segment_free(pair, CONTAINER_OF(node, struct segment, link));
}

void queue_begin_small(struct stream_queue *queue, struct segment_small *small)
{
    small->segment.data = small->bytes;
    small->segment.order = SEGMENT_SMALL;
    list_push_back(&queue->segments, &small->segment.link);
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
    queue->segment_count -= segment->order != SEGMENT_SMALL;
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
        /* An empty one may lie in front, when what was to be added to it could not be copied. */
        ASSERT(part > 0 || !(head->flags & SEGMENT_FILLING));
        queue_consume_one(queue, part, keep, garbage);
        len -= part;
    }
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
