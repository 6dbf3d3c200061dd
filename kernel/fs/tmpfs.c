/* Trees and nodes of tmpfs. */
#include "kernel/fs/tmpfs.h"

#include <string.h>

#include "kernel/fs/tmpfs_internal.h"
#include "kernel/mm/vmo.h"
#include "lib/base/assert.h"

static const struct filesystem_ops tmpfs_filesystem_ops;

size_t tmpfs_node_size(void)
{
    return sizeof(struct tmpfs_node);
}

/* --- nodes --- */

static status_t node_set_target(struct tmpfs_node *node, struct const_span target)
{
    if (target.len == 0 || target.len > FILE_PATH_MAX)
        return target.len == 0 ? STATUS_INVALID : STATUS_NAME_TOO_LONG;
    void *memory;
    status_t status = charged_kmalloc(tmpfs_of(&node->vnode)->cell, target.len, &memory);
    if (status != STATUS_OK)
        return status;
    node->target = memcpy(memory, target.data, target.len);
    node->vnode.size_bytes = target.len;
    return STATUS_OK;
}

status_t tmpfs_node_create(struct tmpfs *tmpfs, const struct vnode_spec *spec,
                           struct tmpfs_node **out_node)
{
    void *memory;
    status_t status = charged_alloc(tmpfs->cell, &vfs.tmpfs_nodes, &memory);
    if (status != STATUS_OK)
        return status;
    struct tmpfs_node *node = memory;
    uint64_t number = __atomic_add_fetch(&tmpfs->numbers, 1, __ATOMIC_RELAXED);
    vnode_init(&node->vnode, &tmpfs_vnode_ops, &tmpfs->filesystem, spec->kind, number);
    node->vnode.mode = spec->has_mode ? spec->mode & 07777 : 0755;
    node->vnode.owner = spec->owner.user;
    node->vnode.group = spec->owner.group;
    vnode_touch(&node->vnode);
    node->vnode.accessed_ns = node->vnode.modified_ns;
    list_init(&node->children);
    if (spec->kind == FILE_LINK)
        status = node_set_target(node, spec->target);
    if (status == STATUS_OK)
        *out_node = node;
    else
        tmpfs_node_free(node);
    return status;
}

/* Both came without a charge any more. */
static void node_release(struct epoch_node *retired)
{
    struct tmpfs_node *node = CONTAINER_OF(retired, struct tmpfs_node, retire);
    if (node->last_name != NULL)
        kfree(node->last_name, tmpfs_name_size(node->last_name));
    slab_free(&vfs.tmpfs_nodes, node);
}

void tmpfs_node_free_named(struct tmpfs_node *node, struct tmpfs_name *name)
{
    struct tmpfs *tmpfs = tmpfs_of(&node->vnode);
    uint64_t charge = vfs.tmpfs_nodes.object_size + (name == NULL ? 0 : tmpfs_name_size(name));
    ASSERT(node->names == 0);
    ASSERT(list_is_empty(&node->children));
    vnode_special_release(&node->vnode);
    tmpfs_data_free(node);
    if (node->target != NULL)
        charged_kfree(tmpfs->cell, node->target, node->vnode.size_bytes);
    cell_uncharge(tmpfs->cell, CELL_MEMORY, charge);
    node->last_name = name;
    epoch_retire(&node->retire, node_release);
}

void tmpfs_node_free(struct tmpfs_node *node)
{
    tmpfs_node_free_named(node, NULL);
}

static void tmpfs_vnode_release(struct vnode *vnode)
{
    tmpfs_node_free(tmpfs_node_of(vnode));
}

static status_t tmpfs_link_read(struct vnode *link, struct span target, size_t *out_len)
{
    if (link->size_bytes > target.len)
        return STATUS_TOO_BIG;
    memcpy(target.data, tmpfs_node_of(link)->target, link->size_bytes);
    *out_len = link->size_bytes;
    return STATUS_OK;
}

static void tmpfs_stat(struct vnode *vnode, struct file_stat *stat)
{
    struct tmpfs_node *node = tmpfs_node_of(vnode);
    const struct vmo *vmo = __atomic_load_n(&node->vmo, __ATOMIC_ACQUIRE);
    stat->allocated_bytes = vmo == NULL ? 0 : vmo->page_count * PAGE_SIZE;
    stat->links =
        node == tmpfs_of(vnode)->root ? 1 : __atomic_load_n(&node->names, __ATOMIC_RELAXED);
}

/* --- trees --- */

static void tree_free(struct tmpfs *tmpfs)
{
    struct cell *cell = tmpfs->cell;
    if (tmpfs->table != NULL)
        tmpfs_table_free(tmpfs, tmpfs->table);
    charged_kfree(cell, tmpfs, sizeof *tmpfs);
    object_unref(&cell->object);
}

