/* Reply objects: a held call put aside, to be answered once, by whoever has the handle. Closing the
 * last handle without an answer answers PEER_CLOSED. */
#pragma once

#include "kernel/ipc/call.h"
#include "kernel/object/object.h"

struct reply {
    struct object object; /* OBJECT_REPLY. */
    struct spinlock lock; /* LOCK_CALL: hold. */
    struct ipc_hold hold; /* caller == NULL: answered. */
};

/* An empty reply; the caller gets the one reference. @return NO_MEMORY, LIMIT. */
status_t reply_create(struct cell *cell, struct reply **out_reply);
/* Move a held call into the reply; a message that was not read stays behind. When the reply's last
 * handle has gone in the meantime, its end answers. */
void reply_keep(struct reply *reply, struct ipc_hold *hold);
/* Whether there is a call to answer, and whether the answer may be long. */
bool reply_peek(struct reply *reply, bool *out_is_long);
/* Take the hold out. False when it is gone already. */
bool reply_take(struct reply *reply, struct ipc_hold *out_hold);
