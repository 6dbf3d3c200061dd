/* See descriptors.h. A slot that names a description holds a reference to it and counts as a handle. */
#include "kernel/posix/descriptors.h"

#include <arch/spin_inline.h>

#include "kernel/cell/charge.h"
#include "kernel/posix/description.h"
#include "kernel/posix/letter.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/record_lock.h"
#include "kernel/process/process.h"
#include "kernel/sched/preempt.h"
#include "lib/base/assert.h"

enum {
    CHUNK_SIZE = DESCRIPTOR_CHUNK_SLOTS * sizeof(uintptr_t),
    MASK_DEFAULT = 022,
};

static const uintptr_t CLOSE_ON_EXEC = 1;

void descriptors_init(struct posix_process *posix)
{
    struct descriptors *descriptors = &posix->descriptors;
    spin_init(&descriptors->lock, LOCK_HANDLES);
    descriptors->cell = posix->process->cell;
    descriptors->limit = DESCRIPTORS_LIMIT_DEFAULT;
    descriptors->mask = MASK_DEFAULT;
    descriptors->chunks[0] = descriptors->first;
}

/* --- look-up --- */

/* NULL: no such slot is there. */
static uintptr_t *slot_at(const struct descriptors *descriptors, uint32_t number)
{
    if (number >= DESCRIPTORS_MAX)
        return NULL;
    uintptr_t *chunk =
        __atomic_load_n(&descriptors->chunks[number / DESCRIPTOR_CHUNK_SLOTS], __ATOMIC_ACQUIRE);
    return chunk == NULL ? NULL : &chunk[number % DESCRIPTOR_CHUNK_SLOTS];
}

static const uintptr_t *place_at(const struct descriptors *descriptors, uint32_t number)
{
    uint32_t index = number - DESCRIPTORS_MAX;
    return index < DESCRIPTOR_PLACES ? &descriptors->places[index] : NULL;
}

static struct description *slot_description(uintptr_t slot)
{
    return (struct description *)(slot & ~CLOSE_ON_EXEC);
}

inline struct description *descriptors_peek(const struct descriptors *descriptors, uint32_t number)
{
    const uintptr_t *slot =
        number < DESCRIPTORS_MAX ? slot_at(descriptors, number) : place_at(descriptors, number);
    return slot == NULL ? NULL : slot_description(__atomic_load_n(slot, __ATOMIC_ACQUIRE));
}

status_t descriptors_get(const struct descriptors *descriptors, uint32_t number,
                         struct description **out_description)
{
    if (descriptors == NULL)
        return STATUS_BAD_HANDLE;
    epoch_begin();
    struct description *description = descriptors_peek(descriptors, number);
    bool found = description != NULL && object_try_ref(&description->object);
    epoch_end();
    if (!found)
        return STATUS_BAD_HANDLE;
    *out_description = description;
    return STATUS_OK;
}

status_t descriptors_hold(const struct descriptors *descriptors, uint32_t number,
                          struct description **out_description)
{
    struct description *description;
    status_t status = descriptors_get(descriptors, number, &description);
    if (status != STATUS_OK)
        return status;
    if (!object_handle_try_add(&description->object)) {
        object_unref(&description->object);
        return STATUS_BAD_HANDLE;
    }
    *out_description = description;
    return STATUS_OK;
}

void descriptors_release(const struct descriptors *descriptors, struct description *description)
{
    object_handle_removed(&description->object);
    letters_number_closed(descriptors->cell, description);
    object_unref(&description->object);
}

inline status_t descriptors_read_slot(const struct descriptors *descriptors, handle_t handle,
                                      struct capability *out_slot)
{
    uint64_t number = handle.raw & ~DESCRIPTOR_HANDLE;
    if (descriptors == NULL || number > UINT32_MAX)
        return STATUS_BAD_HANDLE;
    const struct description *description = descriptors_peek(descriptors, (uint32_t)number);
    if (description == NULL)
        return STATUS_BAD_HANDLE;
    *out_slot = description_peek(description);
    return out_slot->object == NULL ? STATUS_BAD_HANDLE : STATUS_OK;
}

