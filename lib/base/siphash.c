/* SipHash-2-4: two rounds for each word of eight bytes, four to finish. The last word holds the
 * remaining bytes and, on top, the length modulo 256. */
#include "lib/base/siphash.h"

#include "lib/base/bytes.h"

struct siphash_state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void siphash_round(struct siphash_state *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 = rotate_left(s->v2, 32);
}

static inline void siphash_word(struct siphash_state *s, uint64_t word)
{
    s->v3 ^= word;
    siphash_round(s);
    siphash_round(s);
    s->v0 ^= word;
}

uint64_t siphash(const uint8_t key[16], const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
    struct siphash_state s = {
        .v0 = k0 ^ 0x736f6d6570736575ull,
        .v1 = k1 ^ 0x646f72616e646f6dull,
        .v2 = k0 ^ 0x6c7967656e657261ull,
        .v3 = k1 ^ 0x7465646279746573ull,
    };
    size_t at = 0;
    for (; at + 8 <= len; at += 8)
        siphash_word(&s, load_le64(bytes + at));
    uint64_t last = (uint64_t)(len & 0xff) << 56;
    for (size_t i = 0; at + i < len; i++)
        last |= (uint64_t)bytes[at + i] << (8 * i);
    siphash_word(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        siphash_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
