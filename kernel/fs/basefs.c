/* Base images as a file system.
 *
 * Vnodes that exist are found by their directory and name in a hash table: a name that was looked up
 * before costs a hash and a comparison, not a search among foreign bytes. Changes of the table take a
 * spinlock; who is inside an epoch looks without it. An idle vnode stays in it with its pages;
 * basefs_drop_idle takes out those that nobody uses and whose VMO nobody else holds: once a vnode is doomed
 * nobody can come to hold either, since both are reached through the table only. */
#include "kernel/fs/basefs.h"

#include <string.h>

#include "kernel/base/epoch.h"
#include "kernel/block/block.h"
#include "kernel/sched/preempt.h"
#include "kernel/vfs/name.h"
#include "kernel/vfs/page_cache.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"
#include "lib/format/base.h"

struct basefs {
    struct filesystem filesystem;
    struct list link; /* In vfs.images, guarded by vfs.images_lock; and so is is_unused. */
    bool is_unused;   /* The last reference to any vnode went. */
    struct block_device *disk;
    uint8_t *metadata;
    size_t metadata_size; /* As allocated. */
    struct base_view view;
    struct spinlock lock;         /* LOCK_NAMESPACE: changes of the table. */
    struct basefs_node **buckets; /* Atomic, and so is `next` of the nodes. */
    uint32_t bucket_count;        /* A power of two. */
};

/* What a vnode is found by. */
struct basefs_key {
    struct const_span name; /* In the metadata; empty for the root. */
    uint32_t parent;        /* Index of the directory. */
    uint32_t hash;
};

struct basefs_node {
    struct vnode vnode;
    struct basefs_node *next; /* Of the bucket. */
    struct basefs_key key;
    struct vmo *vmo; /* One reference; NULL until somebody asks for it. Set once, atomically. */
    uint32_t index;
    struct epoch_node retire;
};

static const struct vnode_ops basefs_vnode_ops;
static const struct filesystem_ops basefs_filesystem_ops;
static const struct page_source basefs_page_source;

/* Whether anybody but the node itself holds the VMO (a mapping, a copy-on-write child). */
static bool vmo_is_shared(const struct vmo *vmo)
{
    return __atomic_load_n(&vmo->object.refs, __ATOMIC_ACQUIRE) > 1;
}

static struct basefs *basefs_of(const struct vnode *vnode)
{
    return CONTAINER_OF(vnode->filesystem, struct basefs, filesystem);
}

static struct basefs_node *node_of(struct vnode *vnode)
{
    return CONTAINER_OF(vnode, struct basefs_node, vnode);
}

size_t basefs_node_size(void)
{
    return sizeof(struct basefs_node);
}

/* What the image says of a vnode. It said so before, when the vnode was made; the metadata does not
 * change, but is foreign all the same. */
static status_t node_read(const struct vnode *vnode, struct base_node *out_node)
{
    return base_node(&basefs_of(vnode)->view, node_of((struct vnode *)vnode)->index, out_node);
}

/* --- vnodes --- */

static enum file_kind kind_of(enum base_kind kind)
{
    switch (kind) {
    case BASE_DIRECTORY: return FILE_DIRECTORY;
    case BASE_LINK: return FILE_LINK;
    default: return FILE_REGULAR;
    }
}

static struct basefs_node *node_make(struct basefs *basefs, const struct base_node *description)
{
    struct basefs_node *node = slab_alloc(&vfs.basefs_nodes);
    if (node == NULL)
        return NULL;
    vnode_init(&node->vnode, &basefs_vnode_ops, &basefs->filesystem, kind_of(description->kind),
               (uint64_t)description->index + 1);
    node->vnode.mode = (uint16_t)description->mode;
    node->vnode.size_bytes = description->size_bytes;
    node->vnode.modified_ns = description->mtime_s * 1000000000ull;
    node->vnode.changed_ns = node->vnode.modified_ns;
    node->vnode.accessed_ns = node->vnode.modified_ns;
    node->index = description->index;
    return node;
}

/* @param hash  of the name. */
static struct basefs_key key_of(uint32_t parent, struct const_span name, uint32_t hash)
{
    return (struct basefs_key){ name, parent, hash ^ parent * 0x9e3779b1u };
}

static bool key_matches(const struct basefs_key *a, const struct basefs_key *b)
{
    return a->hash == b->hash && a->parent == b->parent && a->name.len == b->name.len &&
           name_equal(a->name.data, b->name.data, a->name.len);
}

