/* The simulator: two engines, a bad link between them, and applications that check every byte. One
 * seed decides everything (loss, order, sizes, offloads, how fast readers read), so a failure is
 * repeated by its seed. At the end no connection may stall, no byte differ, and no slice descriptor
 * or chunk be missing on either side. */
#include <stdlib.h>

#include "lib/net/checksum.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"
#include "lib/net/net.h"
#include "lib/net/tcp_header.h"
#include "tests/doubles/net_host.h"
#include "tests/unit.h"

enum { FLOWS = 8, SLICES_PER_FLOW = 512, PORT = 80, UNREAD_MAX = 8192 };
#define MS 1000000ull
#define SIM_LIMIT (4ull * 3600 * 1000 * MS)

/* What an application knows of one connection. */
struct flow {
    bool used, accepted, done, fin_seen, aborts, shut, slow;
    time_ns_t pause_until; /* Reads nothing before. */
    status_t why;
    net_connection_t name;
    uint64_t send_seed, receive_seed;
    uint32_t send_total, made, acked; /* Bytes. */
    uint32_t receive_total, received, read;
    uint32_t capacity; /* Of the receiving stream. */
    struct net_slice
        sending[SLICES_PER_FLOW];        /* A ring: made, perhaps offered, not acknowledged. */
    uint32_t first, offered, count;      /* Of the ring; offered counts from first. */
    struct net_slice unread[UNREAD_MAX]; /* Delivered, not read. */
    uint32_t unread_first, unread_count, unread_bytes;
};

struct side {
    struct net_host host;
    struct flow flows[32]; /* By connection index. */
};

struct link_packet {
    time_ns_t at;
    uint64_t order;
    int to;
    struct wire_packet packet;
};

struct sim {
    uint64_t seed;
    struct side sides[2];
    time_ns_t now, tick_at;
    uint32_t loss, duplicate, reorder, corrupt; /* Per thousand. */
    time_ns_t latency, jitter;
    struct link_packet *packets;
    uint32_t packet_count, packet_capacity;
    uint64_t order;
    bool keep_alive;
    uint32_t aborted_flows;
    uint32_t card_drops; /* Frames for which there was no buffer. */
};

static uint32_t below(uint32_t n)
{
    return (uint32_t)(unit_random() % n);
}

static bool chance(uint32_t per_thousand)
{
    return below(1000) < per_thousand;
}

static uint8_t pattern(uint64_t seed, uint32_t at)
{
    return (uint8_t)(at * 167 + (at >> 8) * 31 + (at >> 16) + seed);
}

/* What the two sides of the flow on this port of the client send: both can tell. */
static uint32_t total_of(const struct sim *sim, uint16_t port, int direction)
{
    uint64_t mixed = (sim->seed + 1) * 0x9e3779b97f4a7c15ull + port * 0xbf58476d1ce4e5b9ull +
                     (uint64_t)direction * 0x94d049bb133111ebull;
    mixed ^= mixed >> 29;
    mixed *= 0xbf58476d1ce4e5b9ull;
    mixed ^= mixed >> 32;
    switch (mixed % 5) {
    case 0: return (uint32_t)(mixed >> 8) % 3;
    case 1: return (uint32_t)(mixed >> 8) % 5000;
    case 2: return (uint32_t)(mixed >> 8) % 300000;
    default: return (uint32_t)(mixed >> 8) % 60000;
    }
}

/* ---- The link: a heap of packets by time ----------------------------------------------------- */

