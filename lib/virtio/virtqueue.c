/* The split virtqueue. A chain travels so: its descriptors come from the private free list and are
 * written to the shared table; its head goes into the available ring beyond the published index;
 * publish moves that index; the device moves its used index; pop checks the entry against the
 * slots and gives the descriptors back to the free list. */
#include "lib/virtio/virtqueue.h"

#include <string.h>

#include "lib/base/assert.h"
#include "lib/virtio/virtqueue_internal.h"

static size_t round_up(size_t bytes)
{
    return (bytes + VIRTQUEUE_RING_ALIGN - 1) & ~(size_t)(VIRTQUEUE_RING_ALIGN - 1);
}

/* The used ring starts on a cache line of its own: the device writes it, the rest is ours. */
static size_t available_offset(uint16_t depth)
{
    return round_up(depth * sizeof(struct virtqueue_descriptor));
}

static size_t used_offset(uint16_t depth)
{
    return available_offset(depth) + round_up(VIRTQUEUE_RING_HEADER + depth * 2u + 2u);
}

size_t virtqueue_ring_size(uint16_t depth)
{
    return used_offset(depth) +
           round_up(VIRTQUEUE_RING_HEADER + depth * sizeof(struct virtqueue_used) + 2u);
}

size_t virtqueue_indirect_size(uint16_t depth, uint16_t indirect_entries)
{
    return (size_t)depth * indirect_entries * sizeof(struct virtqueue_descriptor);
}

static bool memory_is_fit(const struct dma_memory *memory, size_t size_bytes)
{
    return memory->base != NULL && memory->size_bytes >= size_bytes &&
           (uintptr_t)memory->base % VIRTQUEUE_RING_ALIGN == 0 &&
           memory->address.raw % VIRTQUEUE_RING_ALIGN == 0;
}

static bool config_is_valid(const struct virtqueue_config *config)
{
    uint16_t depth = config->depth;
    if (depth == 0 || depth > VIRTQUEUE_DEPTH_MAX || (depth & (depth - 1)) != 0)
        return false;
    if (!memory_is_fit(&config->ring, virtqueue_ring_size(depth)))
        return false;
    return config->indirect_entries == 0 ||
           memory_is_fit(&config->indirect,
                         virtqueue_indirect_size(depth, config->indirect_entries));
}

status_t virtqueue_init(struct virtqueue *queue, const struct virtqueue_config *config)
{
    if (!config_is_valid(config))
        return STATUS_INVALID;
    uint16_t depth = config->depth;
    uint8_t *base = config->ring.base;
    memset(base, 0, virtqueue_ring_size(depth));
    *queue = (struct virtqueue){
        .descriptors = (void *)base,
        .available = (void *)(base + available_offset(depth)),
        .used_header = (void *)(base + used_offset(depth)),
        .used = (void *)(base + used_offset(depth) + VIRTQUEUE_RING_HEADER),
        .indirect = config->indirect_entries != 0 ? config->indirect.base : NULL,
        .slots = config->slots,
        .indirect_address = config->indirect.address.raw,
        .ring_address = config->ring.address.raw,
        .depth = depth,
        .indirect_entries = config->indirect_entries,
        .free_count = depth,
        .event_index = config->event_index,
    };
    for (uint32_t i = 0; i < depth; i++)
        queue->slots[i] = (struct virtqueue_slot){ .next = (uint16_t)(i + 1) };
    order_empty_ring_before_enable();
    return STATUS_OK;
}

daddr_t virtqueue_descriptors_address(const struct virtqueue *queue)
{
    return (daddr_t){ queue->ring_address };
}

daddr_t virtqueue_available_address(const struct virtqueue *queue)
{
    return (daddr_t){ queue->ring_address + available_offset(queue->depth) };
}

daddr_t virtqueue_used_address(const struct virtqueue *queue)
{
    return (daddr_t){ queue->ring_address + used_offset(queue->depth) };
}

/* An indirect table takes one descriptor whatever its length. */
static bool goes_indirect(const struct virtqueue *queue, uint32_t segment_count)
{
    return segment_count > 1 && segment_count <= queue->indirect_entries;
}

bool virtqueue_fits(const struct virtqueue *queue, uint32_t segment_count)
{
    return (goes_indirect(queue, segment_count) ? 1 : segment_count) <= queue->free_count;
}

