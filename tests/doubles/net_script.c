/* The interpreter of net_script.h. */
#include "tests/doubles/net_script.h"

#include <stdlib.h>

#include "lib/net/checksum.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"
#include "lib/net/tcp_header.h"
#include "tests/unit.h"

#define MS 1000000ull

enum { WORDS_MAX = 32, PEER_WINDOW = 30000 };

struct line {
    char text[256];
    char *words[WORDS_MAX];
    int count;
};

static void line_split(struct line *line, const char *start, size_t len)
{
    REQUIRE(len < sizeof line->text);
    memset(line, 0, sizeof *line);
    memcpy(line->text, start, len);
    static char copy[256];
    memcpy(copy, line->text, sizeof copy);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        REQUIRE(line->count < WORDS_MAX);
        line->words[line->count++] = word;
    }
}

#define LINE_REQUIRE(condition, line)                                                         \
    do {                                                                                      \
        if (!(condition))                                                                     \
            unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": %s", (line)->text, #condition); \
    } while (0)

/* The value of a field, or `otherwise`. */
static long field(const struct line *line, const char *name, long otherwise)
{
    for (int i = 1; i + 1 < line->count; i++)
        if (strcmp(line->words[i], name) == 0)
            return strtol(line->words[i + 1], NULL, 10);
    return otherwise;
}

static const char *text_field(const struct line *line, const char *name)
{
    for (int i = 1; i < line->count; i++)
        if (strcmp(line->words[i], name) == 0)
            return i + 1 < line->count ? line->words[i + 1] : "";
    return NULL;
}

static uint8_t flags_of(const struct line *line)
{
    static const struct {
        char letter;
        uint8_t flag;
    } letters[] = { { 'S', TCP_SYN }, { 'A', TCP_ACK }, { 'F', TCP_FIN },
                    { 'R', TCP_RST }, { 'P', TCP_PSH }, { '.', 0 } };
    uint8_t flags = 0;
    for (const char *c = line->words[1]; *c != 0; c++) {
        bool known = false;
        for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
            if (letters[i].letter == *c) {
                flags |= letters[i].flag;
                known = true;
            }
        LINE_REQUIRE(known, line);
    }
    return flags;
}

/* ---- The peer -------------------------------------------------------------------------------- */

