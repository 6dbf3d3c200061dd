/* What the virtual file system keeps for the whole machine, in one place: slab caches, the page
 * cache, the numbers of file systems. Thread context. */
#pragma once

#include "kernel/cell/charge.h"
#include "kernel/mm/slab.h"
#include "kernel/vfs/page_cache.h"

struct block_device;
struct directory;

struct vfs {
    uint64_t filesystem_numbers; /* The last one given out. */
    struct page_cache page_cache;
    struct mutex images_lock; /* LOCK_VNODE: the list of base images. */
    struct list images;
    struct slab_cache files;
    struct slab_cache directories;
    struct slab_cache namespaces;
    struct slab_cache mounts;
    struct slab_cache file_pages;
    struct slab_cache basefs_nodes;
    struct slab_cache tmpfs_nodes;
    struct slab_cache tmpfs_data;
};

extern struct vfs vfs;

/* Once, at boot. Does no I/O. */
void vfs_init(void);
uint64_t vfs_filesystem_number(void);
/* Wall-clock nanoseconds, for the times of files. */
uint64_t vfs_time_ns(void);

/* Open the base image on a disk and give its root directory, in a new namespace whose root it is.
 * @return CORRUPT, NOT_SUPPORTED (no image of ours), IO, NO_MEMORY. */
status_t vfs_mount_base(struct block_device *disk, struct directory **out_root);
