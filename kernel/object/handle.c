/* Handle tables: see handle.h. A slot is published by writing its object last and unpublished by
 * raising its generation first, so that a look-up that sees the same generation before and after
 * reading the rest has read one slot's state. */
#include "kernel/object/handle.h"

#include "kernel/cell/cell.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/page_zero.h"
#include "kernel/posix/description.h"
#include "kernel/posix/descriptors.h"
#include "lib/base/assert.h"

/* Bit 63 of a handle says that it is a number of the segment. */
#define GENERATION_MAX 0x7fffffffu

void handle_table_init(struct handle_table *table, struct cell *cell)
{
    *table = (struct handle_table){ .cell = cell };
    spin_init(&table->lock, LOCK_HANDLES);
}

static struct handle_slot *slot_at(struct handle_table *table, uint32_t index)
{
    if (index >= __atomic_load_n(&table->chunk_count, __ATOMIC_ACQUIRE) * HANDLE_CHUNK_SLOTS)
        return NULL;
    return &table->chunks[index / HANDLE_CHUNK_SLOTS][index % HANDLE_CHUNK_SLOTS];
}

static bool is_number(handle_t handle)
{
    return (handle.raw & DESCRIPTOR_HANDLE) != 0;
}

static struct descriptors *segment_of(const struct handle_table *table)
{
    return __atomic_load_n(&table->segment, __ATOMIC_ACQUIRE);
}

static handle_t handle_of(uint32_t index, uint32_t generation)
{
    return (handle_t){ (uint64_t)generation << 32 | index };
}

/* --- Capabilities ---------------------------------------------------------------------------- */

struct capability capability_of(struct object *object, rights_t rights, struct grant *grant)
{
    object_ref(object);
    object_handle_added(object);
    if (grant != NULL)
        object_ref(&grant->object);
    return (struct capability){ .object = object, .grant = grant, .rights = rights };
}

/* Of one that was found without its references, inside an epoch: take them all, unless it is being given up. */
static bool capability_try_copy(const struct capability *found)
{
    if (!object_try_ref(found->object))
        return false;
    bool has_grant = found->grant == NULL || object_try_ref(&found->grant->object);
    if (has_grant && object_handle_try_add(found->object))
        return true;
    if (has_grant && found->grant != NULL)
        object_unref(&found->grant->object);
    object_unref(found->object);
    return false;
}

void capability_drop(struct capability *capability)
{
    struct object *object = capability->object;
    if (capability->grant != NULL)
        object_unref(&capability->grant->object);
    *capability = (struct capability){ 0 };
    object_handle_removed(object);
    object_unref(object);
}

/* --- Look-up --------------------------------------------------------------------------------- */

/* A consistent copy of the slot, with a reference to its object. Inside an epoch. */
static inline status_t read_slot(struct handle_table *table, handle_t handle,
                                 struct capability *out_slot)
{
    struct handle_slot *slot = slot_at(table, (uint32_t)handle.raw);
    if (slot == NULL)
        return STATUS_BAD_HANDLE;
    uint32_t generation = (uint32_t)(handle.raw >> 32);
    if (__atomic_load_n(&slot->generation, __ATOMIC_ACQUIRE) != generation)
        return STATUS_BAD_HANDLE;
    struct object *object = __atomic_load_n(&slot->object, __ATOMIC_ACQUIRE);
    if (object == NULL)
        return STATUS_BAD_HANDLE;
    *out_slot = (struct capability){
        .object = object,
        .grant = __atomic_load_n(&slot->grant, __ATOMIC_RELAXED),
        .rights = __atomic_load_n(&slot->rights, __ATOMIC_RELAXED),
    };
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&slot->generation, __ATOMIC_RELAXED) != generation)
        return STATUS_BAD_HANDLE;
    return STATUS_OK;
}

static inline status_t check(const struct capability *slot, enum object_kind kind, rights_t need)
{
    if (kind != OBJECT_NONE && object_kind(slot->object) != kind)
        return STATUS_WRONG_KIND;
    if ((slot->rights & need) != need)
        return STATUS_NO_RIGHT;
    if (grant_is_revoked(slot->grant))
        return STATUS_REVOKED;
    return STATUS_OK;
}

/* Apart, so that the look-up of a handle, on the way of nearly every call, keeps its slot in registers. */
static __attribute__((noinline)) status_t number_borrow(struct handle_table *table, handle_t handle,
                                                        enum object_kind kind, rights_t need,
                                                        struct object **out_object)
{
    struct capability slot;
    status_t status = descriptors_read_slot(segment_of(table), handle, &slot);
    if (status == STATUS_OK)
        status = check(&slot, kind, need);
    if (status == STATUS_OK)
        *out_object = slot.object;
    return status;
}

inline status_t handle_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                              rights_t need, struct object **out_object)
{
    if (is_number(handle))
        return number_borrow(table, handle, kind, need, out_object);
    struct capability slot;
    status_t status = read_slot(table, handle, &slot);
    if (status == STATUS_OK)
        status = check(&slot, kind, need);
    if (status == STATUS_OK)
        *out_object = slot.object;
    return status;
}

