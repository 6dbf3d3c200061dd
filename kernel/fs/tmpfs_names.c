/* The names of a tmpfs tree. Everything here runs under the tree's lock; public functions take it. */
#include "kernel/fs/tmpfs_internal.h"
#include "lib/base/assert.h"

#include <string.h>

/* --- the table --- */

/* FNV-1a over the name, begun with the directory's number. Somebody who picks names to collide slows
 * down their own tree only. */
static uint32_t name_hash(const struct tmpfs_node *directory, struct const_span name)
{
    uint64_t hash = 0xcbf29ce484222325ull ^ directory->vnode.number;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * 0x100000001b3ull;
    return (uint32_t)(hash ^ hash >> 32);
}

static struct list *bucket_of(struct tmpfs *tmpfs, uint32_t hash)
{
    return &tmpfs->buckets[hash & (tmpfs->bucket_count - 1)];
}

static struct tmpfs_node *name_find(struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                                    struct const_span name)
{
    ASSERT(mutex_held(&tmpfs->lock));
    uint32_t hash = name_hash(directory, name);
    LIST_FOR_EACH (link, bucket_of(tmpfs, hash)) {
        struct tmpfs_node *node = CONTAINER_OF(link, struct tmpfs_node, hash_link);
        if (node->hash == hash && node->parent == directory && node->name_len == name.len &&
            memcmp(node->name, name.data, name.len) == 0)
            return node;
    }
    return NULL;
}

/* Twice as many buckets. Failing to get them costs speed only. */
static void table_grow(struct tmpfs *tmpfs)
{
    uint32_t old_count = tmpfs->bucket_count;
    struct list *old = tmpfs->buckets;
    void *memory;
    if (charged_kmalloc(tmpfs->cell, 2 * old_count * sizeof(struct list), &memory) != STATUS_OK)
        return;
    tmpfs->buckets = memory;
    tmpfs->bucket_count = 2 * old_count;
    for (uint32_t i = 0; i < tmpfs->bucket_count; i++)
        list_init(&tmpfs->buckets[i]);
    for (uint32_t i = 0; i < old_count; i++) {
        struct list *link;
        while ((link = list_pop_front(&old[i])) != NULL) {
            uint32_t hash = CONTAINER_OF(link, struct tmpfs_node, hash_link)->hash;
            list_push_back(bucket_of(tmpfs, hash), link);
        }
    }
    charged_kfree(tmpfs->cell, old, old_count * sizeof(struct list));
}

/* The node has its name in node->name already. */
static void name_add(struct tmpfs *tmpfs, struct tmpfs_node *directory, struct tmpfs_node *node)
{
    ASSERT(node->parent == NULL);
    if (tmpfs->name_count >= 2 * tmpfs->bucket_count)
        table_grow(tmpfs);
    node->parent = directory;
    node->hash = name_hash(directory, const_span_of(node->name, node->name_len));
    node->order = ++directory->next_order;
    list_push_back(bucket_of(tmpfs, node->hash), &node->hash_link);
    list_push_back(&directory->children, &node->sibling);
    tmpfs->name_count++;
    __atomic_store_n(&directory->vnode.modified_ns, vfs_time_ns(), __ATOMIC_RELAXED);
}

void tmpfs_name_drop(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
    ASSERT(node->parent != NULL);
    ASSERT(tmpfs->name_count > 0);
    __atomic_store_n(&node->parent->vnode.modified_ns, vfs_time_ns(), __ATOMIC_RELAXED);
    list_remove(&node->hash_link);
    list_remove(&node->sibling);
    node->parent = NULL;
    tmpfs->name_count--;
}

/* --- looking --- */

status_t tmpfs_lookup(struct vnode *directory, struct const_span name, struct vnode **out_vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    mutex_lock(&tmpfs->lock);
    struct tmpfs_node *node = name_find(tmpfs, tmpfs_node_of(directory), name);
    if (node != NULL) {
        vnode_use(&node->vnode);
        *out_vnode = &node->vnode;
    }
    mutex_unlock(&tmpfs->lock);
    return node == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

/* The cookie is the order after that of the last entry listed. Cost: O(n),
 * so a listing is O(n^2): scratch directories are small. */
status_t tmpfs_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    status_t status = STATUS_NOT_FOUND;
    mutex_lock(&tmpfs->lock);
    LIST_FOR_EACH (link, &tmpfs_node_of(directory)->children) {
        struct tmpfs_node *node = CONTAINER_OF(link, struct tmpfs_node, sibling);
        if (node->order < cookie)
            continue;
        out_entry->number = node->vnode.number;
        out_entry->next = node->order + 1;
        out_entry->kind = node->vnode.kind;
        out_entry->name_len = node->name_len;
        memcpy(out_entry->name, node->name, node->name_len);
        status = STATUS_OK;
        break;
    }
    mutex_unlock(&tmpfs->lock);
    return status;
}

/* --- making --- */

static status_t name_copy(struct tmpfs *tmpfs, struct const_span name, char **out_name)
{
    void *memory;
    status_t status = charged_kmalloc(tmpfs->cell, name.len, &memory);
    if (status == STATUS_OK)
        *out_name = memcpy(memory, name.data, name.len);
    return status;
}

/* A directory that was removed while somebody has it open takes no names. */
static bool directory_is_live(const struct tmpfs *tmpfs, const struct tmpfs_node *directory)
{
    return directory->parent != NULL || directory == tmpfs->root;
}