static struct basefs_node **bucket_of(const struct basefs *basefs, const struct basefs_key *key)
{
    return &basefs->buckets[key->hash & (basefs->bucket_count - 1)];
}

/* With the lock, or inside an epoch: then what is being taken out may be found still. */
static struct basefs_node *bucket_find(struct basefs_node *const *bucket,
                                       const struct basefs_key *key)
{
    struct basefs_node *node = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
    while (node != NULL && !key_matches(&node->key, key))
        node = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE);
    return node;
}

static struct vnode *basefs_find(struct vnode *directory, struct const_span name, uint32_t hash)
{
    struct basefs_key key = key_of(node_of(directory)->index, name, hash);
    struct basefs_node *node = bucket_find(bucket_of(basefs_of(directory), &key), &key);
    return node == NULL ? NULL : &node->vnode;
}

/* The vnode of a key, with a reference, or NULL. `fresh`, if not NULL, is put into the table when there
 * is none yet, and taken over (*fresh becomes NULL). */
static struct vnode *node_find(struct basefs *basefs, const struct basefs_key *key,
                               struct basefs_node **fresh)
{
    spin_lock(&basefs->lock);
    struct basefs_node **bucket = bucket_of(basefs, key);
    struct basefs_node *node = bucket_find(bucket, key);
    if (node == NULL && fresh != NULL) {
        node = *fresh;
        *fresh = NULL;
        node->next = *bucket;
        __atomic_store_n(bucket, node, __ATOMIC_RELEASE);
    }
    if (node != NULL)
        vnode_use(&node->vnode);
    spin_unlock(&basefs->lock);
    return node == NULL ? NULL : &node->vnode;
}

/* The vnode of a description that the reader has just given. */
static status_t node_get(struct basefs *basefs, const struct base_node *description,
                         struct vnode **out_vnode)
{
    struct basefs_node *fresh = node_make(basefs, description);
    if (fresh == NULL)
        return STATUS_NO_MEMORY;
    fresh->key = key_of(description->parent, description->name, name_hash(description->name));
    struct basefs_key key = fresh->key;
    *out_vnode = node_find(basefs, &key, &fresh);
    if (fresh != NULL)
        slab_free(&vfs.basefs_nodes, fresh); /* Somebody was faster. */
    return STATUS_OK;
}

/* --- directories --- */

static status_t lookup_in_image(struct basefs *basefs, struct vnode *directory,
                                struct const_span name, struct vnode **out_vnode)
{
    struct base_node parent;
    struct base_node node;
    status_t status = node_read(directory, &parent);
    if (status == STATUS_OK)
        status = base_lookup(&basefs->view, &parent, name, &node);
    return status == STATUS_OK ? node_get(basefs, &node, out_vnode) : status;
}

static status_t basefs_lookup(struct vnode *directory, struct const_span name,
                              struct vnode **out_vnode)
{
    struct basefs *basefs = basefs_of(directory);
    struct basefs_key key = key_of(node_of(directory)->index, name, name_hash(name));
    struct vnode *found = node_find(basefs, &key, NULL);
    if (found == NULL)
        return lookup_in_image(basefs, directory, name, out_vnode);
    *out_vnode = found;
    return STATUS_OK;
}

static status_t basefs_entry(struct vnode *directory, uint64_t cookie,
                             struct vnode_entry *out_entry)
{
    struct base_node parent;
    struct base_node node;
    if (cookie > UINT32_MAX)
        return STATUS_NOT_FOUND;
    status_t status = node_read(directory, &parent);
    if (status == STATUS_OK)
        status =
            base_directory_entry(&basefs_of(directory)->view, &parent, (uint32_t)cookie, &node);
    if (status != STATUS_OK)
        return status;
    if (node.name.len == 0 || node.name.len > FILE_NAME_MAX)
        return STATUS_CORRUPT;
    out_entry->number = (uint64_t)node.index + 1;
    out_entry->next = cookie + 1;
    out_entry->kind = (uint8_t)kind_of(node.kind);
    out_entry->name_len = (uint8_t)node.name.len;
    memcpy(out_entry->name, node.name.data, node.name.len);
    return STATUS_OK;
}

static status_t basefs_link_read(struct vnode *link, struct span target, size_t *out_len)
{
    struct base_node node;
    status_t status = node_read(link, &node);
    if (status != STATUS_OK)
        return status;
    if (node.data.data == NULL)
        return STATUS_CORRUPT;
    if (node.data.len > target.len)
        return STATUS_TOO_BIG;
    memcpy(target.data, node.data.data, node.data.len);
    *out_len = node.data.len;
    return STATUS_OK;
}

