/* The names below /dev: devices that give nobody more than a process may make for itself (nothing, zeroes,
 * random bytes), and names that are opened into something else (kernel/posix/special.h). One tree for the
 * whole machine, made of static nodes that are never freed and never change. Thread context. */
#pragma once

#include "kernel/vfs/vnode.h"

/* Which device a FILE_CHARACTER of this tree is: file_stat.device. */
enum devfs_device {
    DEVFS_NULL = 1,
    DEVFS_ZERO,
    DEVFS_FULL,
    DEVFS_RANDOM,
    DEVFS_TTY,
    DEVFS_PTMX,
};

/* The root; the caller gets a reference. */
struct vnode *devfs_root(void);

/* The device that a vnode is, or 0: it is not of this tree. */
uint32_t devfs_device_of(const struct vnode *vnode);

/* Boot. */
void devfs_setup(void);
