/* The protocol `net` (abi/ipc/net.idl). Answers that take time (ping, resolve) are saved, and sent when
 * the engine tells; a caller that has given up meanwhile is found so when the answer is sent. */
#include <abi/ipc.h>
#include <abi/net.h>
#include <abi/service.h>
#include <ipc/net.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"

enum { PING_MAX = 512 };
#define PING_PATIENCE_NS 5000000000ull

static time_ns_t time_after(time_ns_t now, time_ns_t ns)
{
    return ns < TIME_NEVER - now ? now + ns : TIME_NEVER;
}

static struct net_address address_of(const uint8_t bytes[16])
{
    struct net_address address;
    memcpy(address.bytes, bytes, sizeof address.bytes);
    return address;
}

static status_t control_listen_add(void *server, uint64_t badge,
                                   const struct net_listen_add_request *request, handle_t *handles)
{
    struct netd *netd = server;
    if (badge_role(badge) != ROLE_SUPERVISOR)
        return STATUS_NO_RIGHT;
    if (request->transport != SOCKET_TCP)
        return STATUS_NOT_SUPPORTED;
    struct net_endpoint local = { address_of(request->address), request->port };
    status_t status = listener_add(netd, request->token, &local, handles[NET_LISTEN_ADD_IN_GATE]);
    if (status == STATUS_OK)
        handles[NET_LISTEN_ADD_IN_GATE] = HANDLE_NONE; /* Kept. */
    return status;
}

static status_t control_listen_remove(void *server, uint64_t badge,
                                      const struct net_listen_remove_request *request)
{
    if (badge_role(badge) != ROLE_SUPERVISOR)
        return STATUS_NO_RIGHT;
    return listener_remove(server, request->token);
}

static status_t control_link_reset(void *server, uint64_t badge,
                                   const struct net_link_reset_request *request)
{
    if (badge_role(badge) != ROLE_SUPERVISOR)
        return STATUS_NO_RIGHT;
    if (request->link != 0)
        return STATUS_NOT_FOUND;
    rings_restart(server);
    return STATUS_OK;
}

static uint32_t connections_count(const struct netd *netd)
{
    struct net_connection_info info;
    uint32_t count = 0;
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++)
        count += net_connection_info(netd->engine, i, &info) && info.state != NET_TCP_TIME_WAIT;
    return count;
}

static status_t control_status(void *server, uint64_t badge,
                               const struct net_status_request *request,
                               struct net_status_reply *out_reply)
{
    const struct netd *netd = server;
    const struct net_interface_address *own = net_interface_address(netd->engine);
    if (request->link != 0)
        return STATUS_NOT_FOUND;
    out_reply->up = netd->device_up;
    out_reply->configured = !net_address_is_none(&own->address);
    out_reply->prefix_bits =
        own->prefix_len >= NET_PREFIX_IPV4 ? own->prefix_len - NET_PREFIX_IPV4 : 0;
    memcpy(out_reply->mac, netd->device.mac, sizeof out_reply->mac);
    memcpy(out_reply->address, own->address.bytes, sizeof out_reply->address);
    memcpy(out_reply->gateway, own->gateway.bytes, sizeof out_reply->gateway);
    memcpy(out_reply->dns, own->dns[0].bytes, sizeof out_reply->dns);
    out_reply->connections = connections_count(netd);
    out_reply->listeners = 0;
    for (uint32_t i = 0; i < LISTENERS_MAX; i++)
        out_reply->listeners += netd->listeners[i].used;
    return STATUS_OK;
}

static status_t control_report(void *server, uint64_t badge,
                               const struct net_report_request *request,
                               struct net_report_reply *out_reply, uint8_t *out_text)
{
    enum { TEXT_MAX = 16384 };
    uint64_t cursor = request->cursor;
    if (request->what != REPORT_COUNTERS && request->what != REPORT_CONNECTIONS)
        return STATUS_INVALID;
    out_reply->text_len =
        (uint32_t)report_write(server, request->what, &cursor, (char *)out_text, TEXT_MAX);
    out_reply->next = cursor;
    return STATUS_OK;
}

