/* The supervisor: what its parts share. core.c decides, the rest carries out: load.c reads the
 * manifests, life.c starts and ends processes in their cells, grants.c turns grants into handles,
 * places.c keeps what outlives a process (endpoints, listeners), links.c joins network drivers with
 * the network service, desk.c answers services and operators, main.c is the loop. One thread. */
#pragma once

#include <abi/service.h>

#include "lib/format/manifest.h"
#include "user/ipc/serve.h"
#include "user/rt/arena.h"
#include "user/rt/spawn.h"
#include "user/supervisor/core.h"

enum {
    PLACES_MAX = 64,
    LINKS_MAX = 4,
    LOANS_MAX = SPAWN_HANDLES_MAX, /* Handles of the supervisor's own that one spawning needs. */
    DESK_BYTES = 20480,            /* The longest message to or from the supervisor. */
};

/* What a service is beside its state. */
struct supervised {
    struct manifest_service manifest;
    char name[SERVICE_NAME_SIZE];
    handle_t cell; /* Of this life; HANDLE_NONE when none runs. */
    handle_t process;
    handle_t stop; /* Event; of services that tell. */
    uint64_t process_id;
    uint64_t cell_id;
    uint32_t exit_code; /* Of the last process. */
    char degraded_why[SERVICE_REASON_SIZE];
    bool demand_armed; /* The port tells when somebody wants it. */
};

enum place_kind { PLACE_ENDPOINT = 1, PLACE_LISTENER = 2 };

/* Where a service can be reached. It is the supervisor's, so that clients and waiting connections
 * outlive the process behind it. */
struct place {
    enum place_kind kind;
    uint32_t owner;         /* The service that serves here. */
    struct const_span name; /* Of an endpoint. */
    uint16_t port;          /* Of a listener. */
    handle_t serving;       /* ENDPOINT, or LISTENER with ACCEPT. */
    handle_t gate;          /* Of a listener: POST. */
    handle_t channel;       /* Of an endpoint: the supervisor's own calling end, when needed. */
    uint32_t told_life;     /* Of a listener: the life of the network service that knows it. */
};

/* A network device, between its driver and the network service. */
struct link {
    bool exists;
    uint32_t service; /* The network service. */
    handle_t pool;
    handle_t ring_service;
    handle_t ring_driver;
};

/* Handles that the kernel gave to init, and init to us. */
struct supervisor_handles {
    handle_t root, cell, devices, tty, log, clock, entropy, power, system, trace;
};

/* A spawning under way. */
struct spawning {
    uint32_t service;
    handle_t loans[LOANS_MAX]; /* To be closed when it is done. */
    uint32_t loan_count;
    struct spawn_plan plan;
};

struct supervisor {
    struct supervisor_handles handles;
    handle_t port;
    handle_t endpoint; /* Of the desk. */
    struct manifest manifest;
    struct core core;
    struct supervised services[CORE_SERVICES_MAX];
    struct place places[PLACES_MAX];
    uint32_t place_count;
    struct link links[LINKS_MAX];
    struct ipc_server desk;
    uint8_t desk_request[DESK_BYTES];
    uint8_t desk_reply[DESK_BYTES];
    struct spawning spawning;
    bool reports; /* Tell on the console when all is up (swos.report=console). */
    bool has_reported;
};

/* Keys of the port's packets: a kind, and the service in the low half. */
#define KEY_DESK (1ull << 32)
#define KEY_ENDED (2ull << 32)
#define KEY_DEMAND (3ull << 32)

/* --- load.c --- */

/* Read /etc/services.bin and make the core's table of it.
 * @return CORRUPT, or what reading answered. */
[[nodiscard]] status_t supervisor_load(struct supervisor *supervisor);
/* @return the service's number, or NOT_FOUND. */
[[nodiscard]] status_t supervisor_find(const struct supervisor *supervisor, struct const_span name,
                                       uint32_t *out_service);

/* --- life.c --- */

/* Do what the core asks for, until it asks for nothing. */
void supervisor_act(struct supervisor *supervisor);
/* The process of a service is gone: clean up, then tell the core. */
void supervisor_ended(struct supervisor *supervisor, uint32_t service);

/* --- grants.c --- */

/* Put the handles that the service's grants stand for into the plan. */
[[nodiscard]] status_t grants_give(struct supervisor *supervisor, struct spawning *spawning);
/* Put one into the plan. */
void grant_handle(struct spawning *spawning, const char *name, handle_t handle, rights_t rights);
/* The handle is closed when the spawning is done. @return TOO_BIG (and closes it) when there are too
 * many. */
[[nodiscard]] status_t spawning_lend(struct spawning *spawning, handle_t handle);

/* --- places.c --- */

/* The endpoint of a name, or the listener of a service at a port, made when there is none yet. An
 * endpoint that is only called belongs to nobody until somebody serves it. */
[[nodiscard]] status_t place_endpoint(struct supervisor *supervisor, struct const_span name,
                                      struct place **out_place);
[[nodiscard]] status_t place_listener(struct supervisor *supervisor, uint32_t owner, uint16_t port,
                                      struct place **out_place);
/* Tell the network service of the listeners that it does not know; of all, after its restart. */
void places_announce(struct supervisor *supervisor);
/* Make the places of what starts at boot: whoever comes before it waits, and is not refused. */
void places_prepare(struct supervisor *supervisor);
/* Watch for clients of services that start on demand and do not run. */
void places_watch(struct supervisor *supervisor);
/* The network service and the way to it; NULL when there is none, or it has not begun. */
struct place *place_of_network(struct supervisor *supervisor);
/* The supervisor's way to the endpoint that a service serves; it stays the place's.
 *  NOT_FOUND when it serves none. */
[[nodiscard]] status_t place_channel(struct supervisor *supervisor, uint32_t owner,
                                     handle_t *out_channel);

/* --- links.c --- */

/* A network device's two sides, by the grant device:net.N: of a service, which begins a new life of
 * the link, and of a driver, which gets the device too. */
[[nodiscard]] status_t link_give_service(struct supervisor *supervisor, struct spawning *spawning,
                                         uint32_t number);
[[nodiscard]] status_t link_give_driver(struct supervisor *supervisor, struct spawning *spawning,
                                        uint32_t number);
/* A network service has ended, and with it the links that were made for it. What it shared with drivers
 * and streams lasts as long as those hold it. */
void links_end(struct supervisor *supervisor, uint32_t service);
/* A driver has died: let the network service put the rings into their next life. */
void link_driver_died(struct supervisor *supervisor, uint32_t service);

/* --- desk.c --- */

[[nodiscard]] status_t desk_open(struct supervisor *supervisor);
/* A calling end to the desk for a service. */
[[nodiscard]] status_t desk_channel(struct supervisor *supervisor, enum service_role role,
                                    uint32_t service, handle_t *out_channel);
