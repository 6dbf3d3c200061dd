/* The engine beside TCP: addresses on the link, echo, datagrams, names, leases, traffic to itself, and
 * what happens when tables or the outbox are full. Hosts are joined by a perfect wire. */
#include <stdlib.h>

#include "lib/net/checksum.h"
#include "lib/net/dhcp.h"
#include "lib/net/dns.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"
#include "lib/net/net.h"
#include "tests/doubles/net_host.h"
#include "tests/unit.h"

#define MS 1000000ull
#define SECOND (1000 * MS)

enum { CHUNKS = 128 };

static struct net_host a, b;
static time_ns_t now;

static void begin(void)
{
    struct net_config config = net_host_config(1);
    now = SECOND;
    net_host_init(&a, &config, CHUNKS, 1, now);
    config = net_host_config(2);
    net_host_init(&b, &config, CHUNKS, 2, now);
}

static void check_chunks(struct net_host *host)
{
    EXPECT_EQ(net_host_chunks_used(host, CHUNK_ENGINE), net_chunks_held(host->engine));
    EXPECT_EQ(net_host_chunks_used(host, CHUNK_APPLICATION), 0);
    EXPECT_EQ(net_slices_used(host->engine), 0);
}

static void end(void)
{
    check_chunks(&a);
    check_chunks(&b);
    net_host_free(&a);
    net_host_free(&b);
}

/* What is on the wire arrives, until nothing is. */
static void exchange(void)
{
    while (a.sent_count + b.sent_count > 0) {
        struct net_host *from = a.sent_count > 0 ? &a : &b, *to = from == &a ? &b : &a;
        struct wire_packet *packets = from->sent;
        uint32_t count = from->sent_count;
        from->sent = NULL;
        from->sent_count = from->sent_capacity = 0;
        for (uint32_t i = 0; i < count; i++) {
            REQUIRE(net_host_receive(to, &packets[i], false, now));
            free(packets[i].bytes);
        }
        free(packets);
    }
}

/* Time passes on both hosts, with stops at their deadlines. */
static void pass(time_ns_t duration)
{
    time_ns_t until = now + duration;
    for (;;) {
        time_ns_t next = a.deadline < b.deadline ? a.deadline : b.deadline;
        if (next > until)
            break;
        now = next > now ? next : now;
        net_host_poll(&a, now);
        net_host_poll(&b, now);
        exchange();
    }
    now = until;
    net_host_poll(&a, now);
    net_host_poll(&b, now);
    exchange();
}

/* The next notice of a host, which must be of this kind. */
static struct net_notice take(struct net_host *host, enum net_notice_kind kind)
{
    REQUIRE(host->log_count > 0);
    struct net_notice first = host->log[0];
    host->log_count--;
    memmove(host->log, host->log + 1, host->log_count * sizeof *host->log);
    REQUIRE(first.kind == kind);
    return first;
}

/* A raw frame to host a. */
static void raw(const uint8_t *bytes, size_t len)
{
    struct wire_packet packet = { (uint8_t *)bytes, (uint32_t)len, 0, 0 };
    REQUIRE(net_host_receive(&a, &packet, false, now));
}

/* ---- The link -------------------------------------------------------------------------------- */

TEST(an_echo_is_asked_for_and_answered)
{
    begin();
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(2), 99, 56, 1000 * MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    EXPECT_EQ(a.sent_count, 1); /* Only the question for the MAC. */
    exchange();
    struct net_notice pong = take(&a, NET_NOTICE_PONG);
    EXPECT_EQ(pong.cookie, 99);
    EXPECT_EQ(pong.ping_status, STATUS_OK);
    end();
}

/* Nobody hears what the host has sent. */
static void lose(struct net_host *host)
{
    while (host->sent_count > 0)
        free(host->sent[--host->sent_count].bytes);
}

/* An echo request as it arrives at `a` from a neighbour that it does not know: host number 2's, which learned of `a`
 * before `a` forgot everything. */
static struct wire_packet strange_echo(void)
{
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(1), 5, 56, 1000 * MS };
    EXPECT_EQ(net_host_step(&b, &ping, now), STATUS_OK);
    exchange();
    EXPECT_EQ(net_host_step(&b, &ping, now), STATUS_OK);
    REQUIRE(b.sent_count == 1);
    struct wire_packet echo = b.sent[0];
    b.sent_count = 0;
    struct net_config config = net_host_config(1);
    net_host_free(&a);
    net_host_init(&a, &config, CHUNKS, 1, now);
    return echo;
}

/* The sender's address in an IPv4 packet, with the header's checksum. */
static void forge_source(struct wire_packet *packet, uint8_t last)
{
    uint8_t *ip = packet->bytes + 14;
    ip[15] = last;
    store_be16(ip + 10, 0);
    store_be16(ip + 10, (uint16_t)~net_sum(ip, 20));
}

