/* The device's side of split rings, written from the specification and apart from the driver's: only
 * the layout header is shared. */
#include "tests/doubles/virtio_device.h"

#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/base/list.h"
#include "lib/virtio/virtqueue_internal.h"

daddr_t device_address(const void *pointer)
{
    return (daddr_t){ (uint64_t)(uintptr_t)pointer + DOUBLE_ADDRESS_OFFSET };
}

void *device_pointer(uint64_t address)
{
    return (void *)(uintptr_t)(address - DOUBLE_ADDRESS_OFFSET);
}

struct dma_memory device_memory(void *base, size_t size_bytes)
{
    return (struct dma_memory){ base, device_address(base), size_bytes };
}

static volatile uint16_t *available_words(const struct double_queue *queue)
{
    return device_pointer(queue->available);
}

static volatile uint16_t *used_words(const struct double_queue *queue)
{
    return device_pointer(queue->used);
}

static volatile struct virtqueue_used *used_entries(const struct double_queue *queue)
{
    return (volatile struct virtqueue_used *)(volatile void *)(used_words(queue) + VIRTQUEUE_RING);
}

volatile uint16_t *double_queue_used_index(struct double_queue *queue)
{
    return &used_words(queue)[VIRTQUEUE_INDEX];
}

volatile uint16_t *double_queue_avail_event(struct double_queue *queue)
{
    return (volatile uint16_t *)(volatile void *)&used_entries(queue)[queue->depth];
}

void double_queue_attach(struct double_queue *queue, struct virtqueue *driver, uint16_t start)
{
    *queue = (struct double_queue){
        .descriptors = virtqueue_descriptors_address(driver).raw,
        .available = virtqueue_available_address(driver).raw,
        .used = virtqueue_used_address(driver).raw,
        .depth = driver->depth,
        .depth_max = driver->depth,
        .available_next = start,
        .used_next = start,
        .used_signalled = start,
    };
    driver->available_next = driver->kick_checked = start;
    driver->used_next = driver->used_seen = start;
    available_words(queue)[VIRTQUEUE_INDEX] = start;
    *double_queue_used_index(queue) = start;
    *double_queue_avail_event(queue) = start;
    available_words(queue)[VIRTQUEUE_RING + queue->depth] = start;
}

/* Append the descriptors of one table, from `index` on. */
static void chain_follow(struct double_chain *chain,
                         const volatile struct virtqueue_descriptor *table, uint32_t table_len,
                         uint16_t index)
{
    for (;;) {
        ASSERT(index < table_len);
        struct virtqueue_descriptor descriptor = table[index];
        if (descriptor.flags & VIRTQUEUE_DESCRIPTOR_INDIRECT) {
            ASSERT(descriptor.len % sizeof descriptor == 0);
            ASSERT((descriptor.flags & VIRTQUEUE_DESCRIPTOR_NEXT) == 0);
            chain_follow(chain, device_pointer(descriptor.address),
                         descriptor.len / (uint32_t)sizeof descriptor, 0);
            return;
        }
        ASSERT(chain->count < DOUBLE_CHAIN_MAX);
        chain->segments[chain->count++] =
            (struct double_segment){ device_pointer(descriptor.address), descriptor.len,
                                     (descriptor.flags & VIRTQUEUE_DESCRIPTOR_WRITE) != 0 };
        if ((descriptor.flags & VIRTQUEUE_DESCRIPTOR_NEXT) == 0)
            return;
        index = descriptor.next;
    }
}

bool double_queue_take(struct double_queue *queue, struct double_chain *out_chain)
{
    volatile uint16_t *available = available_words(queue);
    if (queue->depth == 0 || available[VIRTQUEUE_INDEX] == queue->available_next)
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    out_chain->head = available[VIRTQUEUE_RING + queue->available_next % queue->depth];
    out_chain->count = 0;
    chain_follow(out_chain, device_pointer(queue->descriptors), queue->depth, out_chain->head);
    queue->available_next++;
    return true;
}

