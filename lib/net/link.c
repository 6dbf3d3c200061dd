/* An ARP packet (RFC 826):
 *   hardware type 2 | protocol type 2 | hardware length 1 | protocol length 1 | operation 2 |
 *   sender MAC 6 | sender address 4 | target MAC 6 | target address 4 */
#include "lib/net/link.h"

enum { ARP_HARDWARE_ETHERNET = 1 };

const struct net_mac net_mac_broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static struct net_mac mac_decode(struct reader *reader)
{
    struct net_mac mac = { { 0 } };
    const uint8_t *bytes = reader_take(reader, sizeof mac.bytes);
    if (bytes != NULL)
        memcpy(mac.bytes, bytes, sizeof mac.bytes);
    return mac;
}

status_t ethernet_decode(struct reader *reader, struct ethernet_header *out_header)
{
    struct ethernet_header header;
    header.destination = mac_decode(reader);
    header.source = mac_decode(reader);
    header.type = reader_be16(reader);
    if (reader->overrun)
        return STATUS_CORRUPT;
    *out_header = header;
    return STATUS_OK;
}

void ethernet_encode(struct writer *writer, const struct ethernet_header *header)
{
    writer_bytes(writer, header->destination.bytes, sizeof header->destination.bytes);
    writer_bytes(writer, header->source.bytes, sizeof header->source.bytes);
    writer_be16(writer, header->type);
}

status_t arp_decode(struct reader *reader, struct arp_packet *out_packet)
{
    uint16_t hardware = reader_be16(reader);
    uint16_t protocol = reader_be16(reader);
    uint8_t hardware_len = reader_u8(reader);
    uint8_t protocol_len = reader_u8(reader);
    struct arp_packet packet;
    packet.operation = reader_be16(reader);
    packet.sender_mac = mac_decode(reader);
    packet.sender = net_address_ipv4(reader_be32(reader));
    packet.target_mac = mac_decode(reader);
    packet.target = net_address_ipv4(reader_be32(reader));
    if (reader->overrun)
        return STATUS_CORRUPT;
    if (hardware != ARP_HARDWARE_ETHERNET || protocol != ETHERNET_TYPE_IPV4 || hardware_len != 6 ||
        protocol_len != 4)
        return STATUS_NOT_SUPPORTED;
    *out_packet = packet;
    return STATUS_OK;
}

void arp_encode(struct writer *writer, const struct arp_packet *packet)
{
    writer_be16(writer, ARP_HARDWARE_ETHERNET);
    writer_be16(writer, ETHERNET_TYPE_IPV4);
    writer_u8(writer, 6);
    writer_u8(writer, 4);
    writer_be16(writer, packet->operation);
    writer_bytes(writer, packet->sender_mac.bytes, 6);
    writer_be32(writer, net_address_ipv4_raw(&packet->sender));
    writer_bytes(writer, packet->target_mac.bytes, 6);
    writer_be32(writer, net_address_ipv4_raw(&packet->target));
}
