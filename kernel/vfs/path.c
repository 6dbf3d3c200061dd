/* The walk along a path. See path.h for the containment rule; everything here is one loop over
 * components, with a restart when a symbolic link puts other components in front of the rest. */
#include "kernel/vfs/path.h"

#include <string.h>

#include "kernel/fs/tmpfs.h"
#include "kernel/mm/slab.h"
#include "kernel/vfs/directory.h"
#include "lib/base/assert.h"

/* --- the stack --- */

/* The newest crossing was made at the level that is being left. */
static void walk_uncross(struct path_walk *walk)
{
    while (walk->crossing_count > 0 &&
           walk->crossings[walk->crossing_count - 1].level == walk->level) {
        const struct path_crossing *crossing = &walk->crossings[--walk->crossing_count];
        walk->rights = crossing->rights_before;
        walk->grant = crossing->grant_before;
    }
}

static void walk_pop(struct path_walk *walk)
{
    if (walk->level == 0)
        return; /* ".." at the root stays there. */
    walk_uncross(walk);
    vnode_unref(walk->stack[walk->level]);
    walk->level--;
}

static void walk_to_root(struct path_walk *walk)
{
    while (walk->level > 0)
        walk_pop(walk);
}

/* Exchange the vnode on top for what is mounted on it. */
static status_t walk_cross(struct path_walk *walk)
{
    const struct mount *mount;
    status_t status = namespace_cross(walk->namespace, &walk->stack[walk->level], &mount);
    if (status != STATUS_OK || mount == NULL)
        return status;
    if (walk->crossing_count == PATH_CROSSINGS_MAX)
        return STATUS_LOOP;
    walk->crossings[walk->crossing_count++] = (struct path_crossing){
        .level = walk->level,
        .rights_before = walk->rights,
        .grant_before = walk->grant,
    };
    walk->rights &= mount->rights;
    if (mount->grant != NULL)
        walk->grant = mount->grant;
    return STATUS_OK;
}

/* Takes over the reference, on failure as well. */
static status_t walk_push(struct path_walk *walk, struct vnode *vnode)
{
    if (walk->level == FILE_DEPTH_MAX) {
        vnode_unref(vnode);
        return STATUS_NAME_TOO_LONG;
    }
    walk->stack[++walk->level] = vnode;
    return walk_cross(walk);
}

status_t path_begin(struct path_walk *walk, struct directory *directory, rights_t rights,
                    struct grant *grant)
{
    walk->namespace = directory->namespace;
    walk->rights = rights;
    walk->grant = grant;
    walk->make_in = NULL;
    walk->links = 0;
    walk->crossing_count = 0;
    for (uint32_t i = 0; i < directory->ancestor_count; i++)
        walk->stack[i] = vnode_ref(directory->ancestors[i]);
    walk->level = directory->ancestor_count;
    walk->stack[walk->level] = vnode_ref(directory->vnode);
    return walk_cross(walk);
}

void path_end(struct path_walk *walk)
{
    walk_to_root(walk);
    vnode_unref(walk->stack[0]);
}

/* --- components --- */

struct component {
    struct const_span name;
    struct const_span rest; /* After the name and the slashes that follow it. */
    bool slash;             /* At least one slash followed. */
};

static struct const_span slashes_skip(struct const_span path)
{
    while (path.len > 0 && path.data[0] == '/') {
        path.data++;
        path.len--;
    }
    return path;
}

/* `path` does not begin with a slash. */
static struct component component_first(struct const_span path)
{
    size_t len = 0;
    while (len < path.len && path.data[len] != '/')
        len++;
    struct const_span after = const_span_of(path.data + len, path.len - len);
    return (struct component){
        .name = const_span_of(path.data, len),
        .rest = slashes_skip(after),
        .slash = after.len > 0,
    };
}

static bool name_is_dot(struct const_span name)
{
    return name.len == 1 && name.data[0] == '.';
}

static bool name_is_dot_dot(struct const_span name)
{
    return name.len == 2 && name.data[0] == '.' && name.data[1] == '.';
}

static status_t path_check(struct const_span path)
{
    if (path.len > FILE_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    if (path.len == 0)
        return STATUS_NOT_FOUND;
    for (size_t i = 0; i < path.len; i++)
        if (path.data[i] == 0)
            return STATUS_INVALID;
    return STATUS_OK;
}

/* --- links --- */

/* Read the target of the link on top, take the link off, and go along the target. The buffer is
 * allocated since links nest, and the stack of a thread is small. */
status_t path_follow(struct path_walk *walk)
{
    if (walk->links++ == FILE_LINKS_MAX)
        return STATUS_LOOP;
    uint8_t *target = kmalloc(FILE_PATH_MAX);
    if (target == NULL)
        return STATUS_NO_MEMORY;
    size_t len;
    status_t status = vnode_link_read(path_vnode(walk), span_of(target, FILE_PATH_MAX), &len);
    walk_pop(walk);
    if (status == STATUS_TOO_BIG)
        status = STATUS_NAME_TOO_LONG;
    if (status == STATUS_OK)
        status = path_walk(walk, const_span_of(target, len), true);
    kfree(target, FILE_PATH_MAX);
    return status;
}

status_t path_step(struct path_walk *walk, struct const_span name, bool follow)
{
    if (path_vnode(walk)->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    if (name_is_dot(name))
        return STATUS_OK;
    if (name_is_dot_dot(name)) {
        walk_pop(walk);
        return STATUS_OK;
    }
    struct vnode *directory = path_vnode(walk);
    struct vnode *vnode;
    status_t status = vnode_lookup(directory, name, &vnode);
    if (status == STATUS_NOT_FOUND && directory->filesystem == walk->make_in)
        status = tmpfs_directory_add(directory, name, &vnode);
    if (status == STATUS_OK)
        status = walk_push(walk, vnode);
    if (status == STATUS_OK && follow && path_vnode(walk)->kind == FILE_LINK)
        status = path_follow(walk);
    return status;
}

status_t path_walk(struct path_walk *walk, struct const_span path, bool follow_last)
{
    status_t status = path_check(path);
    if (status != STATUS_OK)
        return status;
    if (path.data[0] == '/')
        walk_to_root(walk);
    path = slashes_skip(path);
    while (path.len > 0) {
        struct component component = component_first(path);
        bool is_last = component.rest.len == 0;
        status = path_step(walk, component.name, !is_last || component.slash || follow_last);
        if (status != STATUS_OK)
            return status;
        if (component.slash && path_vnode(walk)->kind != FILE_DIRECTORY)
            return STATUS_NOT_DIRECTORY;
        path = component.rest;
    }
    return STATUS_OK;
}

status_t path_walk_parent(struct path_walk *walk, struct const_span path,
                          struct const_span *out_name, bool *out_is_directory)
{
    status_t status = path_check(path);
    if (status != STATUS_OK)
        return status;
    if (path.data[0] == '/')
        walk_to_root(walk);
    path = slashes_skip(path);
    if (path.len == 0)
        return STATUS_EXISTS;
    struct component component = component_first(path);
    while (component.rest.len > 0) {
        status = path_step(walk, component.name, true);
        if (status != STATUS_OK)
            return status;
        component = component_first(component.rest);
    }
    if (path_vnode(walk)->kind != FILE_DIRECTORY)
        return STATUS_NOT_DIRECTORY;
    if (name_is_dot(component.name) || name_is_dot_dot(component.name))
        return STATUS_INVALID;
    *out_name = component.name;
    *out_is_directory = component.slash;
    return STATUS_OK;
}
