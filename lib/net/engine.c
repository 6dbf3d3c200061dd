/* The engine as a whole: its memory, one step, and what is due when. All state hangs from struct
 * net_engine; the tables behind it lie in the same block of memory, in the order of `layout`. */
#include "lib/net/engine.h"
#include "lib/base/seldom.h"

#include "lib/base/siphash.h"
#include "lib/net/tcp.h"

enum { MEMORY_ALIGNMENT = 64, ADDRESS_TABLE_MAX = 65535, LOOPBACK_PER_STEP = 16 };

/* ---- Memory ---------------------------------------------------------------------------------- */

struct net_config net_config_default(void)
{
    return (struct net_config){
        .chunk_size = 2048,
        .connections_max = 256,
        .half_open_max = 64,
        .listeners_max = 32,
        .udp_max = 32,
        .neighbours_max = 64,
        .queries_max = 8,
        .pings_max = 8,
        .slices_max = 8192,
        .send_slices_max = 2048,
        .reorder_slices_max = 2048,
        .loopback_max = 16,
        .receive_window = 65535,
        .window_scale = 7,
        .keepalive_idle_ns = 7200 * SECOND_NS,
        .keepalive_interval_ns = 75 * SECOND_NS,
        .keepalive_probes = 9,
        .time_wait_ns = 60 * SECOND_NS,
        .link = { .mtu = 1500, .up = true },
    };
}

static bool count_is_valid(uint32_t count)
{
    return count >= 1 && count <= ADDRESS_TABLE_MAX;
}

static bool card_is_valid(const struct net_interface *link)
{
    bool tso_alone =
        (link->offloads & (NET_OFFLOAD_TSO4 | NET_OFFLOAD_TX_CHECKSUM)) == NET_OFFLOAD_TSO4;
    return link->mtu >= IPV4_MTU_MIN && !tso_alone && !net_mac_is_group(&link->mac);
}

bool net_interface_is_valid(const struct net_interface_address *address)
{
    if (net_address_is_none(&address->address))
        return true;
    uint32_t raw = net_address_ipv4_raw(&address->address);
    return net_address_is_ipv4(&address->address) && address->prefix_len >= NET_PREFIX_IPV4 &&
           address->prefix_len <= NET_PREFIX_MAX && raw != 0 && raw != UINT32_MAX &&
           !net_address_is_multicast(&address->address) &&
           !net_address_is_loopback(&address->address);
}

static bool config_is_valid(const struct net_config *config)
{
    uint32_t chunk = config->chunk_size;
    return config->pool != NULL && chunk >= 256 && chunk <= 65536 && (chunk & (chunk - 1)) == 0 &&
           config->pool_len >= chunk && config->pool_len % chunk == 0 &&
           config->pool_len <= UINT32_MAX && count_is_valid(config->connections_max) &&
           count_is_valid(config->half_open_max) && count_is_valid(config->listeners_max) &&
           count_is_valid(config->udp_max) && count_is_valid(config->neighbours_max) &&
           count_is_valid(config->queries_max) && count_is_valid(config->pings_max) &&
           count_is_valid(config->loopback_max) && config->slices_max >= 1 &&
           config->slices_max <= 1u << 24 && config->send_slices_max >= 1 &&
           config->reorder_slices_max >= 1 &&
           /* Reassembly may not take the last descriptors: nobody could send. */
           config->reorder_slices_max <= config->slices_max / 2 &&
           config->receive_window <= 1u << 30 && config->window_scale <= TCP_SCALE_MAX &&
           config->keepalive_idle_ns > 0 && config->keepalive_interval_ns > 0 &&
           config->time_wait_ns > 0 && config->hostname_len <= sizeof config->hostname &&
           card_is_valid(&config->link) && net_interface_is_valid(&config->address);
}

/* Hands out aligned pieces of a block; with no block, only counts. */
struct layout {
    uint8_t *block;
    size_t used;
};

static void *layout_take(struct layout *layout, size_t count, size_t size)
{
    size_t at = (layout->used + MEMORY_ALIGNMENT - 1) & ~(size_t)(MEMORY_ALIGNMENT - 1);
    layout->used = at + count * size;
    return layout->block == NULL ? NULL : layout->block + at;
}

