/* The block request engine. A request is a chain of a 16-byte header (read by the device), the data
 * segments, and one status byte (written by it); header and status live in the slot's 32 bytes of
 * shared memory. The slot's number is the queue's cookie. */
#include "lib/virtio/blk.h"

#include "lib/base/assert.h"
#include "lib/base/bytes.h"

/* 5.2.3 */
#define VIRTIO_BLK_F_SIZE_MAX (1ull << 1)
#define VIRTIO_BLK_F_SEG_MAX (1ull << 2)
#define VIRTIO_BLK_F_RO (1ull << 5)
#define VIRTIO_BLK_F_BLK_SIZE (1ull << 6)
#define VIRTIO_BLK_F_FLUSH (1ull << 9)

/* 5.2.4: offsets in the configuration. */
enum {
    BLK_CONFIG_CAPACITY = 0,
    BLK_CONFIG_SIZE_MAX = 8,
    BLK_CONFIG_SEG_MAX = 12,
    BLK_CONFIG_BLK_SIZE = 20,
};

/* 5.2.6: request types, status bytes, and where both lie in a slot's shared memory. */
enum {
    BLK_TYPE_IN = 0,
    BLK_TYPE_OUT = 1,
    BLK_TYPE_FLUSH = 4,
    BLK_STATUS_OK = 0,
    BLK_STATUS_IOERR = 1,
    BLK_STATUS_UNSUPPORTED = 2,
    BLK_STATUS_PENDING = 0xff, /* Ours: what no device writes. */
    BLK_HEADER_BYTES = 16,
    BLK_STATUS_OFFSET = 16,
};

enum {
    BLK_QUEUE = 0,
    BLK_BLOCK_BYTES_MAX = 65536,
    BLK_SLOT_NONE = 0xffff,
};

static status_t config_value(struct virtio_blk *blk, uint16_t offset, uint8_t width,
                             uint64_t *out_value)
{
    struct virtio_config_field field = { offset, width };
    return virtio_config_read(blk->transport, &field, 1, out_value);
}

/* A value that counts only when its feature was agreed on. */
static status_t config_value_if(struct virtio_blk *blk, bool present, uint16_t offset,
                                uint32_t otherwise, uint32_t *out_value)
{
    uint64_t value = otherwise;
    status_t status = present ? config_value(blk, offset, 4, &value) : STATUS_OK;
    if (status == STATUS_OK)
        *out_value = (uint32_t)value;
    return status;
}

static status_t geometry_check(struct virtio_blk_geometry *geometry)
{
    uint32_t block = geometry->block_bytes;
    if (block < VIRTIO_BLK_SECTOR_BYTES || block > BLK_BLOCK_BYTES_MAX || (block & (block - 1)))
        return STATUS_CORRUPT;
    if (geometry->capacity_sectors > UINT64_MAX / VIRTIO_BLK_SECTOR_BYTES ||
        geometry->segments_max == 0 || geometry->segment_bytes_max == 0)
        return STATUS_CORRUPT;
    if (geometry->segments_max > VIRTIO_BLK_SEGMENTS_MAX)
        geometry->segments_max = VIRTIO_BLK_SEGMENTS_MAX;
    return STATUS_OK;
}

static status_t geometry_read(struct virtio_blk *blk, uint64_t features)
{
    struct virtio_blk_geometry *geometry = &blk->geometry;
    geometry->read_only = (features & VIRTIO_BLK_F_RO) != 0;
    geometry->flushes = (features & VIRTIO_BLK_F_FLUSH) != 0;
    status_t status = config_value(blk, BLK_CONFIG_CAPACITY, 8, &geometry->capacity_sectors);
    if (status == STATUS_OK)
        status = config_value_if(blk, features & VIRTIO_BLK_F_BLK_SIZE, BLK_CONFIG_BLK_SIZE,
                                 VIRTIO_BLK_SECTOR_BYTES, &geometry->block_bytes);
    if (status == STATUS_OK)
        status = config_value_if(blk, features & VIRTIO_BLK_F_SEG_MAX, BLK_CONFIG_SEG_MAX, 1,
                                 &geometry->segments_max);
    if (status == STATUS_OK)
        status = config_value_if(blk, features & VIRTIO_BLK_F_SIZE_MAX, BLK_CONFIG_SIZE_MAX,
                                 UINT32_MAX, &geometry->segment_bytes_max);
    return status == STATUS_OK ? geometry_check(geometry) : status;
}

