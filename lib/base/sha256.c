/* SHA-256, after FIPS 180-4: sections 4.1.2 (functions), 4.2.2 (constants), 5.1.1 (padding),
 * 5.3.3 (start) and 6.2.2 (block). */
#include "lib/base/sha256.h"

#include "lib/base/bytes.h"

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate_right(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

/* Take one block into the state. The names are those of section 6.2.2. */
static void sha256_block(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    for (int t = 0; t < 16; t++)
        w[t] = load_be32(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotate_right(w[t - 15], 7) ^ rotate_right(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotate_right(w[t - 2], 17) ^ rotate_right(w[t - 2], 19) ^ w[t - 2] >> 10;
        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 64; t++) {
        uint32_t sum1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        uint32_t t1 = h + sum1 + ((e & f) ^ (~e & g)) + sha256_constants[t] + w[t];
        uint32_t sum0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        uint32_t t2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_begin(struct sha256 *sha)
{
    static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
    memcpy(sha->state, start, sizeof start);
    sha->len = 0;
}

void sha256_add(struct sha256 *sha, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    size_t held = sha->len % SHA256_BLOCK_BYTES;
    sha->len += len;
    if (held > 0) {
        size_t room = SHA256_BLOCK_BYTES - held;
        size_t part = len < room ? len : room;
        memcpy(sha->block + held, bytes, part);
        if (part < room)
            return;
        sha256_block(sha->state, sha->block);
        bytes += part;
        len -= part;
    }
    for (; len >= SHA256_BLOCK_BYTES; bytes += SHA256_BLOCK_BYTES, len -= SHA256_BLOCK_BYTES)
        sha256_block(sha->state, bytes);
    if (len > 0)
        memcpy(sha->block, bytes, len);
}

void sha256_end(struct sha256 *sha, uint8_t out_digest[SHA256_BYTES])
{
    enum { LENGTH_AT = SHA256_BLOCK_BYTES - 8 };
    size_t held = sha->len % SHA256_BLOCK_BYTES;
    sha->block[held++] = 0x80;
    if (held > LENGTH_AT) {
        memset(sha->block + held, 0, SHA256_BLOCK_BYTES - held);
        sha256_block(sha->state, sha->block);
        held = 0;
    }
    memset(sha->block + held, 0, LENGTH_AT - held);
    store_be32(sha->block + LENGTH_AT, (uint32_t)(sha->len >> 29));
    store_be32(sha->block + LENGTH_AT + 4, (uint32_t)(sha->len << 3));
    sha256_block(sha->state, sha->block);
    for (int i = 0; i < 8; i++)
        store_be32(out_digest + 4 * i, sha->state[i]);
}

void sha256_of(const void *data, size_t len, uint8_t out_digest[SHA256_BYTES])
{
    struct sha256 sha;
    sha256_begin(&sha);
    sha256_add(&sha, data, len);
    sha256_end(&sha, out_digest);
}