/* The answer to a first echo is not lost while its sender's MAC is asked for (RFC 1122, 2.3.2.2). */
TEST(an_echo_of_a_stranger_is_answered_when_its_neighbour_is_known)
{
    begin();
    struct wire_packet echo = strange_echo();
    REQUIRE(net_host_receive(&a, &echo, false, now));
    EXPECT_EQ(a.sent_count, 1); /* The question for the MAC. */
    EXPECT_EQ(net_chunks_held(a.engine), 1);
    uint64_t answered = net_counters(b.engine)->icmp_in;
    exchange();
    EXPECT_EQ(net_counters(b.engine)->icmp_in, answered + 1);
    EXPECT_EQ(net_chunks_held(a.engine), 0);
    EXPECT_EQ(net_counters(a.engine)->output_dropped, 0);
    free(echo.bytes);
    end();
}

/* Of what waits for one neighbour the latest is kept, and nothing is when it does not answer. */
TEST(a_parked_answer_gives_way_to_the_next_and_to_silence)
{
    begin();
    struct wire_packet echo = strange_echo();
    for (int i = 0; i < 3; i++)
        REQUIRE(net_host_receive(&a, &echo, false, now));
    EXPECT_EQ(net_chunks_held(a.engine), 1);
    EXPECT_EQ(net_counters(a.engine)->output_dropped, 2);
    lose(&a);
    for (int i = 0; i < 5; i++) {
        now += SECOND;
        net_host_poll(&a, now);
        lose(&a);
    }
    EXPECT_EQ(net_chunks_held(a.engine), 0);
    EXPECT_EQ(net_counters(a.engine)->output_dropped, 3);
    free(echo.bytes);
    end();
}

/* However many strangers there are, few of our buffers wait for them. */
TEST(parked_answers_are_bounded)
{
    begin();
    struct wire_packet echo = strange_echo();
    for (uint8_t i = 0; i < 9; i++) {
        forge_source(&echo, 100 + i);
        REQUIRE(net_host_receive(&a, &echo, false, ++now));
        EXPECT_EQ(net_chunks_held(a.engine), i < 8 ? i + 1u : 8);
    }
    EXPECT_EQ(net_counters(a.engine)->output_dropped, 1);
    struct net_event link = { .kind = NET_EVENT_INTERFACE, .link = a.config.link };
    EXPECT_EQ(net_host_step(&a, &link, now), STATUS_OK); /* The next card may do less. */
    EXPECT_EQ(net_chunks_held(a.engine), 0);
    EXPECT_EQ(net_counters(a.engine)->output_dropped, 9);
    free(echo.bytes);
    lose(&a);
    end();
}

/* The reply leaves in the buffers that the request came in, however many there are. */
TEST(a_large_echo_is_answered_from_its_own_buffers)
{
    begin();
    b.splits_buffers = true;
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(2), 7, 512, 1000 * MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    exchange();
    EXPECT_EQ(take(&a, NET_NOTICE_PONG).ping_status, STATUS_OK);
    end();
}

TEST(an_unanswered_echo_times_out)
{
    begin();
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(9), 5, 8, 500 * MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    pass(499 * MS);
    EXPECT_EQ(a.log_count, 0);
    pass(1 * MS);
    EXPECT_EQ(take(&a, NET_NOTICE_PONG).ping_status, STATUS_TIMED_OUT);
    end();
}

/* Three questions, a second apart, and the waiting connection learns that nobody is there. */
TEST(a_neighbour_that_is_not_there_makes_a_connect_unreachable)
{
    begin();
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_host_address(9), 80 };
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_OK);
    pass(2999 * MS);
    EXPECT_EQ(a.log_count, 0);
    EXPECT_EQ(net_counters(a.engine)->arp_out, 3);
    pass(1 * MS);
    EXPECT_EQ(take(&a, NET_NOTICE_RESET).why, STATUS_UNREACHABLE);
    end();
}

TEST(without_a_route_nothing_is_tried)
{
    begin();
    struct net_event address = { .kind = NET_EVENT_ADDRESS };
    address.address = a.config.address;
    address.address.gateway = NET_ADDRESS_NONE;
    EXPECT_EQ(net_host_step(&a, &address, now), STATUS_OK);
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_address_ipv4(0x08080808), 80 };
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_UNREACHABLE);
    EXPECT_EQ(a.sent_count, 0);
    end();
}

