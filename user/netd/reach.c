/* See reach.h. */
#include "user/netd/reach.h"

#include <abi/service.h>

static bool is_star(struct const_span host)
{
    return host.len == 1 && host.data[0] == '*';
}

status_t reach_of_grant(const struct grant *grant, struct reach *out_reach)
{
    struct reach reach = {
        .kind = grant->kind, .protocol = grant->protocol, .port = grant->port, .name = grant->name
    };
    if (grant->kind == GRANT_NET_LISTEN)
        reach.host = REACH_NOWHERE;
    else if (grant->kind != GRANT_NET_CONNECT)
        return STATUS_INVALID;
    else if (is_star(grant->name))
        reach.host = REACH_ANY;
    else if (name_is_address(grant->name, &reach.address))
        reach.host = REACH_ADDRESS;
    else if (grant->name.len > 0 && grant->name.data[0] == '[')
        return STATUS_NOT_SUPPORTED;
    else
        reach.host = REACH_NAME;
    *out_reach = reach;
    return STATUS_OK;
}

status_t reach_of_badge(const struct manifest *manifest, uint64_t badge, struct reach *out_reach)
{
    struct manifest_service service;
    struct grant grant;
    if (badge_role(badge) != ROLE_NET || badge_grant(badge) > UINT32_MAX)
        return STATUS_NO_RIGHT;
    if (manifest_service(manifest, badge_service(badge), &service) != STATUS_OK ||
        manifest_grant(manifest, &service, (uint32_t)badge_grant(badge), &grant) != STATUS_OK)
        return STATUS_NO_RIGHT;
    return reach_of_grant(&grant, out_reach) == STATUS_OK ? STATUS_OK : STATUS_NO_RIGHT;
}

/* Of a name that is not known now the answer may come. */
static status_t name_check(const struct reach *reach, const struct net_address *address,
                           struct names *names, time_ns_t now)
{
    if (name_is_localhost(reach->name))
        return net_address_is_loopback(address) ? STATUS_OK : STATUS_NO_RIGHT;
    const struct name_entry *entry = names_find(names, reach->name, now);
    if (entry == NULL)
        return STATUS_WOULD_BLOCK;
    if (name_has_address(entry, address))
        return STATUS_OK;
    return entry->state == NAME_ASKING ? STATUS_WOULD_BLOCK : STATUS_NO_RIGHT;
}

status_t reach_check(const struct reach *reach, enum grant_protocol protocol,
                     const struct net_endpoint *remote, struct names *names, time_ns_t now)
{
    if (reach->kind != GRANT_NET_CONNECT || reach->protocol != protocol ||
        (reach->port != 0 && reach->port != remote->port))
        return STATUS_NO_RIGHT;
    switch (reach->host) {
    case REACH_NOWHERE: return STATUS_NO_RIGHT;
    case REACH_ANY: return STATUS_OK;
    case REACH_ADDRESS:
        return net_address_equal(&reach->address, &remote->address) ? STATUS_OK : STATUS_NO_RIGHT;
    case REACH_NAME: return name_check(reach, &remote->address, names, now);
    }
    return STATUS_NO_RIGHT;
}

bool reach_has_port(const struct reach *reach, enum grant_protocol protocol, uint16_t port)
{
    return reach->kind == GRANT_NET_LISTEN && reach->protocol == protocol &&
           (reach->port == 0 || reach->port == port);
}

bool reach_has_name(const struct reach *reach, struct const_span name)
{
    if (reach->host == REACH_ANY)
        return true;
    if (name.len > 0 && name.data[name.len - 1] == '.')
        name.len--;
    if (reach->host != REACH_NAME || name.len != reach->name.len)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t a = name.data[i], b = reach->name.data[i];
        if (a != b && ((a | 0x20) != (b | 0x20) || (a | 0x20) < 'a' || (a | 0x20) > 'z'))
            return false;
    }
    return true;
}
