/* See supervisor_world.h. */
#include "tests/doubles/supervisor_world.h"

#include <string.h>

void supervisor_world_init(struct supervisor_world *world)
{
    memset(world, 0, sizeof *world);
    core_init(&world->core);
}

static void expect(struct supervisor_world *world, bool condition, const char *claim)
{
    if (!condition && world->wrong == NULL)
        world->wrong = claim;
}

static void check_needs(struct supervisor_world *world, uint32_t service)
{
    const struct core_rules *rules = &world->core.services[service].rules;
    for (uint32_t need = 0; need < service; need++)
        if ((rules->needs[need / 64] >> (need % 64) & 1) != 0)
            expect(world, world->exists[need], "a service starts before what it needs");
}

static void start(struct supervisor_world *world, uint32_t service, bool fails)
{
    expect(world, !world->exists[service], "a second process of a service starts");
    check_needs(world, service);
    struct core_event event = { .kind = CORE_EVENT_SPAWNED, .service = service };
    world->starts[service]++;
    if (fails)
        event = (struct core_event){ .kind = CORE_EVENT_SPAWN_FAILED,
                                     .service = service,
                                     .code = STATUS_NO_MEMORY };
    world->exists[service] = !fails;
    world->asked[service] = world->killed[service] = false;
    (void)core_step(&world->core, &event, world->now);
}

void supervisor_world_act(struct supervisor_world *world,
                          bool (*fails)(void *argument, uint32_t service), void *argument)
{
    uint32_t service = 0;
    for (;;) {
        switch (core_next_action(&world->core, &service)) {
        case CORE_DO_NOTHING: return;
        case CORE_DO_START: start(world, service, fails(argument, service)); break;
        case CORE_DO_ASK_STOP:
            expect(world, world->exists[service], "nobody is asked to stop");
            world->asked[service] = true;
            break;
        case CORE_DO_KILL:
            expect(world, world->exists[service], "nobody is ended");
            world->killed[service] = true;
            break;
        }
    }
}

void supervisor_world_event(struct supervisor_world *world, enum core_event_kind kind,
                            uint32_t service, uint32_t code)
{
    struct core_event event = {
        .kind = kind,
        .service = service,
        .life = world->core.services[service].life,
        .code = code,
    };
    bool is_told = kind == CORE_EVENT_TELLS_BEGUN || kind == CORE_EVENT_TELLS_READY ||
                   kind == CORE_EVENT_TELLS_ALIVE || kind == CORE_EVENT_TELLS_DEGRADED ||
                   kind == CORE_EVENT_ENDED;
    if (is_told && !world->exists[service])
        return;
    if (kind == CORE_EVENT_ENDED)
        world->exists[service] = false;
    (void)core_step(&world->core, &event, world->now);
}

void supervisor_world_check(struct supervisor_world *world)
{
    for (uint32_t i = 0; i < world->core.count; i++) {
        const struct core_service *service = &world->core.services[i];
        expect(world, core_is_running(&world->core, i) == world->exists[i],
               "core and world differ on who runs");
        expect(world, service->action == CORE_DO_NOTHING, "an action is left");
        if (service->condemned && core_is_running(&world->core, i))
            expect(world, world->killed[i], "one that is to end was not ended");
    }
    expect(world, core_deadline(&world->core) > world->now, "a deadline is in the past");
}
