/* Network addresses: 16 bytes for every family. An IPv4 address a.b.c.d is held in its mapped form
 * ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), so that tables, connection records and interfaces
 * need no case for the family; only codecs do. Plain values; any context. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/bytes.h"

struct net_address {
    uint8_t bytes[16];
};

/* One end of a connection or of a datagram. */
struct net_endpoint {
    struct net_address address;
    uint16_t port; /* Host order. */
};

struct net_mac {
    uint8_t bytes[6];
};

enum {
    NET_PREFIX_IPV4 = 96, /* A prefix of n bits in IPv4 is one of 96 + n bits here. */
    NET_PREFIX_MAX = 128,
};

/* All zero: "any" in a listener, "none" in a configuration. */
#define NET_ADDRESS_NONE ((struct net_address){ { 0 } })

/* The address whose four bytes, read as a big-endian number, are `raw`. */
static inline struct net_address net_address_ipv4(uint32_t raw)
{
    struct net_address address = { { [10] = 0xff, [11] = 0xff } };
    store_be32(address.bytes + 12, raw);
    return address;
}

/* The first and the second half as numbers, in network order: comparisons of two words, since addresses
 * are compared several times for each packet. */
static inline uint64_t net_address_high(const struct net_address *address)
{
    return load_be64(address->bytes);
}

static inline uint64_t net_address_low(const struct net_address *address)
{
    return load_be64(address->bytes + 8);
}

static inline bool net_address_is_ipv4(const struct net_address *address)
{
    return net_address_high(address) == 0 && net_address_low(address) >> 32 == 0xffff;
}

/* The inverse of net_address_ipv4; meaningless for another family. */
static inline uint32_t net_address_ipv4_raw(const struct net_address *address)
{
    return load_be32(address->bytes + 12);
}

static inline bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return net_address_high(a) == net_address_high(b) && net_address_low(a) == net_address_low(b);
}

static inline bool net_address_is_none(const struct net_address *address)
{
    return (net_address_high(address) | net_address_low(address)) == 0;
}

static inline bool net_endpoint_equal(const struct net_endpoint *a, const struct net_endpoint *b)
{
    return a->port == b->port && net_address_equal(&a->address, &b->address);
}

/* Whether the first `prefix_len` bits (0 to 128) are the same. */
bool net_address_in_prefix(const struct net_address *address, const struct net_address *network,
                           uint8_t prefix_len);

/* 127.0.0.0/8 (RFC 1122, section 3.2.1.3). */
static inline bool net_address_is_loopback(const struct net_address *address)
{
    return net_address_is_ipv4(address) && address->bytes[12] == 127;
}

/* 224.0.0.0/4. */
static inline bool net_address_is_multicast(const struct net_address *address)
{
    return net_address_is_ipv4(address) && address->bytes[12] >> 4 == 0xe;
}