static status_t queue_open(struct virtio_blk *blk, const struct virtio_blk_memory *memory,
                           uint64_t features, uint16_t vector)
{
    struct virtqueue_config config = {
        .ring = memory->ring,
        .indirect = memory->indirect,
        .slots = memory->queue_slots,
        .depth = virtio_queue_depth(blk->transport, BLK_QUEUE, memory->depth),
        .indirect_entries =
            features & VIRTIO_F_INDIRECT_DESC ? memory->indirect_entries : (uint16_t)0,
        .event_index = (features & VIRTIO_F_EVENT_IDX) != 0,
    };
    if (config.depth == 0)
        return STATUS_NOT_FOUND;
    status_t status = virtqueue_init(&blk->queue, &config);
    if (status != STATUS_OK)
        return status;
    /* Header and status take two of the pieces that a chain can have. */
    uint32_t pieces =
        config.depth > config.indirect_entries ? config.depth : config.indirect_entries;
    if (pieces < 3)
        return STATUS_NOT_SUPPORTED;
    if (blk->geometry.segments_max > pieces - 2)
        blk->geometry.segments_max = pieces - 2;
    return virtio_queue_start(blk->transport, BLK_QUEUE, &blk->queue, vector);
}

static bool memory_is_valid(const struct virtio_blk_memory *memory)
{
    return memory->slot_count > 0 && memory->slot_count <= VIRTIO_BLK_DEPTH_MAX &&
           memory->requests.base != NULL &&
           memory->requests.size_bytes >= memory->slot_count * (size_t)VIRTIO_BLK_REQUEST_BYTES &&
           memory->requests.address.raw % VIRTIO_BLK_REQUEST_BYTES == 0;
}

static void slots_init(struct virtio_blk *blk)
{
    for (uint32_t i = 0; i < blk->slot_count; i++)
        blk->slots[i] =
            (struct virtio_blk_slot){ .next = i + 1 < blk->slot_count ? (uint16_t)(i + 1)
                                                                      : (uint16_t)BLK_SLOT_NONE };
}

status_t virtio_blk_open(struct virtio_blk *blk, struct virtio_transport *transport,
                         const struct virtio_blk_memory *memory, uint16_t vector)
{
    if (!memory_is_valid(memory))
        return STATUS_INVALID;
    *blk = (struct virtio_blk){
        .transport = transport,
        .slots = memory->slots,
        .requests = memory->requests,
        .slot_count = memory->slot_count,
        .done_head = BLK_SLOT_NONE,
    };
    slots_init(blk);
    uint64_t features = 0;
    status_t status = virtio_begin(transport, 0,
                                   VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_RO |
                                       VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH |
                                       VIRTIO_F_EVENT_IDX | VIRTIO_F_INDIRECT_DESC,
                                   &features);
    if (status != STATUS_OK)
        return status;
    status = geometry_read(blk, features);
    if (status == STATUS_OK)
        status = queue_open(blk, memory, features, vector);
    if (status == STATUS_OK)
        status = virtio_finish(transport);
    if (status != STATUS_OK)
        virtio_fail(transport);
    return status;
}

