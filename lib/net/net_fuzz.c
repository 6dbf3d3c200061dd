/* The engine against a stranger who may send any frame, and a caller who may ask anything at any time.
 * The input is a list of orders: a byte of what to do, then its arguments. Frames come raw, or (to get
 * past checksums and sequence checks) as TCP segments near what a connection expects. After each step
 * the test host checks who owns which chunk; at the end everything must have come back.
 *
 * Nothing stays from one input to the next, so that each is repeatable. */
#include "lib/base/assert.h"
#include "lib/net/checksum.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"
#include "lib/net/tcp.h"
#include "tests/doubles/net_host.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHUNKS = 96, PEER = 9, STEPS_MAX = 400, OFFERED_MAX = 64 };

/* The slices of each connection that are sent and not acknowledged, to be freed in order. */
struct offered {
    struct net_slice slices[OFFERED_MAX];
    uint32_t count;
};

static struct net_host host;
static struct offered offered[32];
static net_connection_t names[32];
static uint32_t unread_count;
static struct net_slice unread[CHUNKS];

static void offered_free(struct offered *queue, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        net_host_chunk_free(&host, queue->slices[i].offset);
    queue->count -= count;
    memmove(queue->slices, queue->slices + count, queue->count * sizeof queue->slices[0]);
}

static void acked(struct offered *queue, uint32_t bytes)
{
    uint32_t whole = 0;
    while (bytes > 0) {
        ASSERT(whole < queue->count);
        struct net_slice *slice = &queue->slices[whole];
        uint32_t part = bytes < slice->len ? bytes : slice->len;
        slice->len -= part;
        slice->offset += slice->len > 0 ? part : 0;
        whole += slice->len == 0;
        bytes -= part;
    }
    offered_free(queue, whole);
}

static void keep(const struct net_slice *slice)
{
    if (slice->len == 0 || (slice->flags & NET_SLICE_BORROWED))
        return;
    ASSERT(unread_count < CHUNKS);
    unread[unread_count++] = *slice;
}

static void drain(void)
{
    for (uint32_t i = 0; i < host.log_count; i++) {
        const struct net_notice *notice = &host.log[i];
        uint32_t index = net_connection_index(notice->connection);
        switch (notice->kind) {
        case NET_NOTICE_DELIVER: keep(&notice->slice); break;
        case NET_NOTICE_DATAGRAM: keep(&notice->datagram); break;
        case NET_NOTICE_ACCEPT: names[index] = notice->connection; break;
        case NET_NOTICE_ACKED: acked(&offered[index], notice->acked_bytes); break;
        case NET_NOTICE_CLOSED: ASSERT(offered[index].count == 0); break;
        case NET_NOTICE_RESET: offered_free(&offered[index], offered[index].count); break;
        default: break;
        }
    }
    net_host_log_clear(&host);
    net_host_sent_clear(&host);
}

static void order(const struct net_event *event)
{
    (void)net_host_step(&host, event, host.now);
    if (event->kind == NET_EVENT_CONNECT && host.outbox.answer == STATUS_OK)
        names[net_connection_index(host.outbox.connection)] = host.outbox.connection;
    drain();
}

static void frame_in(const uint8_t *bytes, uint32_t len, uint8_t flags, uint16_t segment_size)
{
    struct wire_packet packet = { (uint8_t *)bytes, len, flags, segment_size };
    (void)net_host_receive(&host, &packet, false, host.now);
    drain();
}

static void raw_frame(struct reader *input)
{
    uint32_t len = reader_be16(input) % 1600;
    uint8_t flags = reader_u8(input) & 1;
    uint8_t bytes[1600] = { 0 };
    uint32_t have = (uint32_t)reader_left(input);
    have = have < len ? have : len;
    memcpy(bytes, reader_take(input, have), have);
    if (len > 0)
        frame_in(bytes, len, flags, 0);
}

/* A frame from the peer with good IPv4 and Ethernet headers around what the input says. */
static void ip_frame(struct reader *input, uint8_t protocol)
{
    uint8_t bytes[2048] = { 0 };
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct ethernet_header ethernet = { host.config.link.mac,
                                        { { 2, 0, 0, 0, 0, PEER } },
                                        ETHERNET_TYPE_IPV4 };
    uint32_t len = reader_be16(input) % 1500, have = (uint32_t)reader_left(input);
    have = have < len ? have : len;
    ethernet_encode(&writer, &ethernet);
    struct ipv4_header ip = {
        .total_len = (uint16_t)(IPV4_HEADER_LEN + len),
        .ttl = 64,
        .protocol = protocol,
        .source = net_host_address(PEER),
        .destination = net_host_address(1),
    };
    ipv4_encode(&writer, &ip);
    writer_bytes(&writer, reader_take(input, have), have);
    (void)writer_take(&writer, len - have);
    if (protocol == IP_PROTOCOL_ICMP && len >= ICMP_HEADER_LEN) {
        uint8_t *icmp = bytes + ETHERNET_HEADER_LEN + IPV4_HEADER_LEN;
        store_be16(icmp + 2, 0);
        store_be16(icmp + 2, (uint16_t)~net_sum(icmp, len));
    }
    frame_in(bytes, (uint32_t)writer.at, NET_RECEIVE_CHECKSUM_OK, 0);
}

