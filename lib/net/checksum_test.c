#include "lib/net/checksum.h"

#include "lib/net/address.h"
#include "tests/unit.h"

/* The example of RFC 1071, section 3. */
TEST(sum_of_the_rfc_example)
{
    const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    EXPECT_EQ(net_sum(bytes, sizeof bytes), 0xddf2);
}

/* The definition, word by word. */
static uint16_t sum_slowly(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = net_sum_fold(sum + (i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8));
    return (uint16_t)sum;
}

/* The fast loop has three tails; every length around them and every alignment must agree with the
 * definition (modulo the two zeros of ones' complement). */
TEST(sum_agrees_with_the_definition_at_every_length_and_alignment)
{
    uint8_t bytes[160];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)unit_random();
    for (size_t start = 0; start < 8; start++)
        for (size_t len = 0; len < 150; len++)
            EXPECT_EQ(net_sum(bytes + start, len) % 0xffff,
                      sum_slowly(bytes + start, len) % 0xffff);
    memset(bytes, 0xff, sizeof bytes);
    EXPECT_EQ(net_sum(bytes, 150), 0xffff);
}

/* Slices are cut anywhere: sums of parts must make the sum of the whole, odd cuts included. */
TEST(sums_of_parts_combine_and_separate)
{
    uint8_t bytes[101];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)unit_random();
    uint16_t whole = net_sum(bytes, sizeof bytes);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint16_t a = net_sum(bytes, cut), b = net_sum(bytes + cut, sizeof bytes - cut);
        EXPECT_EQ(sum_append(a, cut, b) % 0xffff, whole % 0xffff);
        EXPECT_EQ(net_sum_remove(whole, cut, a) % 0xffff, b % 0xffff);
    }
}

TEST(prefixes_compare_the_bits_they_name)
{
    struct net_address a = net_address_ipv4(0x0a000281), b = net_address_ipv4(0x0a000201);
    EXPECT(net_address_in_prefix(&a, &b, NET_PREFIX_IPV4 + 24));
    EXPECT(!net_address_in_prefix(&a, &b, NET_PREFIX_IPV4 + 25));
    EXPECT(net_address_in_prefix(&a, &b, 0));
    EXPECT(net_address_in_prefix(&a, &a, NET_PREFIX_MAX));
    EXPECT(!net_address_in_prefix(&a, &b, NET_PREFIX_MAX));
    EXPECT_EQ(net_address_ipv4_raw(&a), 0x0a000281);
    EXPECT(!net_address_is_loopback(&a));
}
