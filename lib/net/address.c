/* Questions about addresses that need more than a comparison. */
#include "lib/net/address.h"

/* The first `len` bits of a word, 0 to 64. */
static uint64_t mask(unsigned len)
{
    return len == 0 ? 0 : UINT64_MAX << (64 - len);
}

bool net_address_in_prefix(const struct net_address *address, const struct net_address *network,
                           uint8_t prefix_len)
{
    unsigned high = prefix_len < 64 ? prefix_len : 64, low = prefix_len - high;
    return ((net_address_high(address) ^ net_address_high(network)) & mask(high)) == 0 &&
           ((net_address_low(address) ^ net_address_low(network)) & mask(low)) == 0;
}
