/* Namespaces: which directory shows at which place. A namespace is a table of mounts of its own, over
 * a root directory that only mounts fill; processes share one by reference, and every directory
 * handle names the one that it looks up in. Mounts are added and never removed: they go with
 * the namespace.
 *
 * A mount carries the rights and the grant of the directory handle that it was made from. A look-up
 * that passes it keeps only those rights, so that mounting never adds any, and fails with REVOKED once
 * the grant is. Mounts below the source in its own namespace are not carried over.
 *
 * Thread context. Adding takes a short spinlock (LOCK_NAMESPACE); who looks takes none, since mounts are put in front
 * of the others whole and stay. */
#pragma once

#include "kernel/object/handle.h"
#include "kernel/vfs/vnode.h"

enum { NAMESPACE_MOUNTS_MAX = 64 };

struct mount {
    struct mount *next;    /* Set before it is there to be found. */
    struct vnode *covered; /* One reference each. */
    struct vnode *source;
    struct grant *grant;
    rights_t rights;
};

struct namespace
{
    uint32_t refs;
    uint32_t mount_count;
    struct spinlock lock;
    struct mount *mounts; /* The latest first. Atomic. */
    struct vnode *root;   /* The directory that only mounts fill; NULL in a bare namespace. */
    struct cell *cell;    /* Charged. One reference. */
};

/* An empty namespace; *out_root is its root directory, with a reference.
 * @return NO_MEMORY, LIMIT. */
status_t namespace_create(struct cell *cell, struct namespace **out_namespace,
                          struct vnode **out_root);
/* A table of mounts without a root directory of its own, to look up in a file system that is there
 * already. */
status_t namespace_create_bare(struct cell *cell, struct namespace **out_namespace);
struct namespace *namespace_ref(struct namespace *namespace);
/* May sleep. */
void namespace_unref(struct namespace *namespace);

/* Show `source` at `path` below the directory. Directories that the path lacks are made as long as
 * it stays in the namespace's own tree. Takes references of its own.
 * @return NOT_FOUND, NOT_DIRECTORY, EXISTS (something is mounted there already), LIMIT (of mounts),
 *         NO_MEMORY, NAME_TOO_LONG, LOOP. */
struct directory;
status_t namespace_mount(struct directory *directory, struct const_span path, struct vnode *source,
                         rights_t rights, struct grant *grant);

/* What a look-up sees in place of a directory. *vnode is exchanged, reference and all, for the source
 * of the mount on it, if there is one; then *out_mount tells which, else it is NULL.
 * @return REVOKED. Cost without a mount: one load. */
status_t namespace_cross(struct namespace *namespace, struct vnode **vnode,
                         const struct mount **out_mount);

/* The mount on a vnode, or NULL. Any context with the namespace in use. */
const struct mount *namespace_mount_on(const struct namespace *namespace,
                                       const struct vnode *covered);

/* The index-th directory of a file system that a mount covers with this one, without a reference; mounts
 * stay. NULL: there are no more. */
struct vnode *namespace_covered(struct namespace *namespace, const struct vnode *source,
                                const struct filesystem *filesystem, uint32_t index);
