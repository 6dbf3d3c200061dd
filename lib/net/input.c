/* Frames in: checks what the event says, strips Ethernet and IPv4, and hands the packet to its
 * protocol. Whatever way a frame ends, input_finish recycles each chunk that was not passed on: that
 * is the only place where it is decided, so no early return can leak one.
 *
 * Fragments are dropped and counted. Reassembly costs memory that any stranger may claim, and nothing
 * we talk to needs it: TCP announces an MSS that fits the link, and our own datagrams fit it too. */
#include "lib/base/seldom.h"
#include "lib/net/checksum.h"
#include "lib/net/engine.h"
#include "lib/net/tcp.h"

uint32_t packet_len(const struct net_packet *packet)
{
    uint32_t len = (uint32_t)reader_left(&packet->head);
    for (uint32_t i = 1; i < packet->count; i++)
        len += packet->slices[i].len;
    return len;
}

uint16_t packet_sum(const struct net_engine *net, const struct net_packet *packet)
{
    size_t len = reader_left(&packet->head);
    uint16_t sum = net_sum(packet->head.data + packet->head.at, len);
    for (uint32_t i = 1; i < packet->count; i++) {
        sum = sum_append(sum, len, net_slice_sum(net, &packet->slices[i]));
        len += packet->slices[i].len;
    }
    return sum;
}

bool packet_truncate(struct net_packet *packet, uint32_t len)
{
    uint32_t in_head = (uint32_t)reader_left(&packet->head);
    uint32_t take = len < in_head ? len : in_head;
    packet->head.len = packet->head.at + take;
    len -= take;
    for (uint32_t i = 1; i < packet->count; i++) {
        struct net_slice *slice = &packet->slices[i];
        take = len < slice->len ? len : slice->len;
        if (take != slice->len)
            slice->flags &= (uint16_t)~NET_SLICE_SUM;
        slice->len = take;
        len -= take;
    }
    return len == 0;
}

void packet_payload_begin(struct net_packet *packet)
{
    struct net_slice *first = &packet->slices[0];
    first->flags &= (uint16_t)~NET_SLICE_SUM;
    if (packet->in_pool)
        first->offset += (uint32_t)packet->head.at;
    first->len = packet->in_pool ? (uint32_t)reader_left(&packet->head) : 0;
}

static bool is_group_address(const struct net_engine *net, const struct net_address *address)
{
    if (net_address_is_multicast(address) || net_address_ipv4_raw(address) == 0xffffffff)
        return true;
    const struct net_interface_address *own = &net->address;
    if (net_address_is_none(&own->address) || own->prefix_len >= NET_PREFIX_MAX - 1 ||
        !net_address_in_prefix(address, &own->address, own->prefix_len))
        return false;
    uint32_t host_mask = UINT32_MAX >> (own->prefix_len - NET_PREFIX_IPV4);
    return (net_address_ipv4_raw(address) & host_mask) == host_mask;
}

/* Whether a packet from the link may have this source (RFC 1122, section 3.2.1.3). */
static bool source_is_sane(const struct net_engine *net, const struct net_address *source)
{
    return net_address_ipv4_raw(source) != 0 && !is_group_address(net, source) &&
           !net_is_own(net, source);
}

static bool is_for_us(struct net_engine *net, struct net_packet *packet)
{
    const struct net_address *destination = &packet->ip.destination;
    packet->to_group = is_group_address(net, destination);
    if (packet->local)
        return net_is_own(net, destination);
    if (!source_is_sane(net, &packet->ip.source))
        return false;
    /* Until it has an address, a DHCP client takes what is sent to the one it will have. */
    if (net_address_is_none(&net->address.address))
        return net->dhcp.state != DHCP_OFF && packet->ip.protocol == IP_PROTOCOL_UDP;
    return packet->to_group || net_address_equal(destination, &net->address.address);
}

