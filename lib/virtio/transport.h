/* What every virtio device has, whichever bus it sits on (virtio 1.2, chapters 2 and 3): a status
 * byte, feature words, queues, a configuration space. A transport implements the table; drivers
 * call the wrappers, which hold the order of initialisation and the checks. Modern devices only:
 * VIRTIO_F_VERSION_1 is always required.
 *
 * Any thread context; not from interrupts, except virtio_interrupt_acknowledge and virtio_notify.
 * The driver's lock guards a device. Device registers are foreign: each value is read once and
 * checked, each wait is bounded by a number of reads, since a driver has no clock of its own.
 *
 *   virtio_begin -> virtio_config_read ... -> virtio_queue_start ... -> virtio_finish -> in use
 *        any failure, or the end of use: virtio_reset; the memory of queues is then ours again.
 */
#pragma once

#include <abi/device.h>
#include <abi/types.h>

struct virtqueue;

/* 2.1: the status byte. */
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
    VIRTIO_STATUS_NEEDS_RESET = 64,
    VIRTIO_STATUS_FAILED = 128,
};

/* Device types (chapter 5). */
enum {
    VIRTIO_DEVICE_NET = 1,
    VIRTIO_DEVICE_BLK = 2,
    VIRTIO_DEVICE_ENTROPY = 4,
};

/* Features of every device (chapter 6). */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_EVENT_IDX (1ull << 29)
#define VIRTIO_F_VERSION_1 (1ull << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ull << 33)
#define VIRTIO_F_ORDER_PLATFORM (1ull << 36)

enum {
    VIRTIO_NO_VECTOR = 0xffff,            /* 4.1.5.1.2.1: no MSI-X vector for this source. */
    VIRTIO_RESET_READS_DEFAULT = 1000000, /* Some 50 ms on an emulator, more on a machine. */
    VIRTIO_GENERATION_RETRIES = 16,       /* Of a configuration that changes while read. */
};

/* What virtio_interrupt_acknowledge reports (4.1.4.5, 4.2.2 InterruptStatus). */
enum {
    VIRTIO_INTERRUPT_QUEUE = 1,
    VIRTIO_INTERRUPT_CONFIG = 2,
};

struct virtio_transport {
    const struct virtio_transport_ops *ops;
    size_t config_size_bytes; /* Of the device-specific configuration that may be read. */
    uint16_t queue_count;     /* Queues with an index below this may be asked for. */
};

/* What a transport implements; all are needed. Only transport.c calls these. */
struct virtio_transport_ops {
    const char *name;
    uint8_t (*status_read)(struct virtio_transport *transport);
    void (*status_write)(struct virtio_transport *transport, uint8_t status);
    uint32_t (*features_read)(struct virtio_transport *transport, uint32_t word);
    void (*features_write)(struct virtio_transport *transport, uint32_t word, uint32_t features);
    uint32_t (*generation_read)(struct virtio_transport *transport);
    /* width is 1, 2 or 4, offset a multiple of it and inside the configuration. */
    uint32_t (*config_read)(struct virtio_transport *transport, uint32_t offset, uint8_t width);
    uint32_t (*queue_depth_max)(struct virtio_transport *transport, uint16_t index);
    status_t (*config_vector)(struct virtio_transport *transport, uint16_t vector);
    status_t (*queue_start)(struct virtio_transport *transport, uint16_t index,
                            const struct virtqueue *queue, uint16_t vector);
    void (*notify)(struct virtio_transport *transport, uint16_t index);
    uint32_t (*interrupt_acknowledge)(struct virtio_transport *transport);
};

/* One field of a device's configuration. */
struct virtio_config_field {
    uint16_t offset;
    uint8_t width; /* 1, 2, 4 or 8 bytes. */
};

/* 3.1.1, steps 1 to 4, first half: reset, acknowledge, read what is offered. For drivers whose wishes
 * depend on one another; the others use virtio_begin.
 * @return IO when the device does not come out of reset. */
__attribute__((warn_unused_result)) status_t virtio_offer(struct virtio_transport *transport,
                                                          uint64_t *out_offered);

