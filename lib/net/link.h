/* Ethernet II framing and ARP for IPv4 (RFC 894, RFC 826): bytes to values and back. Decoding takes
 * a reader and leaves it behind the header; each field is loaded once. Pure; any context. */
#pragma once

#include <abi/status.h>

#include "lib/net/address.h"

enum {
    ETHERNET_HEADER_LEN = 14,
    ETHERNET_TYPE_IPV4 = 0x0800,
    ETHERNET_TYPE_ARP = 0x0806,
    ARP_PACKET_LEN = 28,
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
};

struct ethernet_header {
    struct net_mac destination;
    struct net_mac source;
    uint16_t type;
};

/* An ARP packet between Ethernet stations for IPv4. */
struct arp_packet {
    uint16_t operation; /* ARP_*. */
    struct net_mac sender_mac;
    struct net_address sender;
    struct net_mac target_mac;
    struct net_address target;
};

extern const struct net_mac net_mac_broadcast;

static inline bool net_mac_equal(const struct net_mac *a, const struct net_mac *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Group addresses, broadcast among them, have the lowest bit of the first byte. */
static inline bool net_mac_is_group(const struct net_mac *mac)
{
    return mac->bytes[0] & 1;
}

/* CORRUPT if it is cut short. */
status_t ethernet_decode(struct reader *reader, struct ethernet_header *out_header);
void ethernet_encode(struct writer *writer, const struct ethernet_header *header);

/* CORRUPT if it is cut short, NOT_SUPPORTED for other hardware or protocols. */
status_t arp_decode(struct reader *reader, struct arp_packet *out_packet);
void arp_encode(struct writer *writer, const struct arp_packet *packet);