static bool sooner(const struct link_packet *a, const struct link_packet *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void link_push(struct sim *sim, struct link_packet packet)
{
    if (sim->packet_count == sim->packet_capacity) {
        sim->packet_capacity = sim->packet_capacity == 0 ? 64 : 2 * sim->packet_capacity;
        sim->packets = realloc(sim->packets, sim->packet_capacity * sizeof *sim->packets);
        REQUIRE(sim->packets != NULL);
    }
    uint32_t at = sim->packet_count++;
    while (at > 0 && sooner(&packet, &sim->packets[(at - 1) / 2])) {
        sim->packets[at] = sim->packets[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sim->packets[at] = packet;
}

static struct link_packet link_pop(struct sim *sim)
{
    struct link_packet top = sim->packets[0], last = sim->packets[--sim->packet_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= sim->packet_count)
            break;
        if (child + 1 < sim->packet_count && sooner(&sim->packets[child + 1], &sim->packets[child]))
            child++;
        if (!sooner(&sim->packets[child], &last))
            break;
        sim->packets[at] = sim->packets[child];
        at = child;
    }
    if (sim->packet_count > 0)
        sim->packets[at] = last;
    return top;
}

/* With SIM_TRACE set, every segment that is sent is printed. */
static void trace(const struct sim *sim, int to, const struct wire_packet *packet)
{
    struct reader reader = reader_of(packet->bytes, packet->len);
    struct ethernet_header ethernet;
    struct ipv4_header ip;
    struct tcp_header tcp;
    if (getenv("SIM_TRACE") == NULL || ethernet_decode(&reader, &ethernet) != STATUS_OK ||
        ipv4_decode(&reader, &ip) != STATUS_OK || ip.protocol != IP_PROTOCOL_TCP ||
        tcp_header_decode(&reader, &tcp) != STATUS_OK)
        return;
    printf("%10.3f %c %u>%u %s%s%s%s seq %u ack %u win %u len %zu ts %u/%u", sim->now / 1e6,
           to ? '>' : '<', tcp.source_port, tcp.destination_port, tcp.flags & TCP_SYN ? "S" : "",
           tcp.flags & TCP_FIN ? "F" : "", tcp.flags & TCP_RST ? "R" : "",
           tcp.flags & TCP_ACK ? "A" : "", tcp.sequence, tcp.acknowledgement, tcp.window,
           reader_left(&reader), tcp.timestamp, tcp.timestamp_echo);
    for (unsigned i = 0; i < tcp.sack_count; i++)
        printf(" sack %u-%u", tcp.sack[i].start, tcp.sack[i].end);
    printf("\n");
}

static void link_send(struct sim *sim, int to, struct wire_packet packet)
{
    trace(sim, to, &packet);
    /* Behind the Ethernet header, one wrong bit: every checksum must notice. ARP has none, and only
     * three tries: it is left alone. */
    bool spared = packet.len <= 34 || packet.bytes[12] != 8 || packet.bytes[13] != 0;
    if (!spared && chance(sim->loss)) {
        free(packet.bytes);
        return;
    }
    time_ns_t delay = sim->latency + (sim->jitter == 0 ? 0 : unit_random() % sim->jitter);
    if (!spared && chance(sim->reorder))
        delay += unit_random() % (4 * sim->latency + MS);
    if (!spared && packet.flags == 0 && chance(sim->corrupt))
        packet.bytes[14 + below(packet.len - 14)] ^= (uint8_t)(1 << below(8));
    if (!spared && chance(sim->duplicate)) {
        struct wire_packet copy = packet;
        copy.bytes = malloc(packet.len);
        REQUIRE(copy.bytes != NULL);
        memcpy(copy.bytes, packet.bytes, packet.len);
        time_ns_t at = sim->now + delay + unit_random() % (sim->latency + MS);
        link_push(sim, (struct link_packet){ at, sim->order++, to, copy });
    }
    link_push(sim, (struct link_packet){ sim->now + delay, sim->order++, to, packet });
}

/* ---- Applications ---------------------------------------------------------------------------- */

static status_t step(struct sim *sim, int which, const struct net_event *event);

/* A slice of the pattern in a chunk of its own, at any place in it. */
static bool slice_make(struct sim *sim, int which, struct flow *flow)
{
    struct net_host *host = &sim->sides[which].host;
    uint32_t chunk = net_host_chunk_take(host), size = host->config.chunk_size;
    if (chunk == UINT32_MAX)
        return false;
    uint32_t start = below(4) == 0 ? below(size - 1) : 0;
    uint32_t len = flow->slow ? 1 + below(size - start) : size - start;
    if (len > flow->send_total - flow->made)
        len = flow->send_total - flow->made;
    struct net_slice slice = { .offset = chunk + start, .len = len };
    for (uint32_t i = 0; i < len; i++)
        host->pool[slice.offset + i] = pattern(flow->send_seed, flow->made + i);
    if (below(3) != 0) {
        slice.sum = net_sum(host->pool + slice.offset, len);
        slice.flags = NET_SLICE_SUM;
    }
    flow->sending[(flow->first + flow->count++) % SLICES_PER_FLOW] = slice;
    flow->made += len;
    return true;
}

static void flow_send(struct sim *sim, int which, struct flow *flow)
{
    /* Leave most of the pool to receive buffers. */
    struct net_host *host = &sim->sides[which].host;
    while (flow->made < flow->send_total && flow->count < SLICES_PER_FLOW &&
           net_host_chunks_used(host, CHUNK_APPLICATION) < host->chunk_count / 4)
        if (!slice_make(sim, which, flow))
            break;
    while (flow->offered < flow->count && !flow->done) {
        uint32_t at = (flow->first + flow->offered) % SLICES_PER_FLOW;
        uint32_t run = flow->count - flow->offered;
        if (run > SLICES_PER_FLOW - at)
            run = SLICES_PER_FLOW - at;
        if (run > 3)
            run = 1 + below(run);
        struct net_event send = { .kind = NET_EVENT_SEND, .more = below(2) == 0 };
        send.send = (struct net_event_send){ flow->name, &flow->sending[at], run };
        status_t status = step(sim, which, &send);
        if (flow->done)
            return;
        REQUIRE(status == STATUS_OK);
        flow->offered += host->outbox.taken;
        if (host->outbox.taken < run)
            break;
    }
    if (!flow->done && !flow->shut && flow->made == flow->send_total &&
        flow->offered == flow->count) {
        struct net_event shut = { .kind = NET_EVENT_SHUTDOWN, .connection = { flow->name } };
        flow->shut = true;
        REQUIRE(step(sim, which, &shut) == STATUS_OK);
    }
}

static void flow_acked(struct side *side, struct flow *flow, uint32_t bytes)
{
    flow->acked += bytes;
    while (bytes > 0) {
        REQUIRE(flow->offered > 0);
        struct net_slice *slice = &flow->sending[flow->first];
        if (bytes < slice->len) {
            slice->offset += bytes;
            slice->len -= bytes;
            return;
        }
        bytes -= slice->len;
        net_host_chunk_free(&side->host, slice->offset);
        flow->first = (flow->first + 1) % SLICES_PER_FLOW;
        flow->count--;
        flow->offered--;
    }
}

/* Reads and checks up to `bytes`; says how much room there is then. */
static void flow_read(struct sim *sim, int which, struct flow *flow, uint32_t bytes)
{
    struct net_host *host = &sim->sides[which].host;
    bool any = false;
    while (bytes > 0 && flow->unread_count > 0) {
        struct net_slice slice = flow->unread[flow->unread_first];
        for (uint32_t i = 0; i < slice.len; i++)
            REQUIRE(host->pool[slice.offset + i] == pattern(flow->receive_seed, flow->read + i));
        flow->read += slice.len;
        flow->unread_bytes -= slice.len;
        bytes -= bytes < slice.len ? bytes : slice.len;
        net_host_chunk_free(host, slice.offset);
        flow->unread_first = (flow->unread_first + 1) % UNREAD_MAX;
        flow->unread_count--;
        any = true;
    }
    if (!any || flow->done)
        return;
    struct net_event window = { .kind = NET_EVENT_WINDOW };
    window.window = (struct net_event_window){
        flow->name,
        flow->unread_bytes < flow->capacity ? flow->capacity - flow->unread_bytes : 0,
    };
    REQUIRE(step(sim, which, &window) == STATUS_OK);
}

static void flow_start(struct sim *sim, int which, const struct net_notice *notice)
{
    struct side *side = &sim->sides[which];
    struct flow *flow = &side->flows[net_connection_index(notice->connection)];
    uint16_t port = which == 0 ? notice->local.port : notice->remote.port;
    flow->send_seed = port + (uint64_t)which * 77;
    flow->receive_seed = port + (uint64_t)(1 - which) * 77;
    flow->send_total = total_of(sim, port, which);
    flow->receive_total = total_of(sim, port, 1 - which);
    flow->accepted = true;
    REQUIRE(notice->mss >= 500);
    /* Where connections are aborted and RSTs lost, only a probe finds that the peer has gone. */
    struct net_event options = { .kind = NET_EVENT_OPTIONS };
    options.options = (struct net_event_options){ notice->connection, below(2), sim->keep_alive };
    status_t status = step(sim, which, &options);
    REQUIRE(status == STATUS_OK || status == STATUS_NOT_FOUND);
}

static void flow_end(struct sim *sim, int which, struct flow *flow, status_t why)
{
    struct side *side = &sim->sides[which];
    flow->done = true;
    flow->why = why;
    while (flow->count > 0) {
        net_host_chunk_free(&side->host, flow->sending[flow->first].offset);
        flow->first = (flow->first + 1) % SLICES_PER_FLOW;
        flow->count--;
    }
    flow->offered = 0;
    flow_read(sim, which, flow, UINT32_MAX);
}

static void notice_handle(struct sim *sim, int which, const struct net_notice *notice)
{
    struct side *side = &sim->sides[which];
    struct flow *flow = &side->flows[net_connection_index(notice->connection)];
    switch (notice->kind) {
    case NET_NOTICE_ACCEPT:
        *flow = (struct flow){ .used = true, .name = notice->connection };
        flow->capacity = side->host.config.receive_window;
        flow->slow = below(2) == 0;
        flow_start(sim, which, notice);
        break;
    case NET_NOTICE_CONNECTED: flow_start(sim, which, notice); break;
    case NET_NOTICE_DELIVER:
        REQUIRE(flow->used && !flow->done && !flow->fin_seen);
        REQUIRE(flow->unread_count < UNREAD_MAX);
        flow->unread[(flow->unread_first + flow->unread_count++) % UNREAD_MAX] = notice->slice;
        flow->unread_bytes += notice->slice.len;
        flow->received += notice->slice.len;
        /* The sender never overruns the window it was given. */
        REQUIRE(flow->unread_bytes <= flow->capacity + 0u);
        break;
    case NET_NOTICE_ACKED: flow_acked(side, flow, notice->acked_bytes); break;
    case NET_NOTICE_PEER_FIN:
        flow->fin_seen = true;
        REQUIRE(flow->received == flow->receive_total);
        break;
    case NET_NOTICE_CLOSED: flow_end(sim, which, flow, STATUS_OK); break;
    case NET_NOTICE_RESET: flow_end(sim, which, flow, notice->why); break;
    default: break;
    }
}

/* Takes what a step put out: frames to the link first, then notices, whose handlers step again. */
static void collect(struct sim *sim, int which)
{
    struct net_host *host = &sim->sides[which].host;
    for (uint32_t i = 0; i < host->sent_count; i++)
        link_send(sim, 1 - which, host->sent[i]);
    host->sent_count = 0;
    while (host->log_count > 0) {
        uint32_t count = host->log_count;
        struct net_notice *notices = malloc(count * sizeof *notices);
        REQUIRE(notices != NULL);
        memcpy(notices, host->log, count * sizeof *notices);
        host->log_count = 0;
        for (uint32_t i = 0; i < count; i++)
            notice_handle(sim, which, &notices[i]);
        free(notices);
    }
}

static status_t step(struct sim *sim, int which, const struct net_event *event)
{
    struct net_host *host = &sim->sides[which].host;
    status_t status = net_host_step(host, event, sim->now);
    struct net_outbox answers = host->outbox;
    collect(sim, which);
    host->outbox = answers;
    return status;
}

static void tick(struct sim *sim, int which)
{
    struct side *side = &sim->sides[which];
    for (int i = 0; i < 32; i++) {
        struct flow *flow = &side->flows[i];
        if (!flow->used || flow->done || !flow->accepted)
            continue;
        if (flow->aborts && flow->received > flow->receive_total / 2) {
            struct net_event abort_event = { .kind = NET_EVENT_ABORT,
                                             .connection = { flow->name } };
            REQUIRE(step(sim, which, &abort_event) == STATUS_OK);
            continue;
        }
        flow_send(sim, which, flow);
        if (flow->slow && chance(2)) /* Long enough for the window to close. */
            flow->pause_until = sim->now + unit_random() % (5000 * MS);
        if (!flow->done && sim->now >= flow->pause_until && (!flow->slow || chance(200)))
            flow_read(sim, which, flow, flow->slow ? 1 + below(8000) : UINT32_MAX);
    }
    struct net_event poll = { .kind = NET_EVENT_POLL };
    (void)step(sim, which, &poll);
}

/* ---- A run ----------------------------------------------------------------------------------- */

static void side_init(struct sim *sim, int which, uint16_t mtu)
{
    struct net_config config = net_host_config((uint8_t)(1 + which));
    config.link.mtu = mtu;
    config.receive_window = 2000 + below(chance(500) ? 10000 : 300000);
    config.window_scale = (uint8_t)below(8);
    config.send_slices_max = 4 + below(300);
    config.slices_max = 256 + below(2000);
    config.reorder_slices_max = config.slices_max / 2;
    config.link.offloads = below(2) ? NET_OFFLOAD_TX_CHECKSUM : 0;
    if (config.link.offloads && below(2))
        config.link.offloads |= NET_OFFLOAD_TSO4;
    struct side *side = &sim->sides[which];
    net_host_init(&side->host, &config, 1500, unit_random(), sim->now);
    side->host.card_merges = chance(300);
    side->host.splits_buffers = chance(300);
    side->host.frames_max = 1 + below(NET_STEP_FRAMES);
}

static void connect_one(struct sim *sim, bool may_abort)
{
    struct side *client = &sim->sides[0];
    struct net_event connect = { .kind = NET_EVENT_CONNECT };
    connect.connect.remote = (struct net_endpoint){ net_host_address(2), PORT };
    connect.connect.cookie = 7;
    /* The name is known before anything can happen to it. */
    status_t status = net_host_step(&client->host, &connect, sim->now);
    REQUIRE(status == STATUS_OK);
    net_connection_t name = client->host.outbox.connection;
    struct flow *flow = &client->flows[net_connection_index(name)];
    *flow = (struct flow){ .used = true, .name = name };
    flow->capacity = client->host.config.receive_window;
    flow->slow = below(2) == 0;
    flow->aborts = may_abort && chance(150);
    sim->aborted_flows += flow->aborts;
    collect(sim, 0);
}

static bool all_done(const struct sim *sim, int which)
{
    for (int i = 0; i < 32; i++)
        if (sim->sides[which].flows[i].used && !sim->sides[which].flows[i].done)
            return false;
    return true;
}

static time_ns_t next_time(const struct sim *sim)
{
    time_ns_t next = sim->tick_at;
    if (sim->packet_count > 0 && sim->packets[0].at < next)
        next = sim->packets[0].at;
    for (int i = 0; i < 2; i++)
        if (sim->sides[i].host.deadline < next)
            next = sim->sides[i].host.deadline;
    return next;
}

static void run_until_done(struct sim *sim)
{
    while (!all_done(sim, 0) || !all_done(sim, 1)) {
        time_ns_t next = next_time(sim);
        REQUIRE(next < SIM_LIMIT);
        if (next > sim->now)
            sim->now = next;
        while (sim->packet_count > 0 && sim->packets[0].at <= sim->now) {
            struct link_packet packet = link_pop(sim);
            bool more = sim->packet_count > 0 && sim->packets[0].at <= sim->now &&
                        sim->packets[0].to == packet.to;
            sim->card_drops +=
                !net_host_receive(&sim->sides[packet.to].host, &packet.packet, more, sim->now);
            free(packet.packet.bytes);
            collect(sim, packet.to);
        }
        for (int i = 0; i < 2; i++) {
            if (sim->sides[i].host.deadline <= sim->now) {
                net_host_poll(&sim->sides[i].host, sim->now);
                collect(sim, i);
            }
        }
        if (sim->tick_at <= sim->now) {
            tick(sim, 0);
            tick(sim, 1);
            sim->tick_at = sim->now + MS + unit_random() % (4 * MS);
        }
    }
}

/* Lets time pass until nothing is left to happen: TIME-WAITs end, strays arrive. */
static void settle(struct sim *sim)
{
    sim->tick_at = TIME_NEVER;
    for (time_ns_t next; (next = next_time(sim)) != TIME_NEVER;) {
        REQUIRE(next < SIM_LIMIT);
        if (next > sim->now)
            sim->now = next;
        if (sim->packet_count > 0 && sim->packets[0].at <= sim->now) {
            struct link_packet packet = link_pop(sim);
            net_host_receive(&sim->sides[packet.to].host, &packet.packet, false, sim->now);
            free(packet.packet.bytes);
            collect(sim, packet.to);
        }
        for (int i = 0; i < 2; i++) {
            net_host_poll(&sim->sides[i].host, sim->now);
            collect(sim, i);
        }
    }
}

static void check_flows(const struct sim *sim)
{
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < 32; i++) {
            const struct flow *flow = &sim->sides[which].flows[i];
            if (!flow->used || sim->aborted_flows > 0)
                continue;
            REQUIRE(flow->why == STATUS_OK);
            REQUIRE(flow->acked == flow->send_total);
            REQUIRE(flow->read == flow->receive_total && flow->fin_seen);
        }
}

static void check_leaks(struct sim *sim)
{
    for (int which = 0; which < 2; which++) {
        struct net_host *host = &sim->sides[which].host;
        REQUIRE(net_slices_used(host->engine) == 0);
        REQUIRE(net_chunks_held(host->engine) == 0);
        REQUIRE(net_host_chunks_used(host, CHUNK_ENGINE) == 0);
        REQUIRE(net_host_chunks_used(host, CHUNK_APPLICATION) == 0);
        for (uint32_t i = 0; i < host->config.connections_max; i++) {
            struct net_connection_info info;
            REQUIRE(!net_connection_info(host->engine, i, &info));
        }
    }
}

struct sim_limits {
    uint32_t loss, duplicate, reorder, corrupt; /* Most, per thousand. */
    bool aborts;
};

static struct sim sim; /* The present run. */
static bool sim_open;  /* It has begun and not ended: if another begins, it has failed. */

__attribute__((destructor)) static void report_failed_run(void)
{
    if (sim_open)
        printf("# the run that failed: SIM_SEED=%llu\n", (unsigned long long)sim.seed);
    sim_open = false;
}

static void sim_run(uint64_t seed, struct sim_limits limits)
{
    report_failed_run();
    sim_open = true;
    unit_seed(seed);
    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    sim.now = 1 + below(1000) * MS;
    sim.tick_at = sim.now;
    sim.keep_alive = limits.aborts;
    sim.loss = below(limits.loss + 1);
    sim.duplicate = below(limits.duplicate + 1);
    sim.reorder = below(limits.reorder + 1);
    sim.corrupt = below(limits.corrupt + 1);
    sim.latency = 10000 + unit_random() % (20 * MS);
    bool bad = sim.loss + sim.duplicate + sim.reorder + sim.corrupt > 0;
    sim.jitter = bad ? unit_random() % (sim.latency / 2 + 1) : 0;
    uint16_t mtu = (uint16_t)(chance(300) ? 576 + below(924) : 1500);
    side_init(&sim, 0, mtu);
    side_init(&sim, 1, mtu);
    struct net_event listen = { .kind = NET_EVENT_LISTEN };
    listen.listen = (struct net_event_listen){ { NET_ADDRESS_NONE, PORT }, 1, 8 };
    REQUIRE(step(&sim, 1, &listen) == STATUS_OK);
    uint32_t flows = 1 + below(FLOWS - 2);
    for (uint32_t i = 0; i < flows; i++)
        connect_one(&sim, limits.aborts);
    run_until_done(&sim);
    check_flows(&sim);
}

static void sim_end(void)
{
    settle(&sim);
    check_leaks(&sim);
    net_host_free(&sim.sides[0].host);
    net_host_free(&sim.sides[1].host);
    free(sim.packets);
    sim_open = false;
}

static uint32_t seed_count(uint32_t ordinary)
{
    const char *wanted = getenv("SIM_SEEDS");
    return wanted == NULL ? ordinary : (uint32_t)strtoul(wanted, NULL, 0);
}

static void run_seeds(uint32_t count, struct sim_limits limits)
{
    const char *only = getenv("SIM_SEED");
    uint64_t first = unit_random() & 0xffffffff;
    if (only != NULL) {
        sim_run(strtoull(only, NULL, 0), limits);
        sim_end();
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        sim_run(first + i, limits);
        sim_end();
    }
}

TEST(a_clean_link_carries_everything_without_a_recovery)
{
    const char *only = getenv("SIM_SEED");
    uint64_t first = only == NULL ? 0 : strtoull(only, NULL, 0);
    uint64_t end = only == NULL ? seed_count(20) : first + 1;
    for (uint64_t seed = first; seed < end; seed++) {
        sim_run(seed, (struct sim_limits){ 0 });
        for (int which = 0; which < 2; which++) {
            const struct net_counters *counters = net_counters(sim.sides[which].host.engine);
            EXPECT_EQ(counters->tcp_malformed + counters->tcp_checksum, 0);
            if (sim.card_drops > 0)
                continue; /* The host itself lost frames: recovering is right. */
            EXPECT_EQ(counters->tcp_fast_recoveries + counters->tcp_timeouts, 0);
            EXPECT_EQ(counters->tcp_out_of_order, 0);
            EXPECT_EQ(counters->tcp_retransmits, 0);
        }
        sim_end();
    }
}

TEST(a_lossy_link_carries_every_byte)
{
    run_seeds(seed_count(60), (struct sim_limits){ .loss = 100 });
}

TEST(a_link_that_reorders_and_repeats_carries_every_byte)
{
    run_seeds(seed_count(60), (struct sim_limits){ .reorder = 300, .duplicate = 100 });
}

TEST(a_link_that_does_everything_wrong_carries_every_byte)
{
    run_seeds(seed_count(80), (struct sim_limits){ 80, 80, 200, 50, false });
}

TEST(aborted_connections_leave_nothing_behind)
{
    run_seeds(seed_count(40), (struct sim_limits){ 50, 50, 200, 20, true });
}
