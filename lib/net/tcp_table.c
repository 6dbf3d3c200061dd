/* The connections of the engine: a fixed table, found by a keyed hash over both ends, on lists by
 * index. A record that is free keeps its generation, so that its old name never reaches the next
 * connection in the slot. */
#include "lib/net/tcp.h"

void tcp_table_init(struct net_engine *net)
{
    struct tcp_table *table = &net->tcp;
    for (uint32_t i = 0; i < table->bucket_count; i++)
        table->buckets[i] = INDEX_NONE;
    table->free_head = INDEX_NONE;
    table->half_open_head = table->half_open_tail = INDEX_NONE;
    table->time_wait_head = table->time_wait_tail = INDEX_NONE;
    table->ready_head = table->ready_tail = INDEX_NONE;
}

/* A multiplication keyed by the seed spreads well enough: whoever finds collisions all the same is
 * bounded by the size of the table. */
static uint32_t bucket_of(const struct net_engine *net, const struct net_endpoint *local,
                          const struct net_endpoint *remote)
{
    uint64_t a = load_le64(remote->address.bytes + 8) ^ load_le64(net->config.seed);
    uint64_t b = load_le64(local->address.bytes + 8) ^ load_le64(net->config.seed + 8);
    a ^= load_le64(remote->address.bytes) * 0x9e3779b97f4a7c15ull;
    b ^= (uint64_t)remote->port << 16 ^ local->port;
    unsigned __int128 product = (unsigned __int128)(a | 1) * (b * 0xbf58476d1ce4e5b9ull | 1);
    uint64_t mixed = (uint64_t)product ^ (uint64_t)(product >> 64);
    return (uint32_t)(mixed >> 32) & (net->tcp.bucket_count - 1);
}

struct tcp_connection *tcp_find(const struct net_engine *net, const struct net_endpoint *local,
                                const struct net_endpoint *remote)
{
    uint32_t index = net->tcp.buckets[bucket_of(net, local, remote)];
    while (index != INDEX_NONE) {
        struct tcp_connection *tcp = tcp_at(net, index);
        if (net_endpoint_equal(&tcp->remote, remote) && net_endpoint_equal(&tcp->local, local))
            return tcp;
        index = tcp->hash_next;
    }
    return NULL;
}

/* A name that the caller holds: of a connection that has not ended, and was not left to TIME-WAIT. */
struct tcp_connection *tcp_named(const struct net_engine *net, net_connection_t name)
{
    uint32_t index = net_connection_index(name);
    if (index >= net->tcp.touched)
        return NULL;
    struct tcp_connection *tcp = tcp_at(net, index);
    if (tcp->generation != name.raw >> 32 || tcp->state == NET_TCP_FREE ||
        tcp->state == NET_TCP_TIME_WAIT || tcp_is_half_open(tcp))
        return NULL;
    return tcp;
}

static uint32_t take_slot(struct net_engine *net)
{
    struct tcp_table *table = &net->tcp;
    if (table->free_head == INDEX_NONE && table->touched == net->config.connections_max &&
        table->time_wait_head != INDEX_NONE) {
        net->counters.tcp_time_wait_recycled++;
        tcp_end(net, tcp_at(net, table->time_wait_head), STATUS_OK);
    }
    uint32_t index = table->free_head;
    if (index != INDEX_NONE) {
        table->free_head = tcp_at(net, index)->hash_next;
    } else if (table->touched < net->config.connections_max) {
        index = table->touched++;
        memset(tcp_at(net, index), 0, sizeof(struct tcp_connection));
    }
    return index;
}

struct tcp_connection *tcp_create(struct net_engine *net, const struct net_endpoint *local,
                                  const struct net_endpoint *remote)
{
    uint32_t index = take_slot(net);
    if (index == INDEX_NONE)
        return NULL;
    struct tcp_connection *tcp = tcp_at(net, index);
    uint32_t *bucket = &net->tcp.buckets[bucket_of(net, local, remote)];
    uint32_t generation = tcp->generation + 1;
    *tcp = (struct tcp_connection){
        .version = TCP_RECORD_VERSION,
        .generation = generation == 0 ? 1 : generation,
        .local = *local,
        .remote = *remote,
        .hash_next = *bucket,
        .list_next = INDEX_NONE,
        .list_previous = INDEX_NONE,
        /* A slot may still stand in the ready list for its last connection: it stays there. */
        .ready = tcp->ready,
        .ready_next = tcp->ready_next,
        .listener = INDEX_NONE,
        .send = SLICE_QUEUE_EMPTY,
        .reorder = SLICE_QUEUE_EMPTY,
        .cursor = SLICE_NONE,
        .retransmit_cursor = SLICE_NONE,
        .retransmit_at = TIME_NEVER,
        .probe_at = TIME_NEVER,
        .ack_at = TIME_NEVER,
        .keepalive_at = TIME_NEVER,
        .state_at = TIME_NEVER,
        .heard_at = net->now,
    };
    *bucket = index;
    return tcp;
}