/* @return false for a chain that no device should be shown. */
static bool segments_are_valid(const struct virtqueue_segment *segments, uint32_t segment_count,
                               uint32_t *out_writable_bytes)
{
    uint64_t writable_bytes = 0;
    bool writes = false;
    for (uint32_t i = 0; i < segment_count; i++) {
        if (segments[i].len == 0 || (writes && !segments[i].device_writes))
            return false;
        writes = segments[i].device_writes;
        writable_bytes += writes ? segments[i].len : 0;
    }
    *out_writable_bytes = (uint32_t)writable_bytes;
    return writable_bytes <= UINT32_MAX;
}

static void descriptor_write(volatile struct virtqueue_descriptor *descriptor,
                             const struct virtqueue_segment *segment, bool last, uint16_t next)
{
    descriptor->address = segment->address.raw;
    descriptor->len = segment->len;
    descriptor->flags = (segment->device_writes ? VIRTQUEUE_DESCRIPTOR_WRITE : 0) |
                        (last ? 0 : VIRTQUEUE_DESCRIPTOR_NEXT);
    descriptor->next = last ? 0 : next;
}

/* Fill the table that belongs to this head. @return how many descriptors the chain takes: one. */
static uint16_t chain_write_indirect(struct virtqueue *queue, uint16_t head,
                                     const struct virtqueue_segment *segments,
                                     uint32_t segment_count)
{
    size_t first = (size_t)head * queue->indirect_entries;
    for (uint32_t i = 0; i < segment_count; i++)
        descriptor_write(&queue->indirect[first + i], &segments[i], i + 1 == segment_count,
                         (uint16_t)(i + 1));
    volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[head];
    descriptor->address = queue->indirect_address + first * sizeof *descriptor;
    descriptor->len = segment_count * (uint32_t)sizeof *descriptor;
    descriptor->flags = VIRTQUEUE_DESCRIPTOR_INDIRECT;
    descriptor->next = 0;
    queue->free_head = queue->slots[head].next;
    return 1;
}

static uint16_t chain_write_direct(struct virtqueue *queue,
                                   const struct virtqueue_segment *segments, uint32_t segment_count)
{
    uint16_t index = queue->free_head;
    for (uint32_t i = 0; i < segment_count; i++) {
        uint16_t next = queue->slots[index].next;
        descriptor_write(&queue->descriptors[index], &segments[i], i + 1 == segment_count, next);
        index = next;
    }
    queue->free_head = index;
    return (uint16_t)segment_count;
}

status_t virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                       uint32_t segment_count, uint64_t cookie)
{
    uint32_t writable_bytes = 0;
    if (queue->poisoned)
        return STATUS_CORRUPT;
    if (segment_count == 0 ||
        (segment_count > queue->depth && segment_count > queue->indirect_entries))
        return STATUS_INVALID;
    if (!virtqueue_fits(queue, segment_count))
        return STATUS_WOULD_BLOCK;
    if (!segments_are_valid(segments, segment_count, &writable_bytes))
        return STATUS_INVALID;

    uint16_t head = queue->free_head;
    ASSERT(head < queue->depth);
    struct virtqueue_slot *slot = &queue->slots[head];
    ASSERT(slot->descriptor_count == 0);
    uint16_t count = goes_indirect(queue, segment_count)
                         ? chain_write_indirect(queue, head, segments, segment_count)
                         : chain_write_direct(queue, segments, segment_count);
    slot->cookie = cookie;
    slot->writable_bytes = writable_bytes;
    slot->descriptor_count = count;
    queue->free_count -= count;
    queue->available[VIRTQUEUE_RING + (queue->available_next & (queue->depth - 1))] = head;
    queue->available_next++;
    queue->chains_out++;
    queue->chains_added++;
    return STATUS_OK;
}

/* 2.7.10: with an event index the device names the entry after which it wants to hear; otherwise
 * one bit says "not now". */
static bool device_wants_kick(struct virtqueue *queue)
{
    uint16_t from = queue->kick_checked;
    queue->kick_checked = queue->available_next;
    if (queue->event_index) {
        const volatile struct virtqueue_used *end = &queue->used[queue->depth];
        uint16_t event = *(const volatile uint16_t *)(const volatile void *)end;
        return virtqueue_event_is_due(event, queue->available_next, from);
    }
    return (queue->used_header[VIRTQUEUE_FLAGS] & VIRTQUEUE_USED_NO_NOTIFY) == 0;
}

