/* What the caller asks of TCP. Names are checked here; a stale one is answered NOT_FOUND, since the
 * end of its connection may still be in the outbox that the caller has not read. */
#include "lib/net/tcp.h"

enum { PORT_COUNT = UINT16_MAX - TCP_PORT_FIRST + 1 };

/* A port that makes a new pair of ends (RFC 6056, 3.3.3: a keyed start and a counter). There are more
 * ports than connections in any table that is reasonable; with 65535 the search may fail. */
static uint16_t port_choose(struct net_engine *net, struct net_endpoint *local,
                            const struct net_endpoint *remote)
{
    uint32_t start = (uint32_t)net_random(net) + net->tcp.port_count++;
    for (uint32_t i = 0; i < PORT_COUNT; i++) {
        local->port = (uint16_t)(TCP_PORT_FIRST + (start + i) % PORT_COUNT);
        if (tcp_find(net, local, remote) == NULL && tcp_listener_for(net, local) == NULL)
            return local->port;
    }
    return 0;
}

status_t tcp_connect(struct net_engine *net, const struct net_event_connect *event)
{
    struct net_endpoint local = event->local;
    struct net_path path;
    if (event->remote.port == 0 || net_address_is_none(&event->remote.address))
        return STATUS_INVALID;
    status_t status = net_path_find(net, &event->remote.address, &path);
    if (status == STATUS_UNREACHABLE)
        return status;
    if (net_address_is_none(&local.address))
        local.address = status == STATUS_OK ? path.source : net->address.address;
    else if (!net_is_own(net, &local.address))
        return STATUS_INVALID;
    if (local.port == 0 && port_choose(net, &local, &event->remote) == 0)
        return STATUS_LIMIT;
    struct tcp_connection *old = tcp_find(net, &local, &event->remote);
    if (old != NULL && old->state != NET_TCP_TIME_WAIT)
        return STATUS_IN_USE;
    if (net_endpoint_equal(&local, &event->remote))
        return STATUS_INVALID; /* To itself: a simultaneous open with one record. */
    if (old != NULL)
        tcp_end(net, old, STATUS_OK);
    struct tcp_connection *tcp = tcp_create(net, &local, &event->remote);
    if (tcp == NULL)
        return STATUS_LIMIT;
    tcp->cookie = event->cookie;
    tcp->active = true;
    tcp->state = NET_TCP_SYN_SENT;
    tcp_begin(net, tcp);
    tcp_make_ready(net, tcp);
    net->outbox->connection = tcp_name(net, tcp);
    net->outbox->local_port = local.port;
    return STATUS_OK;
}

status_t tcp_cookie(struct net_engine *net, const struct net_event_cookie *event)
{
    struct tcp_connection *tcp = tcp_named(net, event->connection);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    tcp->cookie = event->cookie;
    return STATUS_OK;
}

status_t tcp_send(struct net_engine *net, const struct net_event_send *event)
{
    struct tcp_connection *tcp = tcp_named(net, event->connection);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    if (tcp->fin_queued)
        return STATUS_PEER_CLOSED;
    for (uint32_t i = 0; i < event->slice_count; i++)
        if (!net_slice_is_valid(net, &event->slices[i]))
            return STATUS_INVALID;
    uint32_t taken = 0;
    /* Less than half of the sequence space may be queued, or comparisons would fail. */
    while (taken < event->slice_count && tcp->send.count < net->config.send_slices_max &&
           tcp->send.bytes < 1u << 30) {
        struct net_slice slice = event->slices[taken];
        uint32_t index = slice_take(&net->slices, slice, tcp->send_end);
        if (index == SLICE_NONE)
            break;
        slice_queue_push(&net->slices, &tcp->send, index);
        if (tcp->cursor == SLICE_NONE)
            tcp->cursor = index;
        tcp->send_end += slice.len;
        taken++;
    }
    if (taken < event->slice_count && !tcp->starved) {
        tcp->starved = true;
        net->tcp.starved_count++;
    }
    net->outbox->taken = taken;
    tcp_make_ready(net, tcp);
    return STATUS_OK;
}