/* The link is full of broadcasts: they must not fill the neighbour table (docs in arp.c). */
TEST(questions_for_others_make_no_neighbours)
{
    begin();
    for (uint8_t i = 10; i < 30; i++) {
        uint8_t bytes[64];
        struct writer writer = writer_of(bytes, sizeof bytes);
        struct net_mac mac = { { 2, 0, 0, 0, 0, i } };
        struct ethernet_header ethernet = { net_mac_broadcast, mac, ETHERNET_TYPE_ARP };
        struct arp_packet arp = { .operation = ARP_REQUEST,
                                  .sender_mac = mac,
                                  .sender = net_host_address(i),
                                  .target = net_host_address(200) };
        ethernet_encode(&writer, &ethernet);
        arp_encode(&writer, &arp);
        raw(bytes, writer.at);
    }
    EXPECT_EQ(a.sent_count, 0);
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(10), 1, 8, MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    EXPECT_EQ(net_counters(a.engine)->arp_out, 1); /* It has to ask: nothing was learned. */
    net_host_sent_clear(&a);
    end();
}

/* Nothing else answers a packet that went to everybody (RFC 1122, 3.2.2). */
TEST(groups_and_fragments_get_no_answer)
{
    begin();
    uint8_t bytes[128] = { 0 };
    struct ethernet_header ethernet = { net_mac_broadcast,
                                        { { 2, 0, 0, 0, 0, 9 } },
                                        ETHERNET_TYPE_IPV4 };
    for (int fragment = 0; fragment < 2; fragment++) {
        struct ipv4_header ip = {
            .total_len = IPV4_HEADER_LEN + 40,
            .fragment = fragment ? IPV4_FLAG_MORE : 0,
            .ttl = 64,
            .protocol = IP_PROTOCOL_UDP,
            .source = net_host_address(9),
            .destination = fragment ? net_host_address(1) : net_host_address(255),
        };
        struct udp_header udp = { 5, 4444, 40, 0 };
        struct writer writer = writer_of(bytes, sizeof bytes);
        ethernet_encode(&writer, &ethernet);
        ipv4_encode(&writer, &ip);
        udp_encode(&writer, &udp);
        raw(bytes, 14 + 20 + 40);
    }
    EXPECT_EQ(net_counters(a.engine)->ipv4_fragments, 1);
    EXPECT_EQ(net_counters(a.engine)->udp_no_socket, 1);
    EXPECT_EQ(a.sent_count, 0);
    end();
}

/* Every length of a good frame that is cut short, and every bit of its headers turned: no answer that
 * a sanitizer minds, and every chunk comes back. */
TEST(cut_and_damaged_frames_are_recycled)
{
    begin();
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(2), 1, 20, MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    exchange();
    ping.ping.cookie = 2;
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    REQUIRE(a.sent_count == 1);
    struct wire_packet good = a.sent[0];
    a.sent_count = 0;
    for (uint32_t len = 1; len < good.len; len++) {
        struct wire_packet cut = { good.bytes, len, 0, 0 };
        REQUIRE(net_host_receive(&b, &cut, false, now));
        EXPECT_EQ(b.sent_count, 0);
    }
    for (uint32_t bit = 14 * 8; bit < good.len * 8; bit++) {
        good.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        REQUIRE(net_host_receive(&b, &good, false, now));
        good.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        EXPECT_EQ(b.sent_count, 0);
    }
    free(good.bytes);
    check_chunks(&b);
    net_host_log_clear(&a);
    end();
}

