#include "lib/net/link.h"

#include "tests/unit.h"

static const uint8_t arp_request[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x08, 0x06, /* Ethernet */
    0,    1,    8,    0,    6,    4,    0,    1,                                     /* request */
    0x52, 0x54, 0,    0x12, 0x34, 0x56, 10,   0,    2, 15,                           /* sender */
    0,    0,    0,    0,    0,    0,    10,   0,    2, 2,                            /* target */
};

TEST(arp_request_is_decoded_and_encoded_to_the_same_bytes)
{
    struct reader reader = reader_of(arp_request, sizeof arp_request);
    struct ethernet_header ethernet;
    struct arp_packet packet;
    REQUIRE(ethernet_decode(&reader, &ethernet) == STATUS_OK);
    EXPECT_EQ(ethernet.type, ETHERNET_TYPE_ARP);
    EXPECT(net_mac_equal(&ethernet.destination, &net_mac_broadcast));
    REQUIRE(arp_decode(&reader, &packet) == STATUS_OK);
    EXPECT_EQ(packet.operation, ARP_REQUEST);
    EXPECT_EQ(net_address_ipv4_raw(&packet.sender), 0x0a00020f);
    EXPECT_EQ(net_address_ipv4_raw(&packet.target), 0x0a000202);

    uint8_t bytes[sizeof arp_request];
    struct writer writer = writer_of(bytes, sizeof bytes);
    ethernet_encode(&writer, &ethernet);
    arp_encode(&writer, &packet);
    EXPECT(!writer.overrun);
    EXPECT_EQ(writer.at, sizeof bytes);
    EXPECT_MEM(bytes, arp_request, sizeof bytes);
}

/* Every shorter frame must be refused without a read behind its end (the sanitizer watches). */
TEST(short_link_headers_are_refused)
{
    for (size_t len = 0; len < sizeof arp_request; len++) {
        uint8_t copy[sizeof arp_request];
        memcpy(copy, arp_request, len);
        struct reader reader = reader_of(copy, len);
        struct ethernet_header ethernet;
        struct arp_packet packet;
        status_t status = ethernet_decode(&reader, &ethernet);
        EXPECT_EQ(status, len < ETHERNET_HEADER_LEN ? STATUS_CORRUPT : STATUS_OK);
        if (status == STATUS_OK)
            EXPECT_EQ(arp_decode(&reader, &packet), STATUS_CORRUPT);
    }
}

TEST(arp_for_other_hardware_or_protocols_is_refused)
{
    for (size_t at = 0; at < 6; at++) {
        uint8_t copy[ARP_PACKET_LEN];
        memcpy(copy, arp_request + ETHERNET_HEADER_LEN, sizeof copy);
        copy[at] ^= 0x40;
        struct reader reader = reader_of(copy, sizeof copy);
        struct arp_packet packet;
        EXPECT_EQ(arp_decode(&reader, &packet), STATUS_NOT_SUPPORTED);
    }
}
