/* The DHCP client (RFC 2131, section 4.4):
 *
 *           DISCOVER          OFFER                ACK             T1               T2
 *   OFF ------------> SELECTING --> REQUESTING ----------> BOUND -----> RENEWING ------> REBINDING
 *                         ^              | NAK, silence      ^             | ACK            |
 *                         +--------------+                   +-------------+----------------+
 *                         +-------------------- NAK, lease over ----------------------------+
 *
 * The first question is repeated after one second, not four: a machine that boots in milliseconds
 * should not sit out a lost packet. The back-off doubles up to a minute all the same. */
#include "lib/net/dhcp.h"

#include "lib/net/engine.h"

enum { REQUEST_TRIES = 4, BACKOFF_MAX = 6 };
#define LEASE_MAX_S (365u * 24 * 3600)
#define RENEW_INTERVAL_MIN_NS (60 * SECOND_NS)

static void retry_arm(struct net_engine *net)
{
    uint8_t doublings = net->dhcp.tries < BACKOFF_MAX ? net->dhcp.tries : BACKOFF_MAX;
    time_ns_t jitter = net_random(net) % (SECOND_NS / 4);
    net_timer_set(&net->timers, timer_of_dhcp(net), net->now + (SECOND_NS << doublings) + jitter);
}

/* To everybody on the link, or, where the lease is ours, to its server alone. */
static void message_send(struct net_engine *net, uint8_t type)
{
    struct dhcp_client *dhcp = &net->dhcp;
    bool bound = !net_address_is_none(&net->address.address);
    bool unicast = dhcp->state == DHCP_RENEWING || type == DHCP_RELEASE;
    time_ns_t seconds = (net->now - dhcp->started) / SECOND_NS;
    struct dhcp_request request = {
        .type = type,
        .transaction = dhcp->transaction,
        .seconds = seconds < UINT16_MAX ? (uint16_t)seconds : UINT16_MAX,
        .mac = net->link.mac,
        .own = bound ? net->address.address : NET_ADDRESS_NONE,
        .hostname = net->config.hostname,
        .hostname_len = net->config.hostname_len,
    };
    if (dhcp->state == DHCP_REQUESTING)
        request.requested = dhcp->offered;
    if (dhcp->state == DHCP_REQUESTING || type == DHCP_RELEASE)
        request.server = dhcp->server;
    uint8_t message[DHCP_MESSAGE_MAX];
    size_t len = dhcp_request_encode(message, &request);
    struct net_path path = { .mac = net_mac_broadcast };
    struct net_address to = net_address_ipv4(UINT32_MAX), from = net_address_ipv4(0);
    if (bound)
        from = net->address.address;
    if (unicast) {
        to = dhcp->server;
        if (net_path_find(net, &to, &path) != STATUS_OK)
            return; /* Being asked for: the next try finds it. */
    }
    (void)udp_send_inline(net, &path, &from, &to, DHCP_CLIENT_PORT, DHCP_SERVER_PORT, message, len);
}

static void select_begin(struct net_engine *net)
{
    struct dhcp_client *dhcp = &net->dhcp;
    dhcp->state = DHCP_SELECTING;
    dhcp->tries = 0;
    dhcp->transaction = (uint32_t)net_random(net);
    dhcp->started = net->now;
    if (net->link.up)
        message_send(net, DHCP_DISCOVER);
    retry_arm(net);
}

static void address_tell(struct net_engine *net, uint32_t lease_s)
{
    struct net_notice *notice = net_notice_add(net, NET_NOTICE_ADDRESS, 0);
    notice->address = net->address;
    notice->lease_s = lease_s;
}

static void address_lose(struct net_engine *net)
{
    struct net_interface_address none = { .address = NET_ADDRESS_NONE };
    if (net_address_is_none(&net->address.address))
        return;
    net_address_set(net, &none);
    address_tell(net, 0);
}

void dhcp_start(struct net_engine *net)
{
    if (net->dhcp.state != DHCP_OFF)
        return;
    net->address = (struct net_interface_address){ .address = NET_ADDRESS_NONE };
    select_begin(net);
}

void dhcp_stop(struct net_engine *net)
{
    struct dhcp_client *dhcp = &net->dhcp;
    if (dhcp->state == DHCP_OFF)
        return;
    if (dhcp->state >= DHCP_BOUND)
        message_send(net, DHCP_RELEASE);
    dhcp->state = DHCP_OFF;
    net_timer_cancel(&net->timers, timer_of_dhcp(net));
    address_lose(net);
}

static void offer_take(struct net_engine *net, const struct dhcp_reply *reply)
{
    struct dhcp_client *dhcp = &net->dhcp;
    if (net_address_is_none(&reply->offered) || net_address_is_none(&reply->server))
        return;
    dhcp->offered = reply->offered;
    dhcp->server = reply->server;
    dhcp->state = DHCP_REQUESTING;
    dhcp->tries = 0;
    message_send(net, DHCP_REQUEST);
    retry_arm(net);
}

