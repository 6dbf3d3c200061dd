/* The headers of IPv4 (RFC 791), ICMP for IPv4 (RFC 792) and UDP (RFC 768): bytes to values and
 * back. Each field is loaded once; lengths are checked against the reader. Pure; any context. */
#pragma once

#include <abi/status.h>

#include "lib/net/address.h"

enum {
    IPV4_HEADER_LEN = 20, /* Without options; we send none. */
    IPV4_TTL = 64,
    IPV4_FLAG_DONT_FRAGMENT = 0x4000,
    IPV4_FLAG_MORE = 0x2000,
    IPV4_OFFSET_MASK = 0x1fff,
    IPV4_MTU_MIN = 576, /* Every host takes this much (RFC 791, section 3.1). */
    IP_PROTOCOL_ICMP = 1,
    IP_PROTOCOL_TCP = 6,
    IP_PROTOCOL_UDP = 17,

    ICMP_HEADER_LEN = 8,
    ICMP_ECHO_REPLY = 0,
    ICMP_UNREACHABLE = 3,
    ICMP_ECHO_REQUEST = 8,
    ICMP_CODE_HOST = 1,
    ICMP_CODE_PROTOCOL = 2,
    ICMP_CODE_PORT = 3,
    ICMP_CODE_TOO_BIG = 4,

    UDP_HEADER_LEN = 8,
};

struct ipv4_header {
    uint8_t header_len; /* With options, which are skipped. */
    uint16_t total_len; /* At least header_len. */
    uint16_t id;
    uint16_t fragment; /* Flags and offset as on the wire. */
    uint8_t ttl;
    uint8_t protocol;
    struct net_address source;
    struct net_address destination;
};

struct icmp_header {
    uint8_t type;
    uint8_t code;
    uint16_t id;       /* Of an echo; unused in errors, */
    uint16_t sequence; /* where this is the next-hop MTU (RFC 1191, section 4). */
};

struct udp_header {
    uint16_t source_port;
    uint16_t destination_port;
    uint16_t len; /* Header and payload. */
    uint16_t checksum;
};

/* CORRUPT: not version 4, cut short, inconsistent lengths, or a wrong header checksum. total_len is
 * only checked to cover the header: what follows may be in other slices. */
status_t ipv4_decode(struct reader *reader, struct ipv4_header *out_header);

/* Writes 20 bytes, checksum included. */
void ipv4_encode(struct writer *writer, const struct ipv4_header *header);

/* The header quoted by an ICMP error: as ipv4_decode, but its checksum is not looked at (routers
 * changed the header on the way). */
status_t ipv4_decode_quoted(struct reader *reader, struct ipv4_header *out_header);

/* The sum of the pseudo header of TCP and UDP (RFC 9293, section 3.1). */
uint16_t ipv4_pseudo_sum(const struct net_address *source, const struct net_address *destination,
                         uint8_t protocol, uint16_t transport_len);

/* CORRUPT if cut short. The checksum is the caller's to verify: it covers the payload. */
status_t icmp_decode(struct reader *reader, struct icmp_header *out_header);

/* Writes 8 bytes; `payload_sum` is the sum of what follows. */
void icmp_encode(struct writer *writer, const struct icmp_header *header, uint16_t payload_sum);

/* CORRUPT if cut short or its length is below 8. */
status_t udp_decode(struct reader *reader, struct udp_header *out_header);
void udp_encode(struct writer *writer, const struct udp_header *header);
