/* IPv4 header (RFC 791, section 3.1):
 *   version 4 bits, header words 4 bits | service 1 | total length 2 | identification 2 |
 *   flags 3 bits, fragment offset 13 bits | time to live 1 | protocol 1 | checksum 2 | source 4 |
 *   destination 4 | options */
#include "lib/net/ipv4.h"

#include "lib/base/assert.h"
#include "lib/net/checksum.h"

static status_t header_decode(struct reader *reader, bool verify, struct ipv4_header *out_header)
{
    const uint8_t *start = reader->data + reader->at;
    uint8_t version_words = reader_u8(reader);
    reader_skip(reader, 1);
    struct ipv4_header header;
    header.header_len = (uint8_t)((version_words & 0xf) * 4);
    header.total_len = reader_be16(reader);
    header.id = reader_be16(reader);
    header.fragment = reader_be16(reader);
    header.ttl = reader_u8(reader);
    header.protocol = reader_u8(reader);
    reader_skip(reader, 2); /* The checksum, verified below over the whole. */
    header.source = net_address_ipv4(reader_be32(reader));
    header.destination = net_address_ipv4(reader_be32(reader));
    if (reader->overrun || version_words >> 4 != 4 || header.header_len < IPV4_HEADER_LEN ||
        header.total_len < header.header_len)
        return STATUS_CORRUPT;
    reader_skip(reader, header.header_len - IPV4_HEADER_LEN);
    if (reader->overrun || (verify && net_sum(start, header.header_len) != 0xffff))
        return STATUS_CORRUPT;
    *out_header = header;
    return STATUS_OK;
}

status_t ipv4_decode(struct reader *reader, struct ipv4_header *out_header)
{
    return header_decode(reader, true, out_header);
}

status_t ipv4_decode_quoted(struct reader *reader, struct ipv4_header *out_header)
{
    return header_decode(reader, false, out_header);
}

void ipv4_encode(struct writer *writer, const struct ipv4_header *header)
{
    uint8_t *start = writer_take(writer, IPV4_HEADER_LEN);
    ASSERT(start != NULL);
    start[0] = 0x45;
    start[1] = 0;
    store_be16(start + 2, header->total_len);
    store_be16(start + 4, header->id);
    store_be16(start + 6, header->fragment);
    start[8] = header->ttl;
    start[9] = header->protocol;
    store_be16(start + 10, 0);
    store_be32(start + 12, net_address_ipv4_raw(&header->source));
    store_be32(start + 16, net_address_ipv4_raw(&header->destination));
    store_be16(start + 10, (uint16_t)~net_sum(start, IPV4_HEADER_LEN));
}

uint16_t ipv4_pseudo_sum(const struct net_address *source, const struct net_address *destination,
                         uint8_t protocol, uint16_t transport_len)
{
    uint32_t from = net_address_ipv4_raw(source), to = net_address_ipv4_raw(destination);
    return net_sum_fold((from >> 16) + (from & 0xffff) + (to >> 16) + (to & 0xffff) + protocol +
                        transport_len);
}

status_t icmp_decode(struct reader *reader, struct icmp_header *out_header)
{
    struct icmp_header header;
    header.type = reader_u8(reader);
    header.code = reader_u8(reader);
    reader_skip(reader, 2);
    header.id = reader_be16(reader);
    header.sequence = reader_be16(reader);
    if (reader->overrun)
        return STATUS_CORRUPT;
    *out_header = header;
    return STATUS_OK;
}

void icmp_encode(struct writer *writer, const struct icmp_header *header, uint16_t payload_sum)
{
    uint8_t *start = writer_take(writer, ICMP_HEADER_LEN);
    ASSERT(start != NULL);
    start[0] = header->type;
    start[1] = header->code;
    store_be16(start + 2, 0);
    store_be16(start + 4, header->id);
    store_be16(start + 6, header->sequence);
    store_be16(start + 2, (uint16_t)~net_sum_add(net_sum(start, ICMP_HEADER_LEN), payload_sum));
}

status_t udp_decode(struct reader *reader, struct udp_header *out_header)
{
    struct udp_header header;
    header.source_port = reader_be16(reader);
    header.destination_port = reader_be16(reader);
    header.len = reader_be16(reader);
    header.checksum = reader_be16(reader);
    if (reader->overrun || header.len < UDP_HEADER_LEN)
        return STATUS_CORRUPT;
    *out_header = header;
    return STATUS_OK;
}

void udp_encode(struct writer *writer, const struct udp_header *header)
{
    writer_be16(writer, header->source_port);
    writer_be16(writer, header->destination_port);
    writer_be16(writer, header->len);
    writer_be16(writer, header->checksum);
}
