#include "lib/base/siphash.h"

#include "tests/unit.h"

/* The values printed with the paper's reference code: key 00..0f, message 00..(n-1). One of each
 * kind: no bytes, a partial word, a whole word, a word and a rest. */
TEST(siphash_gives_the_published_values)
{
    uint8_t key[16], message[64];
    for (int i = 0; i < 16; i++)
        key[i] = (uint8_t)i;
    for (int i = 0; i < 64; i++)
        message[i] = (uint8_t)i;
    EXPECT_EQ(siphash(key, message, 0), 0x726fdb47dd0e0e31ull);
    EXPECT_EQ(siphash(key, message, 1), 0x74f839c593dc67fdull);
    EXPECT_EQ(siphash(key, message, 8), 0x93f5f5799a932462ull);
    EXPECT_EQ(siphash(key, message, 15), 0xa129ca6149be45e5ull);
}

/* Table positions and sequence numbers depend on the key: the same input under another must differ. */
TEST(siphash_depends_on_every_key_byte)
{
    uint8_t key[16] = { 0 };
    uint64_t plain = siphash(key, "connection", 10);
    for (int i = 0; i < 16; i++) {
        key[i] = 1;
        EXPECT(siphash(key, "connection", 10) != plain);
        key[i] = 0;
    }
}