/* What a caller may get wrong about a frame is answered by recycling what is nameable. */
TEST(impossible_slices_are_refused)
{
    begin();
    struct net_slice slices[2] = { { .offset = CHUNKS * 2048 - 10, .len = 11 },
                                   { .offset = 0xfffffff0, .len = 0x20 } };
    struct net_event frame = { .kind = NET_EVENT_FRAME, .frame = { slices, 2, 0, 0 } };
    EXPECT_EQ(net_host_step(&a, &frame, now), STATUS_OK);
    frame.frame.slice_count = 0;
    EXPECT_EQ(net_host_step(&a, &frame, now), STATUS_OK);
    EXPECT_EQ(net_counters(a.engine)->frames_malformed, 2);
    struct net_event send = { .kind = NET_EVENT_UDP_OPEN };
    EXPECT_EQ(net_host_step(&a, &send, now), STATUS_OK);
    net_udp_t socket = a.outbox.udp;
    send = (struct net_event){ .kind = NET_EVENT_UDP_SEND };
    send.udp_send = (struct net_event_udp_send){ socket, { net_host_address(2), 9 }, slices, 1 };
    EXPECT_EQ(net_host_step(&a, &send, now), STATUS_INVALID);
    end();
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

static net_udp_t open_socket(struct net_host *host, uint16_t port, uint64_t cookie)
{
    struct net_event open = { .kind = NET_EVENT_UDP_OPEN };
    open.udp_open = (struct net_event_udp_open){ { NET_ADDRESS_NONE, port }, cookie };
    REQUIRE(net_host_step(host, &open, now) == STATUS_OK);
    EXPECT(host->outbox.local_port != 0);
    return host->outbox.udp;
}

static status_t send_to(struct net_host *host, net_udp_t socket, struct net_endpoint to,
                        const char *text)
{
    uint32_t chunk = net_host_chunk_take(host);
    struct net_slice slice = { .offset = chunk, .len = (uint32_t)strlen(text) };
    memcpy(host->pool + chunk, text, slice.len);
    struct net_event event = { .kind = NET_EVENT_UDP_SEND };
    event.udp_send = (struct net_event_udp_send){ socket, to, &slice, 1 };
    status_t status = net_host_step(host, &event, now);
    net_host_chunk_free(host, chunk);
    return status;
}

static void expect_datagram(struct net_host *host, uint64_t cookie, const char *text)
{
    struct net_notice notice = take(host, NET_NOTICE_DATAGRAM);
    EXPECT_EQ(notice.cookie, cookie);
    EXPECT_EQ(notice.slices_left, 0);
    REQUIRE(notice.datagram.len == strlen(text));
    EXPECT_MEM(host->pool + notice.datagram.offset, text, notice.datagram.len);
    if (!(notice.datagram.flags & NET_SLICE_BORROWED))
        net_host_chunk_free(host, notice.datagram.offset);
}

TEST(a_datagram_waits_for_the_neighbour_and_arrives)
{
    begin();
    net_udp_t from = open_socket(&a, 0, 3);
    (void)open_socket(&b, 500, 4);
    struct net_endpoint to = { net_host_address(2), 500 };
    EXPECT_EQ(send_to(&a, from, to, "hello"), STATUS_WOULD_BLOCK);
    exchange();
    EXPECT_EQ(take(&a, NET_NOTICE_UDP_ROOM).cookie, 3);
    EXPECT_EQ(send_to(&a, from, to, "hello"), STATUS_OK);
    exchange();
    expect_datagram(&b, 4, "hello");
    end();
}

TEST(a_closed_port_is_told_to_the_sender)
{
    begin();
    net_udp_t from = open_socket(&a, 0, 3);
    struct net_endpoint to = { net_host_address(2), 501 };
    EXPECT_EQ(send_to(&a, from, to, "x"), STATUS_WOULD_BLOCK);
    exchange();
    (void)take(&a, NET_NOTICE_UDP_ROOM);
    EXPECT_EQ(send_to(&a, from, to, "x"), STATUS_OK);
    exchange();
    struct net_notice error = take(&a, NET_NOTICE_UDP_ERROR);
    EXPECT_EQ(error.udp_status, STATUS_REFUSED);
    EXPECT_EQ(error.from.port, 501);
    end();
}

/* A scan of our ports must not make us a source of traffic. */
TEST(unreachable_messages_are_limited)
{
    begin();
    net_udp_t from = open_socket(&a, 0, 3);
    struct net_endpoint to = { net_host_address(2), 501 };
    (void)send_to(&a, from, to, "x");
    exchange();
    for (int i = 0; i < 300; i++) {
        EXPECT_EQ(send_to(&a, from, to, "x"), STATUS_OK);
        exchange();
    }
    EXPECT_EQ(net_counters(b.engine)->icmp_out, 100);
    EXPECT_EQ(net_counters(b.engine)->icmp_limited, 200);
    net_host_log_clear(&a);
    end();
}

TEST(a_stale_socket_name_reaches_nothing)
{
    begin();
    net_udp_t old = open_socket(&a, 600, 1);
    struct net_event close = { .kind = NET_EVENT_UDP_CLOSE, .udp_close = { old } };
    EXPECT_EQ(net_host_step(&a, &close, now), STATUS_OK);
    (void)open_socket(&a, 600, 2);
    EXPECT_EQ(net_host_step(&a, &close, now), STATUS_NOT_FOUND);
    struct net_event again = { .kind = NET_EVENT_UDP_OPEN };
    again.udp_open.local.port = 600;
    EXPECT_EQ(net_host_step(&a, &again, now), STATUS_IN_USE);
    end();
}

/* ---- To itself ------------------------------------------------------------------------------- */

TEST(datagrams_to_this_host_arrive_within_the_step)
{
    begin();
    net_udp_t from = open_socket(&a, 0, 1);
    (void)open_socket(&a, 700, 2);
    struct net_endpoint to = { net_address_ipv4(0x7f000001), 700 };
    uint32_t chunk = net_host_chunk_take(&a);
    memcpy(a.pool + chunk, "local", 5);
    struct net_slice slice = { .offset = chunk, .len = 5 };
    struct net_event event = { .kind = NET_EVENT_UDP_SEND };
    event.udp_send = (struct net_event_udp_send){ from, to, &slice, 1 };
    EXPECT_EQ(net_host_step(&a, &event, now), STATUS_OK);
    expect_datagram(&a, 2, "local");
    net_host_chunk_free(&a, chunk);
    EXPECT_EQ(a.sent_count, 0);
    end();
}

TEST(this_host_answers_its_own_echo)
{
    begin();
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_address_ipv4(0x7f000001), 1, 64, MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    EXPECT_EQ(take(&a, NET_NOTICE_PONG).ping_status, STATUS_OK);
    end();
}

/* A connection of the host with itself: both ends in one engine, borrowed slices, 300 KB. */
TEST(tcp_to_this_host_delivers_every_byte)
{
    enum { TOTAL = 300000, SLICE = 2000 };
    begin();
    struct net_event listen = { .kind = NET_EVENT_LISTEN };
    listen.listen = (struct net_event_listen){ { NET_ADDRESS_NONE, 80 }, 1, 4 };
    EXPECT_EQ(net_host_step(&a, &listen, now), STATUS_OK);
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_address_ipv4(0x7f000001), 80 };
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_OK);
    net_connection_t client = a.outbox.connection, server = { 0 };
    uint32_t sent = 0, received = 0, acked = 0;
    bool fin = false, shut = false;
    for (int round = 0; round < 10000 && !fin; round++) {
        for (uint32_t i = 0; i < a.log_count; i++) {
            struct net_notice notice = a.log[i];
            if (notice.kind == NET_NOTICE_ACCEPT)
                server = notice.connection;
            else if (notice.kind == NET_NOTICE_ACKED)
                acked += notice.acked_bytes;
            else if (notice.kind == NET_NOTICE_PEER_FIN)
                fin = true;
            else if (notice.kind == NET_NOTICE_DELIVER) {
                EXPECT(notice.slice.flags & NET_SLICE_BORROWED);
                for (uint32_t j = 0; j < notice.slice.len; j++)
                    REQUIRE(a.pool[notice.slice.offset + j] == (uint8_t)((received + j) % 251));
                received += notice.slice.len;
            }
        }
        net_host_log_clear(&a);
        if (server.raw != 0) {
            struct net_event window = { .kind = NET_EVENT_WINDOW, .window = { server, 60000 } };
            EXPECT_EQ(net_host_step(&a, &window, now), STATUS_OK);
        }
        /* One slice at a time in a fixed chunk: it may be filled again once it is acknowledged. */
        if (acked == sent && sent < TOTAL) {
            if (sent == 0)
                REQUIRE(net_host_chunk_take(&a) == 0);
            for (uint32_t j = 0; j < SLICE; j++)
                a.pool[j] = (uint8_t)((sent + j) % 251);
            struct net_slice slice = { .offset = 0, .len = SLICE };
            struct net_event send = { .kind = NET_EVENT_SEND, .send = { client, &slice, 1 } };
            EXPECT_EQ(net_host_step(&a, &send, now), STATUS_OK);
            sent += SLICE;
        } else if (acked == TOTAL && !shut) {
            struct net_event close = { .kind = NET_EVENT_SHUTDOWN, .connection = { client } };
            EXPECT_EQ(net_host_step(&a, &close, now), STATUS_OK);
            shut = true;
        }
        now += 20 * MS;
        net_host_poll(&a, now);
    }
    EXPECT_EQ(received, TOTAL);
    EXPECT(fin);
    EXPECT_EQ(a.sent_count, 0);
    EXPECT_EQ(net_counters(a.engine)->tcp_retransmits, 0);
    struct net_event abort_event = { .kind = NET_EVENT_ABORT, .connection = { server } };
    (void)net_host_step(&a, &abort_event, now);
    net_host_chunk_free(&a, 0);
    net_host_log_clear(&a);
    end();
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Host b plays the server: a socket on port 53 whose datagrams the test answers. */
static void resolve_begin(const char *name)
{
    struct net_event address = { .kind = NET_EVENT_ADDRESS };
    address.address = a.config.address;
    address.address.dns[0] = net_host_address(2);
    REQUIRE(net_host_step(&a, &address, now) == STATUS_OK);
    struct net_event resolve = { .kind = NET_EVENT_RESOLVE };
    resolve.resolve = (struct net_event_resolve){ name, strlen(name), 11 };
    REQUIRE(net_host_step(&a, &resolve, now) == STATUS_OK);
    exchange();
}

