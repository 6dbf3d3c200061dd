/* A copy of an address space, for fork. The original's lock is held throughout, so no fault of its
 * threads is resolved meanwhile; those that go on running with what their TLBs know may still write until the
 * one flush at the end, which is therefore the moment that the copy shows. */
#include <arch/mmu.h>

#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/vmo_internal.h"
#include "kernel/sched/preempt.h"

/* The object that the copy of a mapping shows, with a reference for the caller, and from where on. */
static status_t clone_source(const struct mapping *mapping, struct cell *cell, struct vmo **out_vmo,
                             uint64_t *out_offset_bytes)
{
    if (mapping->is_private) {
        *out_offset_bytes = 0;
        return vmo_clone(mapping->vmo, mapping->offset_bytes, mapping->end - mapping->start, cell,
                         out_vmo);
    }
    object_ref(&mapping->vmo->object);
    *out_vmo = mapping->vmo;
    *out_offset_bytes = mapping->offset_bytes;
    return STATUS_OK;
}

static status_t clone_mapping(const struct mapping *mapping, struct aspace *clone)
{
    struct vmo *vmo = NULL;
    uint64_t offset_bytes = 0;
    status_t status = STATUS_OK;
    if (mapping->vmo != NULL)
        status = clone_source(mapping, clone->object.cell, &vmo, &offset_bytes);
    if (status != STATUS_OK)
        return status;
    struct mapping *copy = mapping_create(clone, vmo, mapping->start, mapping->end, offset_bytes,
                                          mapping_flags(mapping), mapping->flags_max);
    if (vmo != NULL)
        object_unref(&vmo->object); /* The mapping has its own. */
    if (copy == NULL)
        return STATUS_LIMIT;
    mapping_insert(clone, copy);
    return mmu_share(mapping->aspace, clone, mapping->start, mapping->end - mapping->start,
                     mapping->is_private);
}

static status_t clone_mappings(struct aspace *aspace, struct aspace *clone)
{
    status_t status = STATUS_OK;
    struct mapping *mapping = mapping_of(treap_ceiling(&aspace->mappings, 0));
    while (status == STATUS_OK && mapping != NULL) {
        bool is_device = mapping->vmo != NULL && mapping->vmo->ops->is_device;
        if (!is_device)
            status = clone_mapping(mapping, clone);
        mapping = mapping_of(treap_ceiling(&aspace->mappings, mapping->end));
        preempt_point();
    }
    return status;
}

status_t aspace_clone(struct aspace *aspace, struct aspace *clone)
{
    mutex_lock(&aspace->lock);
    mutex_lock(&clone->lock); /* Nobody has it and wants the other: the clone has no threads. */
    status_t status = aspace->closed || clone->closed ? STATUS_DEAD : clone_mappings(aspace, clone);
    clone->hint = aspace->hint;
    mmu_flush(aspace); /* After a failure too: entries became read-only. */
    mutex_unlock(&clone->lock);
    mutex_unlock(&aspace->lock);
    return status;
}
