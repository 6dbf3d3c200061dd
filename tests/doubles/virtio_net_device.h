/* The network back end of the device double: frames go into the receive queue as a device would put
 * them, merged over buffers or not, and come out of the transmit queue with their header. */
#pragma once

#include "tests/doubles/virtio_device.h"

enum {
    DOUBLE_NET_HEADER_BYTES = 12,
    DOUBLE_NET_FRAME_MAX = 65550,
};

/* struct virtio_net_hdr_v1, by value. */
struct double_net_header {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t header_len;
    uint16_t gso_size;
    uint16_t checksum_start;
    uint16_t checksum_offset;
    uint16_t buffers;
};

/* A MAC address of 52:54:00:12:34:56, link up, MTU 1500. */
void double_net_configure(struct virtio_double *device);

/* Receive one frame from the wire. header.buffers is filled in, unless it is not 0: then that is
 * the lie told.
 * @return false when there are too few buffers; those looked at are kept for the next call. */
bool double_net_deliver(struct virtio_double *device, struct double_net_header header,
                        const uint8_t *frame, uint32_t len);

/* Take one frame that the driver sent. @return its length, or 0 when there is none. */
uint32_t double_net_take(struct virtio_double *device, struct double_net_header *out_header,
                         uint8_t frame[DOUBLE_NET_FRAME_MAX]);