void double_queue_use_raw(struct double_queue *queue, uint32_t id, uint32_t len)
{
    volatile struct virtqueue_used *entry = &used_entries(queue)[queue->used_next % queue->depth];
    entry->id = id;
    entry->len = len;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    *double_queue_used_index(queue) = ++queue->used_next;
}

void double_queue_use(struct double_queue *queue, bool event_index, uint16_t head,
                      uint32_t written_bytes)
{
    double_queue_use_raw(queue, head, written_bytes);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    volatile uint16_t *available = available_words(queue);
    bool due = event_index ? virtqueue_event_is_due(available[VIRTQUEUE_RING + queue->depth],
                                                    queue->used_next, queue->used_signalled)
                           : (available[VIRTQUEUE_FLAGS] & VIRTQUEUE_AVAILABLE_NO_INTERRUPT) == 0;
    queue->used_signalled = queue->used_next;
    if (due) {
        queue->interrupted = true;
        queue->interrupts++;
    }
}

void double_queue_lie(struct double_queue *queue, uint64_t dice)
{
    uint32_t id = dice >> 8 & 0xff, len = dice >> 16 & 0xffff;
    switch (dice % 4) {
    case 0: double_queue_use_raw(queue, id % (queue->depth + 1u), len % 2); break;
    case 1: double_queue_use_raw(queue, id, len); break;
    case 2:
        queue->used_next = (uint16_t)(queue->used_next + id % 5 - 2);
        *double_queue_used_index(queue) = queue->used_next;
        break;
    default: ((volatile uint8_t *)used_words(queue))[len % (6u + 8u * queue->depth)] ^= id; break;
    }
}

void double_queue_ask_for_kick(struct double_queue *queue)
{
    *double_queue_avail_event(queue) = queue->available_next;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* How many bytes of the writable (or readable) segments there are. */
static uint32_t chain_bytes(const struct double_chain *chain, bool writable)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < chain->count; i++)
        bytes += chain->segments[i].writable == writable ? chain->segments[i].len : 0;
    return bytes;
}

/* Move data between disk and the segments between header and status. */
static bool blk_transfer(struct double_disk *disk, const struct double_chain *chain,
                         uint64_t offset, bool writable)
{
    for (uint32_t i = 1; i + 1 < chain->count; i++) {
        const struct double_segment *segment = &chain->segments[i];
        if (segment->writable != writable || offset + segment->len > disk->len)
            return false;
        if (writable)
            memcpy(segment->data, disk->data + offset, segment->len);
        else
            memcpy(disk->data + offset, segment->data, segment->len);
        offset += segment->len;
    }
    return true;
}

static uint8_t blk_serve_one(struct double_disk *disk, const struct double_chain *chain)
{
    ASSERT(chain->count >= 2 && chain->segments[0].len == 16 && !chain->segments[0].writable);
    const uint8_t *header = chain->segments[0].data;
    uint64_t offset = load_le64(header + 8) * 512;
    if (disk->fail_next > 0) {
        disk->fail_next--;
        return 1;
    }
    switch (load_le32(header)) {
    case 0: return blk_transfer(disk, chain, offset, true) ? 0 : 1;
    case 1: return blk_transfer(disk, chain, offset, false) ? 0 : 1;
    case 4: disk->flushes++; return 0;
    default: return 2;
    }
}

uint32_t virtio_double_serve_blk(struct virtio_double *device, struct double_disk *disk,
                                 uint32_t limit)
{
    struct double_queue *queue = &device->queues[0];
    bool event_index = (device->features_accepted & VIRTIO_F_EVENT_IDX) != 0;
    struct double_chain chain;
    uint32_t served = 0;
    while (served < limit && double_queue_take(queue, &chain)) {
        uint8_t status = blk_serve_one(disk, &chain);
        const struct double_segment *last = &chain.segments[chain.count - 1];
        ASSERT(last->writable && last->len == 1);
        *last->data = disk->status_override != 0 ? disk->status_override : status;
        double_queue_use(queue, event_index, chain.head,
                         chain_bytes(&chain, true) - (disk->short_read ? 1 : 0));
        served++;
    }
    double_queue_ask_for_kick(queue);
    return served;
}

