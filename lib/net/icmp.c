/* ICMP for IPv4 (RFC 792): answers echo requests, asks its own, tells senders that nobody listens, and
 * hands errors about our packets to the protocol that sent them. Errors are never sent about errors,
 * or to groups (RFC 1122, section 3.2.2), and at most so many a second. */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/engine.h"
#include "lib/net/tcp.h"

enum { ERRORS_PER_SECOND = 100, QUOTED_BYTES = IPV4_HEADER_LEN + 8, PING_PAYLOAD_MAX = 512 };

/* Echoes the payload from the buffers that it came in: they leave with the frame. */
static void echo_reply(struct net_engine *net, struct net_packet *packet,
                       const struct icmp_header *request)
{
    struct net_path path;
    uint32_t payload_len = packet_len(packet);
    if (payload_len + ICMP_HEADER_LEN + IPV4_HEADER_LEN > net->link.mtu)
        return;
    struct net_frame *frame = net_reply_begin(net, &packet->ip.source, &path);
    if (frame == NULL)
        return;
    if (path.parked && packet->count > PARKED_SLICES_MAX) {
        net->counters.output_dropped++; /* One that came in many buffers does not wait. */
        return;
    }
    struct icmp_header reply = { ICMP_ECHO_REPLY, 0, request->id, request->sequence };
    struct writer writer =
        net_frame_headers(net, frame, &path, &packet->ip.destination, &packet->ip.source,
                          IP_PROTOCOL_ICMP, ICMP_HEADER_LEN + payload_len);
    icmp_encode(&writer, &reply, packet_sum(net, packet));
    if (!packet->in_pool)
        writer_bytes(&writer, packet->head.data + packet->head.at, reader_left(&packet->head));
    if (writer.overrun)
        return;
    frame->header_len = (uint16_t)writer.at;
    packet_payload_begin(packet);
    for (uint32_t i = 0; i < packet->count; i++) {
        if (packet->slices[i].len == 0)
            continue;
        net_frame_slice(frame, packet->slices[i]);
        if (packet->in_pool)
            packet_pass(packet, i);
    }
    if (packet->in_pool)
        frame->flags |= NET_FRAME_GIVES_CHUNKS;
    net_reply_commit(net, frame, &path);
    net->counters.icmp_out++;
}

static void echo_answered(struct net_engine *net, const struct net_packet *packet,
                          const struct icmp_header *reply)
{
    for (uint32_t i = 0; i < net->config.pings_max; i++) {
        struct ping *ping = &net->pings[i];
        if (!ping->active || ping->waiting || ping->id != reply->id ||
            !net_address_equal(&ping->remote, &packet->ip.source))
            continue;
        struct net_notice *notice = net_notice_add(net, NET_NOTICE_PONG, ping->cookie);
        notice->ping_status = STATUS_OK;
        notice->round_trip_ns = net->now - ping->sent;
        ping->active = false;
        net_timer_cancel(&net->timers, timer_of_ping(net, i));
        return;
    }
}

/* The error quotes the packet that caused it: it must be one of ours. The protocol checks the rest. */
static void unreachable_input(struct net_engine *net, struct net_packet *packet,
                              const struct icmp_header *icmp)
{
    struct ipv4_header quoted;
    if (ipv4_decode_quoted(&packet->head, &quoted) != STATUS_OK ||
        !net_is_own(net, &quoted.source)) {
        net->counters.icmp_malformed++;
        return;
    }
    if (quoted.protocol == IP_PROTOCOL_TCP)
        tcp_icmp_error(net, &quoted, &packet->head, icmp->code, icmp->sequence);
    else if (quoted.protocol == IP_PROTOCOL_UDP)
        udp_error(net, &quoted, &packet->head,
                  icmp->code == ICMP_CODE_PORT ? STATUS_REFUSED : STATUS_UNREACHABLE);
}

SELDOM void icmp_input(struct net_engine *net, struct net_packet *packet)
{
    struct icmp_header icmp;
    net->counters.icmp_in++;
    if (packet_sum(net, packet) != 0xffff || icmp_decode(&packet->head, &icmp) != STATUS_OK) {
        net->counters.icmp_malformed++;
        return;
    }
    if (icmp.type == ICMP_ECHO_REQUEST && !packet->to_group)
        echo_reply(net, packet, &icmp);
    else if (icmp.type == ICMP_ECHO_REPLY)
        echo_answered(net, packet, &icmp);
    else if (icmp.type == ICMP_UNREACHABLE)
        unreachable_input(net, packet, &icmp);
}

