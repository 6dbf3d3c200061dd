/* RFC 826 (ARP), RFC 791 (IPv4), RFC 792 (echo). */
#include "user/tests/net_driver_test/echo.h"

#include <string.h>

#include "lib/base/bytes.h"
#include "lib/net/checksum.h"

static const uint8_t own_address[4] = { 10, 0, 2, 15 };
static const uint8_t gateway_address[4] = { 10, 0, 2, 2 };

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806, ARP_REQUEST = 1, ARP_REPLY = 2, ECHO_ID = 0x5357 };

static uint8_t *ethernet(uint8_t *frame, const uint8_t to[6], const uint8_t from[6], uint16_t type)
{
    memcpy(frame, to, 6);
    memcpy(frame + 6, from, 6);
    store_be16(frame + 12, type);
    return frame + 14;
}

uint32_t arp_request(uint8_t *frame, const uint8_t mac[6])
{
    static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    static const uint8_t start[8] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
    uint8_t *arp = ethernet(frame, everybody, mac, TYPE_ARP);
    memset(arp, 0, ARP_BYTES - 14);
    memcpy(arp, start, sizeof start);
    memcpy(arp + 8, mac, 6);
    memcpy(arp + 14, own_address, 4);
    memcpy(arp + 24, gateway_address, 4);
    return ARP_BYTES;
}

bool arp_is_answer(const uint8_t *frame, uint32_t len, uint8_t out_mac[6])
{
    if (len < ARP_BYTES || load_be16(frame + 12) != TYPE_ARP ||
        load_be16(frame + 20) != ARP_REPLY || memcmp(frame + 28, gateway_address, 4) != 0)
        return false;
    memcpy(out_mac, frame + 22, 6);
    return true;
}

static uint8_t payload_byte(uint16_t number, uint32_t at)
{
    return (uint8_t)(number * 31u + at * 7u + (at >> 8));
}

uint32_t echo_request(uint8_t *frame, const uint8_t mac[6], const uint8_t gateway[6],
                      uint16_t number, uint32_t payload_len)
{
    uint8_t *ip = ethernet(frame, gateway, mac, TYPE_IPV4);
    uint8_t *icmp = ip + 20;
    memset(ip, 0, 28);
    ip[0] = 0x45;
    store_be16(ip + 2, (uint16_t)(28 + payload_len));
    ip[8] = 64;
    ip[9] = 1;
    memcpy(ip + 12, own_address, 4);
    memcpy(ip + 16, gateway_address, 4);
    store_be16(ip + 10, (uint16_t)~net_sum(ip, 20));
    icmp[0] = 8;
    store_be16(icmp + 4, ECHO_ID);
    store_be16(icmp + 6, number);
    for (uint32_t i = 0; i < payload_len; i++)
        icmp[8 + i] = payload_byte(number, i);
    store_be16(icmp + 2, (uint16_t)~net_sum(icmp, 8 + payload_len));
    return ECHO_HEADERS + payload_len;
}

bool echo_is_answer(const uint8_t *frame, uint32_t len, uint16_t *out_number)
{
    if (len < ECHO_HEADERS || load_be16(frame + 12) != TYPE_IPV4 || frame[14] != 0x45 ||
        frame[23] != 1 || frame[34] != 0 || load_be16(frame + 38) != ECHO_ID)
        return false;
    uint32_t ip_len = load_be16(frame + 16);
    if (ip_len < 28 || ip_len > len - 14)
        return false;
    uint16_t number = load_be16(frame + 40);
    for (uint32_t i = 0; i < ip_len - 28; i++)
        if (frame[ECHO_HEADERS + i] != payload_byte(number, i))
            return false;
    *out_number = number;
    return true;
}
