/* A DHCP message is a BOOTP message (RFC 951) with options behind a cookie:
 *   op 1 | htype 1 | hlen 1 | hops 1 | xid 4 | secs 2 | flags 2 | ciaddr 4 | yiaddr 4 | siaddr 4 |
 *   giaddr 4 | chaddr 16 | sname 64 | file 128 | cookie 4 | options
 * Options that a server moved into sname and file (option 52) are not looked for: what we need is
 * short, and servers put it first. */
#include "lib/net/dhcp.h"

#include "lib/base/assert.h"

enum {
    OP_REQUEST = 1,
    OP_REPLY = 2,
    HARDWARE_ETHERNET = 1,
    NAMES_LEN = 64 + 128,
    MESSAGE_MIN = 300, /* Some relays drop shorter ones (RFC 1542, section 2.1). */

    OPTION_PAD = 0,
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_DNS = 6,
    OPTION_HOSTNAME = 12,
    OPTION_REQUESTED = 50,
    OPTION_LEASE = 51,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_PARAMETERS = 55,
    OPTION_RENEW = 58,
    OPTION_REBIND = 59,
    OPTION_END = 255,
};
#define COOKIE 0x63825363u

static void option_u8(struct writer *writer, uint8_t option, uint8_t value)
{
    writer_u8(writer, option);
    writer_u8(writer, 1);
    writer_u8(writer, value);
}

static void option_address(struct writer *writer, uint8_t option, const struct net_address *address)
{
    if (net_address_is_none(address))
        return;
    writer_u8(writer, option);
    writer_u8(writer, 4);
    writer_be32(writer, net_address_ipv4_raw(address));
}

size_t dhcp_request_encode(uint8_t out[DHCP_MESSAGE_MAX], const struct dhcp_request *request)
{
    static const uint8_t parameters[] = { OPTION_MASK,  OPTION_ROUTER, OPTION_DNS,
                                          OPTION_LEASE, OPTION_RENEW,  OPTION_REBIND };
    struct writer writer = writer_of(out, DHCP_MESSAGE_MAX);
    memset(out, 0, DHCP_MESSAGE_MAX);
    writer_u8(&writer, OP_REQUEST);
    writer_u8(&writer, HARDWARE_ETHERNET);
    writer_u8(&writer, sizeof request->mac.bytes);
    writer_u8(&writer, 0);
    writer_be32(&writer, request->transaction);
    writer_be16(&writer, request->seconds);
    writer_be16(&writer, 0);
    writer_be32(&writer, net_address_ipv4_raw(&request->own)); /* NONE reads as 0. */
    (void)writer_take(&writer, 12);
    writer_bytes(&writer, request->mac.bytes, sizeof request->mac.bytes);
    (void)writer_take(&writer, 10 + NAMES_LEN);
    writer_be32(&writer, COOKIE);
    option_u8(&writer, OPTION_TYPE, request->type);
    option_address(&writer, OPTION_REQUESTED, &request->requested);
    option_address(&writer, OPTION_SERVER, &request->server);
    if (request->hostname_len > 0) {
        writer_u8(&writer, OPTION_HOSTNAME);
        writer_u8(&writer, request->hostname_len);
        writer_bytes(&writer, request->hostname, request->hostname_len);
    }
    if (request->type != DHCP_RELEASE) {
        writer_u8(&writer, OPTION_PARAMETERS);
        writer_u8(&writer, sizeof parameters);
        writer_bytes(&writer, parameters, sizeof parameters);
    }
    writer_u8(&writer, OPTION_END);
    ASSERT(!writer.overrun);
    return writer.at < MESSAGE_MIN ? MESSAGE_MIN : writer.at;
}

/* A mask of ones and then zeros, as a length; others count as none. */
static uint8_t prefix_of_mask(uint32_t mask)
{
    uint32_t zeros = ~mask;
    if ((zeros & (zeros + 1)) != 0)
        return 0;
    return (uint8_t)(NET_PREFIX_MAX - (zeros == 0 ? 0 : 32 - __builtin_clz(zeros)));
}

static void option_decode(uint8_t kind, struct reader *option, struct dhcp_reply *reply)
{
    size_t len = reader_left(option);
    if (kind == OPTION_TYPE && len == 1) {
        reply->type = reader_u8(option);
        return;
    }
    if (len < 4)
        return;
    uint32_t value = reader_be32(option);
    switch (kind) {
    case OPTION_MASK: reply->prefix_len = prefix_of_mask(value); break;
    case OPTION_ROUTER: reply->gateway = net_address_ipv4(value); break;
    case OPTION_SERVER: reply->server = net_address_ipv4(value); break;
    case OPTION_LEASE: reply->lease_s = value; break;
    case OPTION_RENEW: reply->renew_s = value; break;
    case OPTION_REBIND: reply->rebind_s = value; break;
    case OPTION_DNS:
        reply->dns[0] = net_address_ipv4(value);
        if (len >= 8)
            reply->dns[1] = net_address_ipv4(reader_be32(option));
        break;
    default: break;
    }
}

static status_t options_decode(struct reader *message, struct dhcp_reply *reply)
{
    while (reader_left(message) > 0) {
        uint8_t kind = reader_u8(message);
        if (kind == OPTION_END)
            break;
        if (kind == OPTION_PAD)
            continue;
        uint8_t len = reader_u8(message);
        const uint8_t *body = reader_take(message, len);
        if (body == NULL)
            return STATUS_CORRUPT;
        struct reader option = reader_of(body, len);
        option_decode(kind, &option, reply);
    }
    return reply->type == 0 ? STATUS_CORRUPT : STATUS_OK;
}

status_t dhcp_reply_decode(struct reader *message, uint32_t transaction, const struct net_mac *mac,
                           struct dhcp_reply *out_reply)
{
    struct dhcp_reply reply = { 0 };
    uint8_t op = reader_u8(message);
    uint8_t hardware = reader_u8(message);
    uint8_t hardware_len = reader_u8(message);
    reader_skip(message, 1);
    uint32_t got_transaction = reader_be32(message);
    reader_skip(message, 8);
    uint32_t offered = reader_be32(message);
    reader_skip(message, 8);
    const uint8_t *got_mac = reader_take(message, sizeof mac->bytes);
    reader_skip(message, 10 + NAMES_LEN);
    uint32_t cookie = reader_be32(message);
    if (message->overrun || op != OP_REPLY || hardware != HARDWARE_ETHERNET ||
        hardware_len != sizeof mac->bytes || got_transaction != transaction || cookie != COOKIE ||
        memcmp(got_mac, mac->bytes, sizeof mac->bytes) != 0)
        return STATUS_CORRUPT;
    if (offered != 0)
        reply.offered = net_address_ipv4(offered);
    status_t status = options_decode(message, &reply);
    if (status == STATUS_OK)
        *out_reply = reply;
    return status;
}
