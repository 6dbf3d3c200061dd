/* A DHCP server of one address (RFC 2131, 4.3): it offers it to everybody, and gives it to whoever asks. */
#include "lib/net/dhcp.h"

#include <string.h>

#include "lib/net/checksum.h"
#include "tools/wire/wire.h"

enum {
    BOOTP_LEN = 236,
    MAGIC = 0x63825363, /* RFC 2131, section 3. */
    OPTION_END = 255,
    OPTION_MESSAGE_TYPE = 53,
    LEASE_S = 3600,
};

static uint8_t message_type(const uint8_t *request, size_t len)
{
    for (size_t at = BOOTP_LEN + 4; at + 2 < len && request[at] != OPTION_END;) {
        if (request[at] == 0) {
            at++;
            continue;
        }
        if (request[at] == OPTION_MESSAGE_TYPE)
            return request[at + 2];
        at += 2u + request[at + 1];
    }
    return 0;
}

static void option_be32(struct writer *writer, uint8_t code, uint32_t value)
{
    uint8_t *bytes = writer_take(writer, 6);
    bytes[0] = code;
    bytes[1] = 4;
    store_be32(bytes + 2, value);
}

static size_t reply_encode(const uint8_t *request, uint8_t type, uint8_t *out, size_t size)
{
    memset(out, 0, size);
    struct writer writer = writer_of(out, size);
    uint8_t *bootp = writer_take(&writer, BOOTP_LEN);
    memcpy(bootp, request, 44); /* Transaction, flags, the client's hardware address. */
    bootp[0] = 2;               /* BOOTREPLY */
    store_be32(bootp + 16, WIRE_GUEST);
    store_be32(bootp + 20, WIRE_GATEWAY);
    store_be32(writer_take(&writer, 4), MAGIC);
    memcpy(writer_take(&writer, 3), (uint8_t[]){ OPTION_MESSAGE_TYPE, 1, type }, 3);
    option_be32(&writer, 54, WIRE_GATEWAY); /* Server identifier. */
    option_be32(&writer, 51, LEASE_S);
    option_be32(&writer, 1, 0xffffff00); /* Subnet mask. */
    option_be32(&writer, 3, WIRE_GATEWAY);
    option_be32(&writer, 6, WIRE_GATEWAY);
    *writer_take(&writer, 1) = OPTION_END;
    return writer.at;
}

bool wire_dhcp(const uint8_t *request, size_t len, uint8_t out[WIRE_FRAME_MAX], size_t *out_len)
{
    *out_len = 0;
    if (len < BOOTP_LEN + 4 || request[0] != 1 || load_be32(request + BOOTP_LEN) != MAGIC)
        return false;
    uint8_t asked = message_type(request, len);
    if (asked != DHCP_DISCOVER && asked != DHCP_REQUEST)
        return false;
    uint8_t *message = out + UDP_HEADER_LEN;
    size_t message_len = reply_encode(request, asked == DHCP_DISCOVER ? DHCP_OFFER : DHCP_ACK,
                                      message, WIRE_FRAME_MAX - 128);
    struct writer writer = writer_of(out, UDP_HEADER_LEN);
    udp_encode(&writer, &(struct udp_header){ .source_port = DHCP_SERVER_PORT,
                                              .destination_port = DHCP_CLIENT_PORT,
                                              .len = (uint16_t)(UDP_HEADER_LEN + message_len) });
    *out_len = UDP_HEADER_LEN + message_len;
    return asked == DHCP_REQUEST;
}
