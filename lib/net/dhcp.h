/* DHCP messages as a client needs them (RFC 2131, RFC 2132): writing requests, reading replies. Pure;
 * any context. */
#pragma once

#include <abi/status.h>

#include "lib/net/address.h"

enum {
    DHCP_MESSAGE_MAX = 400,
    DHCP_CLIENT_PORT = 68,
    DHCP_SERVER_PORT = 67,
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
    DHCP_RELEASE = 7,
};

/* What we ask. Addresses that are NONE are left out. */
struct dhcp_request {
    uint8_t type; /* DHCP_*. */
    uint32_t transaction;
    uint16_t seconds; /* Since we began. */
    struct net_mac mac;
    struct net_address own;       /* ciaddr: where it is already ours. */
    struct net_address requested; /* Option 50. */
    struct net_address server;    /* Option 54. */
    const char *hostname;
    uint8_t hostname_len; /* 0: none. */
};

/* What a server answers. 0 or NONE stands for what is absent. */
struct dhcp_reply {
    uint8_t type;
    struct net_address offered; /* yiaddr. */
    struct net_address server;
    uint8_t prefix_len; /* Of 128 bits. */
    struct net_address gateway;
    struct net_address dns[2];
    uint32_t lease_s, renew_s, rebind_s;
};

size_t dhcp_request_encode(uint8_t out[DHCP_MESSAGE_MAX], const struct dhcp_request *request);

/* @return CORRUPT if it is no reply to `transaction` for `mac`, or broken. */
status_t dhcp_reply_decode(struct reader *message, uint32_t transaction, const struct net_mac *mac,
                           struct dhcp_reply *out_reply);
