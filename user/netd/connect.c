/* Connections that are asked for. One to a listener of this machine is joined: a local stream, one end
 * posted in the listener's gate and the other given to the caller, and this process is out of the path.
 * Its handshake is the posting. When the gate is full, or for all other addresses, the engine connects;
 * the caller has a stream that is connecting until the engine tells more. */
#include <swos/syscalls.h>

#include "lib/base/seldom.h"
#include "user/netd/netd.h"

enum { PORT_FIRST = 49152 };

bool connect_is_own(const struct netd *netd, const struct net_address *address)
{
    const struct net_interface_address *own = net_interface_address(netd->engine);
    return net_address_is_loopback(address) ||
           (!net_address_is_none(&own->address) && net_address_equal(address, &own->address));
}

bool connect_needs_address(const struct netd *netd, const struct net_address *remote)
{
    const struct net_interface_address *own = net_interface_address(netd->engine);
    return net_address_is_none(&own->address) && !connect_is_own(netd, remote);
}

uint16_t connect_port_next(struct netd *netd)
{
    if (netd->port_next < PORT_FIRST)
        netd->port_next = PORT_FIRST;
    return netd->port_next++;
}

/* Both ends get the connection's address, as with TCP of one machine to itself. The number of the calling
 * end tells connections apart for people only: nobody here keeps track of them, so after 16384 it
 * may come again. @return LIMIT when the gate is full. */
static status_t connect_join(struct netd *netd, const struct listener *listener,
                             const struct connect_wish *wish, handle_t *out_application)
{
    struct net_endpoint local = wish->remote;
    handle_t far;
    local.port = wish->local_port != 0 ? wish->local_port : connect_port_next(netd);
    struct stream_net_params params = {
        .local = socket_address_of(&local, SOCKET_TCP),
        .remote = socket_address_of(&wish->remote, SOCKET_TCP),
        .send_limit = STREAM_BYTES,
        .receive_limit = STREAM_BYTES,
        .fill = STREAM_CHUNK_SIZE,
        .flags = STREAM_NET_LOCAL,
    };
    status_t status = sys_stream_create_net(netd->pool, &params, out_application, &far);
    if (status != STATUS_OK)
        return status;
    uint32_t index = (uint32_t)(listener - netd->listeners);
    status = listener_gate_post(netd, index, far, &local);
    if (status != STATUS_OK) {
        (void)sys_handle_close(far.raw);
        (void)sys_handle_close(out_application->raw);
    }
    return status == STATUS_PEER_CLOSED ? STATUS_REFUSED : status;
}

static status_t connect_by_engine(struct netd *netd, const struct connect_wish *wish,
                                  handle_t *out_application)
{
    bool is_own = connect_is_own(netd, &wish->remote.address);
    struct net_event event = { .kind = NET_EVENT_CONNECT, .more = true };
    event.connect.local.port = wish->local_port;
    event.connect.remote = wish->remote;
    /* The slot of a connection that has ended is free once its last notice has been looked at. */
    engine_collect(netd);
    status_t status = engine_step(netd, &event);
    if (status != STATUS_OK)
        return status;
    struct net_endpoint local = {
        .address = is_own ? wish->remote.address : net_interface_address(netd->engine)->address,
        .port = netd->outbox.local_port,
    };
    return streams_connect(netd, netd->outbox.connection, &local, wish, out_application);
}

status_t connect_begin(struct netd *netd, const struct connect_wish *wish,
                       handle_t *out_application)
{
    if (connect_is_own(netd, &wish->remote.address)) {
        const struct listener *listener = listener_for(netd, &wish->remote);
        if (listener == NULL)
            return STATUS_REFUSED;
        status_t status = connect_join(netd, listener, wish, out_application);
        if (status != STATUS_LIMIT)
            return status;
        listener_is_full(netd, (uint32_t)(listener - netd->listeners));
        listeners_tell(netd);
    }
    return connect_by_engine(netd, wish, out_application);
}

SELDOM void connects_expire(struct netd *netd)
{
    netd->connecting_until = TIME_NEVER;
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *slot = &netd->connections[i];
        if (!slot->connecting)
            continue;
        if (slot->connect_until <= netd->now)
            streams_give_up(netd, slot);
        else if (slot->connect_until < netd->connecting_until)
            netd->connecting_until = slot->connect_until;
    }
}