static void peer_segment(struct net_script *script, const struct line *line)
{
    struct tcp_header header = {
        .source_port = (uint16_t)field(line, "port", script->peer_port),
        .destination_port = script->own_port,
        .flags = flags_of(line),
        .sequence = SCRIPT_PEER_ISS + (uint32_t)field(line, "seq", 0),
        .window = (uint16_t)field(line, "win", PEER_WINDOW),
        .mss = (uint16_t)field(line, "mss", 0),
        .sack_permitted = text_field(line, "sackok") != NULL,
    };
    if (header.flags & TCP_ACK)
        header.acknowledgement = script->iss + (uint32_t)field(line, "ack", 0);
    header.has_scale = text_field(line, "ws") != NULL;
    header.scale = (uint8_t)field(line, "ws", 0);
    const char *timestamps = text_field(line, "ts");
    if (timestamps != NULL) {
        char *end;
        header.has_timestamp = true;
        header.timestamp = (uint32_t)strtoul(timestamps, &end, 10);
        header.timestamp_echo = *end == '/' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
    }
    const char *sack = text_field(line, "sack");
    if (sack != NULL) {
        char *end;
        header.sack_count = 1;
        header.sack[0].start = script->iss + (uint32_t)strtoul(sack, &end, 10);
        header.sack[0].end = script->iss + (uint32_t)strtoul(end + 1, NULL, 10);
    }
    uint32_t len = (uint32_t)field(line, "len", 0);
    uint8_t bytes[2048], tcp_bytes[TCP_HEADER_MAX];
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct writer tcp_writer = writer_of(tcp_bytes, sizeof tcp_bytes);
    uint8_t tcp_len = tcp_header_encode(&tcp_writer, &header);
    struct ethernet_header ethernet = { script->host.config.link.mac,
                                        { { 0x52, 0x54, 0, 0, 0, SCRIPT_PEER } },
                                        ETHERNET_TYPE_IPV4 };
    struct ipv4_header ip = {
        .total_len = (uint16_t)(IPV4_HEADER_LEN + tcp_len + len),
        .ttl = 64,
        .protocol = IP_PROTOCOL_TCP,
        .source = net_host_address(SCRIPT_PEER),
        .destination = net_host_address(1),
    };
    ethernet_encode(&writer, &ethernet);
    ipv4_encode(&writer, &ip);
    writer_bytes(&writer, tcp_bytes, tcp_len);
    uint8_t *payload = writer_take(&writer, len);
    LINE_REQUIRE(payload != NULL, line);
    for (uint32_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(header.sequence + i);
    struct wire_packet packet = { bytes, (uint32_t)writer.at, NET_RECEIVE_CHECKSUM_OK, 0 };
    LINE_REQUIRE(net_host_receive(&script->host, &packet, false, script->host.now), line);
}

/* The next TCP segment sent. False if there is none. */
static bool next_segment(struct net_script *script, struct tcp_header *header, uint32_t *len)
{
    while (script->sent_at < script->host.sent_count) {
        struct wire_packet packet = script->host.sent[script->sent_at++];
        struct reader reader = reader_of(packet.bytes, packet.len);
        struct ethernet_header ethernet;
        struct ipv4_header ip;
        REQUIRE(ethernet_decode(&reader, &ethernet) == STATUS_OK);
        if (ethernet.type != ETHERNET_TYPE_IPV4)
            continue;
        REQUIRE(ipv4_decode(&reader, &ip) == STATUS_OK);
        uint16_t pseudo = ipv4_pseudo_sum(&ip.source, &ip.destination, IP_PROTOCOL_TCP,
                                          (uint16_t)reader_left(&reader));
        uint16_t sum = net_sum(reader.data + reader.at, reader_left(&reader));
        REQUIRE(net_sum_add(pseudo, sum) == 0xffff);
        REQUIRE(tcp_header_decode(&reader, header) == STATUS_OK);
        *len = (uint32_t)reader_left(&reader);
        return true;
    }
    return false;
}

static void expect_segment(struct net_script *script, const struct line *line)
{
    struct tcp_header header = { 0 };
    uint32_t len = 0;
    bool any = next_segment(script, &header, &len);
    if (strcmp(line->words[1], "nothing") == 0) {
        LINE_REQUIRE(!any, line);
        return;
    }
    LINE_REQUIRE(any, line);
    if ((header.flags & TCP_SYN) && !script->iss_known) {
        script->iss = header.sequence;
        script->iss_known = true;
        script->own_port = header.source_port;
    }
    uint8_t flags = flags_of(line), care = flags & TCP_PSH ? 0x1f : 0x1f & ~TCP_PSH;
    if ((header.flags & care) != flags)
        unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": flags 0x%x, seq %u, len %u", line->text,
                   header.flags, header.sequence - script->iss, len);
    long sequence = (long)(uint32_t)(header.sequence - script->iss);
    long acknowledgement = (long)(uint32_t)(header.acknowledgement - SCRIPT_PEER_ISS);
    if (sequence != field(line, "seq", sequence) || (long)len != field(line, "len", (long)len) ||
        acknowledgement != field(line, "ack", acknowledgement))
        unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": seq %ld ack %ld len %u", line->text,
                   sequence, acknowledgement, len);
    LINE_REQUIRE(field(line, "win", header.window) == header.window, line);
    LINE_REQUIRE(field(line, "mss", header.mss) == header.mss, line);
    const char *sack = text_field(line, "sack");
    if (sack != NULL) {
        char *end;
        LINE_REQUIRE(header.sack_count >= 1, line);
        LINE_REQUIRE(header.sack[0].start - SCRIPT_PEER_ISS == strtoul(sack, &end, 10), line);
        LINE_REQUIRE(header.sack[0].end - SCRIPT_PEER_ISS == strtoul(end + 1, NULL, 10), line);
    }
    LINE_REQUIRE(text_field(line, "nosack") == NULL || header.sack_count == 0, line);
    LINE_REQUIRE(text_field(line, "ts") == NULL || header.has_timestamp, line);
    LINE_REQUIRE(text_field(line, "nots") == NULL || !header.has_timestamp, line);
}

/* ---- Notices --------------------------------------------------------------------------------- */

static const char *notice_name(enum net_notice_kind kind)
{
    switch (kind) {
    case NET_NOTICE_DELIVER: return "DELIVER";
    case NET_NOTICE_ACKED: return "ACKED";
    case NET_NOTICE_SEND_ROOM: return "SEND_ROOM";
    case NET_NOTICE_ACCEPT: return "ACCEPT";
    case NET_NOTICE_CONNECTED: return "CONNECTED";
    case NET_NOTICE_PEER_FIN: return "PEER_FIN";
    case NET_NOTICE_CLOSED: return "CLOSED";
    case NET_NOTICE_RESET: return "RESET";
    default: return "other";
    }
}

static const char *why_name(status_t status)
{
    switch (status) {
    case STATUS_RESET: return "RESET";
    case STATUS_REFUSED: return "REFUSED";
    case STATUS_TIMED_OUT: return "TIMED_OUT";
    case STATUS_UNREACHABLE: return "UNREACHABLE";
    case STATUS_CANCELLED: return "CANCELLED";
    default: return "other";
    }
}

