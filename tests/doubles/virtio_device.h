/* A virtio device in software, for host tests of drivers: the device's side of the same split
 * rings, with a transport of its own, a block back end in memory, and a hostile streak on demand.
 * It follows every address that the driver gives it through device_pointer, so a driver that
 * passes a pointer where an I/O address belongs faults. It makes no checks for the driver's sake:
 * a chain that a device could not follow ends the test. */
#pragma once

#include "lib/virtio/transport.h"
#include "lib/virtio/virtqueue.h"

enum {
    DOUBLE_QUEUES = 3,
    DOUBLE_CONFIG_BYTES = 64,
    DOUBLE_CHAIN_MAX = 80,
};

/* I/O address 0x7000_0000_0000 + pointer, so that neither works as the other. */
#define DOUBLE_ADDRESS_OFFSET 0x700000000000ull

daddr_t device_address(const void *pointer);
void *device_pointer(uint64_t address);
struct dma_memory device_memory(void *base, size_t size_bytes);

struct double_queue {
    uint64_t descriptors, available, used; /* As the driver programmed them. */
    uint16_t depth;                        /* 0: not started. */
    uint16_t depth_max;
    uint16_t vector;
    uint16_t available_next; /* Next chain to take. */
    uint16_t used_next;      /* Where the next used entry goes. */
    uint16_t used_signalled; /* used_next at the last interrupt decision. */
    bool kicked;
    bool interrupted;
    uint32_t kicks;
    uint32_t interrupts;
};

struct virtio_double {
    struct virtio_transport transport;
    uint64_t features_offered;
    uint64_t features_accepted;
    uint8_t status;
    uint16_t config_vector; /* Forgotten by a reset, as those of the queues. */
    uint8_t config[DOUBLE_CONFIG_BYTES];
    uint32_t generation;
    uint32_t generation_changes; /* This many further reads of it find it changed. */
    bool refuses_features;
    bool never_resets;
    struct double_queue queues[DOUBLE_QUEUES];
};

void virtio_double_init(struct virtio_double *device, uint64_t features, uint16_t depth_max);

/* A queue without a transport: the rings of a bare `struct virtqueue`, starting at given indices
 * (of both sides), to test wrap-around. */
void double_queue_attach(struct double_queue *queue, struct virtqueue *driver, uint16_t start);

struct double_segment {
    uint8_t *data;
    uint32_t len;
    bool writable;
};

struct double_chain {
    struct double_segment segments[DOUBLE_CHAIN_MAX];
    uint32_t count;
    uint16_t head;
};

/* Take the next published chain. @return false when there is none. */
bool double_queue_take(struct double_queue *queue, struct double_chain *out_chain);

/* Return a chain, and decide about an interrupt as a device must. */
void double_queue_use(struct double_queue *queue, bool event_index, uint16_t head,
                      uint32_t written_bytes);

/* What a device does before it waits for a doorbell: with an event index, ask for the next entry. */
void double_queue_ask_for_kick(struct double_queue *queue);

/* Raw access for lies. */
volatile uint16_t *double_queue_used_index(struct double_queue *queue);
volatile uint16_t *double_queue_avail_event(struct double_queue *queue);

/* Tell one lie or truth, chosen by `dice`: a used entry of any id and length, an index that jumps or
 * goes back, bits flipped in what the device may write. For tests that go through many seeds. */
void double_queue_lie(struct double_queue *queue, uint64_t dice);
void double_queue_use_raw(struct double_queue *queue, uint32_t id, uint32_t len);

struct double_disk {
    uint8_t *data;
    size_t len;
    uint32_t flushes;
    uint32_t fail_next;      /* This many requests end in an I/O error. */
    uint8_t status_override; /* Unless 0, the status byte of every request. */
    bool short_read;         /* Claim success after one byte too few. */
};

/* Serve a block device's queue 0 from `disk`: at most `limit` requests.
 * @return how many were served. */
uint32_t virtio_double_serve_blk(struct virtio_double *device, struct double_disk *disk,
                                 uint32_t limit);
