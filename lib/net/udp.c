/* UDP (RFC 768): sockets by local endpoint. Datagrams go to the socket with the most specific
 * address; what nobody takes is answered with "port unreachable". The engine's own clients (DHCP,
 * DNS) come first. Tables are scanned: a few dozen sockets are meant. */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/engine.h"

enum { PORT_DYNAMIC_FIRST = 49152, PORT_DHCP_CLIENT = 68, CHECKSUM_AT = 6 };

static struct udp_socket *socket_of(struct net_engine *net, net_udp_t name)
{
    uint32_t index = (uint32_t)name.raw;
    if (index >= net->config.udp_max)
        return NULL;
    struct udp_socket *socket = &net->udp_sockets[index];
    return socket->open && socket->generation == name.raw >> 32 ? socket : NULL;
}

static struct udp_socket *socket_for(struct net_engine *net, const struct net_endpoint *local)
{
    struct udp_socket *any = NULL;
    for (uint32_t i = 0; i < net->config.udp_max; i++) {
        struct udp_socket *socket = &net->udp_sockets[i];
        if (!socket->open || socket->local.port != local->port)
            continue;
        if (net_address_equal(&socket->local.address, &local->address))
            return socket;
        if (net_address_is_none(&socket->local.address))
            any = socket;
    }
    return any;
}

static void own_deliver(struct net_engine *net, const struct reader *head,
                        const struct udp_socket *socket, const struct net_endpoint *from)
{
    size_t len = reader_left(head);
    if (net->own_bytes_used)
        return;
    ASSERT(len <= sizeof net->own_bytes);
    net->own_bytes_used = true;
    memcpy(net->own_bytes, head->data + head->at, len);
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_DATAGRAM, socket->cookie);
    notice->from = *from;
    notice->own_len = (uint16_t)len;
    notice->own_bytes = net->own_bytes;
}

static void datagram_deliver(struct net_engine *net, struct net_packet *packet,
                             const struct udp_socket *socket, const struct net_endpoint *from)
{
    uint16_t slices_left = 0;
    if (!packet->in_pool && reader_left(&packet->head) > 0) {
        own_deliver(net, &packet->head, socket, from);
        return;
    }
    packet_payload_begin(packet);
    for (uint32_t i = 0; i < packet->count; i++)
        slices_left += packet->slices[i].len > 0;
    if (slices_left == 0) {
        struct net_notice *empty = net_notice_add(net, NET_NOTICE_DATAGRAM, socket->cookie);
        empty->from = *from;
        return;
    }
    for (uint32_t i = 0; i < packet->count; i++) {
        if (packet->slices[i].len == 0)
            continue;
        struct net_notice *notice = net_notice_add(net, NET_NOTICE_DATAGRAM, socket->cookie);
        notice->from = *from;
        notice->datagram = packet->slices[i];
        notice->slices_left = --slices_left;
        packet_pass(packet, i);
    }
}

static bool checksum_is_good(const struct net_engine *net, const struct net_packet *packet,
                             const struct udp_header *udp, uint16_t sum)
{
    if (packet->checksum_good || udp->checksum == 0)
        return true;
    uint16_t pseudo =
        ipv4_pseudo_sum(&packet->ip.source, &packet->ip.destination, IP_PROTOCOL_UDP, udp->len);
    return net_sum_add(pseudo, sum) == 0xffff;
}

/* What the engine's own clients read: one piece, which behind the headers of this host's own frames is a
 * slice. */
static struct reader message_of(const struct net_engine *net, const struct net_packet *packet)
{
    const struct net_slice *slice = &packet->slices[1];
    if (!packet->in_pool && reader_left(&packet->head) == 0 && packet->count > 1)
        return reader_of(net->config.pool + slice->offset, slice->len);
    return reader_of(packet->head.data + packet->head.at, reader_left(&packet->head));
}

