/* The TCP header and its options (RFC 9293, section 3.1; RFC 7323; RFC 2018): bytes to values and
 * back, and arithmetic on sequence numbers. Pure; any context. */
#pragma once

#include <abi/status.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"

enum {
    TCP_HEADER_LEN = 20,
    TCP_HEADER_MAX = 60,
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_SACK_BLOCKS_MAX = 4,
    TCP_MSS_DEFAULT = 536,  /* Where the peer names none (RFC 9293, 3.7.1). */
    TCP_MSS_MIN = 64,       /* Less than this is an attack on our time. */
    TCP_SCALE_MAX = 14,     /* RFC 7323, section 2.3. */
    TCP_TIMESTAMP_LEN = 12, /* The option with its padding. */
};

struct tcp_range {
    uint32_t start; /* First sequence number in it, */
    uint32_t end;   /* and the first behind it. */
};

struct tcp_header {
    uint16_t source_port;
    uint16_t destination_port;
    uint32_t sequence;
    uint32_t acknowledgement;
    uint8_t flags;
    uint16_t window; /* As on the wire, unscaled. */
    uint8_t len;     /* With options. */

    bool has_scale, sack_permitted, has_timestamp;
    uint16_t mss; /* 0: no such option. */
    uint8_t scale;
    uint32_t timestamp, timestamp_echo;
    uint8_t sack_count;
    struct tcp_range sack[TCP_SACK_BLOCKS_MAX];
};

/* Sequence numbers wrap: a is before b if it is less than half the space behind. */
static inline bool sequence_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline bool sequence_at_or_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) <= 0;
}

static inline uint32_t sequence_max(uint32_t a, uint32_t b)
{
    return sequence_before(a, b) ? b : a;
}

static inline uint32_t sequence_min(uint32_t a, uint32_t b)
{
    return sequence_before(a, b) ? a : b;
}

/* CORRUPT: cut short, or a data offset below 5 or behind the reader's end. Unknown options are
 * skipped; a broken option list ends the options, and what came before it counts (RFC 9293, 3.1). */
status_t tcp_header_decode(struct reader *reader, struct tcp_header *out_header);

/* Writes the header with the options its fields ask for, padded, checksum 0. Order and padding are
 * those that receivers' fast paths expect (RFC 7323, appendix A). Returns its length. */
uint8_t tcp_header_encode(struct writer *writer, const struct tcp_header *header);
