/* Eight bytes at a time, as little-endian words: the sum does not care for the order of the bytes
 * until the end (RFC 1071, section 2 (B)). */
#include "lib/base/sum.h"

#include <string.h>

static uint64_t add_with_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return __builtin_bswap16((uint16_t)sum);
}

uint16_t sum_copy(void *dst, const void *src, size_t len)
{
    uint8_t *to = dst;
    const uint8_t *from = src;
    uint64_t sum = 0, word;
    for (; len >= sizeof word; len -= sizeof word) {
        memcpy(&word, from, sizeof word);
        memcpy(to, &word, sizeof word);
        sum = add_with_carry(sum, word);
        from += sizeof word;
        to += sizeof word;
    }
    word = 0;
    memcpy(&word, from, len);
    memcpy(to, &word, len);
    return fold(add_with_carry(sum, word));
}
