/* The glue between the block layer, the request engine of lib/virtio/blk.h and an interrupt line. The
 * engine checks the device; what is decided here is memory, the lock, and who completes what.
 *
 * A request's cookie is its address. The engine hands back only cookies of requests that are out, so a
 * device cannot make one up. When the engine finds the device lying, the disk is broken for good:
 * the device is reset, and everything that was out or queued fails with IO. A device that cannot even
 * be reset may still write to the pages of those requests, so they are never completed: better a
 * thread that hangs than memory that changes under its next owner. */
#include "kernel/drivers/virtio_blk.h"

#include <arch/irq.h>

#include "kernel/base/log.h"
#include "kernel/block/block.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/mmio.h"
#include "kernel/mm/slab.h"
#include "lib/base/assert.h"
#include "lib/virtio/blk.h"
#include "lib/virtio/virtio_mmio.h"

enum {
    DISK_QUEUE_DEPTH = 256, /* Descriptors: seven requests of 32 scattered pages, or 85 of one. */
    DISK_REQUESTS = 64,     /* Out at once. */
};

struct virtio_disk {
    struct block_device device;
    struct virtio_mmio mmio;
    struct virtio_blk engine;
    uint32_t interrupt_id;
    paddr_t rings; /* The memory that the device sees: queue, then requests. */
    unsigned rings_order;
    struct virtqueue_slot *queue_slots;
    struct virtio_blk_slot *slots;
};

static const struct block_ops virtio_disk_ops;

static struct virtio_disk *disk_of(struct block_device *device)
{
    return CONTAINER_OF(device, struct virtio_disk, device);
}

/* --- requests --- */

static enum virtio_blk_operation operation_of(enum block_operation operation)
{
    switch (operation) {
    case BLOCK_WRITE: return VIRTIO_BLK_WRITE;
    case BLOCK_FLUSH: return VIRTIO_BLK_FLUSH;
    default: return VIRTIO_BLK_READ;
    }
}

static status_t virtio_disk_submit(struct block_device *device, struct block_request *request)
{
    struct virtio_blk_segment segments[BLOCK_SEGMENTS_MAX];
    for (uint32_t i = 0; i < request->segment_count; i++)
        segments[i] = (struct virtio_blk_segment){
            .address = { request->segments[i].address.raw }, /* No I/O address unit in between. */
            .len = request->segments[i].len,
        };
    struct virtio_blk_request out = {
        .operation = operation_of(request->operation),
        .barrier = request->barrier,
        .sector = request->sector,
        .segments = segments,
        .segment_count = request->segment_count,
        .cookie = (uintptr_t)request,
    };
    status_t status = virtio_blk_submit(&disk_of(device)->engine, &out);
    return status == STATUS_BUSY ? STATUS_WOULD_BLOCK : status; /* A barrier is in the way. */
}

static void virtio_disk_publish(struct block_device *device)
{
    virtio_blk_publish(&disk_of(device)->engine);
}

/* --- completions --- */

/* Take completions until there are none and an interrupt will follow the next.
 * @return CORRUPT when the device lied. The lock is held. */
static status_t disk_collect(struct virtio_disk *disk, struct list *completed, struct list *failed)
{
    do {
        struct virtio_blk_completion completion;
        status_t status;
        while ((status = virtio_blk_complete(&disk->engine, &completion)) == STATUS_OK) {
            struct block_request *request = (struct block_request *)(uintptr_t)completion.cookie;
            list_push_back(completion.status == STATUS_OK ? completed : failed, &request->link);
        }
        if (status != STATUS_WOULD_BLOCK)
            return status;
    } while (!virtio_blk_enable_interrupts(&disk->engine));
    return STATUS_OK;
}

/* The lock is held. */
static void disk_give_up(struct virtio_disk *disk, struct list *failed)
{
    irq_disable(disk->interrupt_id);
    block_break(&disk->device, failed);
    if (virtio_blk_close(&disk->engine) != STATUS_OK)
        return;
    struct virtio_blk_completion completion;
    while (virtio_blk_cancel(&disk->engine, &completion) == STATUS_OK) {
        struct block_request *request = (struct block_request *)(uintptr_t)completion.cookie;
        list_push_back(failed, &request->link);
    }
}

static void complete_all_ok(struct block_device *device, struct list *completed)
{
    struct list *link;
    while ((link = list_pop_front(completed)) != NULL)
        block_complete(device, CONTAINER_OF(link, struct block_request, link), STATUS_OK);
}

static void virtio_disk_interrupt(void *argument)
{
    struct virtio_disk *disk = argument;
    struct list completed;
    struct list failed;
    list_init(&completed);
    list_init(&failed);
    spin_lock(&disk->device.lock);
    virtio_interrupt_acknowledge(&disk->mmio.transport);
    status_t status = disk->device.broken ? STATUS_OK : disk_collect(disk, &completed, &failed);
    if (status == STATUS_OK)
        block_dispatch(&disk->device, &failed);
    else
        disk_give_up(disk, &failed);
    spin_unlock(&disk->device.lock);
    if (status != STATUS_OK)
        klog("virtio-blk: the device broke the protocol and is given up");
    complete_all_ok(&disk->device, &completed);
    block_complete_all(&disk->device, &failed);
}

