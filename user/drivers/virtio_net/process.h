/* The driver's process: what it takes from the handles that it was given, and what it keeps.
 * device.c takes the device (registers, interrupts), memory.c the memory that it shares with the
 * device and with netd, control.c answers at the driver's endpoint, main.c is the loop. The engine
 * knows none of it. One thread; everything ends with the process, in the kernel's order
 * (docs/design/driver_net.md). */
#pragma once

#include "lib/virtio/virtio_pci.h"
#include "user/drivers/virtio_net/virtio_net.h"
#include "user/ipc/serve.h"

enum {
    DRIVER_QUEUE_DEPTH = 256,
    DRIVER_INDIRECT_ENTRIES = 16, /* A header block and 15 pieces; longer chains go direct. */
    DRIVER_VECTOR_CONFIG = 0,
    DRIVER_VECTOR_QUEUES = 1,
    DRIVER_VECTORS = 2,
    DRIVER_MAPPINGS_MAX = 4, /* One for each register block, unless they share pages. */
    DRIVER_MESSAGE_BYTES = 512,
};

/* Start handles, beside those that <abi/service.h> names. */
#define START_DRIVER_ENDPOINT "ipc:serve:virtio-net"

/* Pages of a BAR that are mapped. */
struct driver_mapping {
    uint32_t bar;
    uint64_t first; /* Offset in the BAR. */
    uint64_t bytes;
    uint8_t *address;
};

/* What was given. */
struct driver_handles {
    handle_t device;
    handle_t pool;
    handle_t ring;
    handle_t endpoint;   /* May be absent. */
    handle_t supervisor; /* The same. */
    handle_t stop;       /* The same. */
};

struct driver {
    struct driver_handles handles;
    handle_t port;
    handle_t irqs[DRIVER_VECTORS];
    handle_t pool_window;
    uint64_t forgotten;      /* Pages that left the pool and that the device does not use. */
    uint64_t forgotten_next; /* So many when the frames that are out are done. */
    bool is_forgetting;
    struct driver_mapping mappings[DRIVER_MAPPINGS_MAX];
    uint32_t mapping_count;
    struct virtio_pci pci;
    struct net_port rings;
    struct virtio_net net;
    struct ipc_server control;
    uint8_t control_request[DRIVER_MESSAGE_BYTES];
    uint8_t control_reply[DRIVER_MESSAGE_BYTES];
    uint64_t interrupts;
    uint64_t notices;
    bool is_ending;
    struct virtqueue_slot rx_slots[DRIVER_QUEUE_DEPTH];
    struct virtqueue_slot tx_slots[DRIVER_QUEUE_DEPTH];
};

/* --- device.c --- */

/* Find the register blocks, map them, take the interrupts, let the device reach memory.
 * @return NOT_SUPPORTED for no virtio device of the modern kind or one without MSI-X, CORRUPT for
 *         one that describes itself wrongly; what the device calls answer. */
[[nodiscard]] status_t device_take(struct driver *driver);

/* --- memory.c --- */

/* Map the pool, the queues' memory and the ring area, all but the area within reach of the device.
 * @return CORRUPT for a pool or an area that makes no sense, BAD_STATE for rings that another driver
 *         has used in this life; what the memory calls answer. */
[[nodiscard]] status_t memory_take(struct driver *driver, struct virtio_net_config *out_config);

/* --- control.c --- */

/* Serve protocol `driver` at the endpoint. */
void control_open(struct driver *driver);