static void hash_remove(struct net_engine *net, struct tcp_connection *tcp)
{
    uint32_t *link = &net->tcp.buckets[bucket_of(net, &tcp->local, &tcp->remote)];
    while (*link != tcp_index(net, tcp))
        link = &tcp_at(net, *link)->hash_next;
    *link = tcp->hash_next;
}

static void list_append(struct net_engine *net, struct tcp_connection *tcp, uint32_t *head,
                        uint32_t *tail)
{
    uint32_t index = tcp_index(net, tcp);
    tcp->list_next = INDEX_NONE;
    tcp->list_previous = *tail;
    if (*tail == INDEX_NONE)
        *head = index;
    else
        tcp_at(net, *tail)->list_next = index;
    *tail = index;
}

static void list_take_out(struct net_engine *net, struct tcp_connection *tcp, uint32_t *head,
                          uint32_t *tail)
{
    if (tcp->list_previous == INDEX_NONE)
        *head = tcp->list_next;
    else
        tcp_at(net, tcp->list_previous)->list_next = tcp->list_next;
    if (tcp->list_next == INDEX_NONE)
        *tail = tcp->list_previous;
    else
        tcp_at(net, tcp->list_next)->list_previous = tcp->list_previous;
}

void tcp_half_open_begin(struct net_engine *net, struct tcp_connection *tcp, uint32_t listener)
{
    tcp->listener = listener;
    net->tcp.listeners[listener].half_open++;
    net->tcp.half_open_count++;
    list_append(net, tcp, &net->tcp.half_open_head, &net->tcp.half_open_tail);
}

void tcp_half_open_end(struct net_engine *net, struct tcp_connection *tcp)
{
    net->tcp.listeners[tcp->listener].half_open--;
    net->tcp.half_open_count--;
    tcp->listener = INDEX_NONE;
    list_take_out(net, tcp, &net->tcp.half_open_head, &net->tcp.half_open_tail);
}

/* What it holds for sending and receiving goes back. */
static void give_back(struct net_engine *net, struct tcp_connection *tcp)
{
    slice_queue_clear(&net->slices, &tcp->send);
    tcp->cursor = tcp->retransmit_cursor = SLICE_NONE;
    tcp_reorder_clear(net, tcp);
    net_loopback_purge(net, tcp_index(net, tcp));
    if (tcp->starved)
        net->tcp.starved_count--;
    tcp->starved = false;
}

static void tell_end(struct net_engine *net, struct tcp_connection *tcp, status_t why)
{
    if (tcp->acked_pending > 0) {
        struct net_notice *acked = net_notice_add(net, NET_NOTICE_ACKED, tcp->cookie);
        acked->connection = tcp_name(net, tcp);
        acked->acked_bytes = tcp->acked_pending;
        tcp->acked_pending = 0;
    }
    enum net_notice_kind kind = why == STATUS_OK ? NET_NOTICE_CLOSED : NET_NOTICE_RESET;
    struct net_notice *end = net_notice_add(net, kind, tcp->cookie);
    end->connection = tcp_name(net, tcp);
    end->why = why;
    net->counters.tcp_ended++;
}

void tcp_end(struct net_engine *net, struct tcp_connection *tcp, status_t why)
{
    ASSERT(tcp->state != NET_TCP_FREE);
    uint32_t index = tcp_index(net, tcp);
    if (tcp_is_half_open(tcp))
        tcp_half_open_end(net, tcp);
    else if (tcp->state == NET_TCP_TIME_WAIT)
        list_take_out(net, tcp, &net->tcp.time_wait_head, &net->tcp.time_wait_tail);
    else
        tell_end(net, tcp, why);
    give_back(net, tcp);
    if (tcp->waiting)
        net->tcp.waiting_count--;
    tcp->waiting = false;
    hash_remove(net, tcp);
    net_timer_cancel(&net->timers, timer_of_connection(net, index));
    tcp->state = NET_TCP_FREE;
    tcp->hash_next = net->tcp.free_head;
    net->tcp.free_head = index;
}

void tcp_restart_time_wait(struct net_engine *net, struct tcp_connection *tcp)
{
    list_take_out(net, tcp, &net->tcp.time_wait_head, &net->tcp.time_wait_tail);
    list_append(net, tcp, &net->tcp.time_wait_head, &net->tcp.time_wait_tail);
    tcp->state_at = net->now + net->config.time_wait_ns;
    tcp_arm(net, tcp);
}

void tcp_enter_time_wait(struct net_engine *net, struct tcp_connection *tcp)
{
    tell_end(net, tcp, STATUS_OK);
    give_back(net, tcp);
    tcp->state = NET_TCP_TIME_WAIT;
    tcp->retransmit_at = tcp->probe_at = tcp->keepalive_at = TIME_NEVER;
    list_append(net, tcp, &net->tcp.time_wait_head, &net->tcp.time_wait_tail);
    tcp->state_at = net->now + net->config.time_wait_ns;
    tcp_arm(net, tcp);
}

void tcp_make_ready(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->ready)
        return;
    uint32_t index = tcp_index(net, tcp);
    tcp->ready = true;
    tcp->ready_next = INDEX_NONE;
    if (net->tcp.ready_tail == INDEX_NONE)
        net->tcp.ready_head = index;
    else
        tcp_at(net, net->tcp.ready_tail)->ready_next = index;
    net->tcp.ready_tail = index;
}