/* ---- Answers that take time ------------------------------------------------------------------ */

static struct request *request_take(struct request *requests)
{
    for (uint32_t i = 0; i < REQUESTS_MAX; i++)
        if (requests[i].reply.raw == 0)
            return &requests[i];
    return NULL;
}

/* Saves the call that is being served, for an event that the engine has taken. */
static status_t request_save(struct request *request)
{
    status_t status = sys_reply_save(&request->reply);
    return status == STATUS_OK ? IPC_ANSWER_LATER : status;
}

static status_t control_ping(void *server, uint64_t badge, const struct net_ping_request *request,
                             struct net_ping_reply *out_reply)
{
    struct netd *netd = server;
    if (badge_role(badge) != ROLE_ECHO && badge_role(badge) != ROLE_CLIENT)
        return STATUS_NO_RIGHT;
    struct request *waiting = request_take(netd->pings);
    if (waiting == NULL)
        return STATUS_LIMIT;
    if (request->len > PING_MAX)
        return STATUS_TOO_BIG;
    struct net_event event = { .kind = NET_EVENT_PING };
    event.ping = (struct net_event_ping){
        .remote = address_of(request->address),
        .cookie = (uint64_t)(waiting - netd->pings),
        .payload_len = (uint16_t)request->len,
        .timeout_ns = PING_PATIENCE_NS,
    };
    /* Saved first: the answer may come within the step (this host answers itself). */
    status_t saved = request_save(waiting);
    if (saved != IPC_ANSWER_LATER)
        return saved;
    status_t status = engine_step(netd, &event);
    if (status != STATUS_OK) {
        (void)sys_reply_send(waiting->reply, &(struct ipc_message){ 0 }, status);
        waiting->reply = HANDLE_NONE;
    }
    return IPC_ANSWER_LATER;
}

static bool may_ask(struct netd *netd, uint64_t badge, struct const_span name)
{
    struct reach reach;
    if (badge_role(badge) == ROLE_CLIENT)
        return true;
    return grant_reach(netd, badge, &reach) == STATUS_OK && reach_has_name(&reach, name);
}

