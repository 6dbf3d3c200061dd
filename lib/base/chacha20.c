/* See chacha20.h. */
#include "lib/base/chacha20.h"

#include "lib/base/bytes.h"

static uint32_t rotate(uint32_t value, int by)
{
    return value << by | value >> (32 - by);
}

static void quarter_round(uint32_t *state, int a, int b, int c, int d)
{
    state[a] += state[b];
    state[d] = rotate(state[d] ^ state[a], 16);
    state[c] += state[d];
    state[b] = rotate(state[b] ^ state[c], 12);
    state[a] += state[b];
    state[d] = rotate(state[d] ^ state[a], 8);
    state[c] += state[d];
    state[b] = rotate(state[b] ^ state[c], 7);
}

void chacha20_block(const uint32_t key[8], uint32_t counter, const uint32_t nonce[3],
                    uint8_t out[64])
{
    uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    memcpy(&start[4], key, 32);
    start[12] = counter;
    memcpy(&start[13], nonce, 12);
    uint32_t state[16];
    memcpy(state, start, sizeof state);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            quarter_round(state, i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; i++)
            quarter_round(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; i++)
        store_le32(&out[4 * i], state[i] + start[i]);
}
