/* The structures of tmpfs, for its files.
 *
 *   tmpfs.c           trees, nodes: making and freeing, references, the charge
 *   tmpfs_names.c     the table of names: look up, list, create, remove, rename
 *   tmpfs_data.c      sizes and pages
 *
 * A name leads from a directory to a node. All names of a tree are in one hash table, keyed by directory
 * and name; those of a directory are also in a list, in order of a number that only grows, which is the
 * cookie of listings. A file may have many names, a directory has one. The tree's lock (LOCK_VNODE,
 * sleeping) guards names and lists. A node that has no name any more is doomed, and freed with its last reference.
 *
 * Who is inside an epoch looks names up without the lock. Chains of names end with NULL and are never circular, and
 * names, nodes and tables are given back an epoch later: such a look-up may miss a name that is being moved to a larger
 * table, and then asks under the lock, but what it finds was there. The charge is given back at once. */
#pragma once

#include "kernel/base/epoch.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/vfs/vfs.h"

enum { TMPFS_BUCKETS_MIN = 16 };

struct tmpfs {
    struct filesystem filesystem;
    struct mutex lock;
    struct cell *cell;
    uint64_t size_max;
    uint64_t size_reserved;    /* Atomic. Bytes of all files, in whole pages. */
    uint64_t numbers;          /* The last one given to a node. */
    struct tmpfs_table *table; /* Atomic. */
    uint32_t name_count;
    struct tmpfs_node *root;
};

struct tmpfs_table {
    struct epoch_node retire;
    uint32_t bucket_count; /* A power of two. */
    struct tmpfs_name *buckets[];
};

struct tmpfs_name {
    struct tmpfs_name *next; /* Of the bucket. Atomic. */
    struct tmpfs_node *directory;
    struct tmpfs_node *node;
    union {
        struct {
            struct list sibling;
            uint64_t order; /* Among the siblings. */
        };
        struct epoch_node retire; /* When it leads nowhere any more. */
    };
    uint32_t hash; /* Of the text and the directory. */
    uint8_t len;
    char text[]; /* len bytes. */
};

struct tmpfs_node {
    struct vnode vnode;
    struct tmpfs_node *parent; /* Of a directory with a name. */
    union {
        struct {
            struct list children; /* Of a directory: struct tmpfs_name, by order. */
            uint64_t next_order;  /* For the next child. */
        };
        struct epoch_node retire; /* When it is freed, with */
    };
    struct tmpfs_name *last_name; /* what led here, if both go at once. */
    uint32_t names;               /* That lead here. Atomic. */
    struct vmo *vmo;   /* Of a file: one reference; NULL while it never had a size. Atomic. */
    uint64_t reserved; /* Bytes of it that the tree counts, in whole pages. */
    char *target;      /* Of a link: size_bytes bytes, allocated. */
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
/* The node has no name and nobody uses it, but somebody may be looking. */
void tmpfs_node_free(struct tmpfs_node *node);
/* The same with its last name, which is out of the table. */
void tmpfs_node_free_named(struct tmpfs_node *node, struct tmpfs_name *name);

/* tmpfs_names.c */
status_t tmpfs_table_create(struct tmpfs *tmpfs, uint32_t bucket_count,
                            struct tmpfs_table **out_table);
/* Nobody looks any more. */
void tmpfs_table_free(struct tmpfs *tmpfs, struct tmpfs_table *table);
size_t tmpfs_name_size(const struct tmpfs_name *name);
struct vnode *tmpfs_find(struct vnode *directory, struct const_span name, uint32_t hash);
status_t tmpfs_lookup(struct vnode *directory, struct const_span name, struct vnode **out_vnode);
status_t tmpfs_entry(struct vnode *directory, uint64_t cookie, struct vnode_entry *out_entry);
status_t tmpfs_name_create(struct vnode *directory, struct const_span name,
                           const struct vnode_spec *spec, struct vnode **out_vnode);
status_t tmpfs_remove(struct vnode *directory, struct const_span name, bool is_directory);
status_t tmpfs_rename(struct vnode *directory, struct const_span name, struct vnode *target,
                      struct const_span target_name);
status_t tmpfs_link(struct vnode *directory, struct const_span name, struct vnode *vnode);
/* Take a name away, out of the table and of its directory. @return the node, if it has no other name now. The name
 * is the caller's to free. */
struct tmpfs_node *tmpfs_name_remove(struct tmpfs *tmpfs, struct tmpfs_name *name);

/* tmpfs_data.c */
status_t tmpfs_reserve(struct vnode *file, uint64_t size_bytes);
status_t tmpfs_resize(struct vnode *file, uint64_t size_bytes);
status_t tmpfs_pages(struct vnode *file, struct vmo **out_vmo);
struct vmo *tmpfs_pages_now(struct vnode *file);
/* Give back what a file holds. */
void tmpfs_data_free(struct tmpfs_node *node);