/* Turns the question in a DATAGRAM into its answer with one address. */
static size_t answer_make(uint8_t *out, const struct net_notice *question, uint32_t ipv4)
{
    struct writer writer = writer_of(out, DNS_MESSAGE_MAX);
    writer_bytes(&writer, b.pool + question->datagram.offset, question->datagram.len);
    store_be16(out + 2, 0x8180);
    store_be16(out + 6, 1);
    writer_be16(&writer, 0xc00c);
    writer_be16(&writer, 1);
    writer_be16(&writer, 1);
    writer_be32(&writer, 120);
    writer_be16(&writer, 4);
    writer_be32(&writer, ipv4);
    return writer.at;
}

static void answer_send(net_udp_t server, struct net_endpoint to, const uint8_t *bytes, size_t len)
{
    uint32_t chunk = net_host_chunk_take(&b);
    memcpy(b.pool + chunk, bytes, len);
    struct net_slice slice = { .offset = chunk, .len = (uint32_t)len };
    struct net_event event = { .kind = NET_EVENT_UDP_SEND };
    event.udp_send = (struct net_event_udp_send){ server, to, &slice, 1 };
    REQUIRE(net_host_step(&b, &event, now) == STATUS_OK);
    net_host_chunk_free(&b, chunk);
    exchange();
}

