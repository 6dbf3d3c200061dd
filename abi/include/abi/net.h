/* Names of network ends. Addresses are 16 bytes everywhere; IPv4 is ::ffff:a.b.c.d (RFC 4291,
 * section 2.5.5.2). The kernel keeps and shows them, and gives them no meaning. */
#pragma once

#include <abi/types.h>

enum socket_protocol {
    SOCKET_NONE = 0, /* A local stream without addresses. */
    SOCKET_TCP = 6,
    SOCKET_UDP = 17,
};

struct socket_address {
    uint8_t address[16]; /* Network order. */
    uint32_t scope;      /* Interface of a link-local address, else 0. */
    uint16_t port;       /* Native order. */
    uint16_t protocol;   /* enum socket_protocol. */
};
_Static_assert(sizeof(struct socket_address) == 24, "ABI");
_Static_assert(offsetof(struct socket_address, protocol) == 22, "ABI");