static status_t control_resolve(void *server, uint64_t badge,
                                const struct net_resolve_request *request,
                                struct net_resolve_reply *out_reply)
{
    struct netd *netd = server;
    struct net_address addresses[NET_DNS_ADDRESSES];
    struct const_span name = const_span_of(request->name, request->name_len);
    _Static_assert(sizeof out_reply->addresses == sizeof addresses, "all of an answer fits");
    if (!may_ask(netd, badge, name))
        return STATUS_NO_RIGHT;
    out_reply->count = resolve_now(netd, name, addresses, &out_reply->ttl_s);
    if (out_reply->count == 0)
        return resolve_wait(netd, name, &(struct waiter){ .badge = badge });
    memcpy(out_reply->addresses, addresses, 16 * (size_t)out_reply->count);
    return STATUS_OK;
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static status_t control_connect(void *server, uint64_t badge,
                                const struct net_connect_request *request, handle_t *out_handles)
{
    struct netd *netd = server;
    struct reach reach;
    struct connect_wish wish = {
        .remote = { address_of(request->address), request->port },
        .local_port = request->local_port,
        .until = request->patience == 0 ? TIME_NEVER : time_after(netd->now, request->patience),
    };
    status_t status = grant_reach(netd, badge, &reach);
    if (status == STATUS_OK)
        status = reach_check(&reach, GRANT_TCP, &wish.remote, &netd->names, netd->now);
    if (status == STATUS_WOULD_BLOCK)
        return resolve_wait(netd, reach.name,
                            &(struct waiter){ .badge = badge, .is_connect = true, .wish = wish });
    if (status != STATUS_OK)
        return status;
    if (connect_needs_address(netd, &wish.remote.address))
        return resolve_park(netd,
                            &(struct waiter){ .badge = badge, .is_connect = true, .wish = wish });
    return connect_begin(netd, &wish, &out_handles[NET_CONNECT_OUT_STREAM]);
}

static status_t control_listen(void *server, uint64_t badge,
                               const struct net_listen_request *request, handle_t *out_handles)
{
    struct netd *netd = server;
    struct reach reach;
    struct socket_address name = { .port = request->port, .protocol = SOCKET_TCP };
    memcpy(name.address, request->address, sizeof name.address);
    status_t status = grant_reach(netd, badge, &reach);
    if (status == STATUS_OK && !reach_has_port(&reach, GRANT_TCP, request->port))
        status = STATUS_NO_RIGHT;
    if (status != STATUS_OK)
        return status;
    if (name.port == 0)
        name.port = listener_port_choose(netd);
    return listener_open(netd, &name, request->backlog, &out_handles[NET_LISTEN_OUT_LISTENER]);
}

static void request_answer(struct request *request, struct ipc_parcel *reply, status_t status)
{
    if (request->reply.raw == 0)
        return;
    struct ipc_message message = {
        .bytes = (uintptr_t)reply->bytes,
        .byte_count = status == STATUS_OK ? (uint32_t)reply->len : 0,
    };
    (void)sys_reply_send(request->reply, &message, status); /* Who has gone wants no answer. */
    request->reply = HANDLE_NONE;
}

static void ping_answer(struct netd *netd, const struct net_notice *notice)
{
    uint8_t bytes[sizeof(struct net_ping_reply)];
    struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
    struct net_ping_reply reply = { .round_trip = notice->round_trip_ns };
    status_t status = notice->ping_status;
    if (status == STATUS_OK)
        status = net_ping_reply_encode(&reply, &parcel);
    request_answer(&netd->pings[notice->cookie], &parcel, status);
}

SELDOM void control_notice(struct netd *netd, const struct net_notice *notice)
{
    switch (notice->kind) {
    case NET_NOTICE_PONG: ping_answer(netd, notice); break;
    case NET_NOTICE_RESOLVED: resolve_notice(netd, notice); break;
    default: datagrams_notice(netd, notice); break;
    }
}

static status_t control_udp_open(void *server, uint64_t badge,
                                 const struct net_udp_open_request *request, handle_t *out_handles)
{
    struct netd *netd = server;
    struct reach reach;
    struct net_endpoint local = { address_of(request->address), request->port };
    status_t status = grant_reach(netd, badge, &reach);
    if (status != STATUS_OK)
        return status;
    bool may_call = reach.kind == GRANT_NET_CONNECT && reach.protocol == GRANT_UDP;
    if (!reach_has_port(&reach, GRANT_UDP, local.port) && (!may_call || local.port != 0))
        return STATUS_NO_RIGHT;
    if (!net_address_is_none(&local.address) && !connect_is_own(netd, &local.address))
        return STATUS_INVALID;
    return datagrams_open(netd, &reach, &local, &out_handles[NET_UDP_OPEN_OUT_STREAM]);
}

/* ---- Serving --------------------------------------------------------------------------------- */

static const struct net_ops net_ops = {
    .listen_add = control_listen_add,
    .listen_remove = control_listen_remove,
    .link_reset = control_link_reset,
    .status = control_status,
    .report = control_report,
    .ping = control_ping,
    .resolve = control_resolve,
    .connect = control_connect,
    .listen = control_listen,
    .udp_open = control_udp_open,
};

static status_t dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                         struct ipc_parcel *reply)
{
    return net_dispatch(&net_ops, server, badge, request, reply);
}

void control_open(struct netd *netd)
{
    netd->control = (struct ipc_server){
        .endpoint = netd->endpoint,
        .request_bytes = netd->request_bytes,
        .reply_bytes = netd->reply_bytes,
        .capacity = MESSAGE_BYTES,
        .dispatch = dispatch,
        .argument = netd,
    };
}

SELDOM void control_serve(struct netd *netd)
{
    status_t status = ipc_server_drain(&netd->control);
    if (status != STATUS_OK)
        netd_fail("endpoint", status);
}