bool virtqueue_publish(struct virtqueue *queue)
{
    if (queue->chains_added == 0 || queue->poisoned)
        return false;
    queue->chains_added = 0;
    order_chains_before_available_index();
    queue->available[VIRTQUEUE_INDEX] = queue->available_next;
    order_available_index_before_kick_check();
    return device_wants_kick(queue);
}

static void poison(struct virtqueue *queue)
{
    queue->poisoned = true;
}

/* Read the device's index. It may have advanced by no more chains than it was given. */
static status_t used_refresh(struct virtqueue *queue)
{
    uint16_t index = queue->used_header[VIRTQUEUE_INDEX];
    uint16_t fresh = (uint16_t)(index - queue->used_next);
    if (fresh > queue->chains_out - queue->chains_added) {
        poison(queue);
        return STATUS_CORRUPT;
    }
    queue->used_seen = index;
    order_used_index_before_entries();
    return STATUS_OK;
}

/* Give the descriptors of a chain back to the free list, by the private links alone. */
static void chain_free(struct virtqueue *queue, uint16_t head)
{
    struct virtqueue_slot *slot = &queue->slots[head];
    uint16_t last = head;
    for (uint16_t i = 1; i < slot->descriptor_count; i++)
        last = queue->slots[last].next;
    queue->slots[last].next = queue->free_head;
    queue->free_head = head;
    queue->free_count += slot->descriptor_count;
    slot->descriptor_count = 0;
    queue->chains_out--;
    ASSERT(queue->free_count <= queue->depth);
}

status_t virtqueue_pop(struct virtqueue *queue, struct virtqueue_completion *out_completion)
{
    if (queue->poisoned)
        return STATUS_CORRUPT;
    if (queue->used_seen == queue->used_next && used_refresh(queue) != STATUS_OK)
        return STATUS_CORRUPT;
    if (queue->used_seen == queue->used_next)
        return STATUS_WOULD_BLOCK;

    const volatile struct virtqueue_used *entry =
        &queue->used[queue->used_next & (queue->depth - 1)];
    uint32_t id = entry->id;
    uint32_t len = entry->len;
    if (id >= queue->depth || queue->slots[id].descriptor_count == 0 ||
        len > queue->slots[id].writable_bytes) {
        poison(queue);
        return STATUS_CORRUPT;
    }
    *out_completion = (struct virtqueue_completion){ queue->slots[id].cookie, len };
    chain_free(queue, (uint16_t)id);
    queue->used_next++;
    return STATUS_OK;
}

bool virtqueue_enable_interrupts_after(struct virtqueue *queue, uint16_t chain_count)
{
    if (queue->poisoned)
        return false;
    uint16_t out = queue->event_index ? queue->chains_out - queue->chains_added : 1;
    uint16_t ahead = chain_count < out ? chain_count : out;
    uint16_t mark = (uint16_t)(queue->used_next + (ahead > 1 ? ahead - 1 : 0));
    if (queue->event_index)
        queue->available[VIRTQUEUE_RING + queue->depth] = mark;
    else
        queue->available[VIRTQUEUE_FLAGS] = 0;
    order_used_event_before_recheck();
    uint16_t index = queue->used_header[VIRTQUEUE_INDEX];
    return (uint16_t)(index - queue->used_next) <= (uint16_t)(mark - queue->used_next);
}

bool virtqueue_enable_interrupts(struct virtqueue *queue)
{
    return virtqueue_enable_interrupts_after(queue, 1);
}

void virtqueue_disable_interrupts(struct virtqueue *queue)
{
    if (!queue->event_index)
        queue->available[VIRTQUEUE_FLAGS] = VIRTQUEUE_AVAILABLE_NO_INTERRUPT;
}

bool virtqueue_reclaim(struct virtqueue *queue, uint64_t *out_cookie)
{
    for (uint16_t i = 0; i < queue->depth && queue->chains_out > 0; i++) {
        if (queue->slots[i].descriptor_count == 0)
            continue;
        *out_cookie = queue->slots[i].cookie;
        chain_free(queue, i);
        return true;
    }
    return false;
}

bool virtqueue_next_out(const struct virtqueue *queue, uint16_t *at, uint64_t *out_cookie)
{
    while (*at < queue->depth && queue->slots[*at].descriptor_count == 0)
        ++*at;
    if (*at == queue->depth)
        return false;
    *out_cookie = queue->slots[(*at)++].cookie;
    return true;
}