/* --- probing --- */

/* Sizes of what the device sees, one after the other in one block of frames. */
struct disk_layout {
    size_t ring_size;
    size_t requests_at;
    size_t total;
};

static struct disk_layout disk_layout(void)
{
    struct disk_layout layout = { .ring_size = virtqueue_ring_size(DISK_QUEUE_DEPTH) };
    layout.requests_at =
        (layout.ring_size + VIRTQUEUE_RING_ALIGN - 1) & ~(size_t)(VIRTQUEUE_RING_ALIGN - 1);
    layout.total = layout.requests_at + DISK_REQUESTS * VIRTIO_BLK_REQUEST_BYTES;
    return layout;
}

static unsigned order_for(size_t size)
{
    unsigned order = 0;
    while (((size_t)PAGE_SIZE << order) < size)
        order++;
    return order;
}

static status_t disk_memory(struct virtio_disk *disk, struct virtio_blk_memory *out_memory)
{
    struct disk_layout layout = disk_layout();
    disk->rings_order = order_for(layout.total);
    disk->queue_slots = kmalloc(DISK_QUEUE_DEPTH * sizeof *disk->queue_slots);
    disk->slots = kmalloc(DISK_REQUESTS * sizeof *disk->slots);
    if (disk->queue_slots == NULL || disk->slots == NULL)
        return STATUS_NO_MEMORY;
    status_t status = frame_alloc(disk->rings_order, FRAME_KERNEL, &disk->rings);
    if (status != STATUS_OK)
        return status;
    uint8_t *base = frame_data(disk->rings);
    *out_memory = (struct virtio_blk_memory){
        .ring = { base, { disk->rings.raw }, layout.ring_size },
        .requests = { base + layout.requests_at,
                      { disk->rings.raw + layout.requests_at },
                      DISK_REQUESTS * VIRTIO_BLK_REQUEST_BYTES },
        .queue_slots = disk->queue_slots,
        .slots = disk->slots,
        .depth = DISK_QUEUE_DEPTH,
        .slot_count = DISK_REQUESTS,
    };
    return STATUS_OK;
}

static uint32_t u32_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void disk_take_geometry(struct virtio_disk *disk)
{
    const struct virtio_blk_geometry *geometry = &disk->engine.geometry;
    disk->device.sector_count = geometry->capacity_sectors;
    disk->device.block_bytes = geometry->block_bytes;
    disk->device.segments_max = u32_min(geometry->segments_max, BLOCK_SEGMENTS_MAX);
    disk->device.segment_bytes_max =
        u32_min(geometry->segment_bytes_max, disk->device.segment_bytes_max);
    disk->device.read_only = geometry->read_only;
    disk->device.flushes = geometry->flushes;
}

/* Pages are the least that the rest of the kernel asks for. */
static bool geometry_serves(const struct block_device *device)
{
    return device->block_bytes <= PAGE_SIZE && device->segment_bytes_max >= PAGE_SIZE;
}

static void disk_free(struct virtio_disk *disk)
{
    if (disk->rings.raw != 0)
        frame_free(disk->rings, disk->rings_order);
    kfree(disk->slots, DISK_REQUESTS * sizeof *disk->slots);
    kfree(disk->queue_slots, DISK_QUEUE_DEPTH * sizeof *disk->queue_slots);
    kfree(disk, sizeof *disk);
}

static status_t disk_start(struct virtio_disk *disk)
{
    struct virtio_blk_memory memory;
    status_t status = disk_memory(disk, &memory);
    if (status == STATUS_OK)
        status = virtio_blk_open(&disk->engine, &disk->mmio.transport, &memory, VIRTIO_NO_VECTOR);
    if (status != STATUS_OK)
        return status;
    disk_take_geometry(disk);
    if (geometry_serves(&disk->device))
        return STATUS_OK;
    return virtio_blk_close(&disk->engine) == STATUS_OK ? STATUS_NOT_SUPPORTED : STATUS_IO;
}

status_t virtio_blk_probe(paddr_t base, uint64_t size_bytes, uint32_t interrupt_id,
                          struct block_device **out_disk)
{
    struct virtio_disk *disk = kmalloc(sizeof *disk);
    if (disk == NULL)
        return STATUS_NO_MEMORY;
    block_device_init(&disk->device, &virtio_disk_ops);
    disk->interrupt_id = interrupt_id;
    uint32_t device_type = 0;
    status_t status =
        virtio_mmio_probe(&disk->mmio, mmio_map(base, size_bytes), size_bytes, &device_type);
    if (status == STATUS_OK && device_type != VIRTIO_DEVICE_BLK)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = disk_start(disk);
    if (status != STATUS_OK) {
        disk_free(disk);
        return status;
    }
    irq_attach(interrupt_id, virtio_disk_interrupt, disk);
    irq_configure(interrupt_id, IRQ_LEVEL);
    irq_enable(interrupt_id);
    *out_disk = &disk->device;
    return STATUS_OK;
}

static const struct block_ops virtio_disk_ops = {
    .name = "virtio-blk",
    .submit = virtio_disk_submit,
    .publish = virtio_disk_publish,
};
