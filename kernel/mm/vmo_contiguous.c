/* Anonymous memory in one physical piece, for rings that a device walks by address. All its pages are
 * there from the start; from then on it is an anonymous VMO like any other, whose pages go back one by
 * one. */
#include "kernel/cell/cell.h"
#include "kernel/mm/page_zero.h"
#include "kernel/mm/vmo.h"

static unsigned order_of(uint64_t page_count)
{
    return page_count == 1 ? 0 : 64 - (unsigned)__builtin_clzll(page_count - 1);
}

/* Single frames of the block into the tree; those that do not get there go back.
 * @return NO_MEMORY when the tree could not grow. */
static status_t frames_insert(struct vmo *vmo, paddr_t block, unsigned order, uint64_t page_count)
{
    status_t status = STATUS_OK;
    uint64_t inserted = 0;
    for (uint64_t i = 0; i < 1ull << order; i++) {
        paddr_t frame = { block.raw + (i << PAGE_SHIFT) };
        if (i < page_count && status == STATUS_OK) {
            page_zero(frame_data(frame));
            status = vmo_insert_page(vmo, i, frame);
            inserted += status == STATUS_OK;
        }
        if (i >= inserted)
            frame_unref(frame);
    }
    /* Those that are in the tree are uncharged when they leave it. */
    cell_uncharge(vmo->object.cell, CELL_MEMORY, (page_count - inserted) << PAGE_SHIFT);
    return status;
}

static status_t block_insert(struct vmo *vmo, uint64_t page_count)
{
    paddr_t block;
    unsigned order = order_of(page_count);
    status_t status = cell_charge(vmo->object.cell, CELL_MEMORY, page_count << PAGE_SHIFT);
    if (status != STATUS_OK)
        return status;
    status = frame_alloc(order, FRAME_ANON, &block);
    if (status != STATUS_OK) {
        cell_uncharge(vmo->object.cell, CELL_MEMORY, page_count << PAGE_SHIFT);
        return status;
    }
    frame_split(block, order);
    return frames_insert(vmo, block, order, page_count);
}

status_t vmo_create_contiguous(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo)
{
    struct vmo *vmo;
    if (size_bytes > (uint64_t)PAGE_SIZE << FRAME_ORDER_MAX)
        return STATUS_INVALID;
    status_t status = vmo_create_anon(size_bytes, cell, &vmo);
    if (status != STATUS_OK)
        return status;
    status = block_insert(vmo, vmo->size_bytes >> PAGE_SHIFT);
    if (status == STATUS_OK)
        *out_vmo = vmo;
    else
        object_unref(&vmo->object);
    return status;
}
