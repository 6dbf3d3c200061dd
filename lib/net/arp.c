/* Address resolution for IPv4 (RFC 826): asks, answers, and passes what it learns to the neighbour
 * table. Only a question for our own address makes a new entry, so that broadcasts on a busy link do
 * not fill the table; other packets may refresh what is there. */
#include "lib/base/seldom.h"
#include "lib/net/engine.h"

static void arp_send(struct net_engine *net, const struct arp_packet *packet,
                     const struct net_mac *to)
{
    struct net_frame *frame = net_frame_begin(net, false);
    if (frame == NULL) {
        net->counters.output_dropped++;
        return;
    }
    struct writer writer = writer_of(frame->header, sizeof frame->header);
    struct ethernet_header ethernet = { *to, net->link.mac, ETHERNET_TYPE_ARP };
    ethernet_encode(&writer, &ethernet);
    arp_encode(&writer, packet);
    frame->header_len = (uint16_t)writer.at;
    net_frame_commit(net, frame, false, INDEX_NONE);
    net->counters.arp_out++;
}

void arp_request(struct net_engine *net, const struct net_address *target, const struct net_mac *to)
{
    struct arp_packet packet = {
        .operation = ARP_REQUEST,
        .sender_mac = net->link.mac,
        .sender = net->address.address,
        .target = *target,
    };
    if (net_address_is_none(&packet.sender))
        packet.sender = net_address_ipv4(0);
    arp_send(net, &packet, to);
}

static bool sender_is_sane(const struct net_engine *net, const struct arp_packet *packet)
{
    uint32_t raw = net_address_ipv4_raw(&packet->sender);
    const struct net_interface_address *own = &net->address;
    bool local = net_address_in_prefix(&packet->sender, &own->address, own->prefix_len) ||
                 net_address_equal(&packet->sender, &own->gateway);
    return !net_mac_is_group(&packet->sender_mac) && raw != 0 && raw != 0xffffffff &&
           !net_address_is_multicast(&packet->sender) && !net_is_own(net, &packet->sender) && local;
}

SELDOM void arp_input(struct net_engine *net, struct net_packet *packet)
{
    struct arp_packet arp;
    net->counters.arp_in++;
    if (arp_decode(&packet->head, &arp) != STATUS_OK ||
        net_address_is_none(&net->address.address) || !sender_is_sane(net, &arp)) {
        net->counters.arp_dropped++;
        return;
    }
    bool for_us = net_address_equal(&arp.target, &net->address.address);
    neighbour_learn(net, &arp.sender, &arp.sender_mac, for_us && arp.operation == ARP_REQUEST);
    if (!for_us || arp.operation != ARP_REQUEST)
        return;
    struct arp_packet reply = {
        .operation = ARP_REPLY,
        .sender_mac = net->link.mac,
        .sender = net->address.address,
        .target_mac = arp.sender_mac,
        .target = arp.sender,
    };
    arp_send(net, &reply, &arp.sender_mac);
}
