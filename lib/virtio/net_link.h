/* netd's end of a network driver's rings: posts chunks, sends frames, takes both back, and knows at
 * any moment which of them are out. That knowledge is private, so it outlives the driver: when one
 * dies, net_link_restart makes new rings and posts again whatever the dead one held, so no chunk is
 * lost and no frame waits for a retransmission timer.
 *
 * The driver is not trusted: a chunk or frame that comes back must be out, once, and lengths must
 * fit; otherwise the link is poisoned and the driver is to be killed and restarted.
 *
 * netd's data thread only. Cost: O(1) a chunk, O(pieces) a frame; restart O(chunks + pieces).
 */
#pragma once

#include "lib/virtio/net_ring.h"

struct net_link_frame {
    uint64_t cookie;
    uint32_t piece_count;
    bool done; /* Returned while an older one is still out. */
};

/* All memory is the link's for its life. */
struct net_link_config {
    void *
        area; /* net_area_size(depths) bytes, aligned to RING_LINE_BYTES, shared with the driver. */
    struct net_ring_depths depths;
    uint32_t pool_bytes;           /* A multiple of NET_CHUNK_BYTES. */
    uint8_t *chunks;               /* pool_bytes / NET_CHUNK_BYTES, zeroed by net_link_open. */
    struct net_tx *pieces;         /* depths.tx_pieces */
    struct net_link_frame *frames; /* depths.tx_frames */
};

struct net_link {
    struct net_link_config config;
    struct ring_producer rx_free;
    struct ring_consumer rx_done;
    struct ring_producer tx;
    struct ring_consumer tx_done;
    uint32_t epoch;
    uint32_t chunks_out;
    uint32_t piece_head, piece_tail; /* Free-running; the shadow of what the driver was sent. */
    uint32_t frame_head, frame_tail; /* Free-running; a frame's number is its place here. */
    bool poisoned;
};

/* A received frame. Its chunks are the caller's again. */
struct net_link_received {
    uint32_t chunk_count;
    uint32_t len;   /* In all; 0 for a dropped frame, whose chunks only come back. */
    uint16_t flags; /* NET_RX_CHECKSUM_GOOD, NET_RX_NEEDS_CHECKSUM, NET_RX_DROPPED */
    uint8_t gso_type;
    uint16_t gso_size;
    uint16_t header_len;
    uint16_t checksum_start; /* Checked, with checksum_offset, to lie in the first chunk. */
    uint16_t checksum_offset;
    struct {
        uint32_t chunk;  /* Offset of the chunk. */
        uint32_t offset; /* Where the bytes start; in the same chunk. */
        uint32_t len;
    } chunks[NET_RX_CHUNKS_MAX];
};

struct net_link_piece {
    uint32_t offset;
    uint32_t len;
};

/* A frame to send: pieces[0] is the header block. */
struct net_link_send {
    const struct net_link_piece *pieces;
    uint32_t piece_count; /* 1 to NET_TX_PIECES_MAX. */
    uint64_t cookie;
    bool needs_checksum;
    uint8_t gso_type;
    uint16_t gso_size;
    uint16_t header_len;
    uint16_t checksum_start;
    uint16_t checksum_offset;
};

/* Format the area and open this end. */
void net_link_open(struct net_link *link, const struct net_link_config *config, uint32_t epoch);

/* Whether a driver serves this life of the rings, and what it says its device is (a copy, checked:
 * unknown features cleared, MTU within 68 to 65535).
 * @return BAD_STATE while no driver is attached, CORRUPT for nonsense. */
__attribute__((warn_unused_result)) status_t net_link_device(const struct net_link *link,
                                                             struct net_device_info *out_info);

/* Give a chunk to the driver. It must be in the pool and not out.
 * @return WOULD_BLOCK when rx_chunks are out already, CORRUPT when poisoned. */
__attribute__((warn_unused_result)) status_t net_link_post(struct net_link *link, uint32_t chunk);

/* Hand a frame to the driver. Its bytes must stay until net_link_sent names the cookie.
 * @return WOULD_BLOCK when there is no room, CORRUPT when poisoned. */
__attribute__((warn_unused_result)) status_t net_link_send(struct net_link *link,
                                                           const struct net_link_send *frame);

/* Take a received frame. @return WOULD_BLOCK when there is none, CORRUPT when the driver lied; no
 * chunk is handed out then. */
__attribute__((warn_unused_result)) status_t net_link_receive(struct net_link *link,
                                                              struct net_link_received *out_frame);

/* Take back a frame that was sent, in any order. out_sent is false when the driver refused it.
 * @return WOULD_BLOCK, CORRUPT as above. */
__attribute__((warn_unused_result)) status_t net_link_sent(struct net_link *link,
                                                           uint64_t *out_cookie, bool *out_sent);

/* Show the driver all of the above, once for a batch. @return true when it must be told. */
__attribute__((warn_unused_result)) bool net_link_flush(struct net_link *link);

/* @param wants_sent  somebody waits for frames to be done; else what was sent counts as no news.
 * @return true when nothing has come and the driver will tell. Poisoned: false. */
__attribute__((warn_unused_result)) bool net_link_may_sleep(struct net_link *link, bool wants_sent);

/* The driver is dead: nothing writes to the rings any more, and until its device is reset that can
 * write only to chunks that were out, which stay out. The next driver must not start before that.
 * Start a new life under the next epoch, with every chunk and frame that was out posted again, in
 * order. What the dead driver had returned and nobody took is posted again as well. Flush after. */
void net_link_restart(struct net_link *link);
