/* Sums eight bytes at a time as little-endian halves and swaps once at the end: the sum commutes with
 * the byte order (RFC 1071, section 2 (B)). */
#include "lib/net/checksum.h"

#include "lib/base/bytes.h"

static inline uint64_t sum_of_word(const uint8_t *bytes)
{
    uint64_t word = load_le64(bytes);
    return (word & 0xffffffff) + (word >> 32);
}

uint16_t net_sum(const uint8_t *bytes, size_t len)
{
    uint64_t sum = 0; /* Of 32-bit numbers: cannot overflow below 2^32 of them. */
    for (; len >= 32; bytes += 32, len -= 32)
        sum += sum_of_word(bytes) + sum_of_word(bytes + 8) + sum_of_word(bytes + 16) +
               sum_of_word(bytes + 24);
    for (; len >= 8; bytes += 8, len -= 8)
        sum += sum_of_word(bytes);
    if (len > 0) {
        uint8_t last[8] = { 0 };
        memcpy(last, bytes, len);
        sum += sum_of_word(last);
    }
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    return __builtin_bswap16(net_sum_fold((uint32_t)sum));
}