static status_t tree_alloc(const struct tmpfs_params *params, struct tmpfs **out_tmpfs)
{
    void *memory;
    status_t status = charged_kmalloc(params->cell, sizeof(struct tmpfs), &memory);
    if (status != STATUS_OK)
        return status;
    struct tmpfs *tmpfs = memory;
    filesystem_init(&tmpfs->filesystem, &tmpfs_filesystem_ops);
    tmpfs->filesystem.read_only = params->read_only;
    mutex_init(&tmpfs->lock, LOCK_VNODE);
    tmpfs->size_max = params->size_max == 0 ? UINT64_MAX : params->size_max;
    tmpfs->cell = params->cell;
    tmpfs->filesystem.cell = params->cell;
    object_ref(&tmpfs->cell->object);
    *out_tmpfs = tmpfs;
    return STATUS_OK;
}

status_t tmpfs_create(const struct tmpfs_params *params, struct vnode **out_root)
{
    struct tmpfs *tmpfs;
    status_t status = tree_alloc(params, &tmpfs);
    if (status != STATUS_OK)
        return status;
    status = tmpfs_table_create(tmpfs, TMPFS_BUCKETS_MIN, &tmpfs->table);
    if (status == STATUS_OK)
        status = tmpfs_node_create(tmpfs,
                                   &(struct vnode_spec){ .kind = FILE_DIRECTORY,
                                                         .owner = tmpfs->cell->identity },
                                   &tmpfs->root);
    if (status != STATUS_OK) {
        tree_free(tmpfs);
        return status;
    }
    vnode_use(&tmpfs->root->vnode);
    filesystem_unref(&tmpfs->filesystem); /* The root keeps it. */
    *out_root = &tmpfs->root->vnode;
    return STATUS_OK;
}

static struct tmpfs_name *first_name(const struct tmpfs_node *directory)
{
    return list_is_empty(&directory->children)
               ? NULL
               : CONTAINER_OF(directory->children.next, struct tmpfs_name, sibling);
}

/* Nothing of the tree is in use: take it down from the leaves, without recursion. */
static void tmpfs_destroy(struct filesystem *filesystem)
{
    struct tmpfs *tmpfs = CONTAINER_OF(filesystem, struct tmpfs, filesystem);
    struct tmpfs_node *node = tmpfs->root;
    mutex_lock(&tmpfs->lock);
    while (node != NULL) {
        ASSERT((node->vnode.refs & ~VNODE_DOOMED) == 0);
        struct tmpfs_name *child = first_name(node);
        if (child != NULL && child->node->vnode.kind == FILE_DIRECTORY &&
            !list_is_empty(&child->node->children)) {
            node = child->node;
            continue;
        }
        if (child == NULL) {
            struct tmpfs_node *parent = node->parent;
            if (parent == NULL)
                tmpfs_node_free(node);
            node = parent;
            continue;
        }
        struct tmpfs_node *leaf = tmpfs_name_remove(tmpfs, child);
        if (leaf != NULL)
            tmpfs_node_free_named(leaf, child);
        else
            charged_kfree(tmpfs->cell, child, tmpfs_name_size(child));
    }
    mutex_unlock(&tmpfs->lock);
    tree_free(tmpfs);
}

/* Without a bound of its own a tree has that of its cell. */
static void tmpfs_describe(struct filesystem *filesystem, struct filesystem_info *info)
{
    const struct tmpfs *tmpfs = CONTAINER_OF(filesystem, struct tmpfs, filesystem);
    uint64_t used = __atomic_load_n(&tmpfs->size_reserved, __ATOMIC_RELAXED);
    uint64_t total = tmpfs->size_max;
    if (total > tmpfs->cell->limit[CELL_SCRATCH])
        total = tmpfs->cell->limit[CELL_SCRATCH];
    if (total > tmpfs->cell->limit[CELL_MEMORY])
        total = tmpfs->cell->limit[CELL_MEMORY];
    info->total_bytes = total;
    info->free_bytes = total > used ? total - used : 0;
}

const struct vnode_ops tmpfs_vnode_ops = {
    .name = "tmpfs",
    .find = tmpfs_find,
    .lookup = tmpfs_lookup,
    .entry = tmpfs_entry,
    .link_read = tmpfs_link_read,
    .create = tmpfs_name_create,
    .link = tmpfs_link,
    .remove = tmpfs_remove,
    .rename = tmpfs_rename,
    .reserve = tmpfs_reserve,
    .resize = tmpfs_resize,
    .pages = tmpfs_pages,
    .pages_now = tmpfs_pages_now,
    .stat = tmpfs_stat,
    .release = tmpfs_vnode_release,
};

static const struct filesystem_ops tmpfs_filesystem_ops = {
    .name = "tmpfs",
    .destroy = tmpfs_destroy,
    .describe = tmpfs_describe,
};