uint32_t net_send_room(const struct net_engine *net, net_connection_t connection)
{
    const struct tcp_connection *tcp = tcp_named(net, connection);
    if (tcp == NULL || tcp->fin_queued)
        return 0;
    uint32_t own = net->config.send_slices_max - tcp->send.count;
    uint32_t all = net->slices.capacity - net->slices.used;
    return own < all ? own : all;
}

/* Descriptors were given back: whoever was cut short with nothing left in its own queue would hear of
 * it from nobody else. */
void tcp_starved_room(struct net_engine *net)
{
    for (uint32_t i = 0; i < net->tcp.touched && net->tcp.starved_count > 0 &&
                         net->notices_left > NOTICES_PER_FRAME;
         i++) {
        struct tcp_connection *tcp = tcp_at(net, i);
        if (!tcp->starved || tcp->send.count > net->config.send_slices_max / 2)
            continue;
        tcp->starved = false;
        net->tcp.starved_count--;
        struct net_notice *notice = net_notice_add(net, NET_NOTICE_SEND_ROOM, tcp->cookie);
        notice->connection = tcp_name(net, tcp);
    }
}

status_t tcp_window(struct net_engine *net, const struct net_event_window *event)
{
    struct tcp_connection *tcp = tcp_named(net, event->connection);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    tcp->receive_free = event->free_bytes < 1u << 30 ? event->free_bytes : 1u << 30;
    if (tcp->receive_free > tcp->receive_free_max)
        tcp->receive_free_max = tcp->receive_free;
    bool synchronized = tcp->state != NET_TCP_SYN_SENT && tcp->state != NET_TCP_SYN_RECEIVED;
    if (synchronized && !tcp->fin_received && tcp_window_update_due(tcp)) {
        tcp->ack_now = true;
        tcp_make_ready(net, tcp);
    }
    return STATUS_OK;
}

status_t tcp_options(struct net_engine *net, const struct net_event_options *event)
{
    struct tcp_connection *tcp = tcp_named(net, event->connection);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    tcp->no_delay = event->no_delay;
    tcp->keep_alive = event->keep_alive;
    tcp->keepalive_at =
        event->keep_alive ? tcp->heard_at + net->config.keepalive_idle_ns : TIME_NEVER;
    tcp_make_ready(net, tcp);
    tcp_arm(net, tcp);
    return STATUS_OK;
}

status_t tcp_shutdown(struct net_engine *net, net_connection_t name, bool reading_closed)
{
    struct tcp_connection *tcp = tcp_named(net, name);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    if (tcp->state == NET_TCP_SYN_SENT && reading_closed) {
        tcp_end(net, tcp, STATUS_CANCELLED);
        return STATUS_OK;
    }
    if (reading_closed && !tcp->reading_closed) {
        tcp->reading_closed = true;
        if (tcp->state == NET_TCP_FIN_WAIT_2)
            tcp->state_at = net->now + TCP_FIN_WAIT_2_NS;
    }
    tcp->fin_queued = true;
    if (tcp->state == NET_TCP_ESTABLISHED)
        tcp->state = NET_TCP_FIN_WAIT_1;
    else if (tcp->state == NET_TCP_CLOSE_WAIT)
        tcp->state = NET_TCP_LAST_ACK;
    tcp_make_ready(net, tcp);
    tcp_arm(net, tcp);
    return STATUS_OK;
}

status_t tcp_abort(struct net_engine *net, net_connection_t name)
{
    struct tcp_connection *tcp = tcp_named(net, name);
    if (tcp == NULL)
        return STATUS_NOT_FOUND;
    tcp_reset_send(net, tcp);
    tcp_end(net, tcp, STATUS_CANCELLED);
    return STATUS_OK;
}
