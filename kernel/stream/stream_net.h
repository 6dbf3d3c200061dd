/* What the transport does with its end of a stream: the operations of stream_batch, one at a time.
 * Never sleep. States and the ownership of chunks: docs/design/stream.md. */
#pragma once

#include "kernel/stream/stream.h"

/* What an operation leaves behind for the transport to know. */
struct stream_net_state {
    uint32_t room;  /* Bytes that may be pushed. Telling it clears WRITABLE. */
    uint32_t held;  /* Bytes for sending: shown and not consumed, and not shown. */
    uint32_t flags; /* STREAM_RESULT_*. */
};

struct stream_slice {
    uint32_t offset; /* From the start of the pool. */
    uint16_t len;
    uint16_t sum;
};

/* Show up to `max` segments that were not shown before; they no longer change. @return how many. */
size_t stream_net_peek(struct stream *stream, struct stream_slice *slices, size_t max);
/* `len` shown bytes were acknowledged. @return INVALID when fewer are shown. */
status_t stream_net_consume(struct stream *stream, uint32_t len);
/* Received bytes at `offset` of the pool. With OK their chunk is the stream's, and with any other
 * status it remains the transport's. @return INVALID (the bytes do not lie in one chunk that the
 * transport has taken), LIMIT (more than the room, or the cell's segments), PEER_CLOSED (the
 * application reads no more), BAD_STATE after CLOSE_WRITE, NO_MEMORY, or the reset's status. */
status_t stream_net_push(struct stream *stream, uint32_t offset, uint32_t len);
void stream_net_close_write(struct stream *stream);
/* Both directions end; the application reads what it has and then `status`. */
void stream_net_reset(struct stream *stream, status_t status);
/* Of records: the next call on the application's end answers the status. @param of_peer  it is about the
 * peer, and of no interest without one. */
void stream_net_report(struct stream *stream, status_t status, bool of_peer);
/* @return INVALID unless 1 to STREAM_CHUNK_SIZE. */
status_t stream_net_fill(struct stream *stream, uint32_t fill);
void stream_net_connected(struct stream *stream);
/* What the transport should know now; it has been told then. */
struct stream_net_state stream_net_state(struct stream *stream);