static uint32_t bucket_count_of(const struct net_config *config)
{
    uint32_t buckets = 1;
    while (buckets < 2 * config->connections_max)
        buckets *= 2;
    return buckets;
}

static uint32_t timer_count_of(const struct net_config *config)
{
    return config->connections_max + config->neighbours_max + config->pings_max +
           config->queries_max + 1;
}

/* `net` may be a scratch engine without a block, to learn the size. */
static void layout_engine(struct net_engine *net, const struct net_config *config,
                          struct layout *layout)
{
    uint32_t timers = timer_count_of(config);
    net->timers.deadlines = layout_take(layout, timers, sizeof *net->timers.deadlines);
    net->timers.positions = layout_take(layout, timers, sizeof *net->timers.positions);
    net->timers.heap = layout_take(layout, timers, sizeof *net->timers.heap);
    net->tcp.connections =
        layout_take(layout, config->connections_max, sizeof *net->tcp.connections);
    net->tcp.listeners = layout_take(layout, config->listeners_max, sizeof *net->tcp.listeners);
    net->tcp.buckets = layout_take(layout, bucket_count_of(config), sizeof *net->tcp.buckets);
    net->slices.descriptors =
        layout_take(layout, config->slices_max, sizeof *net->slices.descriptors);
    net->neighbours = layout_take(layout, config->neighbours_max, sizeof *net->neighbours);
    net->udp_sockets = layout_take(layout, config->udp_max, sizeof *net->udp_sockets);
    net->pings = layout_take(layout, config->pings_max, sizeof *net->pings);
    net->queries = layout_take(layout, config->queries_max, sizeof *net->queries);
    net->loopback.frames = layout_take(layout, config->loopback_max, sizeof *net->loopback.frames);
}

size_t net_engine_size(const struct net_config *config)
{
    if (!config_is_valid(config))
        return 0;
    struct net_engine scratch;
    struct layout layout = { NULL, sizeof scratch };
    layout_engine(&scratch, config, &layout);
    return layout.used;
}

/* Connections, descriptors and loopback frames are initialised when they are first used: a large
 * engine must not touch all of its memory to start. */
status_t net_engine_init(void *memory, size_t size, const struct net_config *config, time_ns_t now,
                         struct net_engine **out_engine)
{
    size_t needed = net_engine_size(config);
    if (needed == 0 || size < needed || (uintptr_t)memory % MEMORY_ALIGNMENT != 0)
        return STATUS_INVALID;
    struct net_engine *net = memory;
    memset(net, 0, sizeof *net);
    struct layout layout = { memory, sizeof *net };
    layout_engine(net, config, &layout);
    net->config = *config;
    net->link = config->link;
    net->address = config->address;
    net->now = now;
    net->tcp.bucket_count = bucket_count_of(config);
    net->loopback.capacity = config->loopback_max;
    net->recycle = SLICE_QUEUE_EMPTY;
    net_timers_init(&net->timers, timer_count_of(config));
    slice_store_init(&net->slices, config->slices_max);
    tcp_table_init(net);
    memset(net->tcp.listeners, 0, config->listeners_max * sizeof *net->tcp.listeners);
    memset(net->neighbours, 0, config->neighbours_max * sizeof *net->neighbours);
    memset(net->udp_sockets, 0, config->udp_max * sizeof *net->udp_sockets);
    memset(net->pings, 0, config->pings_max * sizeof *net->pings);
    memset(net->queries, 0, config->queries_max * sizeof *net->queries);
    *out_engine = net;
    return STATUS_OK;
}

/* ---- What the parts share -------------------------------------------------------------------- */

struct net_notice *net_notice_add(struct net_engine *net, enum net_notice_kind kind,
                                  uint64_t cookie)
{
    ASSERT(net->notices_left > 0);
    net->notices_left--;
    struct net_notice *notice = &net->outbox->notices[net->outbox->notice_count++];
    *notice = (struct net_notice){ .kind = kind, .cookie = cookie };
    return notice;
}

void net_recycle(struct net_engine *net, uint32_t descriptor)
{
    slice_queue_push(&net->slices, &net->recycle, descriptor);
}