static status_t node_create_named(struct tmpfs *tmpfs, struct const_span name,
                                  const struct vnode_spec *spec, struct tmpfs_node **out_node)
{
    struct tmpfs_node *node;
    status_t status = tmpfs_node_create(tmpfs, spec, &node);
    if (status != STATUS_OK)
        return status;
    status = name_copy(tmpfs, name, &node->name);
    if (status != STATUS_OK) {
        tmpfs_node_free(node);
        return status;
    }
    node->name_len = (uint8_t)name.len;
    *out_node = node;
    return STATUS_OK;
}

status_t tmpfs_name_create(struct vnode *directory, struct const_span name,
                           const struct vnode_spec *spec, struct vnode **out_vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *node = NULL;
    mutex_lock(&tmpfs->lock);
    status_t status = STATUS_OK;
    if (!directory_is_live(tmpfs, tmpfs_node_of(directory)))
        status = STATUS_NOT_FOUND;
    else if (name_find(tmpfs, tmpfs_node_of(directory), name) != NULL)
        status = STATUS_EXISTS;
    else
        status = node_create_named(tmpfs, name, spec, &node);
    if (status == STATUS_OK) {
        name_add(tmpfs, tmpfs_node_of(directory), node);
        vnode_use(&node->vnode);
        *out_vnode = &node->vnode;
    }
    mutex_unlock(&tmpfs->lock);
    return status;
}

status_t tmpfs_directory_add(struct vnode *directory, struct const_span name,
                             struct vnode **out_vnode)
{
    return tmpfs_name_create(directory, name, &(struct vnode_spec){ .kind = FILE_DIRECTORY },
                             out_vnode);
}

/* --- removing --- */

static status_t remove_check(const struct tmpfs_node *node, bool is_directory)
{
    bool node_is_directory = node->vnode.kind == FILE_DIRECTORY;
    if (is_directory && !node_is_directory)
        return STATUS_NOT_DIRECTORY;
    if (!is_directory && node_is_directory)
        return STATUS_IS_DIRECTORY;
    if (__atomic_load_n(&node->vnode.mounts, __ATOMIC_ACQUIRE) > 0)
        return STATUS_BUSY;
    return list_is_empty(&node->children) ? STATUS_OK : STATUS_NOT_EMPTY;
}

/* Take the name away. @return the node when nobody uses it: the caller frees it after the lock. */
static struct tmpfs_node *node_unlink(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
    tmpfs_name_drop(tmpfs, node);
    return __atomic_load_n(&node->vnode.refs, __ATOMIC_ACQUIRE) == 0 ? node : NULL;
}

status_t tmpfs_remove(struct vnode *directory, struct const_span name, bool is_directory)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *gone = NULL;
    mutex_lock(&tmpfs->lock);
    struct tmpfs_node *node = name_find(tmpfs, tmpfs_node_of(directory), name);
    status_t status = node == NULL ? STATUS_NOT_FOUND : remove_check(node, is_directory);
    if (status == STATUS_OK)
        gone = node_unlink(tmpfs, node);
    mutex_unlock(&tmpfs->lock);
    if (gone != NULL)
        tmpfs_node_free(gone);
    return status;
}

/* --- renaming --- */

static bool node_is_within(const struct tmpfs_node *node, const struct tmpfs_node *ancestor)
{
    for (; node != NULL; node = node->parent)
        if (node == ancestor)
            return true;
    return false;
}

/* What stands in the way, if anything, must be of the same sort and may be replaced. */
static status_t rename_check(struct tmpfs *tmpfs, const struct tmpfs_node *node,
                             const struct tmpfs_node *target, const struct tmpfs_node *replaced)
{
    if (!directory_is_live(tmpfs, target))
        return STATUS_NOT_FOUND;
    if (node_is_within(target, node))
        return STATUS_INVALID; /* A directory into itself. */
    if (__atomic_load_n(&node->vnode.mounts, __ATOMIC_ACQUIRE) > 0)
        return STATUS_BUSY;
    if (replaced == NULL)
        return STATUS_OK;
    return remove_check(replaced, node->vnode.kind == FILE_DIRECTORY);
}

/* Under the lock. *out_gone is a node to free, or NULL. */
static status_t rename_locked(struct tmpfs *tmpfs, struct tmpfs_node *node,
                              struct tmpfs_node *target, struct const_span target_name,
                              struct tmpfs_node **out_gone)
{
    struct tmpfs_node *replaced = name_find(tmpfs, target, target_name);
    if (replaced == node)
        return STATUS_OK;
    status_t status = rename_check(tmpfs, node, target, replaced);
    if (status != STATUS_OK)
        return status;
    char *name;
    status = name_copy(tmpfs, target_name, &name);
    if (status != STATUS_OK)
        return status;
    if (replaced != NULL)
        *out_gone = node_unlink(tmpfs, replaced);
    tmpfs_name_drop(tmpfs, node);
    charged_kfree(tmpfs->cell, node->name, node->name_len);
    node->name = name;
    node->name_len = (uint8_t)target_name.len;
    name_add(tmpfs, target, node);
    return STATUS_OK;
}

status_t tmpfs_rename(struct vnode *directory, struct const_span name, struct vnode *target,
                      struct const_span target_name)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *gone = NULL;
    mutex_lock(&tmpfs->lock);
    struct tmpfs_node *node = name_find(tmpfs, tmpfs_node_of(directory), name);
    status_t status = node == NULL
                          ? STATUS_NOT_FOUND
                          : rename_locked(tmpfs, node, tmpfs_node_of(target), target_name, &gone);
    mutex_unlock(&tmpfs->lock);
    if (gone != NULL)
        tmpfs_node_free(gone);
    return status;
}
