/* The virtio block device (virtio 1.2, 5.2) as a request engine: requests in, chains on one queue,
 * completions out. Deep queues, no allocation: the caller provides the queue's memory, one slot for
 * each request that may be out, and 32 bytes of device-visible memory a slot. The engine neither
 * waits nor retries; the block layer above holds what does not fit.
 *
 * The device is not trusted: geometry that makes no sense refuses the device, a completion for a
 * request that is not out or with an impossible length poisons the queue, and a status byte that is
 * none of the three defined ones is an I/O error, as is a read that claims success and wrote too
 * little.
 *
 * Order (the device itself keeps none between requests that are out together, 5.2.6.2):
 *   - FLUSH completes when every write that completed before it was submitted is durable.
 *   - a request with `barrier` set starts only when nothing is out, and nothing starts until it is
 *     completed; virtio_blk_submit answers BUSY meanwhile.
 *
 * Context: any, under the one lock that guards the disk. Cost: O(segments) a request.
 */
#pragma once

#include "lib/virtio/transport.h"
#include "lib/virtio/virtqueue.h"

enum {
    VIRTIO_BLK_SECTOR_BYTES = 512, /* The unit of all positions, whatever the block size. */
    VIRTIO_BLK_SEGMENTS_MAX = 64,  /* Of one request; a device may allow fewer. */
    VIRTIO_BLK_DEPTH_MAX = 128,
    VIRTIO_BLK_REQUEST_BYTES = 32, /* Device-visible memory for one slot. */
};

enum virtio_blk_operation {
    VIRTIO_BLK_READ,
    VIRTIO_BLK_WRITE,
    VIRTIO_BLK_FLUSH,
};

/* What the device states, checked. */
struct virtio_blk_geometry {
    uint64_t capacity_sectors;
    uint32_t block_bytes;       /* Requests are multiples of it; a power of two, 512 to 64 KiB. */
    uint32_t segments_max;      /* Of one request, 1 to VIRTIO_BLK_SEGMENTS_MAX. */
    uint32_t segment_bytes_max; /* Of one segment. */
    bool read_only;
    bool flushes; /* It has a volatile cache; without one, FLUSH completes by itself. */
};

struct virtio_blk_segment {
    daddr_t address;
    uint32_t len;
};

struct virtio_blk_request {
    enum virtio_blk_operation operation;
    bool barrier;
    uint64_t sector;
    const struct virtio_blk_segment *segments; /* Read during submit only. None for FLUSH. */
    uint32_t segment_count;
    uint64_t cookie;
};

struct virtio_blk_completion {
    uint64_t cookie;
    status_t status; /* OK, IO, NOT_SUPPORTED, or CANCELLED from virtio_blk_cancel. */
};

/* One request that may be out; private to blk.c. */
struct virtio_blk_slot {
    uint64_t cookie;
    uint32_t read_bytes; /* What the device must have written before the status byte. */
    uint16_t next;       /* Of the free list, or of those that completed without the device. */
    bool out;
    bool barrier;
};

/* All of it belongs to the engine until after virtio_blk_close. */
struct virtio_blk_memory {
    struct dma_memory ring;     /* virtqueue_ring_size(depth) */
    struct dma_memory indirect; /* virtqueue_indirect_size(depth, indirect_entries) */
    struct dma_memory requests; /* slot_count * VIRTIO_BLK_REQUEST_BYTES, aligned to 32 */
    struct virtqueue_slot *queue_slots;
    struct virtio_blk_slot *slots;
    uint16_t depth;            /* Most descriptors to use; a power of two. */
    uint16_t indirect_entries; /* Segments + 2 of the requests worth an indirect table; or 0. */
    uint16_t slot_count;       /* Requests out at once, 1 to VIRTIO_BLK_DEPTH_MAX. */
};

struct virtio_blk {
    struct virtio_transport *transport;
    struct virtqueue queue;
    struct virtio_blk_geometry geometry;
    struct virtio_blk_slot *slots;
    struct dma_memory requests;
    uint16_t slot_count;
    uint16_t slots_out;
    uint16_t free_head;
    uint16_t done_head; /* Completed without the device, not yet reported. */
    bool barrier_out;
};

/* Take the device into use: negotiate, read the geometry, start queue 0.
 * @param vector  of the queue's interrupt, or VIRTIO_NO_VECTOR.
 * @return what virtio_begin and virtio_queue_start do; CORRUPT for a geometry that contradicts
 *         itself; INVALID for memory that is too small. On failure the device is reset or FAILED. */
__attribute__((warn_unused_result)) status_t virtio_blk_open(struct virtio_blk *blk,
                                                             struct virtio_transport *transport,
                                                             const struct virtio_blk_memory *memory,
                                                             uint16_t vector);

/* Put one request on the queue, not yet shown to the device.
 * @return WOULD_BLOCK when no slot or too few descriptors are free; BUSY when a barrier is in the
 *         way, either side; READ_ONLY; TOO_BIG for more or longer segments than the device takes;
 *         INVALID for a range beyond the capacity or not in whole blocks; CORRUPT when poisoned. */
__attribute__((warn_unused_result)) status_t
virtio_blk_submit(struct virtio_blk *blk, const struct virtio_blk_request *request);

/* Show all submitted requests to the device, with at most one doorbell. */
void virtio_blk_publish(struct virtio_blk *blk);

/* Take one completion. @return WOULD_BLOCK when there is none, CORRUPT when the device lied: then
 * virtio_blk_cancel what is out. */
__attribute__((warn_unused_result)) status_t
virtio_blk_complete(struct virtio_blk *blk, struct virtio_blk_completion *out_completion);

/* @return true when an interrupt will follow the next completion and none is waiting now. */
__attribute__((warn_unused_result)) bool virtio_blk_enable_interrupts(struct virtio_blk *blk);

/* Stop the device; its memory is free again. Requests that are out stay so until cancelled.
 * @return IO when the device does not stop: then its memory must never be used again. */
__attribute__((warn_unused_result)) status_t virtio_blk_close(struct virtio_blk *blk);

/* After virtio_blk_close returned OK: report one request that never completed, as CANCELLED.
 * @return WOULD_BLOCK when none is left. */
__attribute__((warn_unused_result)) status_t
virtio_blk_cancel(struct virtio_blk *blk, struct virtio_blk_completion *out_completion);
