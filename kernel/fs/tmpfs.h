/* Scratch trees in memory. A tree is charged to one cell: nodes to its memory, file sizes (in whole
 * pages) to its memory and its scratch; a bound of its own gives NO_SPACE before the cell's limit gives
 * LIMIT. The tree lives as long as anything of it is in use: a handle,
 * a mount, a look-up. Thread context; everything may sleep. */
#pragma once

#include "kernel/vfs/vnode.h"

struct cell;

struct tmpfs_params {
    struct cell *cell; /* Charged; the tree keeps a reference. */
    uint64_t size_max; /* Bytes of all files, in whole pages; 0: as much as the cell may. */
    bool read_only;    /* Only tmpfs_directory_add changes it: the root of a namespace. */
};

/* A new, empty tree; *out_root has a reference. @return NO_MEMORY, LIMIT. */
status_t tmpfs_create(const struct tmpfs_params *params, struct vnode **out_root);

/* Make a directory in the tree, also if it is read-only. As vnode_create. */
status_t tmpfs_directory_add(struct vnode *directory, struct const_span name,
                             struct vnode **out_vnode);

/* For vfs.c: the sizes of a node and of a file's data. */
size_t tmpfs_node_size(void);
size_t tmpfs_data_size(void);
