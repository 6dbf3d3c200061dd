/* An event is a signal source and nothing else. */
#include "kernel/ipc/event.h"

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"

static const struct object_ops event_ops;

status_t event_create(struct cell *cell, struct event **out_event)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.events, &memory);
    if (status != STATUS_OK)
        return status;
    struct event *event = memory;
    object_init(&event->object, &event_ops, cell);
    signal_source_init(&event->source, 0);
    *out_event = event;
    return STATUS_OK;
}

status_t event_signal(struct event *event, uint32_t clear, uint32_t set)
{
    if (((clear | set) & ~EVENT_SIGNALS) != 0)
        return STATUS_INVALID;
    signal_change(&event->source, clear, set);
    return STATUS_OK;
}

static void event_destroy(struct object *object)
{
    charged_free(object->cell, &ipc.events, object);
}

static struct signal_source *event_signals(struct object *object)
{
    return &((struct event *)object)->source;
}

static const struct object_ops event_ops = {
    .kind = OBJECT_EVENT,
    .version = 1,
    .name = "event",
    .destroy = event_destroy,
    .signals = event_signals,
};