status_t capability_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                           rights_t need, struct capability *out_capability)
{
    epoch_begin();
    status_t status = is_number(handle)
                          ? descriptors_read_slot(segment_of(table), handle, out_capability)
                          : read_slot(table, handle, out_capability);
    if (status == STATUS_OK)
        status = check(out_capability, kind, need);
    if (status != STATUS_OK)
        epoch_end();
    return status;
}

status_t capability_keep(const struct capability *borrowed)
{
    bool is_kept = capability_try_copy(borrowed);
    epoch_end();
    return is_kept ? STATUS_OK : STATUS_BAD_HANDLE;
}

status_t handle_resolve(struct handle_table *table, handle_t handle, enum object_kind kind,
                        rights_t need, struct object **out_object)
{
    struct object *object;
    epoch_begin();
    status_t status = handle_borrow(table, handle, kind, need, &object);
    if (status == STATUS_OK && !object_try_ref(object))
        status = STATUS_BAD_HANDLE;
    epoch_end();
    if (status == STATUS_OK)
        *out_object = object;
    return status;
}

/* Of what a number names. */
static status_t number_copy(struct handle_table *table, handle_t handle, rights_t need,
                            struct capability *out_capability)
{
    struct capability slot;
    epoch_begin();
    status_t status = descriptors_read_slot(segment_of(table), handle, &slot);
    if (status == STATUS_OK)
        status = check(&slot, OBJECT_NONE, need);
    if (status == STATUS_OK && !capability_try_copy(&slot))
        status = STATUS_BAD_HANDLE;
    epoch_end();
    if (status == STATUS_OK)
        *out_capability = slot;
    return status;
}

status_t handle_copy(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability)
{
    if (is_number(handle))
        return number_copy(table, handle, need, out_capability);
    struct capability slot = { 0 };
    spin_lock(&table->lock); /* The grant's reference is safe under the lock only. */
    status_t status = read_slot(table, handle, &slot);
    if (status == STATUS_OK)
        status = check(&slot, OBJECT_NONE, need);
    if (status == STATUS_OK)
        *out_capability = capability_of(slot.object, slot.rights, slot.grant);
    spin_unlock(&table->lock);
    return status;
}

/* --- Slots come and go ----------------------------------------------------------------------- */

static status_t add_chunk(struct handle_table *table)
{
    if (table->chunk_count == HANDLE_CHUNKS_MAX)
        return STATUS_NO_SLOT;
    status_t status = cell_charge(table->cell, CELL_MEMORY, PAGE_SIZE);
    if (status != STATUS_OK)
        return status;
    paddr_t frame;
    status = frame_alloc_zeroed(FRAME_KERNEL, &frame);
    if (status != STATUS_OK) {
        cell_uncharge(table->cell, CELL_MEMORY, PAGE_SIZE);
        return status;
    }
    struct handle_slot *slots = frame_data(frame);
    for (uint32_t i = 0; i < HANDLE_CHUNK_SLOTS; i++)
        slots[i].generation = 1;
    table->chunks[table->chunk_count] = slots;
    __atomic_store_n(&table->chunk_count, table->chunk_count + 1, __ATOMIC_RELEASE);
    return STATUS_OK;
}

/* The lowest free index, growing the table when there is none. The lock is held. */
static status_t find_free(struct handle_table *table, uint32_t *out_index)
{
    for (;;) {
        uint32_t end = table->chunk_count * HANDLE_CHUNK_SLOTS;
        for (uint32_t index = table->first_free; index < end; index++)
            if (slot_at(table, index)->object == NULL) {
                *out_index = index;
                return STATUS_OK;
            }
        table->first_free = end;
        status_t status = add_chunk(table);
        if (status != STATUS_OK)
            return status;
    }
}

status_t handle_add(struct handle_table *table, struct capability capability, handle_t *out_handle)
{
    status_t status = cell_charge(table->cell, CELL_HANDLES, 1);
    if (status != STATUS_OK)
        return status;
    uint32_t index = 0;
    spin_lock(&table->lock);
    status = find_free(table, &index);
    if (status == STATUS_OK) {
        struct handle_slot *slot = slot_at(table, index);
        slot->rights = capability.rights;
        slot->grant = capability.grant;
        __atomic_store_n(&slot->object, capability.object, __ATOMIC_RELEASE);
        *out_handle = handle_of(index, slot->generation);
        table->used++;
        table->first_free = index + 1;
    }
    spin_unlock(&table->lock);
    if (status != STATUS_OK)
        cell_uncharge(table->cell, CELL_HANDLES, 1);
    return status;
}

/* Empty the slot; its content goes to the caller. The lock is held. */
static void slot_clear(struct handle_table *table, uint32_t index, struct capability *out_content)
{
    struct handle_slot *slot = slot_at(table, index);
    *out_content = (struct capability){ slot->object, slot->grant, slot->rights };
    /* 0 is no generation: with it, and index 0, a handle would be HANDLE_NONE. */
    uint32_t generation = slot->generation == GENERATION_MAX ? 1 : slot->generation + 1;
    __atomic_store_n(&slot->generation, generation, __ATOMIC_RELEASE);
    __atomic_store_n(&slot->object, NULL, __ATOMIC_RELEASE);
    slot->grant = NULL;
    table->used--;
    if (index < table->first_free)
        table->first_free = index;
}

