/* The split virtqueue of virtio 1.2 (section 2.7), driver's side, as an engine: it writes chains of
 * descriptors into memory that a device reads, publishes them in batches, and takes back what the
 * device has used. The caller owns the ring's memory, the slots, the loop and the doorbell.
 *
 * The device is not trusted. Everything that the driver needs to remember (which descriptors are
 * free, which chains are out, both of its indices) lives in `struct virtqueue` and in the slots,
 * which the device cannot reach; the shared ring is only ever written for it and read for its own
 * words, each once. A used index that jumps further than there are chains out, an id that names no
 * chain that is out, or a length above what the chain let it write, poisons the queue: every later
 * call answers STATUS_CORRUPT until virtqueue_init, after a reset of the device.
 *
 * Any context; one caller at a time (the owner's lock guards it). Cost: O(1), and O(descriptors)
 * of the chain for add and pop.
 *
 *   driver                                   device
 *   virtqueue_add (once or more)
 *   virtqueue_publish -> doorbell if true -> takes chains, writes buffers, used ring
 *   virtqueue_pop until WOULD_BLOCK       <- interrupt, unless suppressed
 *   virtqueue_enable_interrupts: true = nothing came meanwhile, sleep
 */
#pragma once

#include <abi/device.h>
#include <abi/types.h>

enum {
    VIRTQUEUE_DEPTH_MAX = 32768, /* 2.7: at most 2^15. */
    VIRTQUEUE_RING_ALIGN = 64,   /* More than the 16 that 2.7 asks for: a cache line. */
};

/* Memory that this side reaches by pointer and a device by I/O address, contiguous in both. */
struct dma_memory {
    void *base;
    daddr_t address;
    size_t size_bytes;
};

/* One piece of a chain. All pieces that the device reads come before those it writes (2.7.4.2). */
struct virtqueue_segment {
    daddr_t address;
    uint32_t len;
    bool device_writes;
};

/* What the driver remembers of a descriptor. Slots of descriptors that head no chain have
 * descriptor_count 0. Private to virtqueue.c; public so that the caller can provide the array. */
struct virtqueue_slot {
    uint64_t cookie;
    uint32_t writable_bytes;   /* What the device may claim to have written. */
    uint16_t next;             /* Next of the chain, or of the free list. */
    uint16_t descriptor_count; /* Of the chain that starts here, while it is out. */
};

struct virtqueue_config {
    struct dma_memory ring;       /* At least virtqueue_ring_size(depth), aligned as above. */
    struct dma_memory indirect;   /* At least virtqueue_indirect_size; unused when entries is 0. */
    struct virtqueue_slot *slots; /* `depth` of them, the queue's until its end of use. */
    uint16_t depth;               /* A power of two, at most VIRTQUEUE_DEPTH_MAX. */
    uint16_t indirect_entries;    /* Longest chain to put in an indirect table (2.7.5.3), or 0. */
    bool event_index;             /* VIRTIO_F_EVENT_IDX was negotiated. */
};

struct virtqueue {
    volatile struct virtqueue_descriptor *descriptors; /* Shared, written only. */
    volatile uint16_t *available;                      /* Shared, written only. */
    volatile uint16_t *used_header;                    /* Shared: the device's flags and index. */
    volatile struct virtqueue_used *used;              /* Shared: the device's entries. */
    volatile struct virtqueue_descriptor *indirect;    /* Shared, written only; or NULL. */
    struct virtqueue_slot *slots;
    uint64_t indirect_address;
    uint64_t ring_address;
    uint16_t depth;
    uint16_t indirect_entries;
    uint16_t free_head;
    uint16_t free_count;
    uint16_t chains_out;     /* Added and not yet popped. */
    uint16_t chains_added;   /* Added and not yet published; the device must not return these. */
    uint16_t available_next; /* Where the next chain goes; published up to here at publish. */
    uint16_t kick_checked;   /* available_next when the device's wish was last consulted. */
    uint16_t used_next;      /* Next entry of the used ring to take. */
    uint16_t used_seen;      /* The device's index when last read. */
    bool event_index;
    bool poisoned;
};