SELDOM void icmp_unreachable(struct net_engine *net, const struct net_packet *packet, uint8_t code)
{
    struct net_path path;
    if (packet->to_group || packet->ip.protocol == IP_PROTOCOL_ICMP ||
        packet->head.len < packet->ip_at + QUOTED_BYTES)
        return;
    if (!net_limiter_pass(net, &net->icmp_limiter, ERRORS_PER_SECOND)) {
        net->counters.icmp_limited++;
        return;
    }
    struct net_frame *frame = net_reply_begin(net, &packet->ip.source, &path);
    if (frame == NULL)
        return;
    const uint8_t *quoted = packet->head.data + packet->ip_at;
    uint8_t copy[QUOTED_BYTES]; /* The pool may change between the sum and the copy. */
    memcpy(copy, quoted, sizeof copy);
    struct icmp_header header = { ICMP_UNREACHABLE, code, 0, 0 };
    struct writer writer =
        net_frame_headers(net, frame, &path, &packet->ip.destination, &packet->ip.source,
                          IP_PROTOCOL_ICMP, ICMP_HEADER_LEN + sizeof copy);
    icmp_encode(&writer, &header, net_sum(copy, sizeof copy));
    writer_bytes(&writer, copy, sizeof copy);
    frame->header_len = (uint16_t)writer.at;
    net_reply_commit(net, frame, &path);
    net->counters.icmp_out++;
}

static status_t ping_send(struct net_engine *net, struct ping *ping)
{
    struct net_path path;
    status_t status = net_path_find(net, &ping->remote, &path);
    if (status != STATUS_OK)
        return status;
    struct net_frame *frame = net_frame_begin(net, path.loopback);
    if (frame == NULL)
        return STATUS_WOULD_BLOCK;
    uint8_t pattern[PING_PAYLOAD_MAX];
    for (uint16_t i = 0; i < ping->payload_len; i++)
        pattern[i] = (uint8_t)i;
    struct icmp_header header = { ICMP_ECHO_REQUEST, 0, ping->id, 1 };
    struct writer writer =
        net_frame_headers(net, frame, &path, &path.source, &ping->remote, IP_PROTOCOL_ICMP,
                          ICMP_HEADER_LEN + (size_t)ping->payload_len);
    icmp_encode(&writer, &header, net_sum(pattern, ping->payload_len));
    writer_bytes(&writer, pattern, ping->payload_len);
    frame->header_len = (uint16_t)writer.at;
    net_frame_commit(net, frame, path.loopback, INDEX_NONE);
    net->counters.icmp_out++;
    ping->sent = net->now;
    ping->waiting = false;
    return STATUS_OK;
}

status_t icmp_ping(struct net_engine *net, const struct net_event_ping *event)
{
    if (event->payload_len > PING_PAYLOAD_MAX || event->timeout_ns == 0)
        return STATUS_INVALID;
    for (uint32_t i = 0; i < net->config.pings_max; i++) {
        struct ping *ping = &net->pings[i];
        if (ping->active)
            continue;
        *ping = (struct ping){
            .waiting = true,
            .remote = event->remote,
            .cookie = event->cookie,
            .id = (uint16_t)net_random(net),
            .payload_len = event->payload_len,
            .sent = net->now,
        };
        status_t status = ping_send(net, ping);
        if (status != STATUS_OK && status != STATUS_WOULD_BLOCK)
            return status;
        ping->active = true;
        net_timer_set(&net->timers, timer_of_ping(net, i), net->now + event->timeout_ns);
        return STATUS_OK;
    }
    return STATUS_LIMIT;
}

/* One that cannot go even now waits for its deadline. */
void icmp_room(struct net_engine *net)
{
    for (uint32_t i = 0; i < net->config.pings_max; i++)
        if (net->pings[i].active && net->pings[i].waiting)
            (void)ping_send(net, &net->pings[i]);
}

void icmp_ping_timer(struct net_engine *net, uint32_t index)
{
    struct ping *ping = &net->pings[index];
    ASSERT(ping->active);
    ping->active = false;
    net_notice_add(net, NET_NOTICE_PONG, ping->cookie)->ping_status = STATUS_TIMED_OUT;
}
