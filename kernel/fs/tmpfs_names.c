/* The names of a tmpfs tree. Everything here runs under the tree's lock, which public functions take, but tmpfs_find. */
#include "kernel/fs/tmpfs_internal.h"
#include "kernel/vfs/name.h"
#include "lib/base/assert.h"

#include <string.h>

/* --- the table --- */

/* @param hash  of the text. */
static uint32_t hash_in(const struct tmpfs_node *directory, uint32_t hash)
{
    return hash ^ (uint32_t)directory->vnode.number * 0x9e3779b1u;
}

static struct tmpfs_name **bucket_of(struct tmpfs_table *table, uint32_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

status_t tmpfs_table_create(struct tmpfs *tmpfs, uint32_t bucket_count,
                            struct tmpfs_table **out_table)
{
    void *memory;
    size_t size = sizeof(struct tmpfs_table) + bucket_count * sizeof(struct tmpfs_name *);
    status_t status = charged_kmalloc(tmpfs->cell, size, &memory);
    if (status != STATUS_OK)
        return status;
    struct tmpfs_table *table = memory;
    table->bucket_count = bucket_count;
    *out_table = table;
    return STATUS_OK;
}

static size_t table_size(const struct tmpfs_table *table)
{
    return sizeof *table + table->bucket_count * sizeof table->buckets[0];
}

void tmpfs_table_free(struct tmpfs *tmpfs, struct tmpfs_table *table)
{
    charged_kfree(tmpfs->cell, table, table_size(table));
}

static void table_release(struct epoch_node *node)
{
    struct tmpfs_table *table = CONTAINER_OF(node, struct tmpfs_table, retire);
    kfree(table, table_size(table));
}

/* With the lock, or inside an epoch. */
static inline struct tmpfs_name *name_find(struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                                           struct const_span text, uint32_t hash)
{
    struct tmpfs_table *table = __atomic_load_n(&tmpfs->table, __ATOMIC_ACQUIRE);
    hash = hash_in(directory, hash);
    struct tmpfs_name *name = __atomic_load_n(bucket_of(table, hash), __ATOMIC_ACQUIRE);
    for (; name != NULL; name = __atomic_load_n(&name->next, __ATOMIC_ACQUIRE))
        if (name->hash == hash && name->directory == directory && name->len == text.len &&
            name_equal(name->text, text.data, text.len))
            return name;
    return NULL;
}

static struct tmpfs_name *name_find_locked(struct tmpfs *tmpfs, const struct tmpfs_node *directory,
                                           struct const_span text)
{
    ASSERT(mutex_held(&tmpfs->lock));
    return name_find(tmpfs, directory, text, name_hash(text));
}

/* A name that is found there from now on, whole. */
static void bucket_push(struct tmpfs_table *table, struct tmpfs_name *name)
{
    struct tmpfs_name **bucket = bucket_of(table, name->hash);
    __atomic_store_n(&name->next, *bucket, __ATOMIC_RELAXED);
    __atomic_store_n(bucket, name, __ATOMIC_RELEASE);
}

/* Who stands at the name goes on from it. */
static void bucket_remove(struct tmpfs_table *table, struct tmpfs_name *name)
{
    struct tmpfs_name **place = bucket_of(table, name->hash);
    while (*place != name)
        place = &(*place)->next;
    __atomic_store_n(place, name->next, __ATOMIC_RELEASE);
}

/* Twice as many buckets. Failing to get them costs speed only. Who looks meanwhile in the old ones is led into
 * a chain of the new ones, whose end is the end for him too. */
static void table_grow(struct tmpfs *tmpfs)
{
    struct tmpfs_table *old = tmpfs->table, *fresh;
    if (tmpfs_table_create(tmpfs, 2 * old->bucket_count, &fresh) != STATUS_OK)
        return;
    for (uint32_t i = 0; i < old->bucket_count; i++)
        for (struct tmpfs_name *name = old->buckets[i], *next; name != NULL; name = next) {
            next = name->next;
            bucket_push(fresh, name);
        }
    __atomic_store_n(&tmpfs->table, fresh, __ATOMIC_RELEASE);
    cell_uncharge(tmpfs->cell, CELL_MEMORY, table_size(old));
    epoch_retire(&old->retire, table_release);
}

size_t tmpfs_name_size(const struct tmpfs_name *name)
{
    return sizeof *name + name->len;
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
    list_init(&name->sibling);
    name->len = (uint8_t)text.len;
    memcpy(name->text, text.data, text.len);
    *out_name = name;
    return STATUS_OK;
}

/* One that was never in the table. */
static void name_free(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    charged_kfree(tmpfs->cell, name, tmpfs_name_size(name));
}

static void name_release(struct epoch_node *node)
{
    struct tmpfs_name *name = CONTAINER_OF(node, struct tmpfs_name, retire);
    kfree(name, tmpfs_name_size(name));
}

/* One that somebody may be comparing still. */
static void name_retire(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    cell_uncharge(tmpfs->cell, CELL_MEMORY, tmpfs_name_size(name));
    epoch_retire(&name->retire, name_release);
}

/* From now on the name leads from the directory to the node. */
static void name_add(struct tmpfs *tmpfs, struct tmpfs_node *directory, struct tmpfs_name *name,
                     struct tmpfs_node *node)
{
    if (tmpfs->name_count >= 2 * tmpfs->table->bucket_count)
        table_grow(tmpfs);
    name->directory = directory;
    name->node = node;
    name->hash = hash_in(directory, name_hash(const_span_of(name->text, name->len)));
    name->order = ++directory->next_order;
    list_push_back(&directory->children, &name->sibling);
    tmpfs->name_count++;
    __atomic_store_n(&node->names, node->names + 1, __ATOMIC_RELAXED);
    if (node->vnode.kind == FILE_DIRECTORY)
        node->parent = directory;
    bucket_push(tmpfs->table, name);
    vnode_touch(&directory->vnode);
}

struct tmpfs_node *tmpfs_name_remove(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    struct tmpfs_node *node = name->node;
    ASSERT(tmpfs->name_count > 0 && node->names > 0);
    vnode_touch(&name->directory->vnode);
    bucket_remove(tmpfs->table, name);
    list_remove(&name->sibling);
    __atomic_store_n(&node->names, node->names - 1, __ATOMIC_RELAXED);
    if (node->vnode.kind == FILE_DIRECTORY)
        node->parent = NULL;
    tmpfs->name_count--;
    return node->names == 0 ? node : NULL;
}

/* --- looking --- */

struct vnode *tmpfs_find(struct vnode *directory, struct const_span text, uint32_t hash)
{
    struct tmpfs_name *name = name_find(tmpfs_of(directory), tmpfs_node_of(directory), text, hash);
    return name == NULL ? NULL : &name->node->vnode;
}

status_t tmpfs_lookup(struct vnode *directory, struct const_span text, struct vnode **out_vnode)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find_locked(tmpfs, tmpfs_node_of(directory), text);
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
    return name_find_locked(tmpfs, directory, text) != NULL ? STATUS_EXISTS : STATUS_OK;
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

/* What is left of a name that was taken away: its node, when nobody names or uses that any more. */
struct remains {
    struct tmpfs_node *node;
    struct tmpfs_name *name; /* Of the node. */
};

/* Take a name away. What remains is the caller's to free after the lock. */
static struct remains name_unlink(struct tmpfs *tmpfs, struct tmpfs_name *name)
{
    struct vnode *vnode = &name->node->vnode;
    struct tmpfs_node *node = tmpfs_name_remove(tmpfs, name);
    if (node == NULL || __atomic_load_n(&vnode->refs, __ATOMIC_RELAXED) != 0)
        vnode_touch_status(vnode); /* Somebody may look. */
    if (node != NULL && vnode_doom(vnode))
        return (struct remains){ node, name };
    name_retire(tmpfs, name);
    return (struct remains){ 0 };
}

static void remains_free(const struct remains *remains)
{
    if (remains->node != NULL)
        tmpfs_node_free_named(remains->node, remains->name);
}

status_t tmpfs_remove(struct vnode *directory, struct const_span text, bool is_directory)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct remains remains = { 0 };
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find_locked(tmpfs, tmpfs_node_of(directory), text);
    status_t status = name == NULL ? STATUS_NOT_FOUND : remove_check(name->node, is_directory);
    if (status == STATUS_OK)
        remains = name_unlink(tmpfs, name);
    mutex_unlock(&tmpfs->lock);
    remains_free(&remains);
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

/* Under the lock. Two names of one file: nothing is to be done (POSIX.1-2017, rename). */
static status_t rename_locked(struct tmpfs *tmpfs, struct tmpfs_name *name,
                              struct tmpfs_node *target, struct const_span target_text,
                              struct remains *out_remains)
{
    struct tmpfs_node *node = name->node;
    struct tmpfs_name *replaced = name_find_locked(tmpfs, target, target_text);
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
        *out_remains = name_unlink(tmpfs, replaced);
    (void)tmpfs_name_remove(tmpfs, name); /* It has the other one at once. */
    name_add(tmpfs, target, fresh, node);
    name_retire(tmpfs, name);
    vnode_touch_status(&node->vnode);
    return STATUS_OK;
}

status_t tmpfs_rename(struct vnode *directory, struct const_span text, struct vnode *target,
                      struct const_span target_text)
{
    struct tmpfs *tmpfs = tmpfs_of(directory);
    struct remains remains = { 0 };
    mutex_lock(&tmpfs->lock);
    struct tmpfs_name *name = name_find_locked(tmpfs, tmpfs_node_of(directory), text);
    status_t status =
        name == NULL ? STATUS_NOT_FOUND
                     : rename_locked(tmpfs, name, tmpfs_node_of(target), target_text, &remains);
    mutex_unlock(&tmpfs->lock);
    remains_free(&remains);
    return status;
}