TEST(a_name_is_resolved)
{
    begin();
    net_udp_t server = open_socket(&b, 53, 1);
    resolve_begin("www.example.org");
    struct net_notice question = take(&b, NET_NOTICE_DATAGRAM);
    uint8_t answer[DNS_MESSAGE_MAX];
    size_t len = answer_make(answer, &question, 0x0a000077);
    answer_send(server, question.from, answer, len);
    struct net_notice resolved = take(&a, NET_NOTICE_RESOLVED);
    EXPECT_EQ(resolved.cookie, 11);
    EXPECT_EQ(resolved.dns_status, STATUS_OK);
    EXPECT_EQ(resolved.address_count, 1);
    EXPECT_EQ(resolved.ipv4[0], 0x0a000077);
    EXPECT_EQ(resolved.ttl_s, 120);
    net_host_chunk_free(&b, question.datagram.offset);
    end();
}

/* The server is of this host: a question lies in no chunk, and an answer behind no headers. */
TEST(a_name_is_resolved_by_a_server_of_this_host)
{
    begin();
    net_udp_t server = open_socket(&a, 53, 1);
    struct net_event address = { .kind = NET_EVENT_ADDRESS };
    address.address = a.config.address;
    address.address.dns[0] = net_address_ipv4(0x7f000001);
    REQUIRE(net_host_step(&a, &address, now) == STATUS_OK);
    struct net_event resolve = { .kind = NET_EVENT_RESOLVE };
    resolve.resolve = (struct net_event_resolve){ "www.example.org", 15, 11 };
    REQUIRE(net_host_step(&a, &resolve, now) == STATUS_OK);
    struct net_notice question = take(&a, NET_NOTICE_DATAGRAM);
    EXPECT_EQ(question.cookie, 1);
    EXPECT_EQ(question.datagram.len, 0);
    REQUIRE(question.own_len > 12);
    uint32_t chunk = net_host_chunk_take(&a);
    memcpy(a.pool + chunk, question.own_bytes, question.own_len);
    question.datagram = (struct net_slice){ .offset = chunk, .len = question.own_len };
    memcpy(b.pool + chunk, a.pool + chunk, question.own_len);
    uint8_t answer[DNS_MESSAGE_MAX];
    size_t len = answer_make(answer, &question, 0x0a000077);
    memcpy(a.pool + chunk, answer, len);
    struct net_slice slice = { .offset = chunk, .len = (uint32_t)len };
    struct net_event event = { .kind = NET_EVENT_UDP_SEND };
    event.udp_send = (struct net_event_udp_send){ server, question.from, &slice, 1 };
    EXPECT_EQ(net_host_step(&a, &event, now), STATUS_OK);
    struct net_notice resolved = take(&a, NET_NOTICE_RESOLVED);
    EXPECT_EQ(resolved.dns_status, STATUS_OK);
    EXPECT_EQ(resolved.ipv4[0], 0x0a000077);
    net_host_chunk_free(&a, chunk);
    end();
}

/* Whoever guesses the port must still know id, question and the server's port (RFC 5452). */
TEST(an_answer_that_does_not_match_is_ignored)
{
    begin();
    net_udp_t server = open_socket(&b, 53, 1), other = open_socket(&b, 54, 2);
    resolve_begin("www.example.org");
    struct net_notice question = take(&b, NET_NOTICE_DATAGRAM);
    uint8_t answer[DNS_MESSAGE_MAX];
    size_t len = answer_make(answer, &question, 0x0a000066);
    answer[0] ^= 1;
    answer_send(server, question.from, answer, len);
    answer[0] ^= 1;
    answer[13] ^= 1; /* The first letter of the name. */
    answer_send(server, question.from, answer, len);
    answer[13] ^= 1;
    answer_send(other, question.from, answer, len);
    EXPECT_EQ(a.log_count, 0);
    EXPECT_EQ(net_counters(a.engine)->dns_rejected, 3);
    answer_send(server, question.from, answer, len);
    EXPECT_EQ(take(&a, NET_NOTICE_RESOLVED).dns_status, STATUS_OK);
    net_host_chunk_free(&b, question.datagram.offset);
    end();
}

