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

static struct tmpfs_name *name_find(struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                                    struct const_span text)
{
    ASSERT(mutex_held(&tmpfs->lock));
    uint32_t hash = name_hash(directory, text);
    LIST_FOR_EACH (link, bucket_of(tmpfs, hash)) {
        struct tmpfs_name *name = CONTAINER_OF(link, struct tmpfs_name, hash_link);
        if (name->hash == hash && name->directory == directory && name->len == text.len &&
            memcmp(name->text, text.data, text.len) == 0)
            return name;
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
            uint32_t hash = CONTAINER_OF(link, struct tmpfs_name, hash_link)->hash;
            list_push_back(bucket_of(tmpfs, hash), link);
        }
    }
    charged_kfree(tmpfs->cell, old, old_count * sizeof(struct list));
}

/* A name that leads nowhere yet. */
static status_t name_create(struct tmpfs *tmpfs, struct const_span text,
                            struct tmpfs_name **out_name)
{
    void *memory;
    status_t status = charged_kmalloc(tmpfs->cell, sizeof(struct tmpfs_name) + text.len, &memory);
    if (status != STATUS_OK)
        return status;
    struct tmpfs_name *name = memory;
    list_init(&name->hash_link);
    list_init(&name->sibling);
    name->len = (uint8_t)text.len;
    memcpy(name->text, text.data, text.len);
    *out_name = name;
    return STATUS_OK;
}

static void name_free(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    charged_kfree(tmpfs->cell, name, sizeof *name + name->len);
}

/* From now on the name leads from the directory to the node. */
static void name_add(struct tmpfs *tmpfs, struct tmpfs_node *directory, struct tmpfs_name *name,
                     struct tmpfs_node *node)
{
    if (tmpfs->name_count >= 2 * tmpfs->bucket_count)
        table_grow(tmpfs);
    name->directory = directory;
    name->node = node;
    name->hash = name_hash(directory, const_span_of(name->text, name->len));
    name->order = ++directory->next_order;
    list_push_back(bucket_of(tmpfs, name->hash), &name->hash_link);
    list_push_back(&directory->children, &name->sibling);
    tmpfs->name_count++;
    node->names++;
    if (node->vnode.kind == FILE_DIRECTORY)
        node->parent = directory;
    vnode_touch(&directory->vnode);
}

/* The name leads nowhere any more, and stays. */
static void name_remove(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    ASSERT(tmpfs->name_count > 0 && name->node->names > 0);
    vnode_touch(&name->directory->vnode);
    list_remove(&name->hash_link);
    list_remove(&name->sibling);
    name->node->names--;
    if (name->node->vnode.kind == FILE_DIRECTORY)
        name->node->parent = NULL;
    tmpfs->name_count--;
}

void tmpfs_name_drop(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    name_remove(tmpfs, name);
    name_free(tmpfs, name);
}

/* --- looking --- */

status_t tmpfs_lookup(struct vnode *directory, struct const_span text, struct vnode **out_vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find(tmpfs, tmpfs_node_of(directory), text);
    if (name != NULL) {
        vnode_use(&name->node->vnode);
        *out_vnode = &name->node->vnode;
    }
    mutex_unlock(&tmpfs->lock);
    return name == NULL ? STATUS_NOT_FOUND : STATUS_OK;
}

/* The cookie is the order after that of the last entry listed. Cost: O(n),
 * so a listing is O(n^2): scratch directories are small. */
status_t tmpfs_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    status_t status = STATUS_NOT_FOUND;
    mutex_lock(&tmpfs->lock);
    LIST_FOR_EACH (link, &tmpfs_node_of(directory)->children) {
        struct tmpfs_name *name = CONTAINER_OF(link, struct tmpfs_name, sibling);
        if (name->order < cookie)
            continue;
        out_entry->number = name->node->vnode.number;
        out_entry->next = name->order + 1;
        out_entry->kind = name->node->vnode.kind;
        out_entry->name_len = name->len;
        memcpy(out_entry->name, name->text, name->len);
        status = STATUS_OK;
        break;
    }
    mutex_unlock(&tmpfs->lock);
    return status;
}

/* --- making --- */

/* A directory that was removed while somebody has it open takes no names. */
static bool directory_is_live(const struct tmpfs *tmpfs, const struct tmpfs_node *directory)
{
    return directory->parent != NULL || directory == tmpfs->root;
}

static status_t name_check_new(struct tmpfs *tmpfs, struct tmpfs_node *directory,
                               struct const_span text)
{
    if (!directory_is_live(tmpfs, directory))
        return STATUS_NOT_FOUND;
    return name_find(tmpfs, directory, text) != NULL ? STATUS_EXISTS : STATUS_OK;
}

/* Under the lock. */
static status_t create_locked(struct tmpfs *tmpfs, struct tmpfs_node *directory,
                              struct const_span text, const struct vnode_spec *spec,
                              struct tmpfs_node **out_node)
{
    struct tmpfs_name *name;
    status_t status = name_check_new(tmpfs, directory, text);
    if (status == STATUS_OK)
        status = name_create(tmpfs, text, &name);
    if (status != STATUS_OK)
        return status;
    status = tmpfs_node_create(tmpfs, spec, out_node);
    if (status == STATUS_OK)
        name_add(tmpfs, directory, name, *out_node);
    else
        name_free(tmpfs, name);
    return status;
}

