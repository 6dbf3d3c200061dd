/* The Internet checksum's sum (RFC 1071): the ones'-complement sum of 16-bit big-endian words, not
 * inverted; an odd last byte is the high half of a word. Sums of parts combine, so that bytes are
 * summed while they are copied and never read again. 0 and 0xffff are the same number. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Copy len bytes and give their sum. The ranges do not overlap. Any alignment. */
uint16_t sum_copy(void *dst, const void *src, size_t len);

/* The sum of A followed by B, from their sums. After an odd number of bytes, B's have swapped
 * halves (RFC 1071, section 2 (B)). */
static inline uint16_t sum_append(uint16_t a, size_t a_len, uint16_t b)
{
    uint32_t sum = (uint32_t)a + (a_len & 1 ? __builtin_bswap16(b) : b);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}
