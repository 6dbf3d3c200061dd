/* This machine's address: told by an argument, or by DHCP. And when this service says that it is ready:
 * who needs the network needs an address, and a connection that comes from outside before there is one is
 * lost. So it begins, which lets its driver attach and its supervisor tell it of listeners, and is ready
 * with the address; or without, when nobody has given one in time. */
#include <ipc/notice_client.h>
#include <string.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"
#include "user/rt/log.h"

/* Time for DHCP's second question, not the third: who offers nothing until then is rarely there. */
#define READY_PATIENCE_NS 3000000000ull

/* The number after an address's slash. */
static bool prefix_read(struct const_span text, uint8_t *out_len)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i == 2)
            return false;
        bits = bits * 10 + (uint32_t)(text.data[i] - '0');
    }
    *out_len = (uint8_t)(NET_PREFIX_IPV4 + bits);
    return text.len > 0 && bits <= NET_PREFIX_MAX - NET_PREFIX_IPV4;
}

bool address_read(const char *text, struct net_interface_address *out_address)
{
    const char *slash = strchr(text, '/');
    if (slash == NULL)
        return false;
    return name_is_address(const_span_of(text, (size_t)(slash - text)), &out_address->address) &&
           prefix_read(const_span_of(slash + 1, strlen(slash + 1)), &out_address->prefix_len);
}

bool address_is_known(const struct netd *netd)
{
    return !net_address_is_none(&net_interface_address(netd->engine)->address);
}

static void tell(struct netd *netd, status_t (*notice)(handle_t supervisor))
{
    status_t status = netd->supervisor.raw == 0 ? STATUS_OK : notice(netd->supervisor);
    if (status != STATUS_OK)
        netd_fail("notice", status);
}

void ready_begin(struct netd *netd)
{
    netd->ready_until = netd->waits_for_address ? netd->now + READY_PATIENCE_NS : netd->now;
    tell(netd, notice_begun);
}

SELDOM void ready_check(struct netd *netd)
{
    bool known = address_is_known(netd);
    if (!known && netd->now < netd->ready_until)
        return;
    if (!known && netd->waits_for_address)
        log_line("no DHCP server has answered: ready without an address");
    netd->ready_until = TIME_NEVER;
    tell(netd, notice_ready);
}