static void acked(struct net_script *script, uint32_t bytes)
{
    while (bytes > 0) {
        REQUIRE(script->sending_count > 0);
        struct net_slice *first = &script->sending[0];
        if (bytes < first->len) {
            first->len -= bytes;
            return;
        }
        bytes -= first->len;
        net_host_chunk_free(&script->host, first->offset);
        script->sending_count--;
        memmove(first, first + 1, script->sending_count * sizeof *first);
    }
}

static void ended(struct net_script *script)
{
    for (uint32_t i = 0; i < script->sending_count; i++)
        net_host_chunk_free(&script->host, script->sending[i].offset);
    script->sending_count = 0;
}

static void expect_notice(struct net_script *script, const struct line *line)
{
    bool any = script->noticed_at < script->host.log_count;
    if (strcmp(line->words[1], "nothing") == 0) {
        if (any)
            unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": %s", line->text,
                       notice_name(script->host.log[script->noticed_at].kind));
        return;
    }
    LINE_REQUIRE(any, line);
    struct net_notice notice = script->host.log[script->noticed_at++];
    if (strcmp(line->words[1], notice_name(notice.kind)) != 0)
        unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": %s", line->text,
                   notice_name(notice.kind));
    const char *why = text_field(line, "why");
    switch (notice.kind) {
    case NET_NOTICE_ACCEPT: script->connection = notice.connection; break;
    case NET_NOTICE_DELIVER:
        LINE_REQUIRE(field(line, "len", notice.slice.len) == notice.slice.len, line);
        net_host_chunk_free(&script->host, notice.slice.offset);
        break;
    case NET_NOTICE_ACKED:
        LINE_REQUIRE(field(line, "len", notice.acked_bytes) == notice.acked_bytes, line);
        acked(script, notice.acked_bytes);
        break;
    case NET_NOTICE_CLOSED: ended(script); break;
    case NET_NOTICE_RESET:
        LINE_REQUIRE(why == NULL || strcmp(why, why_name(notice.why)) == 0, line);
        ended(script);
        break;
    default: break;
    }
}

/* ---- Orders ---------------------------------------------------------------------------------- */

static void order_send(struct net_script *script, const struct line *line)
{
    uint32_t left = (uint32_t)strtoul(line->words[1], NULL, 10);
    while (left > 0) {
        uint32_t chunk = net_host_chunk_take(&script->host);
        uint32_t len =
            left < script->host.config.chunk_size ? left : script->host.config.chunk_size;
        LINE_REQUIRE(chunk != UINT32_MAX && script->sending_count < 256, line);
        struct net_slice slice = { .offset = chunk, .len = len };
        struct net_event event = { .kind = NET_EVENT_SEND, .more = left > len };
        event.send = (struct net_event_send){ script->connection, &slice, 1 };
        script->sending[script->sending_count++] = slice;
        LINE_REQUIRE(net_host_step(&script->host, &event, script->host.now) == STATUS_OK, line);
        LINE_REQUIRE(script->host.outbox.taken == 1, line);
        left -= len;
    }
}

static void order_open(struct net_script *script, const struct line *line)
{
    struct net_event event = { .kind = NET_EVENT_LISTEN };
    bool listens = strcmp(line->words[0], "listen") == 0;
    if (listens) {
        event.listen = (struct net_event_listen){ { NET_ADDRESS_NONE, 80 }, 1, 4 };
    } else {
        event.kind = NET_EVENT_CONNECT;
        event.connect.remote = (struct net_endpoint){ net_host_address(SCRIPT_PEER), 80 };
    }
    LINE_REQUIRE(net_host_step(&script->host, &event, script->host.now) == STATUS_OK, line);
    script->own_port = listens ? 80 : script->host.outbox.local_port;
    script->peer_port = listens ? 2000 : 80;
    if (listens)
        script->listener = script->host.outbox.listener;
    else
        script->connection = script->host.outbox.connection;
}

static void order_on_connection(struct net_script *script, const struct line *line)
{
    const char *word = line->words[0];
    struct net_event event = { .kind = NET_EVENT_OPTIONS };
    event.options.connection = script->connection;
    if (strcmp(word, "shutdown") == 0)
        event.kind = NET_EVENT_SHUTDOWN;
    else if (strcmp(word, "close") == 0)
        event.kind = NET_EVENT_CLOSE;
    else if (strcmp(word, "abort") == 0)
        event.kind = NET_EVENT_ABORT;
    else if (strcmp(word, "window") == 0)
        event.kind = NET_EVENT_WINDOW;
    else if (strcmp(word, "nodelay") == 0)
        event.options.no_delay = true;
    else if (strcmp(word, "keepalive") == 0)
        event.options.keep_alive = true;
    else
        unit_fatal(__FILE_NAME__, __LINE__, "line \"%s\": not known", line->text);
    if (event.kind == NET_EVENT_WINDOW)
        event.window = (struct net_event_window){ script->connection,
                                                  (uint32_t)strtoul(line->words[1], NULL, 10) };
    LINE_REQUIRE(net_host_step(&script->host, &event, script->host.now) == STATUS_OK, line);
}

