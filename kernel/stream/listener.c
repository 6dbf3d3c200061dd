/* The queue between those who make connections and those who take them. */
#include "kernel/stream/listener.h"

#include <abi/signals.h>

#include "kernel/cell/charge.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

static const struct object_ops listener_ops;

static status_t listener_end_create(struct listener_core *core, struct cell *cell, bool posts,
                                    struct listener **out_end)
{
    void *memory;
    status_t status = charged_alloc(cell, &streams.listener_ends, &memory);
    if (status != STATUS_OK)
        return status;
    struct listener *end = memory;
    object_init(&end->object, &listener_ops, cell);
    signal_source_init(&end->source, posts ? SIGNAL_WRITABLE : 0);
    end->core = core;
    end->posts = posts;
    *out_end = end;
    return STATUS_OK;
}

static status_t listener_core_create(struct cell *cell, const struct socket_address *address,
                                     uint32_t backlog, struct listener_core **out_core)
{
    void *memory;
    status_t status = charged_alloc(cell, &streams.listeners, &memory);
    if (status != STATUS_OK)
        return status;
    struct listener_core *core = memory;
    spin_init(&core->lock, LOCK_STREAM);
    list_init(&core->arrivals);
    wait_queue_init(&core->accepters);
    core->backlog = backlog;
    core->address = *address;
    *out_core = core;
    return STATUS_OK;
}

status_t listener_create(struct cell *cell, const struct socket_address *address, uint32_t backlog,
                         struct listener **out_accepting, struct listener **out_posting)
{
    struct listener_core *core = NULL;
    if (backlog == 0 || backlog > LISTENER_BACKLOG_MAX)
        return STATUS_INVALID;
    status_t status = listener_core_create(cell, address, backlog, &core);
    if (status != STATUS_OK)
        return status;
    status = listener_end_create(core, cell, false, &core->accepting);
    if (status != STATUS_OK) {
        charged_free(cell, &streams.listeners, core);
        return status;
    }
    status = listener_end_create(core, cell, true, &core->posting);
    if (status != STATUS_OK) {
        object_unref(&core->accepting->object); /* Takes the core along. */
        return status;
    }
    *out_accepting = core->accepting;
    *out_posting = core->posting;
    return STATUS_OK;
}

/* The signals of both ends, from what is queued. */
static void listener_refresh(struct listener_core *core)
{
    ASSERT(spin_held(&core->lock));
    bool is_open = core->accepting != NULL && !core->accepting->closed;
    bool has_room = core->arrival_count < core->backlog;
    if (core->accepting != NULL)
        signal_change(&core->accepting->source, core->arrival_count == 0 ? SIGNAL_READABLE : 0,
                      core->arrival_count > 0 ? SIGNAL_READABLE : 0);
    if (core->posting != NULL)
        signal_change(&core->posting->source, has_room ? 0 : SIGNAL_WRITABLE,
                      (has_room ? SIGNAL_WRITABLE : 0) | (is_open ? 0 : SIGNAL_PEER_CLOSED));
}

static void listener_insert(struct listener_core *core, struct arrival *arrival, bool in_front)
{
    if (in_front)
        list_push_front(&core->arrivals, &arrival->link);
    else
        list_push_back(&core->arrivals, &arrival->link);
    core->arrival_count++;
    wait_wake_one(&core->accepters, &core->lock);
    listener_refresh(core);
}

status_t listener_post(struct listener *posting, const struct capability *capability,
                       const struct socket_address *peer)
{
    struct listener_core *core = posting->core;
    struct cell *cell = posting->object.cell;
    void *memory;
    status_t status = charged_alloc(cell, &streams.arrivals, &memory);
    if (status != STATUS_OK)
        return status;
    struct arrival *arrival = memory;
    *arrival = (struct arrival){ .capability = *capability, .peer = *peer, .cell = cell };
    spin_lock(&core->lock);
    if (core->accepting == NULL || core->accepting->closed)
        status = STATUS_PEER_CLOSED;
    else if (core->arrival_count >= core->backlog)
        status = STATUS_LIMIT;
    else
        listener_insert(core, arrival, false);
    spin_unlock(&core->lock);
    if (status != STATUS_OK)
        arrival_free(arrival);
    return status;
}

