/* Ports: what port_wait delivers, and the flags of port_bind. */
#pragma once

#include <abi/types.h>

enum {
    PORT_EDGE = 1 << 0, /* A packet for each time that a signal becomes set or is pulsed; without
                         * it, in every port_wait as long as a signal is set. */
    PORT_ONCE = 1 << 1, /* One packet; the binding sleeps until port_bind names the object again. */

    PORT_NEW = 1 << 2,    /* port_bind: EXISTS when the object is bound already. */
    PORT_CHANGE = 1 << 3, /* NOT_FOUND when it is not. */

    PORT_BATCH_MAX = 64, /* Packets of one port_wait. */
};

struct port_packet {
    uint64_t key;     /* Of port_bind. */
    uint32_t signals; /* Of those asked for: the ones that are set, or (edge) were since. */
    uint32_t pad;     /* 0. */
};
_Static_assert(sizeof(struct port_packet) == 16, "ABI");
_Static_assert(offsetof(struct port_packet, pad) == 12, "ABI");
