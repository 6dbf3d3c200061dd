/* A hold in an object of its own. */
#include "kernel/ipc/reply.h"

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"

static const struct object_ops reply_ops;

status_t reply_create(struct cell *cell, struct reply **out_reply)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.replies, &memory);
    if (status != STATUS_OK)
        return status;
    struct reply *reply = memory;
    object_init(&reply->object, &reply_ops, cell);
    spin_init(&reply->lock, LOCK_CALL);
    *out_reply = reply;
    return STATUS_OK;
}

void reply_keep(struct reply *reply, struct ipc_hold *hold)
{
    struct ipc_payload *unread = hold->payload;
    hold->payload = NULL;
    spin_lock(&reply->lock);
    reply->hold = *hold;
    spin_unlock(&reply->lock);
    *hold = (struct ipc_hold){ .payload = unread };
}

bool reply_peek(struct reply *reply, bool *out_is_long)
{
    spin_lock(&reply->lock);
    bool is_held = reply->hold.caller != NULL;
    if (is_held)
        *out_is_long = reply->hold.is_long;
    spin_unlock(&reply->lock);
    return is_held;
}

bool reply_take(struct reply *reply, struct ipc_hold *out_hold)
{
    spin_lock(&reply->lock);
    bool is_held = reply->hold.caller != NULL;
    if (is_held) {
        *out_hold = reply->hold;
        reply->hold = (struct ipc_hold){ .caller = NULL };
    }
    spin_unlock(&reply->lock);
    return is_held;
}

static void reply_last_handle_closed(struct object *object)
{
    struct ipc_hold hold;
    if (reply_take((struct reply *)object, &hold))
        hold_abandon(&hold);
}

static void reply_destroy(struct object *object)
{
    reply_last_handle_closed(object); /* One that never had a handle. */
    charged_free(object->cell, &ipc.replies, object);
}

static const struct object_ops reply_ops = {
    .kind = OBJECT_REPLY,
    .version = 1,
    .name = "reply",
    .destroy = reply_destroy,
    .last_handle_closed = reply_last_handle_closed,
};