static struct virtio_double *double_of(struct virtio_transport *transport)
{
    return CONTAINER_OF(transport, struct virtio_double, transport);
}

static uint8_t double_status_read(struct virtio_transport *transport)
{
    return double_of(transport)->status;
}

static void double_status_write(struct virtio_transport *transport, uint8_t status)
{
    struct virtio_double *device = double_of(transport);
    if (status == 0) {
        device->status = device->never_resets ? device->status : 0;
        device->config_vector = VIRTIO_NO_VECTOR;
        for (uint32_t i = 0; i < DOUBLE_QUEUES; i++)
            device->queues[i] = (struct double_queue){ .depth_max = device->queues[i].depth_max };
        return;
    }
    device->status = status;
    if (device->refuses_features)
        device->status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
}

static uint32_t double_features_read(struct virtio_transport *transport, uint32_t word)
{
    return (uint32_t)(double_of(transport)->features_offered >> (32 * word));
}

static void double_features_write(struct virtio_transport *transport, uint32_t word,
                                  uint32_t features)
{
    struct virtio_double *device = double_of(transport);
    device->features_accepted &= ~(0xffffffffull << (32 * word));
    device->features_accepted |= (uint64_t)features << (32 * word);
}

static uint32_t double_generation_read(struct virtio_transport *transport)
{
    struct virtio_double *device = double_of(transport);
    if (device->generation_changes > 0) {
        device->generation_changes--;
        device->generation++;
    }
    return device->generation;
}

static uint32_t double_config_read(struct virtio_transport *transport, uint32_t offset,
                                   uint8_t width)
{
    uint32_t value = 0;
    ASSERT(offset + width <= DOUBLE_CONFIG_BYTES);
    memcpy(&value, double_of(transport)->config + offset, width);
    return value;
}

static uint32_t double_queue_depth_max(struct virtio_transport *transport, uint16_t index)
{
    return double_of(transport)->queues[index].depth_max;
}

static status_t double_config_vector(struct virtio_transport *transport, uint16_t vector)
{
    double_of(transport)->config_vector = vector;
    return STATUS_OK;
}

static status_t double_queue_start(struct virtio_transport *transport, uint16_t index,
                                   const struct virtqueue *driver, uint16_t vector)
{
    struct double_queue *queue = &double_of(transport)->queues[index];
    if (queue->depth_max == 0)
        return STATUS_NOT_FOUND;
    if (queue->depth != 0)
        return STATUS_BUSY;
    *queue = (struct double_queue){
        .descriptors = virtqueue_descriptors_address(driver).raw,
        .available = virtqueue_available_address(driver).raw,
        .used = virtqueue_used_address(driver).raw,
        .depth = driver->depth,
        .depth_max = queue->depth_max,
        .vector = vector,
    };
    return STATUS_OK;
}

static void double_notify(struct virtio_transport *transport, uint16_t index)
{
    struct double_queue *queue = &double_of(transport)->queues[index];
    queue->kicked = true;
    queue->kicks++;
}

static uint32_t double_interrupt_acknowledge(struct virtio_transport *transport)
{
    return VIRTIO_INTERRUPT_QUEUE;
}

static const struct virtio_transport_ops double_ops = {
    .name = "double",
    .status_read = double_status_read,
    .status_write = double_status_write,
    .features_read = double_features_read,
    .features_write = double_features_write,
    .generation_read = double_generation_read,
    .config_read = double_config_read,
    .queue_depth_max = double_queue_depth_max,
    .config_vector = double_config_vector,
    .queue_start = double_queue_start,
    .notify = double_notify,
    .interrupt_acknowledge = double_interrupt_acknowledge,
};

void virtio_double_init(struct virtio_double *device, uint64_t features, uint16_t depth_max)
{
    *device = (struct virtio_double){
        .transport = { .ops = &double_ops,
                       .config_size_bytes = DOUBLE_CONFIG_BYTES,
                       .queue_count = DOUBLE_QUEUES },
        .features_offered = features,
        .config_vector = VIRTIO_NO_VECTOR,
    };
    for (uint32_t i = 0; i < DOUBLE_QUEUES; i++)
        device->queues[i].depth_max = depth_max;
}