status_t listener_take(struct listener *accepting, bool no_wait, time_ns_t deadline,
                       struct arrival **out_arrival)
{
    struct listener_core *core = accepting->core;
    status_t status = STATUS_OK;
    for (;;) {
        spin_lock(&core->lock);
        struct list *node = list_pop_front(&core->arrivals);
        if (node != NULL) {
            core->arrival_count--;
            listener_refresh(core);
            spin_unlock(&core->lock);
            *out_arrival = CONTAINER_OF(node, struct arrival, link);
            return STATUS_OK;
        }
        if (accepting->closed)
            status = STATUS_BAD_HANDLE;
        else if (status == STATUS_OK && (core->posting == NULL || core->posting->closed))
            status = STATUS_PEER_CLOSED;
        else if (status == STATUS_OK && no_wait)
            status = STATUS_WOULD_BLOCK;
        if (status != STATUS_OK) {
            spin_unlock(&core->lock);
            return status;
        }
        status = wait_sleep(&core->accepters, &core->lock, deadline);
    }
}

void listener_return(struct listener *accepting, struct arrival *arrival)
{
    struct listener_core *core = accepting->core;
    spin_lock(&core->lock);
    bool is_open = !accepting->closed;
    if (is_open)
        listener_insert(core, arrival, true);
    spin_unlock(&core->lock);
    if (is_open)
        return;
    capability_drop(&arrival->capability);
    arrival_free(arrival);
}

void arrival_free(struct arrival *arrival)
{
    charged_free(arrival->cell, &streams.arrivals, arrival);
}

void listener_info(struct listener *listener, struct socket_address *out_address,
                   uint32_t *out_queued, uint32_t *out_backlog)
{
    struct listener_core *core = listener->core;
    spin_lock(&core->lock);
    *out_address = core->address;
    *out_queued = core->arrival_count;
    *out_backlog = core->backlog;
    spin_unlock(&core->lock);
}

/* Nobody accepts any more: what is queued is closed, without the lock, since each is the last handle
 * of its stream end. */
static void listener_drain(struct listener_core *core)
{
    struct list drained, *node;
    list_init(&drained);
    spin_lock(&core->lock);
    while ((node = list_pop_front(&core->arrivals)) != NULL)
        list_push_back(&drained, node);
    core->arrival_count = 0;
    wait_wake_all(&core->accepters, &core->lock);
    listener_refresh(core);
    spin_unlock(&core->lock);
    while ((node = list_pop_front(&drained)) != NULL) {
        struct arrival *arrival = CONTAINER_OF(node, struct arrival, link);
        capability_drop(&arrival->capability);
        arrival_free(arrival);
    }
}

static void listener_last_handle_closed(struct object *object)
{
    struct listener *end = (struct listener *)object;
    struct listener_core *core = end->core;
    spin_lock(&core->lock);
    end->closed = true;
    if (end->posts && core->accepting != NULL) {
        signal_change(&core->accepting->source, 0, SIGNAL_PEER_CLOSED);
        wait_wake_all(&core->accepters, &core->lock);
    }
    spin_unlock(&core->lock);
    if (!end->posts)
        listener_drain(core);
}

static void listener_destroy(struct object *object)
{
    struct listener *end = (struct listener *)object;
    struct listener_core *core = end->core;
    spin_lock(&core->lock);
    if (end->posts)
        core->posting = NULL;
    else
        core->accepting = NULL;
    bool is_last = core->posting == NULL && core->accepting == NULL;
    spin_unlock(&core->lock);
    if (is_last) {
        ASSERT(list_is_empty(&core->arrivals));
        charged_free(object->cell, &streams.listeners, core);
    }
    charged_free(object->cell, &streams.listener_ends, end);
}

static struct signal_source *listener_signals(struct object *object)
{
    return &((struct listener *)object)->source;
}

static const struct object_ops listener_ops = {
    .kind = OBJECT_LISTENER,
    .version = 1,
    .name = "listener",
    .destroy = listener_destroy,
    .signals = listener_signals,
    .last_handle_closed = listener_last_handle_closed,
};
