/* Any reply to a request of ours: decoding ends within the message. Its transaction and hardware
 * address are taken from the input, so that the checks behind them are reached. */
#include "lib/base/assert.h"
#include "lib/net/dhcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dhcp_reply reply;
    struct net_mac mac = { { 0 } };
    if (size < 34)
        return 0;
    memcpy(mac.bytes, data + 28, sizeof mac.bytes);
    struct reader message = reader_of(data, size);
    if (dhcp_reply_decode(&message, load_be32(data + 4), &mac, &reply) != STATUS_OK)
        return 0;
    ASSERT(reply.type != 0);
    ASSERT(reply.prefix_len == 0 || reply.prefix_len >= NET_PREFIX_IPV4);
    return 0;
}
