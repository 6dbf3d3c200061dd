/* The file system of the immutable base image (docs/formats/base.md). The metadata is read once, in one
 * piece, and looked up in memory; vnodes are made when a name is first looked up and stay as idle ones
 * until memory is wanted; data comes through the page cache. Nothing on the image is believed: the
 * reader of lib/format/base.h checks what it touches. Thread context; look-ups do not sleep. */
#pragma once

#include "kernel/vfs/vnode.h"

struct block_device;

enum { BASEFS_METADATA_MAX = 2 << 20 }; /* About 20,000 files. */

/* Open the image that begins at sector 0 of a disk. *out_root has a reference; the file system goes
 * with the last one to any of its vnodes.
 * @return CORRUPT, NOT_SUPPORTED, TOO_BIG (metadata), IO, NO_MEMORY. */
status_t basefs_open(struct block_device *disk, struct vnode **out_root);

/* Free the idle vnodes of all base images, those apart whose pages are still mapped. */
void basefs_drop_idle(void);

/* For vfs.c: the size of one of its nodes. */
size_t basefs_node_size(void);