/* T1 and T2 where the server's make sense, else half and seven eighths (RFC 2131, 4.4.5). */
static void lease_begin(struct net_engine *net, const struct dhcp_reply *reply, uint32_t lease_s)
{
    struct dhcp_client *dhcp = &net->dhcp;
    uint32_t rebind_s = reply->rebind_s, renew_s = reply->renew_s;
    if (rebind_s == 0 || rebind_s >= lease_s)
        rebind_s = lease_s - lease_s / 8;
    if (renew_s == 0 || renew_s >= rebind_s)
        renew_s = lease_s / 2;
    dhcp->renew_at = net->now + renew_s * SECOND_NS;
    dhcp->rebind_at = net->now + rebind_s * SECOND_NS;
    dhcp->expire_at = net->now + lease_s * SECOND_NS;
    dhcp->state = DHCP_BOUND;
    dhcp->tries = 0;
    net_timer_set(&net->timers, timer_of_dhcp(net), dhcp->renew_at);
}

static void lease_take(struct net_engine *net, const struct dhcp_reply *reply)
{
    struct net_interface_address address = {
        .address = reply->offered,
        .prefix_len = reply->prefix_len == 0 ? NET_PREFIX_IPV4 + 24 : reply->prefix_len,
        .gateway = reply->gateway,
        .dns = { reply->dns[0], reply->dns[1] },
    };
    uint32_t lease_s = reply->lease_s < LEASE_MAX_S ? reply->lease_s : LEASE_MAX_S;
    if (!net_interface_is_valid(&address) || net_address_is_none(&address.address) ||
        lease_s == 0) {
        net->counters.dhcp_rejected++;
        return;
    }
    bool changed = memcmp(&address, &net->address, sizeof address) != 0;
    if (!net_address_is_none(&reply->server))
        net->dhcp.server = reply->server;
    lease_begin(net, reply, lease_s);
    if (changed)
        net_address_set(net, &address);
    address_tell(net, lease_s);
}

void dhcp_input(struct net_engine *net, struct reader *message)
{
    struct dhcp_client *dhcp = &net->dhcp;
    struct dhcp_reply reply;
    net->counters.dhcp_in++;
    if (dhcp_reply_decode(message, dhcp->transaction, &net->link.mac, &reply) != STATUS_OK) {
        net->counters.dhcp_rejected++;
        return;
    }
    bool asked = dhcp->state == DHCP_REQUESTING || dhcp->state == DHCP_RENEWING ||
                 dhcp->state == DHCP_REBINDING;
    if (reply.type == DHCP_OFFER && dhcp->state == DHCP_SELECTING) {
        offer_take(net, &reply);
    } else if (reply.type == DHCP_ACK && asked) {
        lease_take(net, &reply);
    } else if (reply.type == DHCP_NAK && asked) {
        address_lose(net);
        select_begin(net);
    }
}

/* While renewing: again after half of what is left, but not every moment (RFC 2131, 4.4.5). */
static void renew_again(struct net_engine *net, time_ns_t until)
{
    time_ns_t left = until - net->now;
    time_ns_t wait = left / 2 > RENEW_INTERVAL_MIN_NS ? left / 2 : left;
    message_send(net, DHCP_REQUEST);
    net_timer_set(&net->timers, timer_of_dhcp(net), net->now + wait);
}

/* How far the lease has gone. */
static void lease_timer(struct net_engine *net)
{
    struct dhcp_client *dhcp = &net->dhcp;
    if (net->now >= dhcp->expire_at) {
        address_lose(net);
        select_begin(net);
        return;
    }
    if (dhcp->state == DHCP_BOUND) {
        dhcp->transaction = (uint32_t)net_random(net);
        dhcp->started = net->now;
    }
    bool rebind = net->now >= dhcp->rebind_at;
    dhcp->state = rebind ? DHCP_REBINDING : DHCP_RENEWING;
    renew_again(net, rebind ? dhcp->expire_at : dhcp->rebind_at);
}

void dhcp_timer(struct net_engine *net)
{
    struct dhcp_client *dhcp = &net->dhcp;
    ASSERT(dhcp->state != DHCP_OFF);
    if (dhcp->state >= DHCP_BOUND) {
        lease_timer(net);
        return;
    }
    dhcp->tries++;
    if (dhcp->state == DHCP_REQUESTING && dhcp->tries >= REQUEST_TRIES) {
        select_begin(net);
        return;
    }
    message_send(net, dhcp->state == DHCP_SELECTING ? DHCP_DISCOVER : DHCP_REQUEST);
    retry_arm(net);
}