/* A frame from the peer that asks for, or tells, a MAC. */
static void peer_arp(struct net_script *script, uint16_t operation)
{
    uint8_t bytes[64];
    struct writer writer = writer_of(bytes, sizeof bytes);
    struct net_mac peer = { { 0x52, 0x54, 0, 0, 0, SCRIPT_PEER } };
    struct net_mac to = operation == ARP_REPLY ? script->host.config.link.mac : net_mac_broadcast;
    struct ethernet_header ethernet = { to, peer, ETHERNET_TYPE_ARP };
    struct arp_packet arp = {
        .operation = operation,
        .sender_mac = peer,
        .sender = net_host_address(SCRIPT_PEER),
        .target = net_host_address(1),
    };
    ethernet_encode(&writer, &ethernet);
    arp_encode(&writer, &arp);
    struct wire_packet packet = { bytes, (uint32_t)writer.at, 0, 0 };
    REQUIRE(net_host_receive(&script->host, &packet, false, script->host.now));
}

/* The peer is always there: it answers when the engine asks for its MAC. */
static void answer_arp(struct net_script *script)
{
    for (; script->arp_at < script->host.sent_count; script->arp_at++) {
        const struct wire_packet *packet = &script->host.sent[script->arp_at];
        if (load_be16(packet->bytes + 12) == ETHERNET_TYPE_ARP &&
            load_be16(packet->bytes + ETHERNET_HEADER_LEN + 6) == ARP_REQUEST)
            peer_arp(script, ARP_REPLY);
    }
}

/* Stops at each deadline on the way, as the caller of an engine does. */
static void pass_time(struct net_script *script, const struct line *line)
{
    time_ns_t until = script->host.now + strtoul(line->words[1], NULL, 10) * MS;
    while (script->host.deadline <= until) {
        net_host_poll(&script->host, script->host.deadline > script->host.now
                                         ? script->host.deadline
                                         : script->host.now);
        answer_arp(script);
    }
    net_host_poll(&script->host, until);
}

static void run_line(struct net_script *script, const struct line *line)
{
    const char *word = line->words[0];
    if (strcmp(word, "<") == 0) {
        peer_segment(script, line);
    } else if (strcmp(word, ">") == 0) {
        expect_segment(script, line);
    } else if (strcmp(word, "!") == 0) {
        expect_notice(script, line);
    } else if (strcmp(word, "+") == 0) {
        pass_time(script, line);
    } else if (strcmp(word, "send") == 0) {
        order_send(script, line);
    } else if (strcmp(word, "listen") == 0 || strcmp(word, "connect") == 0) {
        order_open(script, line);
    } else if (strcmp(word, "full") == 0 || strcmp(word, "room") == 0) {
        struct net_event event = { .kind = NET_EVENT_LISTENER_FULL };
        event.listener_full = (struct net_event_listener_full){ script->listener, word[0] == 'f' };
        LINE_REQUIRE(net_host_step(&script->host, &event, script->host.now) == STATUS_OK, line);
    } else if (strcmp(word, "forget") == 0) {
        script->iss_known = false; /* The next SYN of the engine begins another connection. */
    } else {
        order_on_connection(script, line);
    }
}

void net_script_run(struct net_script *script, const char *lines)
{
    while (*lines != 0) {
        size_t len = strcspn(lines, "\n");
        struct line line;
        line_split(&line, lines, len);
        if (line.count > 0)
            run_line(script, &line);
        lines += len + (lines[len] != 0);
    }
}

void net_script_begin(struct net_script *script, void (*change)(struct net_config *config))
{
    struct net_config config = net_host_config(1);
    config.receive_window = 20000;
    config.window_scale = 0;
    config.time_wait_ns = 2000 * MS;
    config.keepalive_idle_ns = 10000 * MS;
    config.keepalive_interval_ns = 1000 * MS;
    config.keepalive_probes = 3;
    if (change != NULL)
        change(&config);
    memset(script, 0, sizeof *script);
    net_host_init(&script->host, &config, 256, 42, 1000 * MS);
    peer_arp(script, ARP_REQUEST); /* From then on we know its MAC. */
    net_host_sent_clear(&script->host);
}

void net_script_end(struct net_script *script)
{
    struct net_host *host = &script->host;
    REQUIRE(net_slices_used(host->engine) == 0);
    REQUIRE(net_host_chunks_used(host, CHUNK_ENGINE) == 0);
    REQUIRE(net_host_chunks_used(host, CHUNK_APPLICATION) == 0);
    net_host_free(host);
}
