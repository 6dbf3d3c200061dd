/* See network.h. */
#include "user/posix/network.h"

#include <string.h>

#include <ipc/net_client.h>

#include "user/posix/start.h"
#include "user/rt/clock.h"

/* The service answers within microseconds, unless a grant's own name has to be looked up first. */
#define ANSWER_PATIENCE_NS 15000000000ull

/* The next grant of a form, from *at on; HANDLE_NONE: no more. */
static handle_t grant_next(const char *form, size_t *at)
{
    size_t count, len = strlen(form);
    const struct start_handle *list = start_list(&count);
    while (*at < count) {
        const struct start_handle *start = &list[(*at)++];
        if (start->kind == OBJECT_CHANNEL && strncmp(start->name, form, len) == 0)
            return (handle_t){ start->handle };
    }
    return HANDLE_NONE;
}

status_t network_connect(const struct socket_address *remote, uint16_t local_port,
                         handle_t *out_stream)
{
    struct net_connect_request request = { .port = remote->port, .local_port = local_port };
    status_t status = STATUS_NO_RIGHT;
    handle_t channel;
    memcpy(request.address, remote->address, sizeof request.address);
    for (size_t at = 0; status == STATUS_NO_RIGHT;) {
        channel = grant_next("net:connect:tcp:", &at);
        if (channel.raw == 0)
            break;
        status = net_connect(channel, clock_after(ANSWER_PATIENCE_NS), &request, out_stream);
    }
    return status;
}

status_t network_listen(const struct socket_address *local, uint32_t backlog,
                        handle_t *out_listener)
{
    struct net_listen_request request = { .port = local->port, .backlog = backlog };
    status_t status = STATUS_NO_RIGHT;
    handle_t channel;
    memcpy(request.address, local->address, sizeof request.address);
    for (size_t at = 0; status == STATUS_NO_RIGHT;) {
        channel = grant_next("net:listen:tcp:", &at);
        if (channel.raw == 0)
            break;
        status = net_listen(channel, clock_after(ANSWER_PATIENCE_NS), &request, out_listener);
    }
    return status;
}

/* Whether a grant for datagrams, "net:connect:udp:HOST:PORT", may be for a port: the service checks each
 * datagram, so the right one has to be found here. */
static bool udp_grant_has_port(const char *name, uint16_t port)
{
    const char *digits = strrchr(name, ':') + 1;
    uint32_t number = 0;
    if (*digits == '*')
        return true;
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (uint32_t)(*digits - '0');
    return number == port;
}

/* "HOST" of such a grant is any, a name (which may be the address's), or this very address. */
static bool udp_grant_has_host(const char *name, const uint8_t address[16])
{
    const char *host = name + sizeof "net:connect:udp:" - 1;
    const char *end = strrchr(name, ':');
    uint32_t part = 0, parts = 0;
    for (const char *at = host; at <= end; at++) {
        if (at < end && *at >= '0' && *at <= '9') {
            part = part * 10 + (uint32_t)(*at - '0');
            continue;
        }
        if (at < end && *at != '.')
            return true; /* No address. */
        if (parts == 4 || part != address[12 + parts++])
            return false;
        part = 0;
    }
    return parts == 4;
}

static bool udp_grant_fits(const char *name, const struct socket_address *remote)
{
    return remote == NULL ||
           (udp_grant_has_port(name, remote->port) && udp_grant_has_host(name, remote->address));
}

status_t network_udp_open(const struct socket_address *local, const struct socket_address *remote,
                          handle_t *out_stream)
{
    struct net_udp_open_request request = { .port = local->port };
    static const char *const forms[] = { "net:connect:udp:", "net:listen:udp:" };
    status_t status = STATUS_NO_RIGHT;
    size_t count;
    const struct start_handle *list = start_list(&count);
    memcpy(request.address, local->address, sizeof request.address);
    for (size_t form = 0; form < 2; form++) {
        for (size_t i = 0; i < count && status == STATUS_NO_RIGHT; i++) {
            if (list[i].kind != OBJECT_CHANNEL ||
                strncmp(list[i].name, forms[form], strlen(forms[form])) != 0 ||
                (form == 0 && !udp_grant_fits(list[i].name, remote)))
                continue;
            status = net_udp_open((handle_t){ list[i].handle }, clock_after(ANSWER_PATIENCE_NS),
                                  &request, out_stream);
        }
    }
    return status;
}

status_t network_resolve(const char *name, size_t len, uint8_t addresses[][16], uint32_t *out_count,
                         uint32_t *out_ttl_s)
{
    struct net_resolve_request request = { .name_len = (uint32_t)len };
    struct net_resolve_reply reply;
    status_t status = STATUS_NO_RIGHT;
    handle_t channel;
    if (len == 0 || len > sizeof request.name)
        return STATUS_INVALID;
    memcpy(request.name, name, len);
    for (size_t at = 0; status == STATUS_NO_RIGHT;) {
        channel = grant_next("net:connect:", &at);
        if (channel.raw == 0)
            break;
        status = net_resolve(channel, clock_after(ANSWER_PATIENCE_NS), &request, &reply);
    }
    if (status != STATUS_OK)
        return status;
    *out_count = reply.count < NETWORK_ADDRESSES_MAX ? reply.count : NETWORK_ADDRESSES_MAX;
    *out_ttl_s = reply.ttl_s;
    memcpy(addresses, reply.addresses, 16 * (size_t)*out_count);
    return STATUS_OK;
}
