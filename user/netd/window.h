/* How much a connection's peer may send: what its application has shown that it reads. A pure calculation.
 *
 * A new connection may leave WINDOW_FIRST_BYTES unread. Each byte that the application reads is one more that may wait, up to
 * WINDOW_BYTES: a peer that sends in bulk to somebody who reads is not held up for the time that a byte takes there and
 * back, and a crowd that sends to somebody who does not read costs him no more than the first window each. */
#pragma once

#include <stdint.h>

enum {
    WINDOW_FIRST_BYTES = 256 * 1024,
    WINDOW_BYTES = 1024 * 1024, /* And the stream's own limit. */
};

/* @param pushed_bytes  into the stream, ever.
 * @param room_bytes    that the stream has left, of WINDOW_BYTES.
 * @return what may come now: never more than the room. The end of the window, which this is the distance to, never moves
 *         back as bytes are pushed and read. */
uint32_t window_free(uint64_t pushed_bytes, uint32_t room_bytes);