/* Everything that a connection puts off to the end of a batch. True if some of it must wait. */
static bool run(struct net_engine *net, struct tcp_connection *tcp)
{
    if (tcp->acked_pending > 0) {
        struct net_notice *notice = net_notice_add(net, NET_NOTICE_ACKED, tcp->cookie);
        notice->connection = tcp_name(net, tcp);
        notice->acked_bytes = tcp->acked_pending;
        tcp->acked_pending = 0;
    }
    bool more = tcp_reorder_drain(net, tcp);
    if (!more && tcp->fin_received)
        tcp_receive_fin(net, tcp);
    return tcp_output(net, tcp) || more;
}

bool tcp_run_ready(struct net_engine *net)
{
    uint32_t last = net->tcp.ready_tail;
    while (net->tcp.ready_head != INDEX_NONE) {
        if (net->notices_left < NOTICES_PER_FRAME)
            return false;
        uint32_t index = net->tcp.ready_head;
        struct tcp_connection *tcp = tcp_at(net, index);
        net->tcp.ready_head = tcp->ready_next;
        if (net->tcp.ready_head == INDEX_NONE)
            net->tcp.ready_tail = INDEX_NONE;
        tcp->ready = false;
        if (tcp->state != NET_TCP_FREE && run(net, tcp))
            tcp_make_ready(net, tcp);
        if (tcp->state != NET_TCP_FREE)
            tcp_arm(net, tcp);
        if (index == last)
            break;
    }
    return net->tcp.ready_head == INDEX_NONE;
}

/* Rare, so the whole table is looked through. */
void tcp_neighbour_resolved(struct net_engine *net)
{
    for (uint32_t i = 0; i < net->tcp.touched && net->tcp.waiting_count > 0; i++) {
        struct tcp_connection *tcp = tcp_at(net, i);
        if (!tcp->waiting)
            continue;
        tcp->waiting = false;
        net->tcp.waiting_count--;
        tcp_make_ready(net, tcp);
    }
}

/* Established connections go on trying until their timeouts end them: the neighbour may come back. */
void tcp_neighbour_failed(struct net_engine *net, const struct net_address *address)
{
    for (uint32_t i = 0; i < net->tcp.touched; i++) {
        struct tcp_connection *tcp = tcp_at(net, i);
        bool through = net_address_equal(&tcp->remote.address, address) ||
                       net_address_equal(&net->address.gateway, address);
        if (tcp->state == NET_TCP_SYN_SENT && tcp->waiting && through &&
            net->notices_left > NOTICES_PER_FRAME)
            tcp_end(net, tcp, STATUS_UNREACHABLE);
    }
}

static time_ns_t earliest(const struct tcp_connection *tcp)
{
    time_ns_t deadline = tcp->retransmit_at;
    if (tcp->probe_at < deadline)
        deadline = tcp->probe_at;
    if (tcp->ack_at < deadline)
        deadline = tcp->ack_at;
    if (tcp->keepalive_at < deadline)
        deadline = tcp->keepalive_at;
    return tcp->state_at < deadline ? tcp->state_at : deadline;
}

/* Deadlines mostly move back (every acknowledgement restarts one), so a timer that is armed early
 * stays where it is and is put right when it goes off: that saves a heap operation for each segment. */
void tcp_arm(struct net_engine *net, struct tcp_connection *tcp)
{
    uint32_t timer = timer_of_connection(net, tcp_index(net, tcp));
    time_ns_t deadline = earliest(tcp);
    if (deadline < net_timer_deadline(&net->timers, timer))
        net_timer_set(&net->timers, timer, deadline);
}

bool net_connection_info(const struct net_engine *net, uint32_t index,
                         struct net_connection_info *out_info)
{
    if (index >= net->tcp.touched || tcp_at(net, index)->state == NET_TCP_FREE)
        return false;
    const struct tcp_connection *tcp = tcp_at(net, index);
    *out_info = (struct net_connection_info){
        .connection = tcp_name(net, tcp),
        .cookie = tcp->cookie,
        .local = tcp->local,
        .remote = tcp->remote,
        .state = tcp->state,
        .mss = tcp_payload_max(tcp),
        .cwnd = tcp->cwnd,
        .ssthresh = tcp->ssthresh,
        .in_flight = tcp_in_flight(tcp),
        .send_queued = tcp->send.bytes,
        .send_window = tcp->send_window,
        .receive_window = tcp->receive_edge - tcp->receive_next,
        .reordered = tcp->reorder.bytes,
        .srtt_us = (uint32_t)(tcp->srtt / 1000),
        .rttvar_us = (uint32_t)(tcp->rttvar / 1000),
        .rto_us = (uint32_t)(tcp->rto / 1000),
        .bytes_in = tcp->bytes_in,
        .bytes_out = tcp->bytes_out,
        .retransmits = tcp->retransmits,
        .sack = tcp->sack,
        .timestamps = tcp->timestamps,
    };
    return true;
}
