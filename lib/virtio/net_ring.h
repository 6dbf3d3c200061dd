/* What netd and a network driver share: one memory area with four rings (lib/base/ring.h) and two
 * small records. Payload does not pass through it: it lies in the packet pool, which both map and
 * the device reaches by DMA, and is named by offsets into the pool. The protocol, ownership and
 * restart are told in docs/design/driver_net.md.
 *
 *   rx_free   netd -> driver   pool chunks to receive into
 *   rx_done   driver -> netd   the same chunks, filled; a frame is one or more of them
 *   tx        netd -> driver   frames, each a chain of pieces
 *   tx_done   driver -> netd   frames whose pieces the device no longer reads
 *
 * All fields are little endian. Descriptors are copied out of a ring before they are checked.
 */
#pragma once

#include <abi/types.h>

#include "lib/base/ring.h"

enum {
    NET_AREA_MAGIC = 0x4e544557, /* "WETN": the network area. */
    NET_AREA_VERSION = 1,
    NET_RINGS = 4,

    NET_CHUNK_BYTES = 4096,      /* Pool chunks: offset and size of every receive buffer. */
    NET_FRAME_BYTES_MAX = 65550, /* A 64 KiB segment and its Ethernet header (5.1.6.3.1). */
    NET_RX_CHUNKS_MAX = 34,      /* Of one received frame. */
    NET_TX_PIECES_MAX = 48,      /* Of one frame to send, the header block included. */
    NET_TX_HEADROOM = 16,        /* Writable bytes before a header block, the driver's to use. */
};

enum net_ring_index {
    NET_RING_RX_FREE,
    NET_RING_RX_DONE,
    NET_RING_TX,
    NET_RING_TX_DONE,
};

struct net_rx_free {
    uint32_t offset; /* Of a chunk: a multiple of NET_CHUNK_BYTES. */
    uint32_t len;
};
_Static_assert(sizeof(struct net_rx_free) == 8 && offsetof(struct net_rx_free, len) == 4, "shared");

enum {
    NET_RX_MORE = 1 << 0,           /* The frame goes on in the next descriptor. */
    NET_RX_CHECKSUM_GOOD = 1 << 1,  /* The device has verified it. */
    NET_RX_NEEDS_CHECKSUM = 1 << 2, /* From a neighbour on the host: trusted, checksum partial. */
    NET_RX_DROPPED = 1 << 3,        /* No frame, only chunks that come back; skip and len are 0. */
};

/* Offload kinds, the numbers of virtio_net_hdr (5.1.6). */
enum {
    NET_GSO_NONE = 0,
    NET_GSO_TCPV4 = 1,
    NET_GSO_TCPV6 = 4,
};

/* One filled chunk. The fields from `flags` on, MORE apart, count in a frame's first one only. */
struct net_rx_done {
    uint32_t offset; /* As posted. */
    uint32_t len;    /* Bytes of the frame in this chunk. */
    uint16_t skip;   /* They start this far into it. */
    uint16_t flags;  /* NET_RX_* */
    uint16_t chunks; /* Of the frame. */
    uint8_t gso_type;
    uint8_t padding;
    uint16_t gso_size;
    uint16_t header_len;
    uint16_t checksum_start;
    uint16_t checksum_offset;
};
_Static_assert(sizeof(struct net_rx_done) == 24 &&
                   offsetof(struct net_rx_done, checksum_offset) == 22,
               "shared");

enum {
    NET_TX_MORE = 1 << 0,
    NET_TX_NEEDS_CHECKSUM = 1 << 1, /* Complete it from checksum_start on, at + checksum_offset. */
};

/* One piece of a frame. The first is a header block, with headroom before `offset`; its offload
 * fields and number are the frame's. */
struct net_tx {
    uint32_t offset;
    uint32_t len;
    uint32_t number; /* Of the frame; comes back in tx_done. */
    uint16_t flags;  /* NET_TX_* */
    uint8_t gso_type;
    uint8_t padding;
    uint16_t gso_size;
    uint16_t header_len;
    uint16_t checksum_start;
    uint16_t checksum_offset;
};
_Static_assert(sizeof(struct net_tx) == 24 && offsetof(struct net_tx, checksum_offset) == 22,
               "shared");

