/* The virtio network driver (virtio 1.2, 5.1) as an engine between two virtqueues and the four
 * rings of lib/virtio/net_ring.h. It owns no thread and waits for nothing: the process around it
 * maps the register blocks, the packet pool, the rings and the queue memory, calls
 * virtio_net_step whenever an interrupt or a doorbell came, and sleeps when told so.
 *
 * Both neighbours are foreign: what the device writes is checked here and in lib/virtio, what netd
 * asks for is checked against the pool and against what was negotiated. A request of netd's that
 * makes no sense is refused alone; a lie of the device, or rings in an impossible state, end the
 * driver with STATUS_CORRUPT, and a fresh one takes over (docs/design/driver_net.md).
 *
 * One thread. Cost of a step: bounded by its budget.
 */
#pragma once

#include "lib/virtio/net_ring.h"
#include "lib/virtio/transport.h"
#include "lib/virtio/virtqueue.h"

enum {
    VIRTIO_NET_RX_QUEUE = 0,
    VIRTIO_NET_TX_QUEUE = 1,
    VIRTIO_NET_HEADER_BYTES = 12, /* 5.1.6: virtio_net_hdr_v1 */
    VIRTIO_NET_SEGMENTS_MAX = 96, /* A frame's pieces, cut at page ends. */
    VIRTIO_NET_PAGE_BYTES = 4096,
};

struct virtio_net_queue_memory {
    struct dma_memory ring;
    struct dma_memory indirect; /* Unused for the receive queue. */
    struct virtqueue_slot *slots;
    uint16_t depth;
    uint16_t indirect_entries;
    uint16_t vector; /* MSI-X, or VIRTIO_NO_VECTOR. */
};

struct virtio_net_config {
    struct virtio_transport *transport;
    struct net_port *port; /* Attached. */
    uint8_t *pool;
    uint32_t pool_bytes; /* A multiple of the page. */
    /* I/O address of each page of the pool, 0 while the page is not there; the kernel keeps it. */
    const volatile uint64_t *daddr_of_page;
    uint16_t config_vector; /* MSI-X, for changes of the configuration, or VIRTIO_NO_VECTOR. */
    struct virtio_net_queue_memory rx;
    struct virtio_net_queue_memory tx;
};

/* Counted since the driver started. */
struct virtio_net_counters {
    uint64_t rx_frames, rx_bytes, rx_dropped, rx_kicks;
    uint64_t tx_frames, tx_bytes, tx_refused, tx_kicks;
};

/* A frame taken from the tx ring that waits for room in the queue. */
struct virtio_net_held {
    struct net_tx pieces[NET_TX_PIECES_MAX];
    uint32_t count; /* 0: none. */
};

struct virtio_net {
    struct virtio_net_config config;
    struct virtqueue rx;
    struct virtqueue tx;
    struct net_device_info info;
    struct virtio_net_held held;
    uint32_t tx_out[2]; /* Frames with the device, by the turn in which they were given to it. */
    uint8_t tx_turn;
    uint32_t rx_chunks_left; /* Of the frame that is being received. */
    uint32_t rx_frame_bytes;
    bool rx_frame_dropped;
    bool has_link_status;
    struct virtio_net_counters counters;
};

/* What the caller is to do after a step. */
struct virtio_net_result {
    bool notify_peer; /* Ring netd's doorbell. */
    bool may_sleep;   /* Nothing is left to do: an interrupt or a doorbell will come. */
    bool
        look_again; /* But perhaps none for the frames that are out: within some milliseconds, step. */
};

/* Take the device into use and announce it to netd.
 * @return NOT_SUPPORTED for a device without a MAC address or of the old kind, CORRUPT for a
 *         configuration that makes no sense or chunks too small for its frames; what
 *         virtio_queue_start returns. The device is then reset or FAILED. */
__attribute__((warn_unused_result)) status_t
virtio_net_open(struct virtio_net *net, const struct virtio_net_config *config);

/* Do up to `budget` chunks and frames in each of the four directions.
 * @return CORRUPT when the device or the rings are beyond use: close and end. */
__attribute__((warn_unused_result)) status_t virtio_net_step(struct virtio_net *net,
                                                             uint32_t budget,
                                                             struct virtio_net_result *out_result);

/* Pages have left the pool: see to it that the device stops using what it was told of them. A new turn
 * begins, which sees the table as it is now; when the frames of the turn before are done, the device
 * knows no page that had left when this was called. Not before virtio_net_forgot.
 * @return CORRUPT when a chunk that netd gave for reception has left: the device may write to it. */
__attribute__((warn_unused_result)) status_t virtio_net_forget(struct virtio_net *net);
bool virtio_net_forgot(const struct virtio_net *net);

/* After a configuration interrupt: read the link state again and tell netd.
 * @return true when it changed; ring netd's doorbell. */
bool virtio_net_link_check(struct virtio_net *net);

/* Stop the device: no DMA happens any more. @return IO when it does not stop; the DMA window must
 * then outlive it until the bus owner has reset it. */
__attribute__((warn_unused_result)) status_t virtio_net_close(struct virtio_net *net);