static void ipv4_input(struct net_engine *net, struct net_packet *packet)
{
    struct net_counters *counters = &net->counters;
    counters->ipv4_in++;
    packet->ip_at = packet->head.at;
    if (ipv4_decode(&packet->head, &packet->ip) != STATUS_OK ||
        !packet_truncate(packet, packet->ip.total_len - (uint32_t)packet->ip.header_len)) {
        counters->ipv4_malformed++;
        return;
    }
    if (packet->ip.fragment & (IPV4_FLAG_MORE | IPV4_OFFSET_MASK)) {
        counters->ipv4_fragments++;
        return;
    }
    if (!is_for_us(net, packet)) {
        counters->frames_foreign++;
        return;
    }
    switch (packet->ip.protocol) {
    case IP_PROTOCOL_TCP: tcp_input(net, packet); break;
    case IP_PROTOCOL_UDP: udp_input(net, packet); break;
    case IP_PROTOCOL_ICMP: icmp_input(net, packet); break;
    default: counters->ipv4_unknown_protocol++; icmp_unreachable(net, packet, ICMP_CODE_PROTOCOL);
    }
}

static void ethernet_input(struct net_engine *net, struct net_packet *packet)
{
    struct ethernet_header ethernet;
    if (ethernet_decode(&packet->head, &ethernet) != STATUS_OK) {
        net->counters.frames_malformed++;
        return;
    }
    packet->link_source = ethernet.source;
    if (!packet->local && !net_mac_equal(&ethernet.destination, &net->link.mac) &&
        !net_mac_equal(&ethernet.destination, &net_mac_broadcast)) {
        net->counters.frames_foreign++;
        return;
    }
    if (ethernet.type == ETHERNET_TYPE_IPV4)
        ipv4_input(net, packet);
    else if (ethernet.type == ETHERNET_TYPE_ARP && !packet->local)
        arp_input(net, packet);
    else
        net->counters.frames_foreign++;
}

bool net_slice_is_valid(const struct net_engine *net, const struct net_slice *slice)
{
    uint32_t chunk_size = net->config.chunk_size;
    return slice->len >= 1 && slice->len <= chunk_size && slice->offset < net->config.pool_len &&
           slice->len <= chunk_size - slice->offset % chunk_size;
}

/* Chunks of slices that name no place in the pool cannot be given back: they are nobody's. */
static void input_finish(struct net_engine *net, const struct net_event_frame *frame,
                         uint32_t count, uint64_t passed)
{
    for (uint32_t i = 0; i < count; i++) {
        if ((passed >> i & 1) || !net_slice_is_valid(net, &frame->slices[i]))
            continue;
        uint32_t offset = frame->slices[i].offset;
        net_notice_add(net, NET_NOTICE_RECYCLE, 0)->chunk_offset =
            offset - offset % net->config.chunk_size;
    }
}

void net_input_frame(struct net_engine *net, const struct net_event_frame *frame)
{
    uint32_t count = frame->slice_count;
    bool good = count >= 1 && count <= NET_FRAME_SLICES;
    if (count > NET_FRAME_SLICES)
        count = NET_FRAME_SLICES;
    for (uint32_t i = 0; i < count; i++)
        good = good && net_slice_is_valid(net, &frame->slices[i]);
    net->counters.frames_in++;
    if (!good) {
        net->counters.frames_malformed++;
        input_finish(net, frame, count, 0);
        return;
    }
    struct net_packet packet = {
        .head = reader_of(net->config.pool + frame->slices[0].offset, frame->slices[0].len),
        .count = count,
        .in_pool = true,
        .checksum_good = frame->flags & (NET_RECEIVE_CHECKSUM_OK | NET_RECEIVE_CHECKSUM_PARTIAL),
        .segment_size = frame->segment_size,
    };
    for (uint32_t i = 0; i < count; i++) {
        packet.slices[i] = frame->slices[i];
        packet.slices[i].flags = 0; /* What a driver says about sums is not asked for. */
    }
    net->counters.bytes_in += packet_len(&packet);
    ethernet_input(net, &packet);
    input_finish(net, frame, count, packet.passed);
}

SELDOM void net_input_loopback(struct net_engine *net, const struct net_frame *frame)
{
    struct net_packet packet = {
        .head = reader_of(frame->header, frame->header_len),
        .count = frame->slice_count + 1u,
        .local = true,
        .checksum_good = true,
        .segment_size = frame->gso_size,
    };
    for (uint32_t i = 0; i < frame->slice_count; i++) {
        packet.slices[i + 1] = frame->slices[i];
        packet.slices[i + 1].flags |= NET_SLICE_BORROWED;
    }
    ethernet_input(net, &packet);
}
