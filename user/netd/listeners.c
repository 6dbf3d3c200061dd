/* Gates: for each listening address, the posting end of a kernel listener that the supervisor made and
 * somebody accepts from. It outlives netd, and so does its backlog; a new netd is told of it again. */
#include <abi/port.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"
#include "user/rt/log.h"

static struct listener *find(struct netd *netd, uint64_t token)
{
    for (uint32_t i = 0; i < LISTENERS_MAX; i++)
        if (netd->listeners[i].used && netd->listeners[i].token == token)
            return &netd->listeners[i];
    return NULL;
}

static uint64_t key_of(const struct netd *netd, const struct listener *listener)
{
    uint64_t index = (uint64_t)(listener - netd->listeners);
    return (uint64_t)listener->generation << 32 | index << 8 | KEY_GATE;
}

static void watch(struct netd *netd, struct listener *listener, uint32_t signals)
{
    status_t status =
        sys_port_bind(netd->port, listener->gate, key_of(netd, listener), signals, PORT_ONCE);
    if (status != STATUS_OK)
        log_line("gate of port %u: status %d", listener->local.port, status);
}

static void drop(struct netd *netd, struct listener *listener)
{
    struct net_event event = { .kind = NET_EVENT_UNLISTEN, .more = true };
    event.unlisten = listener->name;
    (void)engine_step(netd, &event);
    (void)sys_handle_close(listener->gate.raw);
    listener->used = false;
}

status_t listener_remove(struct netd *netd, uint64_t token)
{
    struct listener *listener = find(netd, token);
    if (listener == NULL)
        return STATUS_NOT_FOUND;
    drop(netd, listener);
    return STATUS_OK;
}

/* With OK the gate is ours. */
status_t listener_add(struct netd *netd, uint64_t token, const struct net_endpoint *local,
                      handle_t gate)
{
    struct listener *listener = find(netd, token);
    if (listener != NULL)
        drop(netd, listener);
    for (uint32_t i = 0; i < LISTENERS_MAX && listener == NULL; i++)
        if (!netd->listeners[i].used)
            listener = &netd->listeners[i];
    if (listener == NULL)
        return STATUS_LIMIT;
    struct net_event event = { .kind = NET_EVENT_LISTEN };
    event.listen.local = *local;
    event.listen.cookie = (uint64_t)(listener - netd->listeners);
    event.listen.backlog = LISTENER_BACKLOG;
    status_t status = engine_step(netd, &event);
    if (status != STATUS_OK)
        return status;
    *listener = (struct listener){
        .used = true,
        .token = token,
        .generation = listener->generation + 1,
        .name = netd->outbox.listener,
        .gate = gate,
        .local = *local,
    };
    watch(netd, listener, SIGNAL_PEER_CLOSED);
    return STATUS_OK;
}

/* Those at the port that nobody accepts from any more, of which only the packet has not come yet. */
static void drop_closed(struct netd *netd, uint16_t port)
{
    for (uint32_t i = 0; i < LISTENERS_MAX; i++) {
        struct listener *listener = &netd->listeners[i];
        uint32_t seen;
        if (listener->used && listener->local.port == port &&
            sys_object_wait(listener->gate, SIGNAL_PEER_CLOSED, TIME_NOW, &seen) == STATUS_OK)
            drop(netd, listener);
    }
}

/* A listener of somebody's own. Nobody else has it: it ends with this process or with its last
 * accepting handle. */
status_t listener_open(struct netd *netd, const struct socket_address *name, uint32_t backlog,
                       handle_t *out_listener)
{
    struct net_endpoint local = { .port = name->port };
    handle_t listener, gate;
    memcpy(local.address.bytes, name->address, sizeof local.address.bytes);
    if (!net_address_is_none(&local.address) && !connect_is_own(netd, &local.address))
        return STATUS_INVALID;
    drop_closed(netd, local.port);
    status_t status = sys_listener_create(name, backlog, &listener, &gate);
    if (status != STATUS_OK)
        return status;
    status = listener_add(netd, LISTENER_TOKEN_OWN | netd->listener_tokens++, &local, gate);
    if (status != STATUS_OK) {
        (void)sys_handle_close(gate.raw);
        (void)sys_handle_close(listener.raw);
        return status;
    }
    *out_listener = listener;
    return STATUS_OK;
}

struct listener *listener_for(struct netd *netd, const struct net_endpoint *local)
{
    struct listener *any = NULL;
    for (uint32_t i = 0; i < LISTENERS_MAX; i++) {
        struct listener *listener = &netd->listeners[i];
        if (!listener->used || listener->local.port != local->port)
            continue;
        if (net_address_equal(&listener->local.address, &local->address))
            return listener;
        if (net_address_is_none(&listener->local.address))
            any = listener;
    }
    return any;
}

/* There are more ports than listeners. */
uint16_t listener_port_choose(struct netd *netd)
{
    for (;;) {
        uint16_t port = connect_port_next(netd);
        bool taken = false;
        for (uint32_t i = 0; i < LISTENERS_MAX; i++)
            taken = taken || (netd->listeners[i].used && netd->listeners[i].local.port == port);
        if (!taken)
            return port;
    }
}

status_t listener_gate_post(struct netd *netd, uint32_t index, handle_t application,
                            const struct net_endpoint *remote)
{
    const struct listener *listener = &netd->listeners[index];
    struct socket_address peer = { .port = remote->port, .protocol = SOCKET_TCP };
    memcpy(peer.address, remote->address.bytes, sizeof peer.address);
    if (!listener->used)
        return STATUS_PEER_CLOSED;
    return sys_listener_post(listener->gate, application.raw, &peer);
}

void listener_is_full(struct netd *netd, uint32_t index)
{
    struct listener *listener = &netd->listeners[index];
    if (!listener->used || listener->full)
        return;
    listener->full = true;
    netd->listeners_untold = true;
    watch(netd, listener, SIGNAL_WRITABLE | SIGNAL_PEER_CLOSED);
}

SELDOM void listeners_tell(struct netd *netd)
{
    netd->listeners_untold = false;
    for (uint32_t i = 0; i < LISTENERS_MAX; i++) {
        struct listener *listener = &netd->listeners[i];
        if (!listener->used || listener->full == listener->told_full)
            continue;
        struct net_event event = { .kind = NET_EVENT_LISTENER_FULL, .more = true };
        event.listener_full = (struct net_event_listener_full){ listener->name, listener->full };
        (void)engine_step(netd, &event);
        listener->told_full = listener->full;
    }
}

SELDOM void listeners_signal(struct netd *netd, uint64_t key, uint32_t signals)
{
    uint32_t index = (uint32_t)(key >> 8) & 0xffffff;
    struct listener *listener = &netd->listeners[index];
    if (index >= LISTENERS_MAX || !listener->used || listener->generation != key >> 32)
        return;
    if (signals & SIGNAL_PEER_CLOSED) {
        drop(netd, listener);
        return;
    }
    listener->full = false;
    netd->listeners_untold = true;
    watch(netd, listener, SIGNAL_PEER_CLOSED);
    streams_post(netd, index);
}
