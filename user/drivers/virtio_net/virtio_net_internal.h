/* The parts of the virtio network driver: virtio_net.c opens and steps, receive.c and transmit.c
 * move one direction each. For this folder. */
#pragma once

#include "user/drivers/virtio_net/virtio_net.h"

/* 5.1.3 */
#define VIRTIO_NET_F_CSUM (1ull << 0)
#define VIRTIO_NET_F_GUEST_CSUM (1ull << 1)
#define VIRTIO_NET_F_MTU (1ull << 3)
#define VIRTIO_NET_F_MAC (1ull << 5)
#define VIRTIO_NET_F_GUEST_TSO4 (1ull << 7)
#define VIRTIO_NET_F_HOST_TSO4 (1ull << 11)
#define VIRTIO_NET_F_MRG_RXBUF (1ull << 15)
#define VIRTIO_NET_F_STATUS (1ull << 16)

/* 5.1.6: the header before each frame. */
enum {
    HEADER_FLAGS = 0,
    HEADER_GSO_TYPE = 1,
    HEADER_LEN = 2,
    HEADER_GSO_SIZE = 4,
    HEADER_CHECKSUM_START = 6,
    HEADER_CHECKSUM_OFFSET = 8,
    HEADER_BUFFERS = 10,
    HEADER_F_NEEDS_CHECKSUM = 1,
    HEADER_F_DATA_VALID = 2,
    ETHERNET_HEADER_BYTES = 14,
};

/* The I/O address of a place in the pool, which must be inside it. @return false when the page is not
 * in the DMA window: it is not netd's, so it cannot mean it. */
bool virtio_net_page(const struct virtio_net *net, uint32_t offset, daddr_t *out_address);

/* Whether every chunk that is out lies where the device was told. */
bool receive_is_current(const struct virtio_net *net);

/* Move up to `budget` items; *more is set when the budget ended it, and left alone otherwise. */
__attribute__((warn_unused_result)) status_t receive_completed(struct virtio_net *net,
                                                               uint32_t budget, bool *more);
__attribute__((warn_unused_result)) status_t receive_refill(struct virtio_net *net, uint32_t budget,
                                                            bool *more);
__attribute__((warn_unused_result)) status_t transmit_completed(struct virtio_net *net,
                                                                uint32_t budget, bool *more);
__attribute__((warn_unused_result)) status_t transmit_queued(struct virtio_net *net,
                                                             uint32_t budget, bool *more);