TEST(a_silent_server_is_asked_four_times_with_new_secrets)
{
    begin();
    (void)open_socket(&b, 53, 1);
    resolve_begin("www.example.org");
    pass(8 * SECOND);
    uint16_t ids[4], ports[4];
    for (int i = 0; i < 4; i++) {
        struct net_notice question = take(&b, NET_NOTICE_DATAGRAM);
        ids[i] = load_be16(b.pool + question.datagram.offset);
        ports[i] = question.from.port;
        net_host_chunk_free(&b, question.datagram.offset);
        for (int j = 0; j < i; j++)
            EXPECT(ids[i] != ids[j] && ports[i] != ports[j]);
    }
    EXPECT_EQ(b.log_count, 0);
    EXPECT_EQ(take(&a, NET_NOTICE_RESOLVED).dns_status, STATUS_TIMED_OUT);
    end();
}

/* ---- Leases ---------------------------------------------------------------------------------- */

struct lease_server {
    uint8_t last_type;
    uint32_t answered;
    uint32_t lease_s;
    bool silent, refuses;
};

/* Reads the requests that host a has sent, and answers them as 10.0.0.2. */
static void serve(struct lease_server *server)
{
    uint32_t count = a.sent_count;
    struct wire_packet *packets = a.sent;
    a.sent = NULL;
    a.sent_count = a.sent_capacity = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *frame = packets[i].bytes, *dhcp = frame + 42;
        bool is_request = packets[i].len > 42 + 243 && frame[23] == IP_PROTOCOL_UDP &&
                          load_be16(frame + 36) == DHCP_SERVER_PORT;
        if (!is_request)
            goto next;
        server->last_type = dhcp[242];
        if (server->silent || server->last_type == DHCP_RELEASE)
            goto next;
        server->answered++;
        uint8_t bytes[400] = { 0 };
        struct writer writer = writer_of(bytes, sizeof bytes);
        struct ethernet_header ethernet = { a.config.link.mac,
                                            { { 2, 0, 0, 0, 0, 2 } },
                                            ETHERNET_TYPE_IPV4 };
        uint8_t options[] = { 53, 1, 0, 54, 4, 10, 0,  0, 2, 1, 4,  255, 255, 255, 0, 3, 4,
                              10, 0, 0, 2,  6, 4,  10, 0, 0, 2, 51, 4,   0,   0,   0, 0, 255 };
        bool is_discover = server->last_type == DHCP_DISCOVER;
        options[2] = is_discover ? DHCP_OFFER : server->refuses ? DHCP_NAK : DHCP_ACK;
        store_be32(options + 29, server->lease_s);
        uint16_t len = 240 + sizeof options;
        struct ipv4_header ip = {
            .total_len = (uint16_t)(IPV4_HEADER_LEN + UDP_HEADER_LEN + len),
            .ttl = 64,
            .protocol = IP_PROTOCOL_UDP,
            .source = net_host_address(2),
            .destination = net_host_address(50),
        };
        struct udp_header udp = { DHCP_SERVER_PORT, DHCP_CLIENT_PORT,
                                  (uint16_t)(UDP_HEADER_LEN + len), 0 };
        ethernet_encode(&writer, &ethernet);
        ipv4_encode(&writer, &ip);
        udp_encode(&writer, &udp);
        uint8_t *reply = writer_take(&writer, 240);
        memcpy(reply, dhcp, 240); /* Transaction and MAC as they were asked. */
        reply[0] = 2;
        memset(reply + 12, 0, 16);
        store_be32(reply + 16, 0x0a000032);
        writer_bytes(&writer, options, sizeof options);
        raw(bytes, writer.at);
    next:
        free(packets[i].bytes);
    }
    free(packets);
}

static void dhcp_begin(void)
{
    begin();
    struct net_event start = { .kind = NET_EVENT_DHCP, .dhcp = true };
    EXPECT_EQ(net_host_step(&a, &start, now), STATUS_OK);
}

/* Time passes on host a, and the server answers at once. */
static void lease_pass(struct lease_server *server, time_ns_t duration)
{
    time_ns_t until = now + duration;
    while (a.deadline <= until) {
        now = a.deadline > now ? a.deadline : now;
        net_host_poll(&a, now);
        for (int i = 0; i < 3; i++)
            serve(server);
    }
    now = until;
    net_host_poll(&a, now);
}

TEST(a_lease_is_taken_and_renewed)
{
    struct lease_server server = { .lease_s = 1000 };
    dhcp_begin();
    serve(&server);
    serve(&server);
    struct net_notice bound = take(&a, NET_NOTICE_ADDRESS);
    EXPECT_EQ(net_address_ipv4_raw(&bound.address.address), 0x0a000032);
    EXPECT_EQ(bound.address.prefix_len, 120);
    EXPECT_EQ(net_address_ipv4_raw(&bound.address.gateway), 0x0a000002);
    EXPECT_EQ(net_address_ipv4_raw(&bound.address.dns[0]), 0x0a000002);
    EXPECT_EQ(bound.lease_s, 1000);
    /* The server's MAC is not known for a unicast renewal: the first try asks for it, and as nobody
     * answers, rebinding by broadcast at 875 s is what succeeds. */
    lease_pass(&server, 874 * SECOND);
    EXPECT_EQ(a.log_count, 0);
    lease_pass(&server, 2 * SECOND);
    (void)take(&a, NET_NOTICE_ADDRESS);
    EXPECT_EQ(server.last_type, DHCP_REQUEST);
    EXPECT_EQ(server.answered, 3);
    end();
}

