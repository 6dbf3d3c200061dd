/* The other end of a guest's network cable: a small network of one gateway that hands out an address, and
 * that can say on the wire what no stack of the host would say. The cable is a pair of datagram sockets
 * (QEMU's -netdev dgram), one frame each; so it needs no privilege. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/net/ipv4.h"
#include "lib/net/link.h"

enum {
    WIRE_FRAME_MAX = 1514,
    WIRE_GUEST = 0x0a000202,   /* 10.0.2.2/24, what DHCP gives out. */
    WIRE_GATEWAY = 0x0a000201, /* Ourselves. */
};

struct wire {
    int socket;
    struct net_mac guest_mac;
    bool guest_known; /* It has its address, and guest_mac is its. */
};

/* An IPv4 packet from the guest, behind its header. */
struct wire_packet {
    struct ipv4_header header;
    const uint8_t *payload;
    size_t payload_len;
};

/* Binds `own` and sends to `guest`, both paths of sockets. Ends the program with a message on failure. */
void wire_open(struct wire *wire, const char *own, const char *guest);
/* The next packet for the test; what keeps a network alive (ARP, DHCP, echo requests) is answered here.
 * @return false when none came within the time. The packet is in a buffer of the wire until the next call. */
bool wire_receive(struct wire *wire, int timeout_ms, struct wire_packet *out_packet);
/* Until the guest has its address. @return false when it is silent for that long before. */
bool wire_wait_guest(struct wire *wire, int timeout_ms);
/* The same for a guest that may have had its address for long: it is asked where it is (RFC 826). */
bool wire_find_guest(struct wire *wire, int timeout_ms);
/* Send a payload of some protocol to the guest, whose address must be known. */
void wire_send(struct wire *wire, uint8_t protocol, const uint8_t *payload, size_t len);

/* dhcp.c: answers what a client asked; *out_len is 0 when that needs no answer. @return true when the
 * guest has been given its address by this. */
bool wire_dhcp(const uint8_t *request, size_t len, uint8_t out[WIRE_FRAME_MAX], size_t *out_len);

/* ping.c: the guest answers echo requests of every size as it should, and no broken one. */
void wire_ping(struct wire *wire);

/* http.c: requests for a page, one after the other on one connection, always in the same segments. @return whether all were
 * answered with 200; else standard error says what was wrong. */
bool wire_http(struct wire *wire, const char *path, unsigned long requests);

/* lease.c: the same server at an interface of the host, where QEMU's other end of a tap device is, for as long as it is let
 * live. @return an exit code, when it cannot serve. */
int wire_lease(const char *interface);
