#include "lib/base/sum.h"

#include "tests/unit.h"

/* The definition, word by word. */
static uint16_t sum_plain(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static bool same(uint16_t a, uint16_t b)
{
    return a % 0xffff == b % 0xffff;
}

TEST(sum_copy_of_the_example_of_rfc_1071)
{
    static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    uint8_t copy[sizeof bytes];
    EXPECT_EQ(sum_copy(copy, bytes, sizeof bytes), 0xddf2); /* Section 3. */
    EXPECT_MEM(copy, bytes, sizeof bytes);
}

TEST(sum_copy_equals_the_definition_at_each_length_and_alignment)
{
    uint8_t bytes[80], copy[80];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 5 == 0 ? 0xff : unit_random());
    for (size_t start = 0; start < 9; start++)
        for (size_t len = 0; len + start <= 64; len++) {
            memset(copy, 0xaa, sizeof copy);
            EXPECT(same(sum_copy(copy, bytes + start, len), sum_plain(bytes + start, len)));
            EXPECT_MEM(copy, bytes + start, len);
            EXPECT_EQ(copy[len], 0xaa);
        }
}

TEST(sum_append_joins_parts_at_even_and_odd_places)
{
    uint8_t bytes[64], copy[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)unit_random();
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        uint16_t a = sum_copy(copy, bytes, cut);
        uint16_t b = sum_copy(copy, bytes + cut, sizeof bytes - cut);
        EXPECT(same(sum_append(a, cut, b), sum_plain(bytes, sizeof bytes)));
    }
}