/* The checks that the device would otherwise have to be trusted with (5.2.6.1). */
static status_t range_check(const struct virtio_blk *blk, const struct virtio_blk_request *request)
{
    const struct virtio_blk_geometry *geometry = &blk->geometry;
    if (request->operation == VIRTIO_BLK_WRITE && geometry->read_only)
        return STATUS_READ_ONLY;
    if (request->segment_count > geometry->segments_max)
        return STATUS_TOO_BIG;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < request->segment_count; i++) {
        if (request->segments[i].len > geometry->segment_bytes_max)
            return STATUS_TOO_BIG;
        if (request->segments[i].len == 0)
            return STATUS_INVALID;
        bytes += request->segments[i].len;
    }
    uint64_t sectors = bytes / VIRTIO_BLK_SECTOR_BYTES;
    uint32_t block_sectors = geometry->block_bytes / VIRTIO_BLK_SECTOR_BYTES;
    if (bytes == 0 || bytes > UINT32_MAX - 1 || bytes % geometry->block_bytes != 0 ||
        request->sector % block_sectors != 0)
        return STATUS_INVALID;
    return sectors <= geometry->capacity_sectors &&
                   request->sector <= geometry->capacity_sectors - sectors
               ? STATUS_OK
               : STATUS_INVALID;
}

static status_t request_check(const struct virtio_blk *blk,
                              const struct virtio_blk_request *request)
{
    switch (request->operation) {
    case VIRTIO_BLK_READ:
    case VIRTIO_BLK_WRITE: return range_check(blk, request);
    case VIRTIO_BLK_FLUSH: return request->segment_count == 0 ? STATUS_OK : STATUS_INVALID;
    }
    return STATUS_INVALID;
}

static uint8_t *slot_bytes(const struct virtio_blk *blk, uint16_t index)
{
    return (uint8_t *)blk->requests.base + (size_t)index * VIRTIO_BLK_REQUEST_BYTES;
}

static uint32_t request_type(enum virtio_blk_operation operation)
{
    switch (operation) {
    case VIRTIO_BLK_READ: return BLK_TYPE_IN;
    case VIRTIO_BLK_WRITE: return BLK_TYPE_OUT;
    case VIRTIO_BLK_FLUSH: return BLK_TYPE_FLUSH;
    }
    ASSERT(!"an operation that request_check let through");
    return BLK_TYPE_FLUSH;
}

static status_t chain_add(struct virtio_blk *blk, uint16_t index,
                          const struct virtio_blk_request *request)
{
    struct virtqueue_segment chain[VIRTIO_BLK_SEGMENTS_MAX + 2];
    daddr_t shared = daddr_add(blk->requests.address, (uint64_t)index * VIRTIO_BLK_REQUEST_BYTES);
    uint32_t count = 0;
    chain[count++] = (struct virtqueue_segment){ shared, BLK_HEADER_BYTES, false };
    for (uint32_t i = 0; i < request->segment_count; i++)
        chain[count++] =
            (struct virtqueue_segment){ request->segments[i].address, request->segments[i].len,
                                        request->operation == VIRTIO_BLK_READ };
    chain[count++] = (struct virtqueue_segment){ daddr_add(shared, BLK_STATUS_OFFSET), 1, true };

    uint8_t *bytes = slot_bytes(blk, index);
    store_le32(bytes, request_type(request->operation));
    store_le32(bytes + 4, 0);
    store_le64(bytes + 8, request->operation == VIRTIO_BLK_FLUSH ? 0 : request->sector);
    bytes[BLK_STATUS_OFFSET] = BLK_STATUS_PENDING;
    return virtqueue_add(&blk->queue, chain, count, index);
}

static uint32_t bytes_to_read(const struct virtio_blk_request *request)
{
    uint32_t bytes = 0;
    for (uint32_t i = 0; request->operation == VIRTIO_BLK_READ && i < request->segment_count; i++)
        bytes += request->segments[i].len; /* range_check saw that it fits. */
    return bytes;
}

static struct virtio_blk_slot *slot_take(struct virtio_blk *blk,
                                         const struct virtio_blk_request *request)
{
    struct virtio_blk_slot *slot = &blk->slots[blk->free_head];
    ASSERT(!slot->out);
    blk->free_head = slot->next;
    blk->slots_out++;
    blk->barrier_out = request->barrier;
    *slot = (struct virtio_blk_slot){
        .cookie = request->cookie,
        .read_bytes = bytes_to_read(request),
        .next = BLK_SLOT_NONE,
        .out = true,
        .barrier = request->barrier,
    };
    return slot;
}