/* A number closes, and what it named is given out: others may name it still. */
static status_t number_take(struct handle_table *table, handle_t handle, rights_t need,
                            struct capability *out_capability)
{
    struct capability copy;
    status_t status = number_copy(table, handle, need, &copy);
    if (status != STATUS_OK)
        return status;
    status = handle_close(table, handle);
    if (status == STATUS_OK)
        *out_capability = copy;
    else
        capability_drop(&copy);
    return status;
}

status_t handle_take(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability)
{
    if (is_number(handle))
        return number_take(table, handle, need, out_capability);
    struct capability slot;
    spin_lock(&table->lock);
    status_t status = read_slot(table, handle, &slot);
    if (status == STATUS_OK)
        status = check(&slot, OBJECT_NONE, need);
    if (status == STATUS_OK)
        slot_clear(table, (uint32_t)handle.raw, out_capability);
    spin_unlock(&table->lock);
    if (status == STATUS_OK)
        cell_uncharge(table->cell, CELL_HANDLES, 1);
    return status;
}

static status_t number_close(struct handle_table *table, handle_t handle)
{
    struct descriptors *segment = segment_of(table);
    uint64_t number = handle.raw & ~DESCRIPTOR_HANDLE;
    if (segment == NULL || number > UINT32_MAX)
        return STATUS_BAD_HANDLE;
    return descriptors_close(segment, (uint32_t)number);
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    if (is_number(handle))
        return number_close(table, handle);
    struct capability content = { 0 };
    spin_lock(&table->lock);
    status_t status = read_slot(table, handle, &content);
    if (status == STATUS_OK) /* A revoked handle can be closed. */
        slot_clear(table, (uint32_t)handle.raw, &content);
    spin_unlock(&table->lock);
    if (status != STATUS_OK)
        return status;
    cell_uncharge(table->cell, CELL_HANDLES, 1);
    capability_drop(&content);
    return STATUS_OK;
}

uint32_t handle_enumerate(struct handle_table *table, uint32_t *index, handle_t *out_handles,
                          uint32_t count)
{
    uint32_t found = 0;
    spin_lock(&table->lock);
    uint32_t end = table->chunk_count * HANDLE_CHUNK_SLOTS;
    for (; *index < end && found < count; ++*index) {
        struct handle_slot *slot = slot_at(table, *index);
        if (slot->object != NULL)
            out_handles[found++] = handle_of(*index, slot->generation);
    }
    spin_unlock(&table->lock);
    return found;
}

void handle_table_clear(struct handle_table *table)
{
    handle_t handle;
    uint32_t index = 0;
    while (table->used > 0 && handle_enumerate(table, &index, &handle, 1) == 1) {
        status_t status = handle_close(table, handle);
        ASSERT(status == STATUS_OK);
    }
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        frame_free(frame_from_data(table->chunks[i]), 0);
        cell_uncharge(table->cell, CELL_MEMORY, PAGE_SIZE);
    }
    table->chunk_count = 0;
    table->first_free = 0;
}

/* --- Fork ------------------------------------------------------------------------------------ */

/* The slots of one chunk. The original's lock is held. @return how many were handed down. */
static uint32_t fork_slots(const struct handle_slot *from, struct handle_slot *to)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HANDLE_CHUNK_SLOTS; i++) {
        bool handed = from[i].object != NULL && from[i].rights & RIGHT_DUPLICATE;
        to[i].generation = from[i].generation;
        if (from[i].object != NULL && !handed)
            to[i].generation += from[i].generation + 1 == 0 ? 2 : 1;
        if (!handed)
            continue;
        struct capability slot = capability_of(from[i].object, from[i].rights, from[i].grant);
        to[i].rights = slot.rights;
        to[i].grant = slot.grant;
        to[i].object = slot.object;
        count++;
    }
    return count;
}

static uint32_t count_slots(const struct handle_slot *slots)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HANDLE_CHUNK_SLOTS; i++)
        count += slots[i].object != NULL && slots[i].rights & RIGHT_DUPLICATE;
    return count;
}

static status_t fork_chunk(struct handle_table *table, struct handle_table *copy, uint32_t chunk)
{
    status_t status = add_chunk(copy);
    if (status != STATUS_OK)
        return status;
    spin_lock(&table->lock);
    const struct handle_slot *from = table->chunks[chunk];
    status = cell_charge(copy->cell, CELL_HANDLES, count_slots(from));
    if (status == STATUS_OK)
        copy->used += fork_slots(from, copy->chunks[chunk]);
    spin_unlock(&table->lock);
    return status;
}

status_t handle_table_fork(struct handle_table *table, struct handle_table *copy)
{
    status_t status = STATUS_OK;
    ASSERT(copy->chunk_count == 0);
    for (uint32_t i = 0; status == STATUS_OK && i < table->chunk_count; i++)
        status = fork_chunk(table, copy, i);
    return status;
}
