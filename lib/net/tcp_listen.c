/* Listeners, and the passive side of the handshake. A half-open connection is a full record, but
 * there are few of them: at most `backlog` of a listener and `half_open_max` in all. Beyond that a SYN
 * takes the place of the oldest one if that has had time for a round trip (a flood's leavings), and is
 * dropped otherwise: its sender will come again. */
#include "lib/base/siphash.h"
#include "lib/net/tcp.h"

/* A handshake this old without an answer may be pushed out. */
#define HALF_OPEN_GRACE_NS (500ull * MILLISECOND_NS)

static struct tcp_listener *listener_named(struct net_engine *net, net_listener_t name)
{
    uint32_t index = (uint32_t)name.raw;
    if (index >= net->config.listeners_max)
        return NULL;
    struct tcp_listener *listener = &net->tcp.listeners[index];
    return listener->open && listener->generation == name.raw >> 32 ? listener : NULL;
}

struct tcp_listener *tcp_listener_for(struct net_engine *net, const struct net_endpoint *local)
{
    struct tcp_listener *any = NULL;
    for (uint32_t i = 0; i < net->config.listeners_max; i++) {
        struct tcp_listener *listener = &net->tcp.listeners[i];
        if (!listener->open || listener->local.port != local->port)
            continue;
        if (net_address_equal(&listener->local.address, &local->address))
            return listener;
        if (net_address_is_none(&listener->local.address))
            any = listener;
    }
    return any;
}

status_t tcp_listen(struct net_engine *net, const struct net_event_listen *event)
{
    struct tcp_listener *slot = NULL;
    if (event->local.port == 0 || event->backlog == 0)
        return STATUS_INVALID;
    for (uint32_t i = 0; i < net->config.listeners_max; i++) {
        struct tcp_listener *listener = &net->tcp.listeners[i];
        if (!listener->open && slot == NULL)
            slot = listener;
        if (listener->open && net_endpoint_equal(&listener->local, &event->local))
            return STATUS_IN_USE;
    }
    if (slot == NULL)
        return STATUS_LIMIT;
    uint32_t generation = slot->generation + 1;
    *slot = (struct tcp_listener){
        .generation = generation == 0 ? 1 : generation,
        .open = true,
        .local = event->local,
        .cookie = event->cookie,
        .backlog = event->backlog,
    };
    uint32_t index = (uint32_t)(slot - net->tcp.listeners);
    net->outbox->listener.raw = (uint64_t)slot->generation << 32 | index;
    return STATUS_OK;
}

status_t tcp_listener_full(struct net_engine *net, const struct net_event_listener_full *event)
{
    struct tcp_listener *listener = listener_named(net, event->listener);
    if (listener == NULL)
        return STATUS_NOT_FOUND;
    listener->full = event->full;
    return STATUS_OK;
}

/* The oldest half-open connection of a listener; INDEX_NONE if it has none. */
static uint32_t oldest_of(const struct net_engine *net, uint32_t listener)
{
    uint32_t index = net->tcp.half_open_head;
    while (index != INDEX_NONE && tcp_at(net, index)->listener != listener)
        index = tcp_at(net, index)->list_next;
    return index;
}

status_t tcp_unlisten(struct net_engine *net, net_listener_t name)
{
    struct tcp_listener *listener = listener_named(net, name);
    if (listener == NULL)
        return STATUS_NOT_FOUND;
    uint32_t own_index = (uint32_t)name.raw, index;
    while ((index = oldest_of(net, own_index)) != INDEX_NONE)
        tcp_end(net, tcp_at(net, index), STATUS_CANCELLED);
    listener->open = false;
    return STATUS_OK;
}

uint32_t tcp_initial_sequence(const struct net_engine *net, const struct net_endpoint *local,
                              const struct net_endpoint *remote)
{
    uint8_t ends[37] = { 0 };
    memcpy(ends, local->address.bytes, 16);
    memcpy(ends + 16, remote->address.bytes, 16);
    store_be16(ends + 32, local->port);
    store_be16(ends + 34, remote->port);
    uint32_t clock = (uint32_t)(net->now / 4000); /* Ticks of 4 us. */
    return clock + (uint32_t)siphash(net->config.seed, ends, sizeof ends);
}

/* The same for every connection between two ends, so that the clock goes on when a port is used
 * again (RFC 7323, section 5.5, and RFC 6191 rely on it), and unknown to others. */
static uint32_t timestamp_offset(const struct net_engine *net, const struct net_endpoint *local,
                                 const struct net_endpoint *remote)
{
    uint8_t ends[38] = { [36] = 't' };
    memcpy(ends, local->address.bytes, 16);
    memcpy(ends + 16, remote->address.bytes, 16);
    return (uint32_t)siphash(net->config.seed, ends, sizeof ends);
}