SELDOM void udp_input(struct net_engine *net, struct net_packet *packet)
{
    struct net_counters *counters = &net->counters;
    struct udp_header udp;
    struct reader start = packet->head;
    counters->udp_in++;
    if (udp_decode(&start, &udp) != STATUS_OK || !packet_truncate(packet, udp.len)) {
        counters->udp_malformed++;
        return;
    }
    uint16_t sum = packet->checksum_good ? 0 : packet_sum(net, packet);
    if (!checksum_is_good(net, packet, &udp, sum)) {
        counters->udp_checksum++;
        return;
    }
    reader_skip(&packet->head, UDP_HEADER_LEN);
    struct reader message = message_of(net, packet);
    if (udp.destination_port == PORT_DHCP_CLIENT && net->dhcp.state != DHCP_OFF) {
        dhcp_input(net, &message);
        return;
    }
    if (dns_input(net, packet, &udp, &message))
        return;
    struct net_endpoint local = { packet->ip.destination, udp.destination_port };
    struct net_endpoint from = { packet->ip.source, udp.source_port };
    struct udp_socket *socket = socket_for(net, &local);
    if (socket == NULL) {
        counters->udp_no_socket++;
        icmp_unreachable(net, packet, ICMP_CODE_PORT);
        return;
    }
    datagram_deliver(net, packet, socket, &from);
}

void udp_error(struct net_engine *net, const struct ipv4_header *quoted, struct reader *transport,
               status_t why)
{
    struct udp_header udp;
    if (udp_decode(transport, &udp) != STATUS_OK)
        return;
    struct net_endpoint local = { quoted->source, udp.source_port };
    struct udp_socket *socket = socket_for(net, &local);
    if (socket == NULL)
        return;
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_UDP_ERROR, socket->cookie);
    notice->from = (struct net_endpoint){ quoted->destination, udp.destination_port };
    notice->udp_status = why;
}

bool udp_port_used(const struct net_engine *net, uint16_t port)
{
    for (uint32_t i = 0; i < net->config.udp_max; i++)
        if (net->udp_sockets[i].open && net->udp_sockets[i].local.port == port)
            return true;
    return dns_port_used(net, port) || port == PORT_DHCP_CLIENT;
}

/* More ports than sockets and questions together: the scan ends. */
uint16_t udp_port_choose(struct net_engine *net)
{
    uint32_t count = UINT16_MAX - PORT_DYNAMIC_FIRST + 1;
    uint32_t start = (uint32_t)net_random(net) % count;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t port = (uint16_t)(PORT_DYNAMIC_FIRST + (start + i) % count);
        if (!udp_port_used(net, port))
            return port;
    }
    return 0;
}

status_t udp_open(struct net_engine *net, const struct net_event_udp_open *event)
{
    struct net_endpoint local = event->local;
    if (local.port == 0)
        local.port = udp_port_choose(net);
    else if (udp_port_used(net, local.port))
        return STATUS_IN_USE;
    if (local.port == 0)
        return STATUS_LIMIT;
    for (uint32_t i = 0; i < net->config.udp_max; i++) {
        struct udp_socket *socket = &net->udp_sockets[i];
        if (socket->open)
            continue;
        uint32_t generation = socket->generation + 1;
        *socket = (struct udp_socket){
            .generation = generation == 0 ? 1 : generation,
            .open = true,
            .local = local,
            .cookie = event->cookie,
        };
        net->outbox->udp.raw = (uint64_t)socket->generation << 32 | i;
        net->outbox->local_port = local.port;
        return STATUS_OK;
    }
    return STATUS_LIMIT;
}

status_t udp_close(struct net_engine *net, const struct net_event_udp_close *event)
{
    struct udp_socket *socket = socket_of(net, event->socket);
    if (socket == NULL)
        return STATUS_NOT_FOUND;
    socket->open = false;
    return STATUS_OK;
}

/* Local frames borrow the sender's chunks, so they must arrive within this step: one at a time. */
static struct net_frame *datagram_begin(struct net_engine *net, const struct net_path *path)
{
    if (path->loopback && net->loopback.count > 0)
        return NULL;
    return net_frame_begin(net, path->loopback);
}

static uint16_t pseudo_sum_of(const struct net_address *source,
                              const struct net_address *destination, size_t transport_len)
{
    return ipv4_pseudo_sum(source, destination, IP_PROTOCOL_UDP, (uint16_t)transport_len);
}

