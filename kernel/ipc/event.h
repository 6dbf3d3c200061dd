/* Events: signal bits that their holders set, clear and wait for. Any context but destroy. */
#pragma once

#include <abi/signals.h>

#include "kernel/object/object.h"

/* What holders may change; the other bits have meanings that events lack. */
#define EVENT_SIGNALS (SIGNAL_EVENT | 0xffu * SIGNAL_USER_0)

struct event {
    struct object object; /* OBJECT_EVENT. */
    struct signal_source source;
};

/* An event with no bit set, charged to the cell; the caller gets the one reference.
 * @return NO_MEMORY, LIMIT. */
status_t event_create(struct cell *cell, struct event **out_event);

/* Clear, then set. @return INVALID for bits outside EVENT_SIGNALS. */
status_t event_signal(struct event *event, uint32_t clear, uint32_t set);
