/* Echo requests to the guest (RFC 792; RFC 1122, 3.2.2.6: the reply carries the same data). A request that
 * must not be answered is followed by one that must be, so its silence needs no waiting. */
#include <stdio.h>
#include <string.h>

#include "lib/net/checksum.h"
#include "tools/wire/wire.h"

enum { ANSWER_MS = 20000, ICMP_MAX = 1480, ID = 0x7377, DATA_MAX = ICMP_MAX - ICMP_HEADER_LEN };

struct ping {
    struct wire *wire;
    uint16_t sequence;
};

static void report(const char *name, const char *why)
{
    printf("@@test %s %s %s\n", why == NULL ? "pass" : "fail", name, why == NULL ? "" : why);
    fflush(stdout);
}

/* Send one with `len` bytes of data; `damage` is put on its checksum. */
static void echo_send(struct ping *ping, size_t len, uint16_t damage, uint8_t data[DATA_MAX])
{
    uint8_t message[ICMP_MAX];
    ping->sequence++;
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7 + ping->sequence);
    memcpy(message + ICMP_HEADER_LEN, data, len);
    message[0] = ICMP_ECHO_REQUEST;
    message[1] = 0;
    store_be16(message + 2, 0);
    store_be16(message + 4, ID);
    store_be16(message + 6, ping->sequence);
    uint16_t sum = (uint16_t)~net_sum(message, ICMP_HEADER_LEN + len);
    store_be16(message + 2, sum ^ damage);
    wire_send(ping->wire, IP_PROTOCOL_ICMP, message, ICMP_HEADER_LEN + len);
}

/* The next reply is to the last request, with its data. @return what is wrong, or NULL. */
static const char *echo_expect(struct ping *ping, size_t len, const uint8_t *data, int timeout_ms)
{
    struct wire_packet packet;
    do {
        if (!wire_receive(ping->wire, timeout_ms, &packet))
            return "no reply came";
    } while (packet.header.protocol != IP_PROTOCOL_ICMP || packet.payload_len < ICMP_HEADER_LEN ||
             packet.payload[0] != ICMP_ECHO_REPLY || load_be16(packet.payload + 4) != ID);
    if (load_be16(packet.payload + 6) != ping->sequence)
        return "the reply is to another request";
    if (packet.payload_len != ICMP_HEADER_LEN + len)
        return "the reply has another length";
    if (memcmp(packet.payload + ICMP_HEADER_LEN, data, len) != 0)
        return "the reply has other data";
    return net_sum(packet.payload, packet.payload_len) == 0xffff ? NULL : "its checksum is wrong";
}

/* The guest does not keep a reply while it asks for our hardware address: the first may be lost. */
static void first(struct ping *ping)
{
    enum { TRIES = 20 };
    uint8_t data[DATA_MAX];
    const char *why = "nothing was tried";
    for (int i = 0; i < TRIES && why != NULL; i++) {
        echo_send(ping, 56, 0, data);
        why = echo_expect(ping, 56, data, ANSWER_MS / TRIES);
    }
    report("ping_of_the_guest_is_answered", why);
}

static void sizes(struct ping *ping)
{
    static const size_t lens[] = { 0, 1, 2, 56, 57, 511, 1400, DATA_MAX - 1, DATA_MAX };
    uint8_t data[DATA_MAX];
    const char *why = NULL;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0] && why == NULL; i++) {
        echo_send(ping, lens[i], 0, data);
        why = echo_expect(ping, lens[i], data, ANSWER_MS);
    }
    report("ping_of_every_size_is_answered", why);
}

static void broken(struct ping *ping)
{
    uint8_t data[DATA_MAX];
    echo_send(ping, 56, 0x0101, data);
    wire_send(ping->wire, IP_PROTOCOL_ICMP, (const uint8_t[]){ ICMP_ECHO_REQUEST, 0, 0xf7, 0xff },
              4);
    echo_send(ping, 56, 0, data);
    report("broken_pings_are_not_answered", echo_expect(ping, 56, data, ANSWER_MS));
}

static void in_turn(struct ping *ping)
{
    enum { ROUNDS = 200 };
    uint8_t data[DATA_MAX];
    const char *why = NULL;
    for (int i = 0; i < ROUNDS && why == NULL; i++) {
        echo_send(ping, 1000, 0, data);
        why = echo_expect(ping, 1000, data, ANSWER_MS);
    }
    report("two_hundred_pings_in_turn", why);
}

void wire_ping(struct wire *wire)
{
    struct ping ping = { .wire = wire };
    bool known = wire_wait_guest(wire, ANSWER_MS);
    report("the_guest_asks_for_an_address", known ? NULL : "it did not");
    if (!known)
        return;
    first(&ping);
    sizes(&ping);
    broken(&ping);
    in_turn(&ping);
    printf("@@test done 5\n");
}
