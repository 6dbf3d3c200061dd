/* A client of one connection that says the same every time, so that what its requests cost the guest can be counted: a
 * request is one segment, which acknowledges the answer before it as a client that is quick does, and is sent when the
 * guest has fallen silent. No acknowledgement comes at a time that the host's load decides. Of TCP (RFC 9293)
 * it knows what that needs: answers in order, of at most a window; anything else is a failure. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/checksum.h"
#include "lib/net/tcp_header.h"
#include "tools/wire/wire.h"

enum {
    PORT = 80,
    ANSWER_MS = 20000,
    CONNECT_MS = 100, /* Until the next try: nobody may listen yet. */
    CONNECT_TRIES = 200,
    SILENCE_MS = 3,
    ANSWER_MAX = 65535,
    REQUEST_MAX = 1024,
};

struct client {
    struct wire *wire;
    uint16_t port;
    uint32_t sequence; /* Of the next byte that we send, */
    uint32_t expected; /* and of the next that we have not got. */
    uint32_t timestamp, echo;
    size_t len; /* Of the answer, so far. */
    char answer[ANSWER_MAX + 1];
};

static void segment_send(struct client *client, uint8_t flags, const char *payload, size_t len)
{
    uint8_t segment[TCP_HEADER_MAX + REQUEST_MAX];
    struct writer writer = writer_of(segment, sizeof segment);
    const struct net_address from = net_address_ipv4(WIRE_GATEWAY);
    const struct net_address to = net_address_ipv4(WIRE_GUEST);
    const struct tcp_header header = {
        .source_port = client->port,
        .destination_port = PORT,
        .sequence = client->sequence,
        .acknowledgement = flags & TCP_ACK ? client->expected : 0,
        .flags = flags,
        .window = ANSWER_MAX,
        .mss = flags & TCP_SYN ? 1460 : 0,
        .has_timestamp = true,
        .timestamp = client->timestamp++,
        .timestamp_echo = client->echo,
    };
    (void)tcp_header_encode(&writer, &header);
    uint8_t *place = writer_take(&writer, len);
    if (place == NULL)
        return;
    memcpy(place, payload, len);
    uint16_t sum = ipv4_pseudo_sum(&from, &to, IP_PROTOCOL_TCP, (uint32_t)writer.at);
    store_be16(segment + 16, (uint16_t)~net_sum_add(sum, net_sum(segment, writer.at)));
    wire_send(client->wire, IP_PROTOCOL_TCP, segment, writer.at);
    client->sequence += (uint32_t)len + ((flags & TCP_SYN) != 0);
}

/* The next segment of the connection. */
static bool segment_receive(struct client *client, int timeout_ms, struct tcp_header *header,
                            struct reader *payload)
{
    struct wire_packet packet;
    while (wire_receive(client->wire, timeout_ms, &packet)) {
        *payload = reader_of(packet.payload, packet.payload_len);
        if (packet.header.protocol == IP_PROTOCOL_TCP &&
            tcp_header_decode(payload, header) == STATUS_OK && header->source_port == PORT &&
            header->destination_port == client->port) {
            client->echo = header->timestamp;
            return true;
        }
    }
    return false;
}

static bool client_connect(struct client *client)
{
    struct tcp_header header;
    struct reader payload;
    for (int i = 0; i < CONNECT_TRIES; i++) {
        client->port++;
        client->sequence = (uint32_t)i << 16;
        segment_send(client, TCP_SYN, "", 0);
        if (!segment_receive(client, CONNECT_MS, &header, &payload))
            continue;
        if ((header.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK)) {
            client->expected = header.sequence + 1;
            return true;
        }
        (void)usleep(CONNECT_MS * 1000); /* Refused: between two tries. */
    }
    return false;
}

/* @return whether the answer is whole: a head that says how many bytes follow, and those. */
static bool answer_is_whole(struct client *client)
{
    static const char field[] = "\r\ncontent-length:";
    client->answer[client->len] = '\0';
    const char *end = strstr(client->answer, "\r\n\r\n");
    const char *length = strcasestr(client->answer, field);
    if (end == NULL || length == NULL || length > end)
        return false;
    size_t head = (size_t)(end - client->answer) + 4;
    return client->len - head >= strtoul(length + sizeof field - 1, NULL, 10);
}

/* @return what is wrong, or NULL. */
static const char *answer_receive(struct client *client)
{
    client->len = 0;
    while (!answer_is_whole(client)) {
        struct tcp_header header;
        struct reader payload;
        if (!segment_receive(client, ANSWER_MS, &header, &payload))
            return "no answer came";
        size_t len = reader_left(&payload);
        if (header.flags & (TCP_RST | TCP_FIN))
            return "the connection has ended";
        if (len > 0 && header.sequence != client->expected)
            return "a segment came out of order, or twice";
        if (len > ANSWER_MAX - client->len)
            return "the answer is too long";
        memcpy(client->answer + client->len, payload.data + payload.at, len);
        client->len += len;
        client->expected += (uint32_t)len;
    }
    return strncmp(client->answer, "HTTP/1.1 200 ", 13) == 0 ? NULL : "the answer is not 200";
}

/* @return what is wrong, or NULL. */
static const char *request_run(struct client *client, const char *path)
{
    char request[REQUEST_MAX];
    struct wire_packet packet;
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: guest\r\n\r\n", path);
    if (len >= (int)sizeof request)
        return "the path is too long";
    segment_send(client, TCP_ACK | TCP_PSH, request, (size_t)len);
    const char *why = answer_receive(client);
    while (why == NULL && wire_receive(client->wire, SILENCE_MS, &packet))
        continue;
    return why;
}

bool wire_http(struct wire *wire, const char *path, unsigned long requests)
{
    static struct client client;
    const char *why = NULL;
    unsigned long done = 0;
    client = (struct client){ .wire = wire, .port = (uint16_t)(40000 + getpid() % 16384) };
    if (!wire_find_guest(wire, ANSWER_MS))
        why = "the guest does not say where it is";
    else if (!client_connect(&client))
        why = "nobody accepts a connection";
    for (; why == NULL && done < requests; done++)
        why = request_run(&client, path);
    if (why != NULL)
        fprintf(stderr, "wire: request %lu: %s\n", done, why);
    return why == NULL;
}
