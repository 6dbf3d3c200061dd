/* See wire.h. */
#include "tools/wire/wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/net/checksum.h"

enum { FIND_STEP_MS = 100 };

static const struct net_mac own_mac = { { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x01 } };

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "wire: %s is too long for the name of a socket\n", path);
        exit(2);
    }
    memcpy(address.sun_path, path, strlen(path));
    return address;
}

void wire_open(struct wire *wire, const char *own, const char *guest)
{
    struct sockaddr_un here = address_of(own), there = address_of(guest);
    *wire = (struct wire){ .socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
    (void)unlink(own);
    if (wire->socket < 0 || bind(wire->socket, (struct sockaddr *)&here, sizeof here) != 0 ||
        connect(wire->socket, (struct sockaddr *)&there, sizeof there) != 0) {
        perror("wire");
        exit(2);
    }
}

static void frame_send(struct wire *wire, const struct writer *frame)
{
    if (frame->overrun || send(wire->socket, frame->data, frame->at, 0) != (ssize_t)frame->at)
        perror("wire: a frame is lost");
}

static struct writer frame_begin(uint8_t *buffer, const struct net_mac *to, uint16_t type)
{
    struct writer frame = writer_of(buffer, WIRE_FRAME_MAX);
    ethernet_encode(&frame, &(struct ethernet_header){
                                .destination = *to, .source = own_mac, .type = type });
    return frame;
}

static void packet_send(struct wire *wire, const struct net_mac *to, uint8_t protocol,
                        const uint8_t *payload, size_t len)
{
    uint8_t buffer[WIRE_FRAME_MAX];
    struct writer frame = frame_begin(buffer, to, ETHERNET_TYPE_IPV4);
    ipv4_encode(&frame, &(struct ipv4_header){
                            .header_len = IPV4_HEADER_LEN,
                            .total_len = (uint16_t)(IPV4_HEADER_LEN + len),
                            .ttl = IPV4_TTL,
                            .protocol = protocol,
                            .source = net_address_ipv4(WIRE_GATEWAY),
                            .destination = net_address_ipv4(WIRE_GUEST),
                        });
    uint8_t *place = writer_take(&frame, len);
    if (place != NULL)
        memcpy(place, payload, len);
    frame_send(wire, &frame);
}

void wire_send(struct wire *wire, uint8_t protocol, const uint8_t *payload, size_t len)
{
    packet_send(wire, &wire->guest_mac, protocol, payload, len);
}

static void guest_learn(struct wire *wire, const struct net_mac *mac)
{
    wire->guest_mac = *mac;
    wire->guest_known = true;
}

static void arp_receive(struct wire *wire, struct reader *frame)
{
    struct arp_packet asked;
    struct net_address gateway = net_address_ipv4(WIRE_GATEWAY);
    struct net_address guest = net_address_ipv4(WIRE_GUEST);
    if (arp_decode(frame, &asked) != STATUS_OK || !net_address_equal(&asked.target, &gateway))
        return;
    if (asked.operation == ARP_REPLY && net_address_equal(&asked.sender, &guest))
        guest_learn(wire, &asked.sender_mac);
    if (asked.operation != ARP_REQUEST)
        return;
    uint8_t buffer[WIRE_FRAME_MAX];
    struct writer answer = frame_begin(buffer, &asked.sender_mac, ETHERNET_TYPE_ARP);
    arp_encode(&answer, &(struct arp_packet){ .operation = ARP_REPLY,
                                              .sender_mac = own_mac,
                                              .sender = gateway,
                                              .target_mac = asked.sender_mac,
                                              .target = asked.sender });
    frame_send(wire, &answer);
}

static void dhcp_receive(struct wire *wire, const struct net_mac *client, struct reader *datagram)
{
    uint8_t answer[WIRE_FRAME_MAX];
    size_t len;
    bool given = wire_dhcp(datagram->data + datagram->at, reader_left(datagram), answer, &len);
    if (len > 0)
        packet_send(wire, client, IP_PROTOCOL_UDP, answer, len);
    if (given)
        guest_learn(wire, client);
}

/* An echo request of the guest goes back as it came, but for its type and the sum over it (RFC 792). */
static void echo_answer(struct wire *wire, const struct wire_packet *packet)
{
    uint8_t reply[WIRE_FRAME_MAX];
    memcpy(reply, packet->payload, packet->payload_len);
    reply[0] = ICMP_ECHO_REPLY;
    store_be16(reply + 2, 0);
    store_be16(reply + 2, (uint16_t)~net_sum(reply, packet->payload_len));
    wire_send(wire, IP_PROTOCOL_ICMP, reply, packet->payload_len);
}

/* True: it is for the test. */
static bool ipv4_receive(struct wire *wire, const struct ethernet_header *link,
                         struct reader *frame, struct wire_packet *out_packet)
{
    struct wire_packet packet;
    if (ipv4_decode(frame, &packet.header) != STATUS_OK)
        return false;
    packet.payload_len = packet.header.total_len - packet.header.header_len;
    packet.payload = reader_take(frame, packet.payload_len);
    if (packet.payload == NULL)
        return false;
    struct reader payload = reader_of(packet.payload, packet.payload_len);
    struct udp_header udp;
    if (packet.header.protocol == IP_PROTOCOL_UDP && udp_decode(&payload, &udp) == STATUS_OK &&
        udp.destination_port == 67) {
        dhcp_receive(wire, &link->source, &payload);
        return false;
    }
    if (packet.header.protocol == IP_PROTOCOL_ICMP && packet.payload_len >= ICMP_HEADER_LEN &&
        packet.payload[0] == ICMP_ECHO_REQUEST) {
        echo_answer(wire, &packet);
        return false;
    }
    *out_packet = packet;
    return true;
}

/* One frame. True: it is for the test. */
static bool frame_receive(struct wire *wire, struct wire_packet *out_packet)
{
    static uint8_t buffer[65536];
    ssize_t len = recv(wire->socket, buffer, sizeof buffer, 0);
    struct reader frame = reader_of(buffer, len < 0 ? 0 : (size_t)len);
    struct ethernet_header link;
    if (ethernet_decode(&frame, &link) != STATUS_OK)
        return false;
    if (link.type == ETHERNET_TYPE_ARP)
        arp_receive(wire, &frame);
    return link.type == ETHERNET_TYPE_IPV4 && ipv4_receive(wire, &link, &frame, out_packet);
}

bool wire_receive(struct wire *wire, int timeout_ms, struct wire_packet *out_packet)
{
    struct pollfd ready = { .fd = wire->socket, .events = POLLIN };
    while (poll(&ready, 1, timeout_ms) == 1)
        if (frame_receive(wire, out_packet))
            return true;
    return false;
}

bool wire_wait_guest(struct wire *wire, int timeout_ms)
{
    struct pollfd ready = { .fd = wire->socket, .events = POLLIN };
    struct wire_packet packet;
    while (!wire->guest_known && poll(&ready, 1, timeout_ms) == 1)
        (void)frame_receive(wire, &packet);
    return wire->guest_known;
}

bool wire_find_guest(struct wire *wire, int timeout_ms)
{
    static const struct net_mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
    for (int left_ms = timeout_ms; left_ms > 0; left_ms -= FIND_STEP_MS) {
        uint8_t buffer[WIRE_FRAME_MAX];
        struct writer frame = frame_begin(buffer, &everybody, ETHERNET_TYPE_ARP);
        arp_encode(&frame, &(struct arp_packet){ .operation = ARP_REQUEST,
                                                 .sender_mac = own_mac,
                                                 .sender = net_address_ipv4(WIRE_GATEWAY),
                                                 .target = net_address_ipv4(WIRE_GUEST) });
        frame_send(wire, &frame);
        if (wire_wait_guest(wire, FIND_STEP_MS))
            return true;
    }
    return false;
}