/* --- slots come and go; the lock is held --- */

static uint64_t bit_of(uint32_t index)
{
    return 1ull << (index % 64);
}

static status_t chunk_need(struct descriptors *descriptors, uint32_t index)
{
    if (descriptors->chunks[index] != NULL)
        return STATUS_OK;
    void *memory;
    status_t status = charged_kmalloc(descriptors->cell, CHUNK_SIZE, &memory);
    if (status == STATUS_OK)
        __atomic_store_n(&descriptors->chunks[index], memory, __ATOMIC_RELEASE);
    return status;
}

/* @return DESCRIPTORS_MAX: none. */
static uint32_t number_find(const struct descriptors *descriptors, uint32_t lowest)
{
    uint32_t index = lowest / DESCRIPTOR_CHUNK_SLOTS;
    uint64_t before = bit_of(lowest) - 1; /* In the first chunk: too low. */
    for (; index < DESCRIPTOR_CHUNKS; index++, before = 0) {
        if (before == 0) {
            uint64_t open = ~descriptors->full & ~(bit_of(index) - 1);
            if (open == 0)
                break;
            index = (uint32_t)__builtin_ctzll(open);
        }
        uint64_t free_slots = ~(descriptors->used[index] | before);
        if (free_slots != 0)
            return index * DESCRIPTOR_CHUNK_SLOTS + (uint32_t)__builtin_ctzll(free_slots);
    }
    return DESCRIPTORS_MAX;
}

/* A slot begins to name a description, whose reference it takes; a look-up sees the old or the new one. */
static void slot_fill(struct descriptors *descriptors, uint32_t number,
                      struct description *description, bool close_on_exec)
{
    uint32_t index = number / DESCRIPTOR_CHUNK_SLOTS;
    object_handle_added(&description->object);
    descriptors->used[index] |= bit_of(number);
    if (descriptors->used[index] == UINT64_MAX)
        descriptors->full |= bit_of(index);
    __atomic_store_n(slot_at(descriptors, number),
                     (uintptr_t)description | (close_on_exec ? CLOSE_ON_EXEC : 0),
                     __ATOMIC_RELEASE);
}

/* A slot becomes free. @return what it named, with its reference, or NULL. */
static struct description *slot_empty(struct descriptors *descriptors, uint32_t number)
{
    uintptr_t *slot = slot_at(descriptors, number);
    struct description *description = slot == NULL ? NULL : slot_description(*slot);
    if (description == NULL)
        return NULL;
    uint32_t index = number / DESCRIPTOR_CHUNK_SLOTS;
    descriptors->used[index] &= ~bit_of(number);
    descriptors->full &= ~bit_of(index);
    __atomic_store_n(slot, 0, __ATOMIC_RELEASE);
    return description;
}

/* Without the lock: what a slot held goes. */
static void slot_drop(struct descriptors *descriptors, struct description *description)
{
    record_locks_close(CONTAINER_OF(descriptors, struct posix_process, descriptors), description);
    if (description_close_alone(description))
        return;
    descriptors_release(descriptors, description);
}

/* --- numbers --- */

status_t descriptors_add(struct descriptors *descriptors, struct description *description,
                         uint32_t lowest, bool close_on_exec, uint32_t *out_number)
{
    object_ref(&description->object);
    status_t status = descriptors_give(descriptors, description, lowest, close_on_exec, out_number);
    if (status != STATUS_OK)
        object_unref(&description->object);
    return status;
}

status_t descriptors_give(struct descriptors *descriptors, struct description *description,
                          uint32_t lowest, bool close_on_exec, uint32_t *out_number)
{
    status_t status = cell_charge(descriptors->cell, CELL_HANDLES, 1);
    if (status != STATUS_OK)
        return status;
    spin_lock_inline(&descriptors->lock);
    uint32_t number =
        lowest < DESCRIPTORS_MAX ? number_find(descriptors, lowest) : (uint32_t)DESCRIPTORS_MAX;
    if (number >= descriptors->limit)
        status = STATUS_NO_SLOT;
    else
        status = chunk_need(descriptors, number / DESCRIPTOR_CHUNK_SLOTS);
    if (status == STATUS_OK) {
        slot_fill(descriptors, number, description, close_on_exec);
        *out_number = number;
    }
    spin_unlock(&descriptors->lock);
    if (status != STATUS_OK)
        cell_uncharge(descriptors->cell, CELL_HANDLES, 1);
    return status;
}

