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
