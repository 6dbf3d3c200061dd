/* The structures of tmpfs, for its files.
 *
 *   tmpfs.c           trees, nodes: making and freeing, references, the charge
 *   tmpfs_names.c     the table of names: look up, list, create, remove, rename
 *   tmpfs_data.c      sizes and pages
 *
 * A name leads from a directory to a node. All names of a tree are in one hash table, keyed by directory
 * and name; those of a directory are also in a list, in order of a number that only grows, which is the
 * cookie of listings. A file may have many names, a directory has one. The tree's lock (LOCK_VNODE,
 * sleeping) guards names, lists, and the first and last reference to each vnode. A node that has no name
 * any more is freed with its last reference. */
#pragma once

#include "kernel/fs/tmpfs.h"
#include "kernel/vfs/vfs.h"

enum { TMPFS_BUCKETS_MIN = 16 };

struct tmpfs {
    struct filesystem filesystem;
    struct mutex lock;
    struct cell *cell;
    uint64_t size_max;
    uint64_t size_reserved; /* Atomic. Bytes of all files, in whole pages. */
    uint64_t numbers;       /* The last one given to a node. */
    struct list *buckets;
    uint32_t bucket_count; /* A power of two. */
    uint32_t name_count;
    struct tmpfs_node *root;
};

struct tmpfs_name {
    struct list hash_link;
    struct list sibling;
    struct tmpfs_node *directory;
    struct tmpfs_node *node;
    uint64_t order; /* Among the siblings. */
    uint32_t hash;
    uint8_t len;
    char text[]; /* len bytes. */
};

struct tmpfs_node {
    struct vnode vnode;
    struct tmpfs_node *parent; /* Of a directory with a name. */
    struct list children;      /* Of a directory: struct tmpfs_name, by order. */
    uint64_t next_order;       /* For the next child. */
    uint32_t names;            /* That lead here. */
    struct vmo *vmo;           /* Of a file: one reference; NULL while it never had a size. */
    uint64_t reserved;         /* Bytes of it that the tree counts, in whole pages. */
    char *target;              /* Of a link: size_bytes bytes, allocated. */
};

extern const struct vnode_ops tmpfs_vnode_ops;

static inline struct tmpfs *tmpfs_of(const struct vnode *vnode)
{
    return CONTAINER_OF(vnode->filesystem, struct tmpfs, filesystem);
}

static inline struct tmpfs_node *tmpfs_node_of(struct vnode *vnode)
{
    return CONTAINER_OF(vnode, struct tmpfs_node, vnode);
}

/* A node with no name and no reference. */
status_t tmpfs_node_create(struct tmpfs *tmpfs, const struct vnode_spec *spec,
                           struct tmpfs_node **out_node);
/* The node has no name and nobody uses it. */
void tmpfs_node_free(struct tmpfs_node *node);

/* tmpfs_names.c */
status_t tmpfs_lookup(struct vnode *directory, struct const_span name, struct vnode **out_vnode);
status_t tmpfs_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry);
status_t tmpfs_name_create(struct vnode *directory, struct const_span name,
                           const struct vnode_spec *spec, struct vnode **out_vnode);
status_t tmpfs_remove(struct vnode *directory, struct const_span name, bool is_directory);
status_t tmpfs_rename(struct vnode *directory, struct const_span name, struct vnode *target,
                      struct const_span target_name);
status_t tmpfs_link(struct vnode *directory, struct const_span name, struct vnode *vnode);
/* Take a name away, out of the table and of its directory, and free it. */
void tmpfs_name_drop(struct tmpfs *tmpfs, struct tmpfs_name *name);

/* tmpfs_data.c */
status_t tmpfs_reserve(struct vnode *file, uint64_t size_bytes);
status_t tmpfs_resize(struct vnode *file, uint64_t size_bytes);
status_t tmpfs_pages(struct vnode *file, struct vmo **out_vmo);
/* Give back what a file holds. */
void tmpfs_data_free(struct tmpfs_node *node);