status_t descriptors_put(struct descriptors *descriptors, struct description *description,
                         uint32_t number, bool close_on_exec)
{
    struct description *replaced = NULL;
    if (number >= DESCRIPTORS_MAX ||
        number >= __atomic_load_n(&descriptors->limit, __ATOMIC_RELAXED))
        return STATUS_BAD_HANDLE;
    status_t status = cell_charge(descriptors->cell, CELL_HANDLES, 1);
    if (status != STATUS_OK)
        return status;
    spin_lock(&descriptors->lock);
    status = chunk_need(descriptors, number / DESCRIPTOR_CHUNK_SLOTS);
    if (status == STATUS_OK) {
        replaced = slot_description(*slot_at(descriptors, number));
        object_ref(&description->object);
        slot_fill(descriptors, number, description, close_on_exec);
    }
    spin_unlock(&descriptors->lock);
    if (status != STATUS_OK || replaced != NULL)
        cell_uncharge(descriptors->cell, CELL_HANDLES, 1);
    if (replaced != NULL)
        slot_drop(descriptors, replaced);
    return status;
}

status_t descriptors_set_place(struct descriptors *descriptors, struct description *description,
                               uint32_t number)
{
    ASSERT(number - DESCRIPTORS_MAX < DESCRIPTOR_PLACES);
    uintptr_t *place = &descriptors->places[number - DESCRIPTORS_MAX];
    status_t status = cell_charge(descriptors->cell, CELL_HANDLES, 1);
    if (status != STATUS_OK)
        return status;
    object_ref(&description->object);
    object_handle_added(&description->object);
    uintptr_t replaced = __atomic_exchange_n(place, (uintptr_t)description, __ATOMIC_ACQ_REL);
    if (replaced != 0) {
        cell_uncharge(descriptors->cell, CELL_HANDLES, 1);
        slot_drop(descriptors, slot_description(replaced));
    }
    return STATUS_OK;
}

status_t descriptors_close(struct descriptors *descriptors, uint32_t number)
{
    spin_lock_inline(&descriptors->lock);
    struct description *description = slot_empty(descriptors, number);
    spin_unlock(&descriptors->lock);
    if (description == NULL)
        return STATUS_BAD_HANDLE;
    cell_uncharge(descriptors->cell, CELL_HANDLES, 1);
    slot_drop(descriptors, description);
    return STATUS_OK;
}

status_t descriptors_close_on_exec(const struct descriptors *descriptors, uint32_t number,
                                   bool *out_close_on_exec)
{
    const uintptr_t *slot = slot_at(descriptors, number);
    uintptr_t value = slot == NULL ? 0 : __atomic_load_n(slot, __ATOMIC_RELAXED);
    if (value == 0)
        return STATUS_BAD_HANDLE;
    *out_close_on_exec = (value & CLOSE_ON_EXEC) != 0;
    return STATUS_OK;
}

status_t descriptors_set_close_on_exec(struct descriptors *descriptors, uint32_t number,
                                       bool close_on_exec)
{
    spin_lock(&descriptors->lock);
    uintptr_t *slot = slot_at(descriptors, number);
    bool found = slot != NULL && *slot != 0;
    if (found)
        __atomic_store_n(slot, (*slot & ~CLOSE_ON_EXEC) | (close_on_exec ? CLOSE_ON_EXEC : 0),
                         __ATOMIC_RELEASE);
    spin_unlock(&descriptors->lock);
    return found ? STATUS_OK : STATUS_BAD_HANDLE;
}

/* --- all of them --- */

