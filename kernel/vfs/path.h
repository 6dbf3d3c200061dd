/* Path look-up, relative to a directory handle and never above its root.
 *
 * A walk keeps the directories it came through on a stack, with a reference each, and ".." goes back
 * one: at the bottom, the root of the handle, it stays. So a rename that happens meanwhile cannot
 * carry a walk out of what its handle lets it see. A path that begins with '/' and a symbolic link
 * whose target does start again at the bottom. Links are followed in the last component only when
 * asked, FILE_LINKS_MAX in all.
 *
 * Thread context; may sleep. A walk lives on the stack of its thread (about 1.3 KiB). */
#pragma once

#include "kernel/vfs/namespace.h"

struct directory;

enum { PATH_CROSSINGS_MAX = 8 };

struct path_crossing {
    uint32_t level; /* Of the stack; the mount is in force from here up. */
    rights_t rights_before;
    struct grant *grant_before;
};

struct path_walk {
    struct namespace *namespace;
    rights_t rights;     /* What the handle and the mounts passed leave. */
    struct grant *grant; /* Of the innermost mount that has one. Not a reference: mounts stay. */
    struct filesystem *make_in; /* Directories that lack in this tree are made; or NULL. */
    uint32_t links;
    uint32_t level; /* Of the vnode reached. */
    uint32_t crossing_count;
    struct path_crossing crossings[PATH_CROSSINGS_MAX];
    struct vnode *stack[FILE_DEPTH_MAX + 1];
};

/* Begin at a directory. @param rights, grant  of the handle it was reached by.
 * @return REVOKED when something is mounted right there and its grant is gone; path_end is due then
 *         as well, as it is after everything else. */
status_t path_begin(struct path_walk *walk, struct directory *directory, rights_t rights,
                    struct grant *grant);
void path_end(struct path_walk *walk);

/* Go on along a path. A path that ends with '/' must reach a directory.
 * @return NOT_FOUND (an empty path too), NOT_DIRECTORY, NAME_TOO_LONG (a path, a name, or more than
 *         FILE_DEPTH_MAX directories), LOOP, INVALID (a zero byte), REVOKED, NO_MEMORY, IO. */
status_t path_walk(struct path_walk *walk, struct const_span path, bool follow_last);
/* Go to the directory that holds the path's last component and give that name, a part of `path`.
 * @param out_is_directory  the path ends with '/': the name must be a directory's.
 * @return also INVALID when the last component is "." or "..", EXISTS for the root itself. */
status_t path_walk_parent(struct path_walk *walk, struct const_span path,
                          struct const_span *out_name, bool *out_is_directory);
/* One more component, which is not "" and no path. */
status_t path_step(struct path_walk *walk, struct const_span name, bool follow);

/* Replace the symbolic link reached by what it leads to. @return LOOP, and what path_walk says. */
status_t path_follow(struct path_walk *walk);

/* What was reached; the walk keeps the reference. */
static inline struct vnode *path_vnode(const struct path_walk *walk)
{
    return walk->stack[walk->level];
}
