/* object/object.h and object/handle.h in their plainest form: what the headers promise, without
 * lock-free readers. A table has one chunk. */
#include <stdlib.h>

#include "kernel/cell/cell.h"
#include "kernel/object/handle.h"
#include "kernel/process/process.h"
#include "kernel/sched/wait.h"
#include "lib/base/assert.h"
#include "tests/doubles/kernel_object.h"

void object_init(struct object *object, const struct object_ops *ops, struct cell *cell)
{
    object->ops = ops;
    object->refs = 1;
    object->handles = 0;
    object->cell = cell;
    if (cell != NULL)
        object_ref(&cell->object);
}

struct object *object_ref(struct object *object)
{
    ASSERT(object->refs > 0);
    object->refs++;
    return object;
}

bool object_try_ref(struct object *object)
{
    if (object->refs == 0)
        return false;
    object->refs++;
    return true;
}

static void object_release(struct epoch_node *node)
{
    struct object *object = CONTAINER_OF(node, struct object, retire);
    struct cell *cell = object->cell;
    object->ops->destroy(object);
    if (cell != NULL)
        object_unref(&cell->object);
}

void object_unref(struct object *object)
{
    ASSERT(object->refs > 0);
    if (--object->refs == 0)
        epoch_retire(&object->retire, object_release);
}

void object_handle_added(struct object *object)
{
    object->handles++;
}

void object_handle_removed(struct object *object)
{
    ASSERT(object->handles > 0);
    if (--object->handles > 0)
        return;
    if (double_object_forget != NULL && object->ops->signals != NULL)
        double_object_forget(object, object->ops->signals(object));
    if (object->ops->last_handle_closed != NULL)
        object->ops->last_handle_closed(object);
}

void (*double_object_forget)(struct object *object, struct signal_source *source);

/* ---- Signals ---- */

void signal_source_init(struct signal_source *source, uint32_t signals)
{
    *source = (struct signal_source){ .signals = signals };
    spin_init(&source->lock, LOCK_OBJECT);
    list_init(&source->observers);
}

static void signal_tell(struct signal_source *source, uint32_t news)
{
    LIST_FOR_EACH_SAFE (node, &source->observers) {
        struct observer *observer = CONTAINER_OF(node, struct observer, link);
        if (observer->mask & news)
            observer->notify(observer, source->signals & observer->mask);
    }
}

void signal_change(struct signal_source *source, uint32_t clear, uint32_t set)
{
    spin_lock(&source->lock);
    uint32_t before = source->signals;
    source->signals = (before & ~clear) | set;
    signal_tell(source, source->signals & ~before);
    spin_unlock(&source->lock);
}

void signal_pulse(struct signal_source *source, uint32_t set)
{
    spin_lock(&source->lock);
    source->signals |= set;
    signal_tell(source, set);
    spin_unlock(&source->lock);
}

uint32_t signal_read(struct signal_source *source)
{
    return source->signals;
}

void signal_observe(struct signal_source *source, struct observer *observer)
{
    spin_lock(&source->lock);
    list_push_back(&source->observers, &observer->link);
    if (source->signals & observer->mask)
        observer->notify(observer, source->signals & observer->mask);
    spin_unlock(&source->lock);
}

void signal_unobserve(struct signal_source *source, struct observer *observer)
{
    spin_lock(&source->lock);
    list_remove(&observer->link);
    spin_unlock(&source->lock);
}

struct signal_waiter {
    struct observer observer;
    struct spinlock guard;
    struct wait_queue queue;
};

static void signal_waiter_notify(struct observer *observer, uint32_t signals)
{
    struct signal_waiter *waiter = CONTAINER_OF(observer, struct signal_waiter, observer);
    spin_lock(&waiter->guard);
    wait_wake_all(&waiter->queue, &waiter->guard);
    spin_unlock(&waiter->guard);
}

status_t signal_wait(struct signal_source *source, uint32_t mask, time_ns_t deadline,
                     uint32_t *out_signals)
{
    struct signal_waiter waiter = { .observer = { .mask = mask, .notify = signal_waiter_notify } };
    status_t status = STATUS_OK;
    spin_init(&waiter.guard, LOCK_WAIT);
    wait_queue_init(&waiter.queue);
    signal_observe(source, &waiter.observer);
    while (status == STATUS_OK) {
        spin_lock(&waiter.guard);
        if (source->signals & mask) {
            spin_unlock(&waiter.guard);
            break;
        }
        status = wait_sleep(&waiter.queue, &waiter.guard, deadline);
    }
    signal_unobserve(source, &waiter.observer);
    *out_signals = source->signals;
    return status;
}

/* ---- Handles ---- */

struct capability capability_of(struct object *object, rights_t rights, struct grant *grant)
{
    object_ref(object);
    object_handle_added(object);
    return (struct capability){ .object = object, .grant = grant, .rights = rights };
}

