/* See services.h. Log, clock, entropy, power, system and trace have no state of their own here: a
 * handle to one is the right to make its calls. */
#include "kernel/process/services.h"

#include "kernel/device/registry.h"
#include "kernel/object/object.h"
#include "kernel/trace/tracepoint.h"
#include "kernel/tty/tty.h"
#include "lib/base/assert.h"

enum { PLAIN_COUNT = 6 };

static struct services {
    struct object plain[PLAIN_COUNT]; /* In the order of plain_ops. */
} services;

static const struct object_ops plain_ops[PLAIN_COUNT];

struct object *service_object(enum object_kind kind)
{
    if (kind == OBJECT_TTY)
        return tty_object(tty_console());
    if (kind == OBJECT_DEVICE)
        return registry_object();
    for (uint32_t i = 0; i < PLAIN_COUNT; i++)
        if (plain_ops[i].kind == kind)
            return &services.plain[i];
    return NULL;
}

void kernel_services_init(void)
{
    for (uint32_t i = 0; i < PLAIN_COUNT; i++)
        object_init(&services.plain[i], &plain_ops[i], NULL);
    tty_setup();
    trace_setup();
    registry_setup();
}

static void service_destroy(struct object *object)
{
    ASSERT(object == NULL); /* The kernel's own reference is never given back. */
}

#define PLAIN(number, upper, lower) \
    [number] = { .kind = OBJECT_##upper, .version = 1, .name = lower, .destroy = service_destroy }

static const struct object_ops plain_ops[PLAIN_COUNT] = {
    PLAIN(0, LOG, "log"),     PLAIN(1, CLOCK, "clock"),   PLAIN(2, ENTROPY, "entropy"),
    PLAIN(3, POWER, "power"), PLAIN(4, SYSTEM, "system"), PLAIN(5, TRACE, "trace"),
};