TEST(a_lost_lease_takes_the_address_away)
{
    struct lease_server server = { .lease_s = 100 };
    dhcp_begin();
    serve(&server);
    serve(&server);
    (void)take(&a, NET_NOTICE_ADDRESS);
    server.silent = true;
    lease_pass(&server, 99 * SECOND);
    EXPECT_EQ(a.log_count, 0);
    lease_pass(&server, 2 * SECOND);
    struct net_notice lost = take(&a, NET_NOTICE_ADDRESS);
    EXPECT(net_address_is_none(&lost.address.address));
    EXPECT(net_address_is_none(&net_interface_address(a.engine)->address));
    EXPECT_EQ(server.last_type, DHCP_DISCOVER); /* And it begins again. */
    end();
}

TEST(a_refused_lease_begins_again)
{
    struct lease_server server = { .lease_s = 100, .refuses = true };
    dhcp_begin();
    serve(&server);
    serve(&server);
    EXPECT_EQ(a.log_count, 0);
    server.refuses = false;
    serve(&server);
    serve(&server);
    (void)take(&a, NET_NOTICE_ADDRESS);
    end();
}

TEST(discovery_backs_off_while_nobody_answers)
{
    struct lease_server server = { .silent = true };
    dhcp_begin();
    lease_pass(&server, 10 * SECOND);
    EXPECT_EQ(net_counters(a.engine)->udp_out, 4); /* At 0, 1, 3 and 7 seconds and a little. */
    lease_pass(&server, 1000 * SECOND);
    EXPECT(net_counters(a.engine)->udp_out < 25);
    end();
}

/* ---- Full ------------------------------------------------------------------------------------ */

/* With no room in the outbox, TCP waits and says so; replies are dropped and counted. */
TEST(a_stuck_card_holds_output_back)
{
    begin();
    struct net_event ping = { .kind = NET_EVENT_PING };
    ping.ping = (struct net_event_ping){ net_host_address(2), 1, 8, MS };
    EXPECT_EQ(net_host_step(&a, &ping, now), STATUS_OK);
    exchange();
    (void)take(&a, NET_NOTICE_PONG);
    a.card_stuck = true;
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_host_address(2), 80 };
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_OK);
    EXPECT_EQ(a.sent_count, 0);
    net_host_poll(&a, now);
    EXPECT(a.outbox.frames_wanted);
    a.card_stuck = false;
    net_host_poll(&a, now);
    EXPECT(!a.outbox.frames_wanted);
    EXPECT_EQ(a.sent_count, 1);
    exchange();
    EXPECT_EQ(take(&a, NET_NOTICE_RESET).why, STATUS_REFUSED);
    end();
}

TEST(tables_that_are_full_say_so)
{
    begin();
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_host_address(2), 80 };
    for (uint32_t i = 0; i < a.config.connections_max; i++)
        EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_OK);
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_LIMIT);
    exchange();
    for (uint32_t i = 0; i < a.config.connections_max; i++)
        EXPECT_EQ(take(&a, NET_NOTICE_RESET).why, STATUS_REFUSED);
    EXPECT_EQ(net_host_step(&a, &connect, now), STATUS_OK);
    exchange();
    net_host_log_clear(&a);
    end();
}

TEST(a_configuration_out_of_range_is_refused)
{
    struct net_config good = net_host_config(1);
    uint8_t pool[4096];
    good.pool = pool;
    good.pool_len = sizeof pool;
    EXPECT(net_engine_size(&good) > 0);
    struct net_config bad = good;
    bad.chunk_size = 1000;
    EXPECT_EQ(net_engine_size(&bad), 0);
    bad = good;
    bad.connections_max = 0;
    EXPECT_EQ(net_engine_size(&bad), 0);
    bad = good;
    bad.link.mtu = 575;
    EXPECT_EQ(net_engine_size(&bad), 0);
    bad = good;
    bad.link.offloads = NET_OFFLOAD_TSO4;
    EXPECT_EQ(net_engine_size(&bad), 0);
    bad = good;
    bad.window_scale = 15;
    EXPECT_EQ(net_engine_size(&bad), 0);
    struct net_engine *engine = NULL;
    static _Alignas(64) uint8_t memory[64];
    EXPECT_EQ(net_engine_init(memory, sizeof memory, &good, 0, &engine), STATUS_INVALID);
    EXPECT(engine == NULL);
}