static void recycle_drain(struct net_engine *net)
{
    while (net->recycle.head != SLICE_NONE && net->notices_left > NOTICES_PER_FRAME) {
        uint32_t index = slice_queue_remove(&net->slices, &net->recycle, SLICE_NONE);
        uint32_t offset = slice_at(&net->slices, index)->slice.offset;
        net_notice_add(net, NET_NOTICE_RECYCLE, 0)->chunk_offset =
            offset - offset % net->config.chunk_size;
        slice_give(&net->slices, index);
    }
}

uint64_t net_random(struct net_engine *net)
{
    uint8_t counter[9] = { [8] = 'r' };
    store_le64(counter, net->random_count++);
    return siphash(net->config.seed, counter, sizeof counter);
}

bool net_limiter_pass(struct net_engine *net, struct net_limiter *limiter, uint32_t per_second)
{
    time_ns_t interval = SECOND_NS / per_second;
    time_ns_t earned = (net->now - limiter->last) / interval;
    if (limiter->last == 0 || limiter->tokens + earned >= per_second) {
        limiter->tokens = per_second;
        limiter->last = net->now == 0 ? 1 : net->now;
    } else {
        limiter->tokens += (uint32_t)earned;
        limiter->last += earned * interval;
    }
    if (limiter->tokens == 0)
        return false;
    limiter->tokens--;
    return true;
}

void net_address_set(struct net_engine *net, const struct net_interface_address *address)
{
    net->address = *address;
    neighbours_forget(net);
    net_path_changed(net);
}

SELDOM void net_path_changed(struct net_engine *net)
{
    tcp_neighbour_resolved(net);
    udp_room(net);
    icmp_room(net);
    dns_room(net);
}

const struct net_counters *net_counters(const struct net_engine *net)
{
    return &net->counters;
}

const struct net_interface_address *net_interface_address(const struct net_engine *net)
{
    return &net->address;
}

uint32_t net_slices_used(const struct net_engine *net)
{
    return net->slices.used;
}

uint32_t net_chunks_held(const struct net_engine *net)
{
    return net->reorder_count + net->recycle.count + park_chunks(net);
}

/* ---- A step ---------------------------------------------------------------------------------- */

static status_t interface_event(struct net_engine *net, const struct net_interface *link)
{
    if (!card_is_valid(link))
        return STATUS_INVALID;
    bool moved = !net_mac_equal(&link->mac, &net->link.mac);
    net->link = *link;
    park_forget(net, NULL); /* Made for what the card could do. */
    if (moved)
        neighbours_forget(net);
    net_path_changed(net);
    return STATUS_OK;
}

static status_t address_event(struct net_engine *net, const struct net_interface_address *address)
{
    if (!net_interface_is_valid(address))
        return STATUS_INVALID;
    dhcp_stop(net);
    net_address_set(net, address);
    return STATUS_OK;
}

static status_t dhcp_event(struct net_engine *net, bool start)
{
    if (start)
        dhcp_start(net);
    else
        dhcp_stop(net);
    return STATUS_OK;
}

/* The events that come once a connection or more seldom: out of the way of those that come with every frame. */
static SELDOM status_t handle_seldom(struct net_engine *net, const struct net_event *event)
{
    switch (event->kind) {
    case NET_EVENT_INTERFACE: return interface_event(net, &event->link);
    case NET_EVENT_ADDRESS: return address_event(net, &event->address);
    case NET_EVENT_DHCP: return dhcp_event(net, event->dhcp);
    case NET_EVENT_LISTEN: return tcp_listen(net, &event->listen);
    case NET_EVENT_LISTENER_FULL: return tcp_listener_full(net, &event->listener_full);
    case NET_EVENT_UNLISTEN: return tcp_unlisten(net, event->unlisten);
    case NET_EVENT_CONNECT: return tcp_connect(net, &event->connect);
    case NET_EVENT_COOKIE: return tcp_cookie(net, &event->cookie);
    case NET_EVENT_OPTIONS: return tcp_options(net, &event->options);
    case NET_EVENT_SHUTDOWN: return tcp_shutdown(net, event->connection.connection, false);
    case NET_EVENT_CLOSE: return tcp_shutdown(net, event->connection.connection, true);
    case NET_EVENT_ABORT: return tcp_abort(net, event->connection.connection);
    case NET_EVENT_UDP_OPEN: return udp_open(net, &event->udp_open);
    case NET_EVENT_UDP_SEND: return udp_send(net, &event->udp_send);
    case NET_EVENT_UDP_CLOSE: return udp_close(net, &event->udp_close);
    case NET_EVENT_PING: return icmp_ping(net, &event->ping);
    case NET_EVENT_RESOLVE: return dns_resolve(net, &event->resolve);
    default: return STATUS_INVALID;
    }
}

