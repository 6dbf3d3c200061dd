/* What the supervisor and the services that it starts agree on: badges of its channels, what its
 * telemetry tells, names of start handles that are not grants. Fixed-width fields, little endian. */
#pragma once

#include <abi/types.h>

/* A badge says who calls: the caller's role towards the server, the life of the calling service
 * (which start it is), and its number among the services. Only the supervisor mints. */
enum service_role {
    ROLE_CLIENT = 1,     /* Granted ipc:call:NAME. */
    ROLE_SUPERVISOR = 2, /* The supervisor itself: control of a service. */
    ROLE_SERVICE = 3,    /* A service towards its supervisor. */
    ROLE_ECHO = 4,       /* Granted net:icmp:echo, towards netd. */
    ROLE_TELEMETRY = 5,  /* Granted ipc:call:telemetry, towards the supervisor. */
    ROLE_CONTROL = 6,    /* Granted ipc:call:control, the same. */
    ROLE_NET = 7,        /* Granted net:..., towards netd: which grant, instead of which life. */
};

enum { BADGE_ROLE_SHIFT = 56, BADGE_LIFE_SHIFT = 16, BADGE_LIFE_BITS = 40 };

static inline uint64_t badge_of(enum service_role role, uint64_t life, uint16_t service)
{
    uint64_t life_mask = (1ull << BADGE_LIFE_BITS) - 1;
    return (uint64_t)role << BADGE_ROLE_SHIFT | (life & life_mask) << BADGE_LIFE_SHIFT | service;
}

static inline enum service_role badge_role(uint64_t badge)
{
    return (enum service_role)(badge >> BADGE_ROLE_SHIFT);
}

static inline uint64_t badge_life(uint64_t badge)
{
    return badge >> BADGE_LIFE_SHIFT & ((1ull << BADGE_LIFE_BITS) - 1);
}

/* Of ROLE_NET: the index of the grant among those of the service in the compiled manifests. */
static inline uint64_t badge_grant(uint64_t badge)
{
    return badge_life(badge);
}

static inline uint16_t badge_service(uint64_t badge)
{
    return (uint16_t)badge;
}

/* Start handles beside those that are named as their grant. A service has the first two if its
 * manifest's ready kind is not `start`. */
#define START_SUPERVISOR "supervisor" /* CHANNEL +CALL: protocol notice. */
#define START_STOP "stop"             /* EVENT +WAIT: finish and end. */
#define START_SCRATCH "scratch" /* DIRECTORY: a private tree, where the manifest asks for one. */
#define START_DEVICES "devices" /* DEVICE +INSPECT: the registry, with system:inspect. */
/* Of the two sides of a network device N (N a digit): the service granted device:net.N, and the
 * device's driver. */
#define START_NET_POOL "net:pool" /* VMO: the packet pool. */
#define START_NET_RING "net:ring" /* RING: the area of lib/virtio/net_ring.h, and the doorbells. */
#define START_DEVICE "device"     /* DEVICE: the driver's alone. */

enum service_health {
    HEALTH_STOPPED = 1,
    HEALTH_STARTING = 2,
    HEALTH_READY = 3,
    HEALTH_DEGRADED = 4,
    HEALTH_RESTARTING = 5,
    HEALTH_FAILED = 6,
};

enum {
    SERVICE_NAME_SIZE = 32,
    SERVICE_REASON_SIZE = 64,
    SERVICE_INFO_MAX = 128,  /* Of one answer of telemetry.services. */
    SERVICE_EVENTS_MAX = 64, /* Of one answer of telemetry.events. */
};

struct service_info {
    char name[SERVICE_NAME_SIZE];     /* NUL-ended, as all texts here. */
    char reason[SERVICE_REASON_SIZE]; /* Why it is not ready; empty when it is. */
    uint64_t since_ns;                /* When it came into this health. */
    uint64_t process_id;              /* 0: none runs. */
    uint64_t cell_id;
    uint32_t health;    /* enum service_health */
    uint32_t starts;    /* Ever. */
    uint32_t exit_code; /* Of its last process. */
    uint32_t padding;
};
_Static_assert(sizeof(struct service_info) == 136, "service_info");

struct service_event {
    uint64_t when_ns;
    char name[SERVICE_NAME_SIZE];
    char what[SERVICE_REASON_SIZE];
    uint32_t health; /* After it. */
    uint32_t code;   /* Exit code or status, where `what` speaks of one. */
};
_Static_assert(sizeof(struct service_event) == 112, "service_event");
