/* Tables of mounts. */
#include "kernel/vfs/namespace.h"

#include "kernel/fs/tmpfs.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/path.h"
#include "kernel/vfs/vfs.h"
#include "lib/base/assert.h"

status_t namespace_create_bare(struct cell *cell, struct namespace **out_namespace)
{
    void *memory;
    status_t status = charged_alloc(cell, &vfs.namespaces, &memory);
    if (status != STATUS_OK)
        return status;
    struct namespace *namespace = memory;
    namespace->refs = 1;
    spin_init(&namespace->lock, LOCK_NAMESPACE);
    namespace->cell = cell;
    object_ref(&cell->object);
    *out_namespace = namespace;
    return STATUS_OK;
}

status_t namespace_create(struct cell *cell, struct namespace **out_namespace,
                          struct vnode **out_root)
{
    struct namespace *namespace;
    status_t status = namespace_create_bare(cell, &namespace);
    if (status != STATUS_OK)
        return status;
    struct vnode *root;
    status = tmpfs_create(&(struct tmpfs_params){ .cell = cell, .read_only = true }, &root);
    if (status != STATUS_OK) {
        namespace_unref(namespace);
        return status;
    }
    namespace->root = vnode_ref(root);
    *out_namespace = namespace;
    *out_root = root;
    return STATUS_OK;
}

struct namespace *namespace_ref(struct namespace *namespace)
{
    uint32_t before = __atomic_fetch_add(&namespace->refs, 1, __ATOMIC_RELAXED);
    ASSERT(before > 0);
    return namespace;
}

static void mount_destroy(struct namespace *namespace, struct mount *mount)
{
    __atomic_sub_fetch(&mount->covered->mounts, 1, __ATOMIC_RELAXED);
    vnode_unref(mount->covered);
    vnode_unref(mount->source);
    if (mount->grant != NULL)
        object_unref(&mount->grant->object);
    charged_free(namespace->cell, &vfs.mounts, mount);
}

void namespace_unref(struct namespace *namespace)
{
    if (__atomic_sub_fetch(&namespace->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    while (namespace->mounts != NULL) {
        struct mount *mount = namespace->mounts;
        namespace->mounts = mount->next;
        mount_destroy(namespace, mount);
    }
    if (namespace->root != NULL)
        vnode_unref(namespace->root);
    struct cell *cell = namespace->cell;
    charged_free(cell, &vfs.namespaces, namespace);
    object_unref(&cell->object);
}

/* --- crossing --- */

static const struct mount *mounts_begin(const struct namespace *namespace)
{
    return __atomic_load_n(&namespace->mounts, __ATOMIC_ACQUIRE);
}

const struct mount *namespace_mount_on(const struct namespace *namespace,
                                       const struct vnode *covered)
{
    const struct mount *mount = mounts_begin(namespace);
    while (mount != NULL && mount->covered != covered)
        mount = mount->next;
    return mount;
}

status_t namespace_cross(struct namespace *namespace, struct vnode **vnode,
                         const struct mount **out_mount)
{
    struct vnode *covered = *vnode;
    *out_mount = NULL;
    if (__atomic_load_n(&covered->mounts, __ATOMIC_ACQUIRE) == 0)
        return STATUS_OK;
    const struct mount *mount = namespace_mount_on(namespace, covered);
    if (mount == NULL)
        return STATUS_OK; /* Mounted on in some other namespace. */
    if (grant_is_revoked(mount->grant))
        return STATUS_REVOKED;
    *vnode = vnode_ref(mount->source); /* Mounts stay as long as the namespace. */
    *out_mount = mount;
    vnode_unref(covered);
    return STATUS_OK;
}

struct vnode *namespace_covered(struct namespace *namespace, const struct vnode *source,
                                const struct filesystem *filesystem, uint32_t index)
{
    for (const struct mount *mount = mounts_begin(namespace); mount != NULL; mount = mount->next)
        if (mount->source == source && mount->covered->filesystem == filesystem && index-- == 0)
            return mount->covered;
    return NULL;
}

/* --- mounting --- */

static status_t mount_add(struct namespace *namespace, struct mount *mount)
{
    status_t status = STATUS_OK;
    spin_lock(&namespace->lock);
    if (namespace_mount_on(namespace, mount->covered) != NULL) {
        status = STATUS_EXISTS;
    } else if (namespace->mount_count == NAMESPACE_MOUNTS_MAX) {
        status = STATUS_LIMIT;
    } else {
        namespace->mount_count++;
        mount->next = namespace->mounts;
        __atomic_store_n(&namespace->mounts, mount, __ATOMIC_RELEASE);
    }
    spin_unlock(&namespace->lock);
    return status;
}

static status_t mount_create(struct namespace *namespace, struct vnode *covered,
                             const struct mount *description)
{
    void *memory;
    status_t status = charged_alloc(namespace->cell, &vfs.mounts, &memory);
    if (status != STATUS_OK)
        return status;
    struct mount *mount = memory;
    *mount = *description;
    mount->covered = vnode_ref(covered);
    vnode_ref(mount->source);
    if (mount->grant != NULL)
        object_ref(&mount->grant->object);
    __atomic_add_fetch(&covered->mounts, 1, __ATOMIC_RELEASE);
    status = mount_add(namespace, mount);
    if (status != STATUS_OK)
        mount_destroy(namespace, mount);
    return status;
}

/* The walk crosses what is mounted on the place already: then its top is no longer the place. */
static bool walk_ends_on_mount(const struct path_walk *walk)
{
    return walk->crossing_count > 0 &&
           walk->crossings[walk->crossing_count - 1].level == walk->level;
}

static status_t walk_to_place(struct path_walk *walk, struct const_span path)
{
    struct vnode *root = walk->namespace->root;
    walk->make_in = root == NULL ? NULL : root->filesystem;
    status_t status = path_walk(walk, path, true);
    if (status != STATUS_OK)
        return status;
    if (path_vnode(walk)->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    return walk_ends_on_mount(walk) ? STATUS_EXISTS : STATUS_OK;
}

status_t namespace_mount(struct directory *directory, struct const_span path, struct vnode *source,
                         rights_t rights, struct grant *grant)
{
    if (source->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    struct path_walk walk;
    status_t status = path_begin(&walk, directory, 0, NULL);
    if (status == STATUS_OK)
        status = walk_to_place(&walk, path);
    if (status == STATUS_OK)
        status =
            mount_create(directory->namespace, path_vnode(&walk),
                         &(struct mount){ .source = source, .rights = rights, .grant = grant });
    path_end(&walk);
    return status;
}
