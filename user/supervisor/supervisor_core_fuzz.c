/* Feeds the supervisor's core schedules: a few services with rules, then events, and checks core and
 * world against each other after each. */
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "tests/doubles/supervisor_world.h"

enum { SERVICES_MAX = 8 };

static struct supervisor_world world;

static bool fails(void *argument, uint32_t service)
{
    return (reader_u8(argument) & 7) == 7;
}

static void add_services(struct reader *reader)
{
    uint32_t count = reader_u8(reader) % SERVICES_MAX + 1;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bits = reader_u8(reader);
        struct core_rules rules = {
            .at_boot = (bits & 1) != 0,
            .tells = (bits & 2) != 0,
            .follows_needs = (bits & 4) != 0,
            .restart = (enum core_restart)(bits >> 3 & 3) % 3,
            .delay_ns = 1 + reader_u8(reader),
            .limit = bits >> 5,
            .window_ns = 1000 + 100 * (uint64_t)reader_u8(reader),
            .ready_within_ns = 1 + reader_u8(reader),
            .watchdog_ns = reader_u8(reader) & 0x1f,
            .needs = { reader_u8(reader) & ((1u << i) - 1) },
        };
        core_add(&world.core, &rules);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of(data, size);
    supervisor_world_init(&world);
    add_services(&reader);
    core_begin(&world.core, world.now);
    supervisor_world_act(&world, fails, &reader);
    while (reader_left(&reader) > 0) {
        uint32_t kind = reader_u8(&reader) % (CORE_EVENT_KILL + 1);
        uint32_t service = reader_u8(&reader) % world.core.count;
        world.now += reader_u8(&reader);
        if (kind == CORE_EVENT_SPAWNED || kind == CORE_EVENT_SPAWN_FAILED)
            kind = CORE_EVENT_TIME;
        supervisor_world_event(&world, (enum core_event_kind)kind, service, kind & 1);
        supervisor_world_act(&world, fails, &reader);
        supervisor_world_event(&world, CORE_EVENT_TIME, 0, 0);
        supervisor_world_act(&world, fails, &reader);
        supervisor_world_check(&world);
        if (world.wrong != NULL)
            abort();
    }
    return 0;
}