/* A segment for a connection, at small distances from what would fit, or a new SYN. */
static void segment(struct reader *input)
{
    uint8_t bytes[2048] = { 0 };
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct tcp_header header = { .source_port = 1000 + reader_u8(input) % 8,
                                 .destination_port = 80 };
    uint8_t target = reader_u8(input);
    header.flags = reader_u8(input) & 0x1f;
    int8_t sequence_off = (int8_t)reader_u8(input);
    int8_t acknowledgement_off = (int8_t)reader_u8(input);
    uint32_t scale = reader_u8(input) % 3;
    header.window = (uint16_t)(reader_u8(input) << (scale * 4));
    uint32_t payload = reader_u8(input) << (scale * 3), options = reader_u8(input);
    payload = payload > 1400 ? 1400 : payload;
    header.sack_permitted = (options & 1) && (header.flags & TCP_SYN);
    header.has_scale = (options & 2) && (header.flags & TCP_SYN);
    header.scale = 3;
    header.has_timestamp = options & 4;
    if (target % 32 < net_host_config(1).connections_max &&
        target % 32 < host.engine->tcp.touched) {
        const struct tcp_connection *tcp = tcp_at(host.engine, target % 32);
        header.source_port = tcp->remote.port;
        header.destination_port = tcp->local.port;
        header.sequence = tcp->receive_next + (uint32_t)sequence_off * (1u << (scale * 3));
        header.acknowledgement =
            (options & 8 ? tcp->send_next : tcp->send_acked) + (uint32_t)acknowledgement_off;
        header.timestamp = tcp->timestamp_recent + (options >> 4);
        header.timestamp_echo = tcp_clock(host.engine, tcp);
        if ((options & 0xc0) && !(header.flags & TCP_SYN)) {
            header.sack_count = 1 + (options >> 6 & 1);
            for (unsigned i = 0; i < header.sack_count; i++) {
                header.sack[i].start = tcp->send_acked + reader_u8(input) * 64u;
                header.sack[i].end = header.sack[i].start + reader_u8(input) * 32u;
            }
        }
    }
    struct ethernet_header ethernet = { host.config.link.mac,
                                        { { 2, 0, 0, 0, 0, PEER } },
                                        ETHERNET_TYPE_IPV4 };
    ethernet_encode(&writer, &ethernet);
    uint8_t tcp_bytes[TCP_HEADER_MAX];
    struct writer tcp_writer = writer_of(tcp_bytes, sizeof tcp_bytes);
    uint8_t tcp_len = tcp_header_encode(&tcp_writer, &header);
    struct ipv4_header ip = {
        .total_len = (uint16_t)(IPV4_HEADER_LEN + tcp_len + payload),
        .ttl = 64,
        .protocol = IP_PROTOCOL_TCP,
        .source = net_host_address(PEER),
        .destination = net_host_address(1),
    };
    ipv4_encode(&writer, &ip);
    writer_bytes(&writer, tcp_bytes, tcp_len);
    (void)writer_take(&writer, payload);
    frame_in(bytes, (uint32_t)writer.at, NET_RECEIVE_CHECKSUM_OK, (uint16_t)(scale * 500));
}

static void send(struct reader *input)
{
    uint32_t index = reader_u8(input) % 32, len = reader_be16(input);
    struct offered *queue = &offered[index];
    uint32_t chunk = queue->count < OFFERED_MAX ? net_host_chunk_take(&host) : UINT32_MAX;
    if (chunk == UINT32_MAX)
        return;
    struct net_slice slice = { .offset = chunk, .len = 1 + len % host.config.chunk_size };
    struct net_event event = { .kind = NET_EVENT_SEND, .send = { names[index], &slice, 1 } };
    /* Into the queue first: the notices of this step may already acknowledge it. */
    queue->slices[queue->count++] = slice;
    (void)net_host_step(&host, &event, host.now);
    if (host.outbox.taken == 0) {
        queue->count--;
        net_host_chunk_free(&host, chunk);
    }
    drain();
}