void capability_drop(struct capability *capability)
{
    struct object *object = capability->object;
    capability->object = NULL;
    object_handle_removed(object);
    object_unref(object);
}

void handle_table_init(struct handle_table *table, struct cell *cell)
{
    *table = (struct handle_table){ .cell = cell };
    table->chunks[0] = calloc(HANDLE_CHUNK_SLOTS, sizeof(struct handle_slot));
    table->chunk_count = HANDLE_CHUNK_SLOTS; /* Slots that may be used: tests lower it. */
}

static struct handle_slot *slot_of(struct handle_table *table, handle_t handle)
{
    uint32_t index = (uint32_t)handle.raw;
    if (index == 0 || index >= HANDLE_CHUNK_SLOTS)
        return NULL;
    struct handle_slot *slot = &table->chunks[0][index];
    return slot->object != NULL && slot->generation == handle.raw >> 32 ? slot : NULL;
}

status_t handle_add(struct handle_table *table, struct capability capability, handle_t *out_handle)
{
    for (uint32_t i = 1; i < table->chunk_count; i++) {
        struct handle_slot *slot = &table->chunks[0][i];
        if (slot->object != NULL)
            continue;
        slot->object = capability.object;
        slot->grant = capability.grant;
        slot->rights = capability.rights;
        slot->generation++;
        table->used++;
        *out_handle = (handle_t){ (uint64_t)slot->generation << 32 | i };
        return STATUS_OK;
    }
    return STATUS_NO_SLOT;
}

status_t handle_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                       rights_t need, struct object **out_object)
{
    struct handle_slot *slot = slot_of(table, handle);
    if (slot == NULL)
        return STATUS_BAD_HANDLE;
    if (kind != OBJECT_NONE && object_kind(slot->object) != kind)
        return STATUS_WRONG_KIND;
    if ((slot->rights & need) != need)
        return STATUS_NO_RIGHT;
    *out_object = slot->object;
    return STATUS_OK;
}

status_t handle_resolve(struct handle_table *table, handle_t handle, enum object_kind kind,
                        rights_t need, struct object **out_object)
{
    status_t status = handle_borrow(table, handle, kind, need, out_object);
    if (status == STATUS_OK)
        object_ref(*out_object);
    return status;
}

status_t handle_copy(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability)
{
    struct object *object = NULL;
    status_t status = handle_resolve(table, handle, OBJECT_NONE, need, &object);
    if (status != STATUS_OK)
        return status;
    *out_capability = capability_of(object, slot_of(table, handle)->rights, NULL);
    object_unref(object);
    return STATUS_OK;
}

status_t handle_take(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability)
{
    struct handle_slot *slot = slot_of(table, handle);
    if (slot == NULL)
        return STATUS_BAD_HANDLE;
    if ((slot->rights & need) != need)
        return STATUS_NO_RIGHT;
    *out_capability =
        (struct capability){ .object = slot->object, .grant = slot->grant, .rights = slot->rights };
    slot->object = NULL;
    table->used--;
    return STATUS_OK;
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct capability capability;
    status_t status = handle_take(table, handle, 0, &capability);
    if (status == STATUS_OK)
        capability_drop(&capability);
    return status;
}

void handle_table_clear(struct handle_table *table)
{
    for (uint32_t i = 1; i < HANDLE_CHUNK_SLOTS; i++)
        if (table->chunks[0][i].object != NULL) {
            struct handle_slot *slot = &table->chunks[0][i];
            handle_t handle = { (uint64_t)slot->generation << 32 | i };
            status_t status = handle_close(table, handle);
            ASSERT(status == STATUS_OK);
        }
}

/* ---- Cells and processes ---- */

static void nothing_destroy(struct object *object)
{
}

static const struct object_ops cell_double_ops = {
    .kind = OBJECT_CELL,
    .version = 1,
    .name = "cell",
    .destroy = nothing_destroy,
};

void double_process_init(struct process *process, struct cell *cell)
{
    *cell = (struct cell){ .parent = NULL };
    *process = (struct process){ .cell = cell };
    object_init(&cell->object, &cell_double_ops, NULL);
    for (int i = 0; i < CELL_RESOURCES; i++)
        cell->limit[i] = UINT64_MAX;
    handle_table_init(&process->handles, cell);
}

void double_process_end(struct process *process)
{
    handle_table_clear(&process->handles);
    free(process->handles.chunks[0]);
}

status_t cell_charge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    if (amount > cell->limit[resource] - cell->used[resource])
        return STATUS_LIMIT;
    cell->used[resource] += amount;
    return STATUS_OK;
}

void cell_uncharge(struct cell *cell, enum cell_resource resource, uint64_t amount)
{
    ASSERT(cell->used[resource] >= amount);
    cell->used[resource] -= amount;
}
