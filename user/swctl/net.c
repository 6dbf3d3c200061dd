/* Commands on the network, over netd's protocol. */
#include <string.h>

#include <ipc/net_client.h>

#include "lib/base/format.h"
#include "user/rt/clock.h"
#include "user/swctl/swctl.h"

#define ANSWER_NS 5000000000ull

enum { ADDRESS_TEXT = 48, PING_BYTES = 56, REPORT_COUNTERS = 1, REPORT_CONNECTIONS = 2 };

static uint8_t buffer[32768] __attribute__((aligned(8)));

/* IPv4 as dotted decimals; anything else in hexadecimal groups. */
static void format_address(char out[ADDRESS_TEXT], const uint8_t address[16])
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        format_text(out, ADDRESS_TEXT, "%u.%u.%u.%u", address[12], address[13], address[14],
                    address[15]);
        return;
    }
    size_t at = 0;
    for (int i = 0; i < 16; i += 2)
        at += format_text(out + at, ADDRESS_TEXT - at, "%s%x", i == 0 ? "" : ":",
                          (unsigned)(address[i] << 8 | address[i + 1]));
}

/* Dotted decimals into a mapped address. */
static bool parse_address(const char *text, uint8_t address[16])
{
    memset(address, 0, 10);
    address[10] = address[11] = 0xff;
    for (int i = 12; i < 16; i++) {
        unsigned value = 0, digits = 0;
        for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
            value = value * 10 + (unsigned)(*text - '0');
        if (digits == 0 || value > 255 || *text != (i == 15 ? 0 : '.'))
            return false;
        address[i] = (uint8_t)value;
        text += i != 15;
    }
    return true;
}

static bool resolve(struct swctl *swctl, const char *host, uint8_t address[16])
{
    if (parse_address(host, address))
        return true;
    struct net_resolve_request request = { 0 };
    struct net_resolve_reply reply;
    size_t len = strlen(host);
    if (len == 0 || len > sizeof request.name) {
        complain(swctl, host, STATUS_INVALID);
        return false;
    }
    request.name_len = (uint16_t)len;
    memcpy(request.name, host, len);
    status_t status = net_resolve(swctl->net, clock_after(ANSWER_NS), &request, &reply);
    if (status == STATUS_OK && reply.count == 0)
        status = STATUS_NOT_FOUND;
    if (status != STATUS_OK)
        complain(swctl, host, status);
    else
        memcpy(address, reply.addresses, 16);
    return status == STATUS_OK;
}

static void report(struct swctl *swctl, uint32_t what)
{
    struct net_report_request request = { .what = what };
    struct net_report_reply reply;
    const uint8_t *text;
    do {
        struct ipc_parcel parcel = { .bytes = buffer, .capacity = sizeof buffer };
        status_t status =
            net_report(swctl->net, clock_after(ANSWER_NS), &parcel, &request, &reply, &text);
        if (status != STATUS_OK) {
            complain(swctl, "net", status);
            return;
        }
        for (size_t at = 0; at < reply.text_len; at += 400)
            say(swctl, "%.*s", (int)(reply.text_len - at < 400 ? reply.text_len - at : 400),
                (const char *)text + at);
        request.cursor = reply.next;
    } while (reply.next != 0);
}

static void link_status(struct swctl *swctl)
{
    struct net_status_request request = { .link = 0 };
    struct net_status_reply reply;
    char address[ADDRESS_TEXT], gateway[ADDRESS_TEXT], dns[ADDRESS_TEXT];
    status_t status = net_status(swctl->net, clock_after(ANSWER_NS), &request, &reply);
    if (status != STATUS_OK) {
        complain(swctl, "net", status);
        return;
    }
    format_address(address, reply.address);
    format_address(gateway, reply.gateway);
    format_address(dns, reply.dns);
    say(swctl, "link         %s\n", reply.up ? "up" : "down");
    say(swctl, "mac          %02x:%02x:%02x:%02x:%02x:%02x\n", reply.mac[0], reply.mac[1],
        reply.mac[2], reply.mac[3], reply.mac[4], reply.mac[5]);
    say(swctl, "address      %s/%u%s\n", address, reply.prefix_bits,
        reply.configured ? "" : " (not configured)");
    say(swctl, "gateway      %s\ndns          %s\n", gateway, dns);
    say(swctl, "connections  %u\nlisteners    %u\n", reply.connections, reply.listeners);
}

static void net(struct swctl *swctl, int count, char **words)
{
    if (!granted(swctl, swctl->net, "ipc:call:net"))
        return;
    if (count == 1)
        link_status(swctl);
    else if (strcmp(words[1], "counters") == 0)
        report(swctl, REPORT_COUNTERS);
    else if (strcmp(words[1], "connections") == 0)
        report(swctl, REPORT_CONNECTIONS);
    else
        say(swctl, "usage: net [counters|connections]\n");
}

static void ping(struct swctl *swctl, int count, char **words)
{
    struct net_ping_request request = { .len = PING_BYTES };
    struct net_ping_reply reply;
    char address[ADDRESS_TEXT];
    if (!granted(swctl, swctl->net, "ipc:call:net") || !resolve(swctl, words[1], request.address))
        return;
    format_address(address, request.address);
    for (int i = 0; i < 4; i++) {
        status_t status = net_ping(swctl->net, clock_after(ANSWER_NS), &request, &reply);
        if (status != STATUS_OK)
            complain(swctl, address, status);
        else
            say(swctl, "%d bytes from %s: %llu us\n", PING_BYTES, address,
                (unsigned long long)(reply.round_trip / 1000));
        console_flush(&swctl->console);
        if (i < 3 && interrupted(swctl, 200000000))
            return;
    }
}

const struct command commands_net[] = {
    { "net", "[WHAT]", "the link; WHAT: counters, connections", 0, 1, net },
    { "ping", "HOST", "four echo requests", 1, 1, ping },
    { 0 },
};