static status_t handle(struct net_engine *net, const struct net_event *event)
{
    switch (event->kind) {
    case NET_EVENT_POLL: return STATUS_OK;
    case NET_EVENT_FRAME: net_input_frame(net, &event->frame); return STATUS_OK;
    case NET_EVENT_SEND: return tcp_send(net, &event->send);
    case NET_EVENT_WINDOW: return tcp_window(net, &event->window);
    default: return handle_seldom(net, event);
    }
}

static SELDOM void timer_fire(struct net_engine *net, uint32_t timer)
{
    if (timer < timer_of_neighbour(net, 0))
        tcp_timer(net, timer);
    else if (timer < timer_of_ping(net, 0))
        neighbour_timer(net, timer - timer_of_neighbour(net, 0));
    else if (timer < timer_of_query(net, 0))
        icmp_ping_timer(net, timer - timer_of_ping(net, 0));
    else if (timer < timer_of_dhcp(net))
        dns_timer(net, timer - timer_of_query(net, 0));
    else
        dhcp_timer(net);
}

static SELDOM void loopback_drain_some(struct net_engine *net)
{
    struct loopback *queue = &net->loopback;
    for (int i = 0; i < LOOPBACK_PER_STEP; i++) {
        if (queue->count == 0 || net->notices_left < NOTICES_PER_FRAME)
            return;
        const struct net_frame *frame = &queue->frames[queue->first].frame;
        net_input_loopback(net, frame);
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
    }
}

static void loopback_drain(struct net_engine *net)
{
    if (net->loopback.count > 0)
        loopback_drain_some(net);
}

static void step_begin(struct net_engine *net, time_ns_t now, struct net_outbox *outbox)
{
    ASSERT(outbox->frame_count <= outbox->frames_max);
    ASSERT(outbox->notices_max - outbox->notice_count >= NET_STEP_NOTICES);
    uint32_t room = outbox->frames_max - outbox->frame_count;
    if (now > net->now)
        net->now = now;
    net->outbox = outbox;
    net->frames_left = room < NET_STEP_FRAMES ? room : NET_STEP_FRAMES;
    net->notices_left = NET_STEP_NOTICES;
    net->own_bytes_used = false;
    outbox->frames_wanted = false;
    outbox->taken = 0;
    outbox->connection.raw = 0;
    outbox->local_port = 0;
}

/* Timers and everything that was put off. True if all of it is done. */
static bool run(struct net_engine *net)
{
    uint32_t timer;
    while (net->notices_left > 2 * NOTICES_PER_TIMER + NOTICES_PER_FRAME &&
           net_timers_take(&net->timers, net->now, &timer))
        timer_fire(net, timer);
    if (net->udp_blocked && net->frames_left > 0 && net->loopback.count == 0) {
        net->udp_blocked = false;
        udp_room(net);
    }
    recycle_drain(net);
    bool done = tcp_run_ready(net);
    loopback_drain(net);
    if (net->tcp.starved_count > 0 && net->slices.used < net->config.slices_max / 4 * 3)
        tcp_starved_room(net);
    return done && net->tcp.ready_head == INDEX_NONE && net->loopback.count == 0 &&
           net->recycle.head == SLICE_NONE;
}

time_ns_t net_step(struct net_engine *net, const struct net_event *event, time_ns_t now,
                   struct net_outbox *outbox)
{
    step_begin(net, now, outbox);
    outbox->answer = handle(net, event);
    bool done;
    if (event->more) {
        if (event->kind == NET_EVENT_UDP_SEND)
            loopback_drain(net); /* Its slices are borrowed for this step alone. */
        done = false;
    } else {
        done = run(net);
    }
    outbox->frames_wanted = !done && outbox->frame_count == outbox->frames_max;
    net->outbox = NULL;
    time_ns_t next = net_timers_next(&net->timers);
    return !done || next < net->now ? net->now : next;
}
