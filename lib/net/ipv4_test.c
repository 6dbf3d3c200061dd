#include "lib/net/ipv4.h"

#include "lib/net/checksum.h"
#include "tests/unit.h"

/* 10.0.2.2 to 10.0.2.15, UDP, 115 bytes. */
static struct ipv4_header example(void)
{
    return (struct ipv4_header){
        .header_len = IPV4_HEADER_LEN,
        .total_len = 115,
        .id = 0x1234,
        .fragment = IPV4_FLAG_DONT_FRAGMENT,
        .ttl = 64,
        .protocol = IP_PROTOCOL_UDP,
        .source = net_address_ipv4(0x0a000202),
        .destination = net_address_ipv4(0x0a00020f),
    };
}

static void example_encode(uint8_t bytes[IPV4_HEADER_LEN])
{
    struct ipv4_header header = example();
    struct writer writer = writer_of(bytes, IPV4_HEADER_LEN);
    ipv4_encode(&writer, &header);
}

TEST(ipv4_header_survives_encoding_and_decoding)
{
    uint8_t bytes[IPV4_HEADER_LEN];
    example_encode(bytes);
    EXPECT_EQ(net_sum(bytes, sizeof bytes), 0xffff);
    struct reader reader = reader_of(bytes, sizeof bytes);
    struct ipv4_header header;
    REQUIRE(ipv4_decode(&reader, &header) == STATUS_OK);
    EXPECT_EQ(header.total_len, 115);
    EXPECT_EQ(header.id, 0x1234);
    EXPECT_EQ(header.fragment, IPV4_FLAG_DONT_FRAGMENT);
    EXPECT_EQ(header.protocol, IP_PROTOCOL_UDP);
    EXPECT_EQ(net_address_ipv4_raw(&header.source), 0x0a000202);
    EXPECT_EQ(net_address_ipv4_raw(&header.destination), 0x0a00020f);
}

/* Any single changed bit breaks the checksum or a length: nothing of it may be believed. */
TEST(ipv4_header_with_one_wrong_bit_is_refused)
{
    for (size_t bit = 0; bit < IPV4_HEADER_LEN * 8; bit++) {
        uint8_t bytes[IPV4_HEADER_LEN];
        example_encode(bytes);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct reader reader = reader_of(bytes, sizeof bytes);
        struct ipv4_header header;
        EXPECT_EQ(ipv4_decode(&reader, &header), STATUS_CORRUPT);
    }
}

TEST(short_ipv4_headers_are_refused)
{
    uint8_t bytes[IPV4_HEADER_LEN];
    example_encode(bytes);
    for (size_t len = 0; len < IPV4_HEADER_LEN; len++) {
        struct reader reader = reader_of(bytes, len);
        struct ipv4_header header;
        EXPECT_EQ(ipv4_decode(&reader, &header), STATUS_CORRUPT);
    }
}

/* Options are skipped, counted in the checksum, and must be there. */
TEST(ipv4_options_are_skipped)
{
    uint8_t bytes[24];
    example_encode(bytes);
    memset(bytes + 20, 1, 4);
    bytes[0] = 0x46;
    store_be16(bytes + 10, 0);
    store_be16(bytes + 10, (uint16_t)~net_sum(bytes, 24));
    struct reader whole = reader_of(bytes, 24), cut = reader_of(bytes, 23);
    struct ipv4_header header;
    REQUIRE(ipv4_decode(&whole, &header) == STATUS_OK);
    EXPECT_EQ(header.header_len, 24);
    EXPECT_EQ(reader_left(&whole), 0);
    EXPECT_EQ(ipv4_decode(&cut, &header), STATUS_CORRUPT);
}

TEST(icmp_header_carries_a_checksum_over_its_payload)
{
    uint8_t bytes[ICMP_HEADER_LEN + 5] = { 0 };
    memcpy(bytes + ICMP_HEADER_LEN, "abcde", 5);
    struct icmp_header header = { .type = ICMP_ECHO_REQUEST, .id = 7, .sequence = 9 };
    struct writer writer = writer_of(bytes, sizeof bytes);
    icmp_encode(&writer, &header, net_sum(bytes + ICMP_HEADER_LEN, 5));
    EXPECT_EQ(net_sum(bytes, sizeof bytes), 0xffff);
    for (size_t len = 0; len <= ICMP_HEADER_LEN; len++) {
        struct reader reader = reader_of(bytes, len);
        struct icmp_header decoded;
        EXPECT_EQ(icmp_decode(&reader, &decoded),
                  len < ICMP_HEADER_LEN ? STATUS_CORRUPT : STATUS_OK);
        if (len == ICMP_HEADER_LEN)
            EXPECT_EQ(decoded.sequence, 9);
    }
}

TEST(udp_length_must_cover_its_header)
{
    for (uint16_t len = 6; len < 11; len++) {
        uint8_t bytes[UDP_HEADER_LEN];
        struct udp_header header = { .source_port = 1, .destination_port = 2, .len = len }, decoded;
        struct writer writer = writer_of(bytes, sizeof bytes);
        udp_encode(&writer, &header);
        struct reader reader = reader_of(bytes, sizeof bytes);
        EXPECT_EQ(udp_decode(&reader, &decoded), len < 8 ? STATUS_CORRUPT : STATUS_OK);
    }
}
