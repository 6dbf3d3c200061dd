#include "lib/net/dhcp.h"

#include "tests/unit.h"

static const struct net_mac mac = { { 0x52, 0x54, 0, 1, 2, 3 } };
enum { TRANSACTION = 0x11223344, OPTIONS_AT = 240 };

static uint8_t bytes[400];

/* A reply with these options; returns its length. */
static size_t reply_with(const uint8_t *options, size_t len)
{
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 2;
    bytes[1] = 1;
    bytes[2] = 6;
    store_be32(bytes + 4, TRANSACTION);
    store_be32(bytes + 16, 0x0a00020f);
    memcpy(bytes + 28, mac.bytes, 6);
    store_be32(bytes + 236, 0x63825363);
    memcpy(bytes + OPTIONS_AT, options, len);
    return OPTIONS_AT + len;
}

static status_t decode(size_t len, struct dhcp_reply *reply)
{
    struct reader reader = reader_of(bytes, len);
    return dhcp_reply_decode(&reader, TRANSACTION, &mac, reply);
}

static const uint8_t offer[] = { 0, 53, 1,  2,  54, 4,  10, 0,  2,  2,   1,  4, 255, 255, 254,
                                 0, 3,  4,  10, 0,  2,  2,  6,  8,  10,  0,  2, 3,   10,  0,
                                 2, 4,  51, 4,  0,  0,  14, 16, 58, 4,   0,  0, 7,   8,   59,
                                 4, 0,  0,  12, 78, 99, 2,  1,  1,  255, 53, 1, 6 };

TEST(an_offer_is_read)
{
    struct dhcp_reply reply;
    REQUIRE(decode(reply_with(offer, sizeof offer), &reply) == STATUS_OK);
    EXPECT_EQ(reply.type, DHCP_OFFER); /* What follows the end is not looked at. */
    EXPECT_EQ(net_address_ipv4_raw(&reply.offered), 0x0a00020f);
    EXPECT_EQ(net_address_ipv4_raw(&reply.server), 0x0a000202);
    EXPECT_EQ(reply.prefix_len, NET_PREFIX_IPV4 + 23);
    EXPECT_EQ(net_address_ipv4_raw(&reply.gateway), 0x0a000202);
    EXPECT_EQ(net_address_ipv4_raw(&reply.dns[1]), 0x0a000204);
    EXPECT_EQ(reply.lease_s, 3600);
    EXPECT_EQ(reply.renew_s, 1800);
    EXPECT_EQ(reply.rebind_s, 3150);
}

TEST(every_cut_before_the_end_is_refused_or_ends_the_options)
{
    struct dhcp_reply reply;
    size_t len = reply_with(offer, sizeof offer);
    for (size_t cut = 0; cut < len; cut++) {
        status_t status = decode(cut, &reply);
        if (cut < OPTIONS_AT + 4)
            EXPECT_EQ(status, STATUS_CORRUPT); /* Not even its type is there. */
    }
}

/* Somebody else's reply, or another answer of the same server. */
TEST(a_reply_for_another_is_refused)
{
    static const size_t places[] = { 0, 1, 2, 4, 7, 28, 33, 236, 239 };
    struct dhcp_reply reply;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t len = reply_with(offer, sizeof offer);
        bytes[places[i]] ^= 0x10;
        EXPECT_EQ(decode(len, &reply), STATUS_CORRUPT);
    }
}

TEST(only_masks_of_ones_and_zeros_make_a_prefix)
{
    static const struct {
        uint32_t mask;
        uint8_t prefix_len;
    } cases[] = {
        { 0xffffffff, 128 }, { 0xfffffffe, 127 }, { 0xffffff00, 120 }, { 0x80000000, 97 },
        { 0x00000000, 96 },  { 0xff00ff00, 0 },   { 0x00ffffff, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t options[] = { 53, 1, 5, 1, 4, 0, 0, 0, 0, 255 };
        struct dhcp_reply reply;
        store_be32(options + 5, cases[i].mask);
        REQUIRE(decode(reply_with(options, sizeof options), &reply) == STATUS_OK);
        EXPECT_EQ(reply.prefix_len, cases[i].prefix_len);
    }
}

TEST(a_request_names_what_it_asks_for)
{
    uint8_t out[DHCP_MESSAGE_MAX];
    struct dhcp_request request = {
        .type = DHCP_REQUEST,
        .transaction = TRANSACTION,
        .mac = mac,
        .requested = net_address_ipv4(0x0a00020f),
        .server = net_address_ipv4(0x0a000202),
        .hostname = "swos",
        .hostname_len = 4,
    };
    size_t len = dhcp_request_encode(out, &request);
    EXPECT_EQ(len, 300); /* Not shorter (RFC 1542). */
    static const uint8_t options[] = { 53, 1, 3,  50, 4,   10,  0,   2,   15, 54, 4, 10, 0,
                                       2,  2, 12, 4,  's', 'w', 'o', 's', 55, 6,  1, 3,  6 };
    EXPECT_EQ(load_be32(out + 236), 0x63825363);
    EXPECT_MEM(out + OPTIONS_AT, options, sizeof options);
    EXPECT_MEM(out + 28, mac.bytes, 6);
    /* The longest name fits. */
    char name[63];
    memset(name, 'n', sizeof name);
    request.hostname = name;
    request.hostname_len = sizeof name;
    EXPECT(dhcp_request_encode(out, &request) <= DHCP_MESSAGE_MAX);
}
