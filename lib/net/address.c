/* Questions about addresses that need more than a comparison. */
#include "lib/net/address.h"

bool net_address_in_prefix(const struct net_address *address, const struct net_address *network,
                           uint8_t prefix_len)
{
    unsigned whole_bytes = prefix_len / 8, rest_bits = prefix_len % 8;
    if (memcmp(address->bytes, network->bytes, whole_bytes) != 0)
        return false;
    if (rest_bits == 0)
        return true;
    unsigned difference = address->bytes[whole_bytes] ^ network->bytes[whole_bytes];
    return difference >> (8 - rest_bits) == 0;
}

bool net_address_is_loopback(const struct net_address *address)
{
    return net_address_is_ipv4(address) && address->bytes[12] == 127;
}

bool net_address_is_multicast(const struct net_address *address)
{
    return net_address_is_ipv4(address) && address->bytes[12] >> 4 == 0xe;
}
