/* The short way along a path: inside an epoch, without a lock, a reference or a wait. It goes as long as every name on
 * the way is known to its file system (vnode_ops.find), and leads to a directory or, at the end, to anything but a
 * symbolic link. What is not so simple (a link, "..", a name that is not there) it declines, whatever the reason, and
 * path.h finds out: so there is one place that knows the errors, and the two never differ in what they find.
 *
 * A vnode that is found is one that the path led to at some moment within the epoch. */
#pragma once

#include "kernel/vfs/namespace.h"

struct directory;

/* Where a path leads, and what the handle and the mounts on the way leave. */
struct path_place {
    struct vnode *vnode;
    struct grant *grant; /* Of the innermost mount that has one, else the handle's. */
    rights_t rights;
};

/* Inside an epoch; no references. @param rights, grant  of the directory's handle. @return false: declined. */
bool path_find(const struct directory *directory, struct const_span path, rights_t rights,
               struct grant *grant, struct path_place *out_place);
/* The directory that holds the path's last component, which is a name and not followed by '/'. */
bool path_find_parent(const struct directory *directory, struct const_span path, rights_t rights,
                      struct grant *grant, struct path_place *out_place,
                      struct const_span *out_name);

/* Inside the epoch of the search: references to what was found, for the caller: path_place_end. @return false: it is
 * being given up. */
bool path_place_ref(const struct path_place *place);
/* The same outside an epoch, with references for the caller: path_place_end. */
bool path_take(const struct directory *directory, struct const_span path, rights_t rights,
               struct grant *grant, struct path_place *out_place);
bool path_take_parent(const struct directory *directory, struct const_span path, rights_t rights,
                      struct grant *grant, struct path_place *out_place,
                      struct const_span *out_name);
/* May sleep. */
void path_place_end(struct path_place *place);