static void slot_give(struct virtio_blk *blk, uint16_t index)
{
    struct virtio_blk_slot *slot = &blk->slots[index];
    ASSERT(slot->out);
    slot->out = false;
    slot->next = blk->free_head;
    blk->free_head = index;
    blk->slots_out--;
    if (slot->barrier)
        blk->barrier_out = false;
}

status_t virtio_blk_submit(struct virtio_blk *blk, const struct virtio_blk_request *request)
{
    status_t status = request_check(blk, request);
    if (status != STATUS_OK)
        return status;
    if (blk->queue.poisoned)
        return STATUS_CORRUPT;
    if (blk->barrier_out || (request->barrier && blk->slots_out > 0))
        return STATUS_BUSY;
    if (blk->free_head == BLK_SLOT_NONE)
        return STATUS_WOULD_BLOCK;

    uint16_t index = blk->free_head;
    if (request->operation == VIRTIO_BLK_FLUSH && !blk->geometry.flushes) {
        /* 5.2.6.2: without the feature, a write that completed is durable already. */
        slot_take(blk, request)->next = blk->done_head;
        blk->done_head = index;
        return STATUS_OK;
    }
    status = chain_add(blk, index, request);
    if (status == STATUS_OK)
        slot_take(blk, request);
    return status;
}

void virtio_blk_publish(struct virtio_blk *blk)
{
    if (virtqueue_publish(&blk->queue))
        virtio_notify(blk->transport, BLK_QUEUE);
}

static status_t status_of_byte(uint8_t byte)
{
    switch (byte) {
    case BLK_STATUS_OK: return STATUS_OK;
    case BLK_STATUS_UNSUPPORTED: return STATUS_NOT_SUPPORTED;
    default: return STATUS_IO; /* IOERR, and whatever no device may write. */
    }
}

static bool done_take(struct virtio_blk *blk, struct virtio_blk_completion *out_completion)
{
    uint16_t index = blk->done_head;
    if (index == BLK_SLOT_NONE)
        return false;
    blk->done_head = blk->slots[index].next;
    *out_completion = (struct virtio_blk_completion){ blk->slots[index].cookie, STATUS_OK };
    slot_give(blk, index);
    return true;
}

status_t virtio_blk_complete(struct virtio_blk *blk, struct virtio_blk_completion *out_completion)
{
    if (done_take(blk, out_completion))
        return STATUS_OK;
    struct virtqueue_completion used;
    status_t status = virtqueue_pop(&blk->queue, &used);
    if (status != STATUS_OK)
        return status;
    uint16_t index = (uint16_t)used.cookie;
    ASSERT(index < blk->slot_count);
    const struct virtio_blk_slot *slot = &blk->slots[index];
    uint8_t byte = *(volatile uint8_t *)&slot_bytes(blk, index)[BLK_STATUS_OFFSET];
    status = status_of_byte(byte);
    if (status == STATUS_OK && used.written_bytes <= slot->read_bytes && slot->read_bytes > 0)
        status = STATUS_IO;
    *out_completion = (struct virtio_blk_completion){ slot->cookie, status };
    slot_give(blk, index);
    return STATUS_OK;
}

bool virtio_blk_enable_interrupts(struct virtio_blk *blk)
{
    return blk->done_head == BLK_SLOT_NONE && virtqueue_enable_interrupts(&blk->queue);
}

status_t virtio_blk_close(struct virtio_blk *blk)
{
    return virtio_reset(blk->transport, VIRTIO_RESET_READS_DEFAULT);
}

status_t virtio_blk_cancel(struct virtio_blk *blk, struct virtio_blk_completion *out_completion)
{
    if (done_take(blk, out_completion))
        return STATUS_OK;
    uint64_t cookie = 0;
    if (!virtqueue_reclaim(&blk->queue, &cookie))
        return STATUS_WOULD_BLOCK;
    *out_completion = (struct virtio_blk_completion){ blk->slots[cookie].cookie, STATUS_CANCELLED };
    slot_give(blk, (uint16_t)cookie);
    return STATUS_OK;
}