uint16_t tcp_own_mss(const struct net_engine *net)
{
    return (uint16_t)(net->link.mtu - IPV4_HEADER_LEN - TCP_HEADER_LEN);
}

void tcp_begin(struct net_engine *net, struct tcp_connection *tcp)
{
    tcp->send_start = tcp_initial_sequence(net, &tcp->local, &tcp->remote);
    tcp->send_acked = tcp->send_next = tcp->send_start;
    tcp->retransmit_next = tcp->lost_end = tcp->recovery_end = tcp->send_start;
    tcp->send_end = tcp->send_start + 1;
    tcp->timestamp_offset = timestamp_offset(net, &tcp->local, &tcp->remote);
    tcp->timestamps = true;
    tcp->sack = true;
    tcp->receive_scale = net->config.window_scale;
    tcp->receive_free = tcp->receive_free_max = net->config.receive_window;
    tcp->receive_mss = TCP_MSS_DEFAULT;
    tcp->mss = TCP_MSS_DEFAULT;
    tcp->rto = TCP_RTO_INITIAL_NS;
    tcp->syn_due = true;
    tcp_congestion_init(tcp);
}

void tcp_take_options(struct net_engine *net, struct tcp_connection *tcp,
                      const struct tcp_header *syn)
{
    uint16_t own_mss = tcp_own_mss(net);
    uint16_t mss = syn->mss == 0 ? TCP_MSS_DEFAULT : syn->mss;
    if (mss < TCP_MSS_MIN)
        mss = TCP_MSS_MIN;
    tcp->mss = mss < own_mss ? mss : own_mss;
    tcp->timestamps = tcp->timestamps && syn->has_timestamp;
    tcp->sack = tcp->sack && syn->sack_permitted;
    tcp->peer_scales = syn->has_scale;
    tcp->send_scale = syn->has_scale ? syn->scale : 0;
    if (!syn->has_scale)
        tcp->receive_scale = 0;
    tcp->timestamp_recent = syn->timestamp;
    tcp->timestamp_recent_at = net->now;
    tcp->receive_start = syn->sequence;
    tcp->receive_next = syn->sequence + 1;
    tcp->ack_sent = tcp->receive_next;
    uint32_t window = tcp->receive_free < UINT16_MAX ? tcp->receive_free : UINT16_MAX;
    tcp->receive_edge = tcp->receive_next + window; /* A SYN's window has no scale. */
    tcp->send_window = tcp->send_window_max = syn->window;
    tcp->window_sequence = syn->sequence;
    tcp->window_acknowledgement = syn->acknowledgement;
    tcp_congestion_init(tcp);
}

/* Makes room for one more handshake, if that is right. */
static bool half_open_room(struct net_engine *net, struct tcp_listener *listener)
{
    uint32_t index;
    if (listener->half_open >= listener->backlog)
        index = oldest_of(net, (uint32_t)(listener - net->tcp.listeners));
    else if (net->tcp.half_open_count >= net->config.half_open_max)
        index = net->tcp.half_open_head;
    else
        return true;
    ASSERT(index != INDEX_NONE);
    struct tcp_connection *oldest = tcp_at(net, index);
    if (net->now - oldest->heard_at < HALF_OPEN_GRACE_NS)
        return false;
    net->counters.tcp_half_open_evicted++;
    tcp_end(net, oldest, STATUS_TIMED_OUT);
    return true;
}

void tcp_listen_syn(struct net_engine *net, struct tcp_listener *listener,
                    const struct net_endpoint *local, const struct net_endpoint *remote,
                    const struct tcp_header *header)
{
    struct tcp_connection *tcp = NULL;
    if (!listener->full && half_open_room(net, listener))
        tcp = tcp_create(net, local, remote);
    if (tcp == NULL) {
        net->counters.tcp_syn_dropped++;
        return;
    }
    tcp_begin(net, tcp);
    tcp_take_options(net, tcp, header);
    tcp->state = NET_TCP_SYN_RECEIVED;
    tcp_half_open_begin(net, tcp, (uint32_t)(listener - net->tcp.listeners));
    tcp_make_ready(net, tcp);
}

bool tcp_listen_complete(struct net_engine *net, struct tcp_connection *tcp)
{
    struct tcp_listener *listener = &net->tcp.listeners[tcp->listener];
    ASSERT(listener->open);
    if (listener->full)
        return false;
    tcp_half_open_end(net, tcp);
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_ACCEPT, listener->cookie);
    notice->connection = tcp_name(net, tcp);
    notice->local = tcp->local;
    notice->remote = tcp->remote;
    notice->mss = (uint16_t)tcp_payload_max(tcp);
    net->counters.tcp_accepted++;
    return true;
}