/* 3.1.1, steps 4 to 6: state the choice, which must be part of what is offered, and see whether the
 * device agrees. VERSION_1 and the two PLATFORM features are added as for virtio_begin.
 * @return NOT_SUPPORTED when it does not; it is then marked FAILED. */
__attribute__((warn_unused_result)) status_t virtio_accept(struct virtio_transport *transport,
                                                           uint64_t offered, uint64_t chosen);

/* 3.1.1, steps 1 to 6: reset, acknowledge, agree on features. FEATURES_OK is read back.
 * VERSION_1 is always required; ACCESS_PLATFORM and ORDER_PLATFORM are always accepted, since
 * drivers use daddr_t and the rings' barriers reach devices.
 * @param required  without all of these the device is of no use.
 * @param wanted    taken where offered.
 * @return NOT_SUPPORTED when a required feature is missing or the device refuses the choice (it is
 *         then marked FAILED), IO when it does not come out of reset. */
__attribute__((warn_unused_result)) status_t virtio_begin(struct virtio_transport *transport,
                                                          uint64_t required, uint64_t wanted,
                                                          uint64_t *out_features);

/* Read fields that belong together: once more if the device says that they changed meanwhile
 * (2.5.1). values[i] is fields[i], zero-extended. @return INVALID for a field outside the
 * configuration or not naturally aligned, IO when it never stays the same long enough. */
__attribute__((warn_unused_result)) status_t
virtio_config_read(struct virtio_transport *transport, const struct virtio_config_field *fields,
                   size_t count, uint64_t *out_values);

/* Route changes of the configuration to an MSI-X vector, between virtio_accept and virtio_finish: a
 * reset has forgotten it.
 * @param vector  or VIRTIO_NO_VECTOR; must be that where the bus has none.
 * @return NO_SPACE when the device has no room for it (4.1.5.1.2.1), INVALID on a bus without. */
__attribute__((warn_unused_result)) status_t
virtio_config_vector(struct virtio_transport *transport, uint16_t vector);

/* The depth to use for a queue: `wish` cut to what the device takes, a power of two.
 * @return 0 when the device has no such queue. */
uint16_t virtio_queue_depth(struct virtio_transport *transport, uint16_t index, uint16_t wish);

/* 3.1.1, step 7: tell the device where a queue lies and enable it.
 * @param vector  MSI-X vector, or VIRTIO_NO_VECTOR; must be that where the bus has none.
 * @return NOT_FOUND when there is no such queue, BUSY when it is in use, NO_SPACE when the device has
 *         no room for the vector, INVALID for a depth above the device's. */
__attribute__((warn_unused_result)) status_t virtio_queue_start(struct virtio_transport *transport,
                                                                uint16_t index,
                                                                const struct virtqueue *queue,
                                                                uint16_t vector);

/* 3.1.1, step 8: the device is live. @return IO when it asks for a reset at once. */
__attribute__((warn_unused_result)) status_t virtio_finish(struct virtio_transport *transport);

/* Give the device up (3.1.1: status FAILED). It stays so until the next virtio_begin. */
void virtio_fail(struct virtio_transport *transport);

/* Stop the device and wait until it says so; only then is the memory of its queues and buffers free
 * to be used otherwise (2.4, 4.1.4.3.2). @return IO when it does not within that many reads. */
__attribute__((warn_unused_result)) status_t virtio_reset(struct virtio_transport *transport,
                                                          uint32_t reads_max);

/* Whether the device gave up: NEEDS_RESET, or gone from its bus (all ones). */
bool virtio_is_broken(struct virtio_transport *transport);

/* Ring a queue's doorbell, after virtqueue_publish said so, which orders what came before. */
static inline void virtio_notify(struct virtio_transport *transport, uint16_t index)
{
    transport->ops->notify(transport, index);
}

/* Read and clear why a line interrupt came; not needed with MSI-X. VIRTIO_INTERRUPT_*. */
static inline uint32_t virtio_interrupt_acknowledge(struct virtio_transport *transport)
{
    return transport->ops->interrupt_acknowledge(transport);
}
