/* See path_find.h. */
#include "kernel/vfs/path_find.h"

#include "kernel/base/epoch.h"
#include "kernel/vfs/directory.h"
#include "kernel/vfs/name.h"
#include "kernel/vfs/path.h"

/* On the way. */
struct finder {
    struct path_place place;
    struct namespace *namespace;
    uint32_t level;
    uint32_t crossings;
};

/* What is mounted on the place shows instead. Mounts stay as long as their namespace. */
static bool finder_cross(struct finder *finder)
{
    if (__atomic_load_n(&finder->place.vnode->mounts, __ATOMIC_ACQUIRE) == 0)
        return true;
    const struct mount *mount = namespace_mount_on(finder->namespace, finder->place.vnode);
    if (mount == NULL)
        return true;
    if (grant_is_revoked(mount->grant) || ++finder->crossings > PATH_CROSSINGS_MAX)
        return false;
    finder->place.vnode = mount->source;
    finder->place.rights &= mount->rights;
    if (mount->grant != NULL)
        finder->place.grant = mount->grant;
    return true;
}

/* Where path_begin begins. */
static bool finder_begin(struct finder *finder, const struct directory *directory, bool at_root)
{
    finder->namespace = directory->namespace;
    finder->crossings = 0;
    finder->level = directory->ancestor_count;
    finder->place.vnode = directory->vnode;
    if (!at_root || finder->level == 0)
        return finder_cross(finder);
    finder->place.vnode = directory->ancestors[0];
    finder->level = 0;
    return true;
}

/* @param name  neither empty nor with a '/' in it. */
static inline bool finder_step(struct finder *finder, struct const_span name, uint32_t hash)
{
    struct vnode *directory = finder->place.vnode;
    if (directory->kind != FILE_DIRECTORY || directory->ops->find == NULL)
        return false;
    if (name.data[0] == '.' && name.len <= 2 && (name.len == 1 || name.data[1] == '.'))
        return name.len == 1; /* For ".." one has to know whence one came. */
    if (name.len > FILE_NAME_MAX || ++finder->level > FILE_DEPTH_MAX)
        return false;
    struct vnode *vnode = directory->ops->find(directory, name, hash);
    if (vnode == NULL || vnode->kind == FILE_LINK)
        return false;
    finder->place.vnode = vnode;
    return finder_cross(finder);
}

static struct const_span after(struct const_span path, size_t len)
{
    return const_span_of(path.data + len, path.len - len);
}

static size_t slashes_len(struct const_span path)
{
    size_t len = 0;
    while (len < path.len && path.data[len] == '/')
        len++;
    return len;
}

/* Go along the path, or up to its last component, which is left in *path. Slashes behind it are only accepted of a
 * directory, and so not of what is to be named. Twice in line, so that the finder is in registers: every path passes here. */
static inline __attribute__((always_inline)) bool finder_go(struct finder *finder,
                                                            const struct directory *directory,
                                                            struct const_span *path, bool to_parent)
{
    size_t slashes = slashes_len(*path);
    if (path->len == 0 || path->len > FILE_PATH_MAX ||
        !finder_begin(finder, directory, slashes > 0))
        return false;
    for (*path = after(*path, slashes); path->len > 0; *path = after(*path, slashes)) {
        struct name_scan name = name_scan(*path);
        if (to_parent && name.len == path->len)
            return true;
        if (!finder_step(finder, const_span_of(path->data, name.len), name.hash))
            return false;
        *path = after(*path, name.len);
        slashes = slashes_len(*path);
    }
    return !to_parent && (slashes == 0 || finder->place.vnode->kind == FILE_DIRECTORY);
}

/* Aligned so that it lies in one page, which its loop does not leave but for the directories' look-ups. */
__attribute__((aligned(1024))) bool path_find(const struct directory *directory,
                                              struct const_span path, rights_t rights,
                                              struct grant *grant, struct path_place *out_place)
{
    struct finder finder = { .place = { .grant = grant, .rights = rights } };
    if (!finder_go(&finder, directory, &path, false))
        return false;
    *out_place = finder.place;
    return true;
}

bool path_find_parent(const struct directory *directory, struct const_span path, rights_t rights,
                      struct grant *grant, struct path_place *out_place,
                      struct const_span *out_name)
{
    struct finder finder = { .place = { .grant = grant, .rights = rights } };
    if (!finder_go(&finder, directory, &path, true) || finder.place.vnode->kind != FILE_DIRECTORY ||
        path.len > FILE_NAME_MAX || (path.data[0] == '.' && path.len <= 2))
        return false;
    *out_place = finder.place;
    *out_name = path;
    return true;
}

/* --- with references --- */

/* The vnode comes last: giving it back might sleep. */
bool path_place_ref(const struct path_place *place)
{
    struct object *grant = place->grant == NULL ? NULL : &place->grant->object;
    if (grant != NULL && !object_try_ref(grant))
        return false;
    bool is_there = vnode_try_ref(place->vnode);
    if (!is_there && grant != NULL)
        object_unref(grant);
    return is_there;
}

void path_place_end(struct path_place *place)
{
    if (place->grant != NULL)
        object_unref(&place->grant->object);
    vnode_unref(place->vnode);
}

bool path_take(const struct directory *directory, struct const_span path, rights_t rights,
               struct grant *grant, struct path_place *out_place)
{
    epoch_begin();
    bool found = path_find(directory, path, rights, grant, out_place) && path_place_ref(out_place);
    epoch_end();
    return found;
}

bool path_take_parent(const struct directory *directory, struct const_span path, rights_t rights,
                      struct grant *grant, struct path_place *out_place,
                      struct const_span *out_name)
{
    epoch_begin();
    bool found = path_find_parent(directory, path, rights, grant, out_place, out_name) &&
                 path_place_ref(out_place);
    epoch_end();
    return found;
}
