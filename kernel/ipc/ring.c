/* Two ends over one VMO. An end's object goes when its last reference does; the other end then
 * finds NULL in the core. The core's lock keeps a peer alive while its bell is rung: destroy takes
 * it too, before the memory goes. */
#include "kernel/ipc/ring.h"

#include <abi/signals.h>

#include "kernel/cell/charge.h"
#include "kernel/ipc/ipc.h"

static const struct object_ops ring_ops;

static status_t ring_end_create(struct cell *cell, struct ring_core *core, uint32_t index)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.ring_ends, &memory);
    if (status != STATUS_OK)
        return status;
    struct ring_end *end = memory;
    object_init(&end->object, &ring_ops, cell);
    signal_source_init(&end->source, 0);
    end->core = core;
    end->index = index;
    core->ends[index] = end;
    return STATUS_OK;
}

/* The memory, and no end yet. */
static status_t ring_core_create(struct cell *cell, uint64_t size, struct ring_core **out_core)
{
    void *memory;
    status_t status = charged_alloc(cell, &ipc.rings, &memory);
    if (status != STATUS_OK)
        return status;
    struct ring_core *core = memory;
    spin_init(&core->lock, LOCK_CHANNEL);
    status = vmo_create_anon(page_up(size), cell, &core->vmo);
    if (status != STATUS_OK) {
        charged_free(cell, &ipc.rings, core);
        return status;
    }
    *out_core = core;
    return STATUS_OK;
}

static void ring_core_free(struct ring_core *core, struct cell *cell)
{
    object_unref(&core->vmo->object);
    charged_free(cell, &ipc.rings, core);
}

status_t ring_create(struct cell *cell, uint64_t size, struct ring_end *out_ends[2])
{
    if (size == 0 || size > RING_SIZE_MAX)
        return STATUS_INVALID;
    struct ring_core *core = NULL;
    status_t status = ring_core_create(cell, size, &core);
    if (status != STATUS_OK)
        return status;
    status = ring_end_create(cell, core, 0);
    if (status != STATUS_OK) {
        ring_core_free(core, cell);
        return status;
    }
    status = ring_end_create(cell, core, 1);
    if (status != STATUS_OK) {
        object_unref(&core->ends[0]->object); /* Takes the core along. */
        return status;
    }
    out_ends[0] = core->ends[0];
    out_ends[1] = core->ends[1];
    return STATUS_OK;
}

/* Change the other end's signals, if it is there. */
static void ring_tell(struct ring_end *end, uint32_t signal, bool is_pulse)
{
    struct ring_core *core = end->core;
    spin_lock(&core->lock);
    struct ring_end *peer = core->ends[1 - end->index];
    if (peer != NULL && is_pulse)
        signal_pulse(&peer->source, signal);
    else if (peer != NULL)
        signal_change(&peer->source, 0, signal);
    spin_unlock(&core->lock);
}

void ring_notify(struct ring_end *end)
{
    ring_tell(end, SIGNAL_EVENT, true);
}

void ring_clear(struct ring_end *end)
{
    signal_change(&end->source, SIGNAL_EVENT, 0);
}

status_t ring_map(struct ring_end *end, struct aspace *aspace, uint64_t *out_address,
                  uint64_t *out_size)
{
    struct vmo *vmo = end->core->vmo;
    uint32_t access = MAP_READ | MAP_WRITE;
    status_t status = aspace_map(aspace, vmo, 0, vmo->size_bytes, 0, access, access, out_address);
    if (status == STATUS_OK)
        *out_size = vmo->size_bytes;
    return status;
}

static void ring_last_handle_closed(struct object *object)
{
    ring_tell((struct ring_end *)object, SIGNAL_PEER_CLOSED, false);
}

static void ring_destroy(struct object *object)
{
    struct ring_end *end = (struct ring_end *)object;
    struct ring_core *core = end->core;
    spin_lock(&core->lock);
    core->ends[end->index] = NULL;
    bool is_last = core->ends[1 - end->index] == NULL;
    spin_unlock(&core->lock);
    if (is_last)
        ring_core_free(core, object->cell);
    charged_free(object->cell, &ipc.ring_ends, end);
}

static struct signal_source *ring_signals(struct object *object)
{
    return &((struct ring_end *)object)->source;
}

static const struct object_ops ring_ops = {
    .kind = OBJECT_RING,
    .version = 1,
    .name = "ring",
    .destroy = ring_destroy,
    .signals = ring_signals,
    .last_handle_closed = ring_last_handle_closed,
};
