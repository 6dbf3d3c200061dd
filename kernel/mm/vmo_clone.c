/* Copy-on-write copies of private memory. Each VMO that shares an anonymous frame holds one of its
 * references, and whoever writes while there are others takes a copy (vmo.c, unshare); so clones of clones
 * form no chains, however often a process forks, and what the last sharer keeps it writes in place. */
#include "kernel/mm/vmo_internal.h"

#include <string.h>

#include "kernel/cell/cell.h"
#include "kernel/sched/preempt.h"
#include "lib/base/assert.h"

enum { BATCH_PAGES = 64 }; /* Under the lock at a time. */

struct batch {
    uint32_t count;
    uint64_t indices[BATCH_PAGES];
    paddr_t frames[BATCH_PAGES]; /* Each with a reference for the clone, but for `full`. */
    bool full[BATCH_PAGES];      /* Shared so often that its count is full: copied at once. */
};

/* The next pages from *index on, before `end`. */
static void batch_take(struct vmo *vmo, uint64_t *index, uint64_t end, struct batch *out_batch)
{
    uint64_t entry;
    out_batch->count = 0;
    spin_lock(&vmo->lock);
    while (out_batch->count < BATCH_PAGES && radix_next(&vmo->pages, index, &entry) &&
           *index < end) {
        uint32_t at = out_batch->count++;
        paddr_t frame = vmo_entry_frame(entry);
        ASSERT(frame_of(frame)->state == FRAME_ANON);
        out_batch->indices[at] = (*index)++;
        out_batch->frames[at] = frame;
        out_batch->full[at] = frame_of(frame)->refs >= FRAME_REFS_MAX;
        if (!out_batch->full[at])
            frame_ref(frame);
    }
    spin_unlock(&vmo->lock);
}

static status_t frame_copy(paddr_t *frame)
{
    paddr_t copy;
    status_t status = frame_alloc(0, FRAME_ANON, &copy);
    if (status != STATUS_OK)
        return status;
    memcpy(frame_data(copy), frame_data(*frame), PAGE_SIZE);
    *frame = copy;
    return STATUS_OK;
}

/* One page into the clone, whose charge has been taken. */
static status_t page_give(struct vmo *clone, uint64_t index, paddr_t frame, bool full)
{
    status_t status = full ? frame_copy(&frame) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    status = vmo_insert_page(clone, index, frame);
    if (status != STATUS_OK)
        frame_unref(frame);
    return status;
}

/* @param first  the index in the original of what is the clone's page 0. */
static status_t batch_give(struct vmo *clone, uint64_t first, const struct batch *batch)
{
    struct cell *cell = clone->object.cell;
    uint32_t given = 0;
    status_t status = cell_charge(cell, CELL_MEMORY, (uint64_t)batch->count * PAGE_SIZE);
    if (status == STATUS_OK) {
        while (given < batch->count && status == STATUS_OK) {
            status = page_give(clone, batch->indices[given] - first, batch->frames[given],
                               batch->full[given]);
            given++;
        }
        if (status != STATUS_OK) /* The last one has not come in. */
            cell_uncharge(cell, CELL_MEMORY, (uint64_t)(batch->count - given + 1) * PAGE_SIZE);
    }
    for (; given < batch->count; given++)
        if (!batch->full[given])
            frame_unref(batch->frames[given]);
    return status;
}

static status_t share_pages(struct vmo *vmo, uint64_t first, uint64_t end, struct vmo *clone)
{
    struct batch batch;
    uint64_t index = first;
    status_t status = STATUS_OK;
    do {
        batch_take(vmo, &index, end, &batch);
        if (batch.count > 0)
            status = batch_give(clone, first, &batch);
        preempt_point();
    } while (status == STATUS_OK && batch.count == BATCH_PAGES);
    return status;
}

static void share_parent(const struct vmo *vmo, uint64_t offset_bytes, struct vmo *clone)
{
    if (vmo->parent == NULL || offset_bytes >= vmo->parent_size_bytes)
        return;
    uint64_t shown = vmo->parent_size_bytes - offset_bytes;
    object_ref(&vmo->parent->object);
    clone->parent = vmo->parent;
    clone->parent_offset_bytes = vmo->parent_offset_bytes + offset_bytes;
    clone->parent_size_bytes = shown < clone->size_bytes ? shown : clone->size_bytes;
}

status_t vmo_clone(struct vmo *vmo, uint64_t offset_bytes, uint64_t size_bytes, struct cell *cell,
                   struct vmo **out_clone)
{
    struct vmo *clone;
    ASSERT(((offset_bytes | size_bytes) & PAGE_MASK) == 0 && vmo->pins == 0);
    status_t status = vmo_create_private(size_bytes, cell, &clone);
    if (status != STATUS_OK)
        return status;
    share_parent(vmo, offset_bytes, clone);
    uint64_t first = offset_bytes >> PAGE_SHIFT;
    status = share_pages(vmo, first, first + (size_bytes >> PAGE_SHIFT), clone);
    if (status == STATUS_OK)
        *out_clone = clone;
    else
        object_unref(&clone->object);
    return status;
}