static status_t datagram_send(struct net_engine *net, const struct udp_socket *socket,
                              const struct net_event_udp_send *event, size_t payload_len)
{
    struct net_path path;
    status_t status = net_path_find(net, &event->remote.address, &path);
    if (status != STATUS_OK)
        return status;
    struct net_frame *frame = datagram_begin(net, &path);
    if (frame == NULL)
        return STATUS_WOULD_BLOCK;
    size_t transport_len = UDP_HEADER_LEN + payload_len;
    struct udp_header udp = { socket->local.port, event->remote.port, (uint16_t)transport_len, 0 };
    struct writer writer =
        net_frame_headers(net, frame, &path, &path.source, &event->remote.address, IP_PROTOCOL_UDP,
                          transport_len);
    uint16_t transport_at = (uint16_t)writer.at;
    udp_encode(&writer, &udp);
    frame->header_len = (uint16_t)writer.at;
    for (uint32_t i = 0; i < event->slice_count; i++)
        net_frame_slice(frame, event->slices[i]);
    net_frame_checksum(net, frame,
                       pseudo_sum_of(&path.source, &event->remote.address, transport_len),
                       transport_at, CHECKSUM_AT, path.loopback);
    net_frame_commit(net, frame, path.loopback, INDEX_NONE);
    net->counters.udp_out++;
    return STATUS_OK;
}

status_t udp_send(struct net_engine *net, const struct net_event_udp_send *event)
{
    struct udp_socket *socket = socket_of(net, event->socket);
    if (socket == NULL)
        return STATUS_NOT_FOUND;
    size_t payload_len = 0;
    if (event->slice_count > NET_FRAME_SLICES || event->remote.port == 0)
        return STATUS_INVALID;
    for (uint32_t i = 0; i < event->slice_count; i++) {
        if (!net_slice_is_valid(net, &event->slices[i]))
            return STATUS_INVALID;
        payload_len += event->slices[i].len;
    }
    if (payload_len + UDP_HEADER_LEN + IPV4_HEADER_LEN > net->link.mtu)
        return STATUS_TOO_BIG;
    status_t status = datagram_send(net, socket, event, payload_len);
    socket->wants_room = status == STATUS_WOULD_BLOCK;
    if (status == STATUS_WOULD_BLOCK)
        net->udp_blocked = true;
    return status;
}

void udp_room(struct net_engine *net)
{
    for (uint32_t i = 0; i < net->config.udp_max && net->notices_left > NOTICES_PER_FRAME; i++) {
        struct udp_socket *socket = &net->udp_sockets[i];
        if (!socket->open || !socket->wants_room)
            continue;
        socket->wants_room = false;
        net_notice_add(net, NET_NOTICE_UDP_ROOM, socket->cookie);
    }
}

status_t udp_send_inline(struct net_engine *net, const struct net_path *path,
                         const struct net_address *source, const struct net_address *destination,
                         uint16_t source_port, uint16_t destination_port, const uint8_t *payload,
                         size_t len)
{
    struct net_frame *frame = net_frame_begin(net, path->loopback);
    if (frame == NULL)
        return STATUS_WOULD_BLOCK;
    size_t transport_len = UDP_HEADER_LEN + len;
    struct udp_header udp = { source_port, destination_port, (uint16_t)transport_len, 0 };
    struct writer writer =
        net_frame_headers(net, frame, path, source, destination, IP_PROTOCOL_UDP, transport_len);
    uint16_t transport_at = (uint16_t)writer.at;
    udp_encode(&writer, &udp);
    writer_bytes(&writer, payload, len);
    ASSERT(!writer.overrun);
    frame->header_len = (uint16_t)writer.at;
    net_frame_checksum(net, frame, pseudo_sum_of(source, destination, transport_len), transport_at,
                       CHECKSUM_AT, path->loopback);
    net_frame_commit(net, frame, path->loopback, INDEX_NONE);
    net->counters.udp_out++;
    return STATUS_OK;
}