/* Close the numbers whose slot has the bits. No other thread of the process runs. */
static void close_all(struct descriptors *descriptors, uintptr_t bits)
{
    for (uint32_t index = 0; index < DESCRIPTOR_CHUNKS; index++) {
        uint64_t used = descriptors->used[index];
        while (used != 0) {
            uint32_t number = index * DESCRIPTOR_CHUNK_SLOTS + (uint32_t)__builtin_ctzll(used);
            used &= used - 1;
            if ((*slot_at(descriptors, number) & bits) != bits)
                continue;
            status_t status = descriptors_close(descriptors, number);
            ASSERT(status == STATUS_OK);
            preempt_point();
        }
    }
}

void descriptors_clear(struct posix_process *posix)
{
    struct descriptors *descriptors = &posix->descriptors;
    close_all(descriptors, 0);
    for (uint32_t i = 0; i < DESCRIPTOR_PLACES; i++) {
        if (descriptors->places[i] == 0)
            continue;
        slot_drop(descriptors, slot_description(descriptors->places[i]));
        descriptors->places[i] = 0;
        cell_uncharge(descriptors->cell, CELL_HANDLES, 1);
    }
    for (uint32_t index = 1; index < DESCRIPTOR_CHUNKS; index++) {
        if (descriptors->chunks[index] == NULL)
            continue;
        charged_kfree(descriptors->cell, descriptors->chunks[index], CHUNK_SIZE);
        descriptors->chunks[index] = NULL;
    }
}

void descriptors_exec(struct posix_process *posix)
{
    close_all(&posix->descriptors, CLOSE_ON_EXEC);
    posix->descriptors.begun = true;
}

/* Copy one chunk. The parent's lock is held; the child is nobody's yet. */
static status_t chunk_fork(struct descriptors *from, struct descriptors *to, uint32_t index)
{
    uint64_t used = from->used[index];
    if (used == 0)
        return STATUS_OK;
    status_t status = chunk_need(to, index);
    if (status == STATUS_OK)
        status = cell_charge(to->cell, CELL_HANDLES, (uint64_t)__builtin_popcountll(used));
    if (status != STATUS_OK)
        return status;
    for (; used != 0; used &= used - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(used);
        uintptr_t slot = from->chunks[index][at];
        object_ref(&slot_description(slot)->object);
        slot_fill(to, index * DESCRIPTOR_CHUNK_SLOTS + at, slot_description(slot),
                  (slot & CLOSE_ON_EXEC) != 0);
    }
    return STATUS_OK;
}

static status_t place_fork(struct descriptors *from, struct descriptors *to, uint32_t number)
{
    struct description *description;
    if (descriptors_hold(from, number, &description) != STATUS_OK)
        return STATUS_OK;
    status_t status = descriptors_set_place(to, description, number);
    descriptors_release(from, description);
    return status;
}

status_t descriptors_fork(struct posix_process *parent, struct posix_process *child)
{
    struct descriptors *from = &parent->descriptors, *to = &child->descriptors;
    status_t status = STATUS_OK;
    to->limit = __atomic_load_n(&from->limit, __ATOMIC_RELAXED);
    to->mask = __atomic_load_n(&from->mask, __ATOMIC_RELAXED);
    to->begun = from->begun;
    for (uint32_t i = 0; status == STATUS_OK && i < DESCRIPTOR_PLACES; i++)
        status = place_fork(from, to, DESCRIPTORS_MAX + i);
    for (uint32_t index = 0; status == STATUS_OK && index < DESCRIPTOR_CHUNKS; index++) {
        spin_lock(&from->lock);
        status = chunk_fork(from, to, index);
        spin_unlock(&from->lock);
    }
    return status;
}

status_t descriptors_inherit(struct posix_process *parent, uint32_t number,
                             struct posix_process *child, uint32_t child_number)
{
    struct description *description;
    status_t status = descriptors_hold(&parent->descriptors, number, &description);
    if (status != STATUS_OK)
        return status;
    status = descriptors_put(&child->descriptors, description, child_number, false);
    child->descriptors.begun = true;
    descriptors_release(&parent->descriptors, description);
    return status;
}