status_t tmpfs_name_create(struct vnode *directory, struct const_span text,
                           const struct vnode_spec *spec, struct vnode **out_vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *node = NULL;
    mutex_lock(&tmpfs->lock);
    status_t status = create_locked(tmpfs, tmpfs_node_of(directory), text, spec, &node);
    if (status == STATUS_OK) {
        vnode_use(&node->vnode);
        *out_vnode = &node->vnode;
    }
    mutex_unlock(&tmpfs->lock);
    return status;
}

status_t tmpfs_directory_add(struct vnode *directory, struct const_span name,
                             struct vnode **out_vnode)
{
    const struct vnode_spec spec = { .kind = FILE_DIRECTORY,
                                     .owner = tmpfs_of(directory)->cell->identity };
    return tmpfs_name_create(directory, name, &spec, out_vnode);
}

/* Under the lock. A file whose last name went while it was open gets none again. */
static status_t link_locked(struct tmpfs *tmpfs, struct tmpfs_node *directory,
                            struct const_span text, struct tmpfs_node *node)
{
    struct tmpfs_name *name;
    if (node->names == 0)
        return STATUS_NOT_FOUND;
    status_t status = name_check_new(tmpfs, directory, text);
    if (status == STATUS_OK)
        status = name_create(tmpfs, text, &name);
    if (status == STATUS_OK) {
        name_add(tmpfs, directory, name, node);
        vnode_touch_status(&node->vnode);
    }
    return status;
}

status_t tmpfs_link(struct vnode *directory, struct const_span text, struct vnode *vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    mutex_lock(&tmpfs->lock);
    status_t status = link_locked(tmpfs, tmpfs_node_of(directory), text, tmpfs_node_of(vnode));
    mutex_unlock(&tmpfs->lock);
    return status;
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

/* Take a name away. @return its node when nobody names or uses it: the caller frees it after the lock. */
static struct tmpfs_node *name_unlink(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    struct tmpfs_node *node = name->node;
    tmpfs_name_drop(tmpfs, name);
    vnode_touch_status(&node->vnode);
    bool is_gone = node->names == 0 && __atomic_load_n(&node->vnode.refs, __ATOMIC_ACQUIRE) == 0;
    return is_gone ? node : NULL;
}

status_t tmpfs_remove(struct vnode *directory, struct const_span text, bool is_directory)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *gone = NULL;
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find(tmpfs, tmpfs_node_of(directory), text);
    status_t status = name == NULL ? STATUS_NOT_FOUND : remove_check(name->node, is_directory);
    if (status == STATUS_OK)
        gone = name_unlink(tmpfs, name);
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
                             const struct tmpfs_node *target, const struct tmpfs_name *replaced)
{
    if (!directory_is_live(tmpfs, target))
        return STATUS_NOT_FOUND;
    if (node_is_within(target, node))
        return STATUS_INVALID; /* A directory into itself. */
    if (__atomic_load_n(&node->vnode.mounts, __ATOMIC_ACQUIRE) > 0)
        return STATUS_BUSY;
    if (replaced == NULL)
        return STATUS_OK;
    return remove_check(replaced->node, node->vnode.kind == FILE_DIRECTORY);
}

/* Under the lock. *out_gone is a node to free, or NULL. Two names of one file: nothing is to be done
 * (POSIX.1-2017, rename). */
static status_t rename_locked(struct tmpfs *tmpfs, struct tmpfs_name *name,
                              struct tmpfs_node *target, struct const_span target_text,
                              struct tmpfs_node **out_gone)
{
    struct tmpfs_node *node = name->node;
    struct tmpfs_name *replaced = name_find(tmpfs, target, target_text);
    if (replaced != NULL && replaced->node == node)
        return STATUS_OK;
    status_t status = rename_check(tmpfs, node, target, replaced);
    if (status != STATUS_OK)
        return status;
    struct tmpfs_name *fresh;
    status = name_create(tmpfs, target_text, &fresh);
    if (status != STATUS_OK)
        return status;
    if (replaced != NULL)
        *out_gone = name_unlink(tmpfs, replaced);
    tmpfs_name_drop(tmpfs, name);
    name_add(tmpfs, target, fresh, node);
    vnode_touch_status(&node->vnode);
    return STATUS_OK;
}

status_t tmpfs_rename(struct vnode *directory, struct const_span text, struct vnode *target,
                      struct const_span target_text)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct tmpfs_node *gone = NULL;
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find(tmpfs, tmpfs_node_of(directory), text);
    status_t status = name == NULL
                          ? STATUS_NOT_FOUND
                          : rename_locked(tmpfs, name, tmpfs_node_of(target), target_text, &gone);
    mutex_unlock(&tmpfs->lock);
    if (gone != NULL)
        tmpfs_node_free(gone);
    return status;
}