struct virtqueue_completion {
    uint64_t cookie;
    uint32_t written_bytes; /* Of the writable pieces, from their start; checked to fit them. */
};

/* Bytes that a ring of this depth takes: descriptors, available ring, used ring. */
size_t virtqueue_ring_size(uint16_t depth);

/* Bytes for one indirect table of that many entries for each descriptor. */
size_t virtqueue_indirect_size(uint16_t depth, uint16_t indirect_entries);

/* Empty the queue and lay it out in the given memory, which it zeroes. Interrupts start enabled.
 * Nothing tells the device; virtio_queue_start does. @return INVALID for a depth that is no power
 * of two or memory that is too small or not aligned. Cost: O(depth). */
__attribute__((warn_unused_result)) status_t virtqueue_init(struct virtqueue *queue,
                                                            const struct virtqueue_config *config);

/* Where the three parts lie for the device. */
daddr_t virtqueue_descriptors_address(const struct virtqueue *queue);
daddr_t virtqueue_available_address(const struct virtqueue *queue);
daddr_t virtqueue_used_address(const struct virtqueue *queue);

/* Whether a chain of that many pieces can be added now. */
bool virtqueue_fits(const struct virtqueue *queue, uint32_t segment_count);

/* Write one chain, not yet visible to the device. The memory that the segments name is the
 * device's from publish on until its cookie is popped.
 * @return WOULD_BLOCK when too few descriptors are free, INVALID for no segments, a zero length, a
 *         readable piece after a writable one, more writable bytes than 32 bits count, or more
 *         segments than the queue can ever hold; CORRUPT when poisoned. */
__attribute__((warn_unused_result)) status_t virtqueue_add(struct virtqueue *queue,
                                                           const struct virtqueue_segment *segments,
                                                           uint32_t segment_count, uint64_t cookie);

/* Hand all added chains to the device at once.
 * @return true when the device asks to be told: ring its doorbell. Always consult it. */
__attribute__((warn_unused_result)) bool virtqueue_publish(struct virtqueue *queue);

/* Take back one chain. @return WOULD_BLOCK when the device has returned no more, CORRUPT when what
 * it wrote is impossible (the queue is then poisoned and its chains stay out). */
__attribute__((warn_unused_result)) status_t
virtqueue_pop(struct virtqueue *queue, struct virtqueue_completion *out_completion);

/* Ask for an interrupt at the next used chain, then look again.
 * @return true when nothing had come by then, so that an interrupt will follow: the caller may
 *         sleep. false: pop again. A poisoned queue answers false, so that pop tells. */
__attribute__((warn_unused_result)) bool virtqueue_enable_interrupts(struct virtqueue *queue);

/* As virtqueue_enable_interrupts, but ask only once `chain_count` more chains are used (at least 1,
 * cut to what is out). Without an event index it is the same as that. For queues whose completions
 * nobody waits for: one interrupt then pays for many. */
__attribute__((warn_unused_result)) bool virtqueue_enable_interrupts_after(struct virtqueue *queue,
                                                                           uint16_t chain_count);

/* Ask for no interrupts. A hint: one may come all the same. With an event index nothing needs to
 * be written, since the old mark lies behind the device's index. */
void virtqueue_disable_interrupts(struct virtqueue *queue);

/* After the device was reset, and only then: take back a chain that it never returned.
 * @return false when none is left. Cost over all calls: O(depth) for each call that finds none. */
bool virtqueue_reclaim(struct virtqueue *queue, uint64_t *out_cookie);
/* Go through the chains that are out, in no order: *at starts at 0 and belongs to this function.
 * @return false after the last. Cost over a whole walk: O(depth). */
bool virtqueue_next_out(const struct virtqueue *queue, uint16_t *at, uint64_t *out_cookie);
