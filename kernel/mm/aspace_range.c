/* What is done to ranges of an address space beside mapping and unmapping: dropping what was touched, asking,
 * moving. */
#include "kernel/mm/aspace_internal.h"

#include <arch/mmu.h>

#include "kernel/mm/vmo_internal.h"

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Entries of the range are gone and none is set while the lock is held, so its frames are free to go. */
static void discard_from(struct mapping *mapping, uint64_t start, uint64_t end)
{
    vmo_discard(mapping->vmo, (mapping->offset_bytes + (start - mapping->start)) >> PAGE_SHIFT,
                (end - start) >> PAGE_SHIFT);
}

void mapping_discard_unmapped(struct mapping *mapping)
{
    const struct vmo *vmo = mapping->vmo;
    if (vmo == NULL || !mapping->is_private)
        return;
    /* All mappings of the VMO are in this space, whose lock is held. */
    bool is_last = vmo->mappings.next == vmo->mappings.previous;
    if (!is_last)
        discard_from(mapping, mapping->start, mapping->end);
}

status_t aspace_discard(struct aspace *aspace, uint64_t address, uint64_t len)
{
    if (!aspace_range_ok(address, len))
        return STATUS_INVALID;
    struct mapping *mapping;
    uint64_t at = address, end = address + len;
    mutex_lock(&aspace->lock);
    while (at < end && (mapping = aspace_first_in(aspace, at, end)) != NULL) {
        uint64_t from = higher(mapping->start, at), to = lower(mapping->end, end);
        if (mapping->vmo != NULL && mapping->is_private) {
            mmu_unmap(aspace, from, to - from);
            discard_from(mapping, from, to);
        }
        at = to;
    }
    mutex_unlock(&aspace->lock);
    return STATUS_OK;
}

status_t aspace_check(struct aspace *aspace, uint64_t address, uint64_t len)
{
    if (!aspace_range_ok(address, len))
        return STATUS_INVALID;
    status_t status = STATUS_OK;
    mutex_lock(&aspace->lock);
    for (uint64_t at = address; status == STATUS_OK && at < address + len;) {
        struct mapping *mapping = aspace_find(aspace, at);
        if (mapping == NULL)
            status = STATUS_NOT_FOUND;
        else
            at = mapping->end;
    }
    mutex_unlock(&aspace->lock);
    return status;
}

/* --- moving; the lock is held --- */

/* Room in the VMO for a mapping that is to be longer. What lies behind it in the VMO may be another mapping's,
 * or be left from one that was cut off: so only the last mapping of one grows. */
static status_t vmo_grow(struct mapping *mapping, uint64_t new_len)
{
    struct vmo *vmo = mapping->vmo;
    uint64_t shown_end = mapping->offset_bytes + (mapping->end - mapping->start);
    uint64_t needed = mapping->offset_bytes + new_len;
    if (vmo == NULL)
        return STATUS_NO_MEMORY;
    if (needed <= vmo->size_bytes && !mapping->is_private)
        return STATUS_OK;
    if (!mapping->is_private || vmo->parent != NULL || !vmo_is_anonymous(vmo) ||
        shown_end != vmo->size_bytes || needed > VMO_SIZE_MAX)
        return STATUS_NO_MEMORY;
    __atomic_store_n(&vmo->size_bytes, needed, __ATOMIC_RELEASE);
    return STATUS_OK;
}

static status_t mapping_move(struct aspace *aspace, struct mapping *mapping, uint64_t start,
                             uint64_t new_len)
{
    struct mapping *moved =
        mapping_create(aspace, mapping->vmo, start, start + new_len, mapping->offset_bytes,
                       mapping_flags(mapping), mapping->flags_max);
    if (moved == NULL)
        return STATUS_NO_MEMORY;
    mmu_unmap(aspace, mapping->start, mapping->end - mapping->start);
    mapping_remove(aspace, mapping);
    mapping_insert(aspace, moved);
    mapping_fill(moved, moved->start, moved->end);
    return STATUS_OK;
}

/* The one mapping that is exactly the range. */
static status_t mapping_cut(struct aspace *aspace, uint64_t address, uint64_t len,
                            struct mapping **out_mapping)
{
    struct mapping *mapping = aspace_find(aspace, address);
    if (mapping == NULL || mapping->end - address < len)
        return STATUS_FAULT;
    status_t status = aspace_split(aspace, address);
    if (status == STATUS_OK)
        status = aspace_split(aspace, address + len);
    if (status == STATUS_OK)
        *out_mapping = aspace_find(aspace, address);
    return status;
}

static status_t resize_locked(struct aspace *aspace, uint64_t address, uint64_t len,
                              uint64_t new_len, bool may_move, uint64_t target,
                              uint64_t *out_address)
{
    struct mapping *mapping;
    uint64_t start;
    status_t status = mapping_cut(aspace, address, len, &mapping);
    if (status == STATUS_OK && new_len < len) {
        status = aspace_unmap_locked(aspace, address + new_len, len - new_len);
        mapping = aspace_find(aspace, address);
    }
    if (status == STATUS_OK && new_len > len && !aspace_fits(aspace, 0, new_len - len, false))
        status = STATUS_LIMIT;
    if (status == STATUS_OK && new_len > len)
        status = vmo_grow(mapping, new_len);
    if (status != STATUS_OK)
        return status;
    bool fits =
        new_len <= len || (aspace_range_ok(address, new_len) &&
                           aspace_first_in(aspace, address + len, address + new_len) == NULL);
    *out_address = address;
    if (target == 0 && fits) {
        aspace->reserved_bytes += address + new_len - mapping->end;
        mapping->end = address + new_len;
        return STATUS_OK;
    }
    if (target == 0 && !may_move)
        return STATUS_NO_MEMORY;
    uint32_t flags = target != 0 ? MAP_FIXED | MAP_REPLACE : 0;
    status = aspace_place(aspace, target, new_len, flags, &start);
    if (status == STATUS_OK && target != 0)
        status = aspace_unmap_locked(aspace, start, new_len);
    if (status == STATUS_OK)
        status = mapping_move(aspace, mapping, start, new_len);
    if (status == STATUS_OK)
        *out_address = start;
    return status;
}

status_t aspace_resize(struct aspace *aspace, uint64_t address, uint64_t len, uint64_t new_len,
                       bool may_move, uint64_t target, uint64_t *out_address)
{
    if (!aspace_range_ok(address, len) ||
        !aspace_range_ok(address & ~(uint64_t)PAGE_MASK, new_len) ||
        (target != 0 && !aspace_range_ok(target, new_len)))
        return STATUS_INVALID;
    if (target != 0 && target < address + len && address < target + new_len)
        return STATUS_INVALID; /* Onto itself. */
    mutex_lock(&aspace->lock);
    status_t status = aspace->closed ? STATUS_DEAD
                                     : resize_locked(aspace, address, len, new_len, may_move,
                                                     target, out_address);
    mutex_unlock(&aspace->lock);
    return status;
}
