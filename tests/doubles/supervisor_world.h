/* A world for the supervisor's core: processes that exist or do not, started and ended as its actions
 * say. It checks that each action makes sense and that core and world agree. Used by the seeded test
 * and the fuzzer. */
#pragma once

#include "user/supervisor/core.h"

struct supervisor_world {
    struct core core;
    time_ns_t now;
    bool exists[CORE_SERVICES_MAX];     /* A process of it does. */
    bool asked[CORE_SERVICES_MAX];      /* It was asked to stop. */
    bool killed[CORE_SERVICES_MAX];     /* It was ended, and its end is not told yet. */
    uint32_t starts[CORE_SERVICES_MAX]; /* Ever. */
    const char *wrong;                  /* The first thing that must not be, or NULL. */
};

void supervisor_world_init(struct supervisor_world *world);
/* Do what the core asks. fails(service) says which spawning fails. */
void supervisor_world_act(struct supervisor_world *world,
                          bool (*fails)(void *argument, uint32_t service), void *argument);
/* An event about the current life of a service, if it makes sense in the world. */
void supervisor_world_event(struct supervisor_world *world, enum core_event_kind kind,
                            uint32_t service, uint32_t code);
/* Core and world agree on who runs, and nobody is overdue. */
void supervisor_world_check(struct supervisor_world *world);
