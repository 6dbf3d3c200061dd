/* Streams of records: datagrams. Each record is one segment in one chunk, behind the address that it goes
 * to or comes from; so the transport takes and gives it by reference like any segment, and a write is
 * whole or nothing. Thread context; may sleep. */
#pragma once

#include "kernel/stream/stream.h"

/* Put one record, of any number of pieces. @param to  NULL: the peer. @return TOO_BIG, NOT_CONNECTED (no address and no peer),
 * BAD_ADDRESS, WOULD_BLOCK, TIMED_OUT, CANCELLED, PEER_CLOSED, NO_MEMORY, LIMIT, the status of the reset,
 * or what was reported of an earlier record. */
status_t stream_send(struct stream *stream, const struct user_in *pieces, size_t count,
                     const struct socket_address *to, uint32_t flags, time_ns_t deadline,
                     size_t *out_actual);

/* Take one record, or with STREAM_PEEK look at it. @param out_from  of no bytes: not wanted.
 * @return BAD_ADDRESS (the record stays), WOULD_BLOCK, TIMED_OUT, CANCELLED, the status of the reset, or a
 * report. At the end of the stream OK, with nothing. */
status_t stream_receive(struct stream *stream, const struct user_out *pieces, size_t count,
                        struct user_out out_from, uint32_t flags, time_ns_t deadline,
                        size_t *out_actual, size_t *out_record_len);

/* The peer of a network stream's application end; NULL: none. @return BAD_STATE for a local one. */
status_t stream_connect(struct stream *stream, const struct socket_address *peer);
