/* Sizes and pages of tmpfs files. The size, in whole pages, is charged when it is reserved: to the
 * tree, and to the cell's scratch and memory. So a page that is missing below the size can always be
 * paid for, and holes cost what they might hold.
 *
 * The pages are a VMO of our own kind, which may outlive the file in somebody's mapping, and the tree
 * with it; so it carries the charge of the cell, while the file's node carries that of the tree. Its
 * frames are FRAME_CACHE, whose holders count: truncating under a reader takes a page out of the
 * file, and the reader's frame stays until it is released. Everything here runs with the file's
 * write_lock held, except tmpfs_pages and supply. */
#include "kernel/fs/tmpfs_internal.h"
#include "kernel/mm/vmo.h"
#include "lib/base/assert.h"

#include <string.h>

#define TMPFS_FILE_MAX (1ull << 38)

struct tmpfs_data {
    struct vmo vmo;
    struct cell *cell; /* One reference. */
    uint64_t charged;  /* Bytes, in whole pages. */
};

static const struct vmo_ops tmpfs_vmo_ops;

static struct tmpfs_data *data_of(struct vmo *vmo)
{
    return CONTAINER_OF(vmo, struct tmpfs_data, vmo);
}

/* --- the charge --- */

static status_t tree_take(struct tmpfs *tmpfs, uint64_t bytes)
{
    uint64_t before = __atomic_load_n(&tmpfs->size_reserved, __ATOMIC_RELAXED);
    do {
        if (bytes > tmpfs->size_max || before > tmpfs->size_max - bytes)
            return STATUS_NO_SPACE;
    } while (!__atomic_compare_exchange_n(&tmpfs->size_reserved, &before, before + bytes, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return STATUS_OK;
}

static void tree_give(struct tmpfs *tmpfs, uint64_t bytes)
{
    __atomic_sub_fetch(&tmpfs->size_reserved, bytes, __ATOMIC_RELAXED);
}

static status_t data_charge(struct tmpfs_data *data, uint64_t bytes)
{
    status_t status = cell_charge(data->cell, CELL_SCRATCH, bytes);
    if (status != STATUS_OK)
        return status;
    status = cell_charge(data->cell, CELL_MEMORY, bytes);
    if (status != STATUS_OK)
        cell_uncharge(data->cell, CELL_SCRATCH, bytes);
    else
        data->charged += bytes;
    return status;
}

static void data_uncharge(struct tmpfs_data *data, uint64_t bytes)
{
    ASSERT(data->charged >= bytes);
    data->charged -= bytes;
    cell_uncharge(data->cell, CELL_MEMORY, bytes);
    cell_uncharge(data->cell, CELL_SCRATCH, bytes);
}

/* --- the pages --- */

static status_t data_create(struct cell *cell, struct vmo **out_vmo)
{
    void *memory;
    status_t status = charged_alloc(cell, &vfs.tmpfs_data, &memory);
    if (status != STATUS_OK)
        return status;
    struct tmpfs_data *data = memory;
    vmo_init(&data->vmo, &tmpfs_vmo_ops, 0, cell);
    data->cell = cell;
    object_ref(&cell->object);
    *out_vmo = &data->vmo;
    return STATUS_OK;
}

static status_t tmpfs_supply(struct vmo *vmo, uint64_t index)
{
    paddr_t frame;
    status_t status = frame_alloc_zeroed(FRAME_CACHE, &frame);
    if (status != STATUS_OK)
        return status;
    status = vmo_insert_page(vmo, index, frame);
    if (status != STATUS_OK)
        frame_unref(frame);
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

static void tmpfs_release(struct vmo *vmo)
{
    struct tmpfs_data *data = data_of(vmo);
    struct cell *cell = data->cell;
    data_uncharge(data, data->charged);
    charged_free(cell, &vfs.tmpfs_data, data);
    object_unref(&cell->object);
}

size_t tmpfs_data_size(void)
{
    return sizeof(struct tmpfs_data);
}

status_t tmpfs_pages(struct vnode *file, struct vmo **out_vmo)
{
    struct tmpfs_node *node = tmpfs_node_of(file);
    struct vmo *vmo = __atomic_load_n(&node->vmo, __ATOMIC_ACQUIRE);
    if (vmo != NULL) {
        *out_vmo = vmo;
        return STATUS_OK;
    }
    struct vmo *fresh;
    status_t status = data_create(tmpfs_of(file)->cell, &fresh);
    if (status != STATUS_OK)
        return status;
    if (__atomic_compare_exchange_n(&node->vmo, &vmo, fresh, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        vmo = fresh;
    else
        object_unref(&fresh->object); /* Somebody was faster. */
    *out_vmo = vmo;
    return STATUS_OK;
}

struct vmo *tmpfs_pages_now(struct vnode *file)
{
    return __atomic_load_n(&tmpfs_node_of(file)->vmo, __ATOMIC_ACQUIRE);
}

void tmpfs_data_free(struct tmpfs_node *node)
{
    if (node->vmo != NULL)
        object_unref(&node->vmo->object);
    tree_give(tmpfs_of(&node->vnode), node->reserved);
}

/* --- sizes --- */

status_t tmpfs_reserve(struct vnode *file, uint64_t size_bytes)
{
    ASSERT(mutex_held(&file->write_lock));
    struct tmpfs_node *node = tmpfs_node_of(file);
    if (size_bytes > TMPFS_FILE_MAX)
        return STATUS_NO_SPACE;
    if (page_up(size_bytes) <= node->reserved)
        return STATUS_OK;
    uint64_t more = page_up(size_bytes) - node->reserved;
    struct vmo *vmo;
    status_t status = tmpfs_pages(file, &vmo);
    if (status == STATUS_OK)
        status = tree_take(tmpfs_of(file), more);
    if (status != STATUS_OK)
        return status;
    status = data_charge(data_of(vmo), more);
    if (status != STATUS_OK) {
        tree_give(tmpfs_of(file), more);
        return status;
    }
    node->reserved += more;
    vmo_truncate(vmo, node->reserved);
    return STATUS_OK;
}

/* What is cut off in the last page must read as zero when the file grows again. */
static status_t tail_zero(struct vmo *vmo, uint64_t size_bytes)
{
    uint64_t used = size_bytes & PAGE_MASK;
    paddr_t frame;
    if (used == 0 || vmo_peek_page(vmo, size_bytes >> PAGE_SHIFT, &frame) != STATUS_OK)
        return STATUS_OK;
    status_t status = vmo_hold_page(vmo, size_bytes >> PAGE_SHIFT, true, &frame);
    if (status != STATUS_OK)
        return status;
    memset((uint8_t *)frame_data(frame) + used, 0, PAGE_SIZE - used);
    vmo_release_frame(frame);
    return STATUS_OK;
}

static status_t file_shrink(struct tmpfs_node *node, uint64_t size_bytes)
{
    if (node->vmo == NULL)
        return STATUS_OK;
    status_t status = tail_zero(node->vmo, size_bytes);
    if (status != STATUS_OK)
        return status;
    __atomic_store_n(&node->vnode.size_bytes, size_bytes, __ATOMIC_RELEASE);
    uint64_t less = node->reserved - page_up(size_bytes);
    vmo_truncate(node->vmo, page_up(size_bytes));
    data_uncharge(data_of(node->vmo), less);
    tree_give(tmpfs_of(&node->vnode), less);
    node->reserved -= less;
    return STATUS_OK;
}

status_t tmpfs_resize(struct vnode *file, uint64_t size_bytes)
{
    ASSERT(mutex_held(&file->write_lock));
    struct tmpfs_node *node = tmpfs_node_of(file);
    status_t status = size_bytes <= node->reserved ? file_shrink(node, size_bytes)
                                                   : tmpfs_reserve(file, size_bytes);
    if (status != STATUS_OK)
        return status;
    __atomic_store_n(&file->size_bytes, size_bytes, __ATOMIC_RELEASE);
    vnode_touch(file);
    return STATUS_OK;
}

static const struct vmo_ops tmpfs_vmo_ops = {
    .name = "tmpfs",
    .supply = tmpfs_supply,
    .release = tmpfs_release,
};
