/* The Internet checksum (RFC 1071): the ones'-complement sum of big-endian 16-bit words, an odd last
 * byte padded with zero. "Sum" below is that sum, folded to 16 bits and not inverted; "checksum" is
 * its complement, as it stands in a header. Sums of parts combine (sum_append), so the kernel sums
 * payload while it copies it and the engine adds the parts up. Pure; any context. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/sum.h"

/* Sum of `len` bytes at any alignment. Cost: three instructions for each 8 bytes. */
uint16_t net_sum(const uint8_t *bytes, size_t len);

static inline uint16_t net_sum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

static inline uint16_t net_sum_add(uint16_t a, uint16_t b)
{
    return net_sum_fold((uint32_t)a + b);
}

/* The sum of B, from the sums of A followed by B and of A alone. In ones' complement, to subtract is
 * to add the complement; 0xffff and 0 are the same number. */
static inline uint16_t net_sum_remove(uint16_t both, size_t a_len, uint16_t a)
{
    uint16_t b = net_sum_add(both, (uint16_t)~a);
    return a_len & 1 ? __builtin_bswap16(b) : b;
}