static void connection_order(struct reader *input, uint8_t what)
{
    uint32_t index = reader_u8(input) % 32;
    struct net_event event = { .kind = what };
    uint16_t value = reader_be16(input);
    event.connection.connection = names[index];
    if (what == NET_EVENT_WINDOW)
        event.window = (struct net_event_window){ names[index], value };
    else if (what == NET_EVENT_OPTIONS)
        event.options = (struct net_event_options){ names[index], value & 1, value & 2 };
    else if (what == NET_EVENT_CONNECT)
        event.connect =
            (struct net_event_connect){ { NET_ADDRESS_NONE, 0 },
                                        { value & 1 ? net_host_address(PEER) : net_host_address(1),
                                          80 },
                                        5 };
    else if (what == NET_EVENT_DHCP)
        event.dhcp = value & 1;
    else if (what == NET_EVENT_PING)
        event.ping = (struct net_event_ping){ net_host_address((uint8_t)(value & 1 ? PEER : 1)), 1,
                                              value % 600, 1 + value };
    else if (what == NET_EVENT_RESOLVE)
        event.resolve = (struct net_event_resolve){ "www.example.org", 15, 2 };
    else if (what == NET_EVENT_UDP_OPEN)
        event.udp_open = (struct net_event_udp_open){ { NET_ADDRESS_NONE, value }, 3 };
    order(&event);
}

static void read_some(struct reader *input)
{
    uint32_t count = reader_u8(input);
    while (count-- > 0 && unread_count > 0)
        net_host_chunk_free(&host, unread[--unread_count].offset);
}

static void one(struct reader *input)
{
    static const uint8_t connection_orders[] = {
        NET_EVENT_WINDOW,  NET_EVENT_OPTIONS,  NET_EVENT_SHUTDOWN, NET_EVENT_CLOSE,
        NET_EVENT_ABORT,   NET_EVENT_CONNECT,  NET_EVENT_DHCP,     NET_EVENT_PING,
        NET_EVENT_RESOLVE, NET_EVENT_UDP_OPEN,
    };
    uint8_t what = reader_u8(input);
    switch (what % 16) {
    case 0: raw_frame(input); break;
    case 1: ip_frame(input, IP_PROTOCOL_UDP); break;
    case 2: ip_frame(input, IP_PROTOCOL_ICMP); break;
    case 3: ip_frame(input, IP_PROTOCOL_TCP); break;
    case 4:
    case 5:
    case 6:
    case 7: segment(input); break;
    case 8:
    case 9: send(input); break;
    case 10: read_some(input); break;
    case 11:
        net_host_poll(&host, host.now + (uint64_t)reader_be16(input) * MILLISECOND_NS);
        drain();
        break;
    case 12: host.card_stuck = reader_u8(input) & 1; break;
    default: connection_order(input, connection_orders[what / 16 % 10]); break;
    }
}

static void start(uint8_t how)
{
    struct net_config config = net_host_config(1);
    config.half_open_max = 3;
    config.slices_max = 64;
    config.reorder_slices_max = 16;
    config.send_slices_max = 12;
    config.neighbours_max = 3;
    config.loopback_max = 4;
    config.connections_max = how & 1 ? 32 : 4;
    config.receive_window = 20000;
    config.address.dns[0] = net_host_address(PEER);
    if (how & 2)
        config.link.offloads = NET_OFFLOAD_TX_CHECKSUM;
    if (how & 4)
        config.link.offloads = NET_OFFLOAD_TX_CHECKSUM | NET_OFFLOAD_TSO4;
    net_host_init(&host, &config, CHUNKS, how, SECOND_NS);
    host.splits_buffers = how & 8;
    memset(offered, 0, sizeof offered);
    memset(names, 0, sizeof names);
    unread_count = 0;
    struct net_event listen = { .kind = NET_EVENT_LISTEN,
                                .listen = { { NET_ADDRESS_NONE, 80 }, 1, 3 } };
    order(&listen);
    struct net_address peer = net_host_address(PEER);
    struct net_mac mac = { { 2, 0, 0, 0, 0, PEER } };
    neighbour_learn(host.engine, &peer, &mac, true);
}

/* Long enough for every question about a neighbour to be given up, and with it the replies that wait for the answer. */
static void give_up_neighbours(void)
{
    for (int seconds = 0; seconds < 10; seconds++) {
        net_host_poll(&host, host.now + SECOND_NS);
        drain();
    }
}

/* Everything that is still open is ended; then nothing may be held. */
static void finish(void)
{
    for (uint32_t i = 0; i < 32; i++) {
        struct net_event end = { .kind = NET_EVENT_ABORT, .connection = { names[i] } };
        host.card_stuck = false;
        order(&end);
    }
    for (uint32_t i = 0; i < host.engine->tcp.touched; i++)
        if (tcp_at(host.engine, i)->state != NET_TCP_FREE) /* Half open. */
            ASSERT(tcp_is_half_open(tcp_at(host.engine, i)) ||
                   tcp_at(host.engine, i)->state == NET_TCP_TIME_WAIT);
    give_up_neighbours();
    while (unread_count > 0)
        net_host_chunk_free(&host, unread[--unread_count].offset);
    ASSERT(net_slices_used(host.engine) == 0);
    ASSERT(net_chunks_held(host.engine) == 0);
    ASSERT(net_host_chunks_used(&host, CHUNK_FREE) == CHUNKS);
    net_host_free(&host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader input = reader_of(data, size);
    start(reader_u8(&input));
    for (int i = 0; i < STEPS_MAX && reader_left(&input) > 0; i++)
        one(&input);
    finish();
    return 0;
}
