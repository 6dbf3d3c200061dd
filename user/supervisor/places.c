/* Endpoints and listeners that outlive the processes behind them, and the announcing of listeners to
 * the network service. */
#include <string.h>

#include <abi/net.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <ipc/net_client.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/supervisor/supervisor.h"

enum { LISTENER_BACKLOG = 128, NOBODY = UINT32_MAX };

/* The network service answers within microseconds; one that does not is as good as dead, and must
 * not take the supervisor along. */
#define ANNOUNCE_PATIENCE_NS 200000000ull

static struct place *add_place(struct supervisor *supervisor, enum place_kind kind, uint32_t owner)
{
    if (supervisor->place_count == PLACES_MAX)
        return NULL;
    struct place *place = &supervisor->places[supervisor->place_count];
    *place = (struct place){ .kind = kind, .owner = owner };
    return place;
}

static struct place *find_endpoint(struct supervisor *supervisor, struct const_span name)
{
    for (uint32_t i = 0; i < supervisor->place_count; i++) {
        struct place *place = &supervisor->places[i];
        if (place->kind == PLACE_ENDPOINT && place->name.len == name.len &&
            memcmp(place->name.data, name.data, name.len) == 0)
            return place;
    }
    return NULL;
}

status_t place_endpoint(struct supervisor *supervisor, struct const_span name,
                        struct place **out_place)
{
    struct place *place = find_endpoint(supervisor, name);
    if (place == NULL) {
        place = add_place(supervisor, PLACE_ENDPOINT, NOBODY);
        if (place == NULL)
            return STATUS_LIMIT;
        status_t status = sys_endpoint_create(&place->serving);
        if (status != STATUS_OK)
            return status;
        place->name = name; /* In the manifests, which stay. */
        supervisor->place_count++;
    }
    *out_place = place;
    return STATUS_OK;
}

static struct place *find_listener(struct supervisor *supervisor, uint16_t port)
{
    for (uint32_t i = 0; i < supervisor->place_count; i++)
        if (supervisor->places[i].kind == PLACE_LISTENER && supervisor->places[i].port == port)
            return &supervisor->places[i];
    return NULL;
}

status_t place_listener(struct supervisor *supervisor, uint32_t owner, uint16_t port,
                        struct place **out_place)
{
    struct place *place = find_listener(supervisor, port);
    if (place != NULL && place->owner != owner) {
        if (core_is_running(&supervisor->core, place->owner))
            return STATUS_IN_USE;
        place->owner = owner; /* Who had it is down; its backlog is the new owner's. */
    }
    if (place == NULL) {
        place = add_place(supervisor, PLACE_LISTENER, owner);
        if (place == NULL)
            return STATUS_LIMIT;
        struct socket_address address = { .port = port, .protocol = SOCKET_TCP };
        status_t status =
            sys_listener_create(&address, LISTENER_BACKLOG, &place->serving, &place->gate);
        if (status != STATUS_OK)
            return status;
        place->port = port;
        supervisor->place_count++;
    }
    *out_place = place;
    return STATUS_OK;
}

/* The supervisor's own calling end, minted when it is first needed. */
static status_t own_channel(struct place *place)
{
    if (place->channel.raw != 0)
        return STATUS_OK;
    return sys_channel_mint(place->serving, badge_of(ROLE_SUPERVISOR, 0, 0), &place->channel);
}

struct place *place_of_network(struct supervisor *supervisor)
{
    struct place *place = find_endpoint(supervisor, const_span_of("net", 3));
    bool is_up =
        place != NULL && place->owner != NOBODY && core_has_begun(&supervisor->core, place->owner);
    return is_up && own_channel(place) == STATUS_OK ? place : NULL;
}

status_t place_channel(struct supervisor *supervisor, uint32_t owner, handle_t *out_channel)
{
    for (uint32_t i = 0; i < supervisor->place_count; i++) {
        struct place *place = &supervisor->places[i];
        if (place->kind != PLACE_ENDPOINT || place->owner != owner)
            continue;
        status_t status = own_channel(place);
        if (status == STATUS_OK)
            *out_channel = place->channel;
        return status;
    }
    return STATUS_NOT_FOUND;
}

static status_t announce(const struct supervisor *supervisor, handle_t network,
                         const struct place *listener)
{
    struct net_listen_add_request request = {
        .token = (uint64_t)(listener - supervisor->places) + 1,
        .port = listener->port,
        .transport = SOCKET_TCP,
    };
    handle_t gate;
    status_t status =
        sys_handle_duplicate(listener->gate.raw,
                             RIGHT_LISTENER_POST | RIGHT_WAIT | RIGHT_TRANSFER | RIGHT_INSPECT,
                             &gate);
    if (status != STATUS_OK)
        return status;
    return net_listen_add(network, clock_after(ANNOUNCE_PATIENCE_NS), &request, &gate);
}

void places_announce(struct supervisor *supervisor)
{
    struct place *network = place_of_network(supervisor);
    if (network == NULL)
        return;
    uint32_t life = supervisor->core.services[network->owner].life;
    for (uint32_t i = 0; i < supervisor->place_count; i++) {
        struct place *place = &supervisor->places[i];
        if (place->kind != PLACE_LISTENER || place->told_life == life)
            continue;
        place->told_life = life; /* Once a life: what it refuses it would refuse again. */
        status_t status = announce(supervisor, network->channel, place);
        if (status != STATUS_OK)
            log_line("no listening at port %u: status %d", place->port, status);
    }
}

/* Where clients of a service can wait for it, though it has never run. */
static void prepare_places(struct supervisor *supervisor, uint32_t number)
{
    const struct manifest_service *service = &supervisor->services[number].manifest;
    for (uint32_t i = 0; i < service->grant_count; i++) {
        struct grant grant;
        struct place *place;
        if (manifest_grant(&supervisor->manifest, service, i, &grant) != STATUS_OK)
            continue;
        if (grant.kind == GRANT_IPC_SERVE &&
            place_endpoint(supervisor, grant.name, &place) == STATUS_OK)
            place->owner = number;
        else if (grant.kind == GRANT_NET_LISTEN && grant.protocol == GRANT_TCP && grant.port != 0)
            (void)place_listener(supervisor, number, grant.port, &place);
    }
}

void places_prepare(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->core.count; i++)
        if (supervisor->core.services[i].rules.at_boot)
            prepare_places(supervisor, i);
}

static void watch_service(struct supervisor *supervisor, uint32_t number)
{
    for (uint32_t i = 0; i < supervisor->place_count; i++) {
        const struct place *place = &supervisor->places[i];
        if (place->owner == number)
            (void)sys_port_bind(supervisor->port, place->serving, KEY_DEMAND | number,
                                SIGNAL_READABLE, PORT_ONCE);
    }
}

void places_watch(struct supervisor *supervisor)
{
    for (uint32_t i = 0; i < supervisor->core.count; i++) {
        struct supervised *service = &supervisor->services[i];
        bool sleeps = service->manifest.start == START_ON_DEMAND &&
                      supervisor->core.services[i].state == CORE_STOPPED;
        if (sleeps && !service->demand_armed) {
            service->demand_armed = true;
            prepare_places(supervisor, i);
            watch_service(supervisor, i);
        }
    }
}