struct net_tx_done {
    uint32_t number;
    uint32_t status; /* OK, or INVALID: refused, nothing was sent. */
};
_Static_assert(sizeof(struct net_tx_done) == 8 && offsetof(struct net_tx_done, status) == 4,
               "shared");

/* What the driver says of its device, once it is attached. */
enum {
    NET_FEATURE_TX_CHECKSUM = 1 << 0,
    NET_FEATURE_RX_CHECKSUM = 1 << 1, /* GOOD and NEEDS_CHECKSUM may come. */
    NET_FEATURE_TX_TSO4 = 1 << 2,
    NET_FEATURE_RX_GSO4 = 1 << 3, /* Frames above the MTU may come. */
    NET_FEATURE_MERGE = 1 << 4,   /* Frames of several chunks may come. */
};

struct net_device_info {
    uint8_t mac[6];
    uint16_t mtu;
    uint32_t features; /* NET_FEATURE_* */
    uint32_t link_up;  /* 0 or 1; the one field that changes while attached. */
};
_Static_assert(sizeof(struct net_device_info) == 16, "shared");

/* The start of the area. */
struct net_area {
    uint32_t magic; /* netd's line; magic is written last. */
    uint16_t version;
    uint16_t padding_0;
    uint32_t epoch; /* Which life of the rings this is; never 0. */
    uint32_t ring_offsets[NET_RINGS];
    uint8_t padding_1[RING_LINE_BYTES - 28];
    uint32_t attached_epoch; /* The driver's line; attached_epoch is written last. */
    struct net_device_info device;
    uint8_t padding_2[RING_LINE_BYTES - 20];
};
_Static_assert(sizeof(struct net_area) == 2 * RING_LINE_BYTES &&
                   offsetof(struct net_area, attached_epoch) == RING_LINE_BYTES,
               "a line each");

/* Depths of the rings, powers of two. Those of rx_free and rx_done are one number, since a chunk is
 * in one of them or with the driver. */
struct net_ring_depths {
    uint32_t rx_chunks;
    uint32_t tx_pieces;
    uint32_t tx_frames;
};

/* Bytes of the whole area, and where its parts lie. */
size_t net_area_size(const struct net_ring_depths *depths);

/* Make an area with four empty rings, in a new life. The same rules as ring_format.
 * epoch is not 0 and not that of an earlier life of the same memory. */
void net_area_format(void *memory, const struct net_ring_depths *depths, uint32_t epoch);

/* The memory of one ring of an area that this side has formatted. */
void *net_area_ring(void *memory, const struct net_ring_depths *depths, enum net_ring_index index);

uint32_t net_ring_descriptor_bytes(enum net_ring_index index);

/* The driver's four ends. */
struct net_port {
    struct net_area *area;
    struct ring_consumer rx_free;
    struct ring_producer rx_done;
    struct ring_consumer tx;
    struct ring_producer tx_done;
    uint32_t epoch;
};

/* Driver: attach to an area that netd formatted.
 * @param memory  aligned to RING_LINE_BYTES.
 * @return CORRUPT for an area that is none or contradicts itself, BAD_STATE for rings that another
 *         driver has already used in this epoch. */
__attribute__((warn_unused_result)) status_t net_port_attach(struct net_port *port, void *memory,
                                                             size_t memory_bytes);

/* Driver: whether netd still lives the life that this driver attached to. When it has moved on, the
 * rings are no longer what they seem and the driver is to end. */
bool net_port_is_current(const struct net_port *port);

/* Driver: say what the device is and that the rings are served. */
void net_port_announce(struct net_port *port, const struct net_device_info *info);

/* Driver: the link went up or down. Tell netd by the doorbell afterwards. */
void net_port_link_set(struct net_port *port, bool up);
