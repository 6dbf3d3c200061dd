/* Frames out. A packet takes a path (which of our addresses, which MAC), gets its headers, names its
 * payload by slices and is committed to the outbox, or to the loopback queue if it is for this host.
 *
 * All packets carry Don't Fragment and identification 0 (RFC 6864, section 4.1: an atomic datagram
 * needs none, and a counter would tell strangers how busy we are). */
#include "lib/net/checksum.h"
#include "lib/net/engine.h"

bool net_is_own(const struct net_engine *net, const struct net_address *address)
{
    return net_address_is_loopback(address) || (!net_address_is_none(&net->address.address) &&
                                                net_address_equal(address, &net->address.address));
}

static bool is_broadcast(const struct net_engine *net, const struct net_address *address)
{
    uint32_t raw = net_address_ipv4_raw(address);
    return net_address_is_ipv4(address) && raw == 0xffffffff;
}

status_t net_path_find(struct net_engine *net, const struct net_address *destination,
                       struct net_path *out_path)
{
    if (!net_address_is_ipv4(destination) || net_address_is_multicast(destination) ||
        net_address_ipv4_raw(destination) == 0)
        return STATUS_UNREACHABLE;
    const struct net_interface_address *own = &net->address;
    struct net_path path = { .source = own->address };
    if (net_is_own(net, destination)) {
        path.source = *destination;
        path.loopback = true;
        *out_path = path;
        return STATUS_OK;
    }
    if (net_address_is_none(&own->address))
        return STATUS_UNREACHABLE;
    status_t status = STATUS_OK;
    if (is_broadcast(net, destination)) {
        path.mac = net_mac_broadcast;
    } else {
        bool direct = net_address_in_prefix(destination, &own->address, own->prefix_len);
        const struct net_address *next_hop = direct ? destination : &own->gateway;
        if (net_address_is_none(next_hop))
            return STATUS_UNREACHABLE;
        path.next_hop = *next_hop;
        status = neighbour_find(net, next_hop, &path.mac);
    }
    if (status == STATUS_OK || status == STATUS_WOULD_BLOCK)
        *out_path = path;
    return status;
}

void net_frame_clear(struct net_frame *frame)
{
    frame->header_len = 0;
    frame->slice_count = 0;
    frame->flags = 0;
    frame->gso_type = NET_SEGMENTATION_NONE;
    frame->gso_size = 0;
    frame->csum_start = 0;
    frame->csum_offset = 0;
    frame->payload_len = 0;
}

struct net_frame *net_frame_begin(struct net_engine *net, bool loopback)
{
    struct net_frame *frame;
    if (loopback) {
        struct loopback *queue = &net->loopback;
        if (queue->count == queue->capacity)
            return NULL;
        frame = &queue->frames[(queue->first + queue->count) % queue->capacity].frame;
    } else {
        if (net->frames_left == 0)
            return NULL;
        frame = &net->outbox->frames[net->outbox->frame_count];
    }
    net_frame_clear(frame);
    return frame;
}

struct writer net_frame_headers(struct net_engine *net, struct net_frame *frame,
                                const struct net_path *path, const struct net_address *source,
                                const struct net_address *destination, uint8_t protocol,
                                size_t transport_len)
{
    struct writer writer = writer_of(frame->header, sizeof frame->header);
    struct ethernet_header ethernet = { path->mac, net->link.mac, ETHERNET_TYPE_IPV4 };
    ethernet_encode(&writer, &ethernet);
    ASSERT(transport_len <= UINT16_MAX - IPV4_HEADER_LEN);
    struct ipv4_header ip = {
        .header_len = IPV4_HEADER_LEN,
        .total_len = (uint16_t)(IPV4_HEADER_LEN + transport_len),
        .fragment = IPV4_FLAG_DONT_FRAGMENT,
        .ttl = IPV4_TTL,
        .protocol = protocol,
        .source = *source,
        .destination = *destination,
    };
    ipv4_encode(&writer, &ip);
    return writer;
}

void net_frame_slice(struct net_frame *frame, struct net_slice slice)
{
    ASSERT(frame->slice_count < NET_FRAME_SLICES);
    frame->slices[frame->slice_count++] = slice;
    frame->payload_len += slice.len;
}

uint16_t net_slice_sum(const struct net_engine *net, const struct net_slice *slice)
{
    if (slice->flags & NET_SLICE_SUM)
        return slice->sum;
    return net_sum(net->config.pool + slice->offset, slice->len);
}

static uint16_t payload_sum(const struct net_engine *net, const struct net_frame *frame)
{
    uint16_t sum = 0;
    size_t len = 0;
    for (unsigned i = 0; i < frame->slice_count; i++) {
        sum = sum_append(sum, len, net_slice_sum(net, &frame->slices[i]));
        len += frame->slices[i].len;
    }
    return sum;
}

void net_frame_checksum(struct net_engine *net, struct net_frame *frame, uint16_t pseudo_sum,
                        uint16_t transport_at, uint16_t checksum_at, bool loopback)
{
    uint8_t *checksum = frame->header + transport_at + checksum_at;
    if (loopback)
        return; /* It never leaves this memory, and the input side does not look. */
    if (net->link.offloads & NET_OFFLOAD_TX_CHECKSUM) {
        store_be16(checksum, pseudo_sum);
        frame->flags |= NET_FRAME_NEEDS_CHECKSUM;
        frame->csum_start = transport_at;
        frame->csum_offset = checksum_at;
        return;
    }
    size_t header_len = frame->header_len - (size_t)transport_at;
    uint16_t sum = net_sum_add(pseudo_sum, net_sum(frame->header + transport_at, header_len));
    sum = sum_append(sum, header_len, payload_sum(net, frame));
    /* A UDP checksum of 0 would mean "none" (RFC 768), and for TCP both zeros are the same. */
    store_be16(checksum, sum == 0xffff ? 0xffff : (uint16_t)~sum);
}

void net_frame_commit(struct net_engine *net, struct net_frame *frame, bool loopback,
                      uint32_t owner)
{
    if (loopback) {
        struct loopback *queue = &net->loopback;
        ASSERT(queue->count < queue->capacity);
        struct loopback_frame *entry =
            &queue->frames[(queue->first + queue->count) % queue->capacity];
        ASSERT(&entry->frame == frame);
        entry->owner = owner;
        queue->count++;
        net->counters.loopback_frames++;
        return;
    }
    ASSERT(net->frames_left > 0 && frame == &net->outbox->frames[net->outbox->frame_count]);
    net->outbox->frame_count++;
    net->frames_left--;
    net->counters.frames_out++;
    net->counters.bytes_out += frame->header_len + frame->payload_len;
}

void net_loopback_purge(struct net_engine *net, uint32_t owner)
{
    struct loopback *queue = &net->loopback;
    for (uint32_t i = 0; i < queue->count; i++) {
        struct loopback_frame *entry = &queue->frames[(queue->first + i) % queue->capacity];
        if (entry->owner == owner)
            entry->frame.header_len = 0; /* The input side drops it as too short. */
    }
}