/* --- data --- */

static status_t basefs_pages(struct vnode *file, struct vmo **out_vmo)
{
    struct basefs_node *node = node_of(file);
    struct vmo *vmo = __atomic_load_n(&node->vmo, __ATOMIC_ACQUIRE);
    if (vmo != NULL) {
        *out_vmo = vmo;
        return STATUS_OK;
    }
    struct vmo *fresh;
    status_t status = page_cache_create(file, &basefs_page_source, file->size_bytes, &fresh);
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

static struct vmo *basefs_pages_now(struct vnode *file)
{
    return __atomic_load_n(&node_of(file)->vmo, __ATOMIC_ACQUIRE);
}

static status_t basefs_locate(struct vnode *vnode, uint64_t index, struct page_run *out_run)
{
    struct basefs *basefs = basefs_of(vnode);
    struct base_node node;
    status_t status = node_read(vnode, &node);
    if (status != STATUS_OK)
        return status;
    if (node.data.data != NULL) {
        *out_run = (struct page_run){ .page_count = 1, .bytes = node.data };
        return index == 0 ? STATUS_OK : STATUS_CORRUPT;
    }
    uint64_t at, len;
    status = base_extent(&basefs->view, &node, index << PAGE_SHIFT, &at, &len);
    if (status != STATUS_OK)
        return STATUS_CORRUPT;
    if (at % PAGE_SIZE != 0 || len < PAGE_SIZE)
        return STATUS_CORRUPT;
    uint64_t page_count = len >> PAGE_SHIFT;
    *out_run = (struct page_run){
        .device = basefs->disk,
        .sector = at / BLOCK_SECTOR_BYTES,
        .page_count = page_count < PAGE_READ_MAX ? (uint32_t)page_count : PAGE_READ_MAX,
    };
    return STATUS_OK;
}

/* --- opening and closing an image --- */

static status_t header_read(struct block_device *disk, struct base_layout *out_layout)
{
    paddr_t frame;
    status_t status = frame_alloc(0, FRAME_KERNEL, &frame);
    if (status != STATUS_OK)
        return status;
    uint8_t *header = frame_data(frame);
    status = block_read_sync(disk, 0, header, PAGE_SIZE);
    if (status == STATUS_OK)
        status = base_open(const_span_of(header, PAGE_SIZE),
                           disk->sector_count * BLOCK_SECTOR_BYTES, out_layout);
    frame_free(frame, 0);
    return status;
}

static status_t metadata_read(struct basefs *basefs, const struct base_layout *layout)
{
    if (layout->metadata_bytes > BASEFS_METADATA_MAX)
        return STATUS_TOO_BIG;
    if (layout->metadata_at % PAGE_SIZE != 0)
        return STATUS_CORRUPT;
    basefs->metadata_size = page_up(layout->metadata_bytes);
    basefs->metadata = kmalloc(basefs->metadata_size); /* Whole frames, so disks can reach it. */
    if (basefs->metadata == NULL)
        return STATUS_NO_MEMORY;
    status_t status = block_read_sync(basefs->disk, layout->metadata_at / BLOCK_SECTOR_BYTES,
                                      basefs->metadata, basefs->metadata_size);
    if (status != STATUS_OK)
        return status;
    return base_view_open(layout, const_span_of(basefs->metadata, layout->metadata_bytes),
                          &basefs->view);
}

/* About one bucket for each node of the image. */
static status_t buckets_alloc(struct basefs *basefs, const struct base_layout *layout)
{
    basefs->bucket_count = 16;
    while (basefs->bucket_count < layout->node_count)
        basefs->bucket_count *= 2;
    basefs->buckets = kmalloc(basefs->bucket_count * sizeof *basefs->buckets);
    return basefs->buckets == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static status_t root_get(struct basefs *basefs, struct vnode **out_root)
{
    struct base_node root;
    status_t status = base_node(&basefs->view, BASE_ROOT, &root);
    if (status != STATUS_OK)
        return status;
    if (root.kind != BASE_DIRECTORY)
        return STATUS_CORRUPT;
    return node_get(basefs, &root, out_root);
}

static void basefs_free(struct basefs *basefs)
{
    kfree(basefs->buckets, basefs->bucket_count * sizeof *basefs->buckets);
    kfree(basefs->metadata, basefs->metadata_size);
    kfree(basefs, sizeof *basefs);
}

status_t basefs_open(struct block_device *disk, struct vnode **out_root)
{
    struct base_layout layout;
    status_t status = header_read(disk, &layout);
    if (status != STATUS_OK)
        return status;
    struct basefs *basefs = kmalloc(sizeof *basefs);
    if (basefs == NULL)
        return STATUS_NO_MEMORY;
    filesystem_init(&basefs->filesystem, &basefs_filesystem_ops);
    basefs->filesystem.read_only = true;
    basefs->disk = disk;
    spin_init(&basefs->lock, LOCK_NAMESPACE);
    status = metadata_read(basefs, &layout);
    if (status == STATUS_OK)
        status = buckets_alloc(basefs, &layout);
    if (status == STATUS_OK)
        status = root_get(basefs, out_root);
    if (status != STATUS_OK) {
        basefs_free(basefs);
        return status;
    }
    mutex_lock(&vfs.images_lock);
    list_push_back(&vfs.images, &basefs->link);
    mutex_unlock(&vfs.images_lock);
    filesystem_unref(&basefs->filesystem); /* The root keeps it. */
    return STATUS_OK;
}

/* --- idle vnodes --- */

/* Nobody uses it or maps its pages: then it is doomed. */
static bool node_doom(struct basefs_node *node)
{
    if (!vnode_try_doom(&node->vnode))
        return false;
    bool is_idle = node->vmo == NULL || !vmo_is_shared(node->vmo);
    if (!is_idle)
        vnode_spare(&node->vnode);
    return is_idle;
}

/* Take a node that nobody uses and whose pages nobody maps out of a bucket. @return NULL when there is
 * none; then *out_is_empty tells whether the bucket is empty. */
static struct basefs_node *bucket_take_idle(struct basefs *basefs, uint32_t index,
                                            bool *out_is_empty)
{
    spin_lock(&basefs->lock);
    struct basefs_node **place = &basefs->buckets[index];
    *out_is_empty = *place == NULL;
    while (*place != NULL && !node_doom(*place))
        place = &(*place)->next;
    struct basefs_node *node = *place;
    if (node != NULL)
        __atomic_store_n(place, node->next, __ATOMIC_RELEASE);
    spin_unlock(&basefs->lock);
    return node;
}

static void node_release(struct epoch_node *node)
{
    slab_free(&vfs.basefs_nodes, CONTAINER_OF(node, struct basefs_node, retire));
}

/* Somebody may be comparing its name still, or asking for its references. */
static void node_free(struct basefs_node *node)
{
    if (node->vmo != NULL)
        object_unref(&node->vmo->object);
    vnode_special_release(&node->vnode);
    epoch_retire(&node->retire, node_release);
}

/* @return whether no vnode is left. */
static bool image_drop_idle(struct basefs *basefs)
{
    bool is_empty = true;
    for (uint32_t i = 0; i < basefs->bucket_count; i++) {
        struct basefs_node *node;
        bool bucket_is_empty;
        while ((node = bucket_take_idle(basefs, i, &bucket_is_empty)) != NULL) {
            node_free(node);
            preempt_point();
        }
        is_empty = is_empty && bucket_is_empty;
    }
    return is_empty;
}

void basefs_drop_idle(void)
{
    mutex_lock(&vfs.images_lock);
    LIST_FOR_EACH_SAFE (link, &vfs.images) {
        struct basefs *basefs = CONTAINER_OF(link, struct basefs, link);
        if (image_drop_idle(basefs) && basefs->is_unused) {
            list_remove(&basefs->link);
            basefs_free(basefs);
        }
    }
    mutex_unlock(&vfs.images_lock);
}

/* No vnode of the image is in use. Pages may still be mapped and need their vnodes; then the image
 * waits for the next basefs_drop_idle. */
static void basefs_destroy(struct filesystem *filesystem)
{
    struct basefs *basefs = CONTAINER_OF(filesystem, struct basefs, filesystem);
    mutex_lock(&vfs.images_lock);
    basefs->is_unused = true;
    mutex_unlock(&vfs.images_lock);
    basefs_drop_idle();
}

static const struct vnode_ops basefs_vnode_ops = {
    .name = "basefs",
    .find = basefs_find,
    .lookup = basefs_lookup,
    .entry = basefs_entry,
    .link_read = basefs_link_read,
    .pages = basefs_pages,
    .pages_now = basefs_pages_now,
};

static const struct filesystem_ops basefs_filesystem_ops = {
    .name = "basefs",
    .destroy = basefs_destroy,
};

/* TODO(verified base image): `verify` is to check pages against the image's hash tree, in leaves. */
static const struct page_source basefs_page_source = {
    .name = "basefs",
    .locate = basefs_locate,
};
