/* Directory objects: what a DIRECTORY handle names. A vnode to look up from, the namespace whose
 * mounts show, and the directories above it that ".." may still reach: none, unless the directory was
 * opened with OPEN_KEEP_ROOT, since a handle is a capability to what lies below it. Immutable once
 * made, so it needs no lock. */
#pragma once

#include "kernel/object/object.h"
#include "kernel/vfs/namespace.h"
#include "kernel/vfs/path.h"

struct path_place;

struct directory {
    struct object object; /* OBJECT_DIRECTORY. */
    struct vnode *vnode;
    struct namespace *namespace;
    struct vnode **ancestors; /* From the root down to the parent; one reference each. */
    uint32_t ancestor_count;
};

/* Takes references of its own. @param cell  charged. @return NO_MEMORY, LIMIT. */
status_t directory_create(struct vnode *vnode, struct namespace *namespace, struct cell *cell,
                          struct directory **out_directory);
/* The directory that a walk has reached. @param keep_root  with what lies above it. */
status_t directory_create_from_walk(const struct path_walk *walk, bool keep_root, struct cell *cell,
                                    struct directory **out_directory);

/* What shows at the directory: its vnode, or what was mounted right on it after the handle was made. The
 * caller gets a reference, and the rights and the grant that the mount leaves of those given.
 * @return REVOKED. */
status_t directory_shown(struct directory *directory, rights_t *rights, struct grant **grant,
                         struct vnode **out_vnode);

/* Open by path: looks up, makes and cuts as the OPEN_* flags say.
 * @param rights   asked for.
 * @param allowed  of the handle; the mounts on the way narrow it further.
 * @param grant    of the handle; *out_grant is that of the innermost mount with one, or this.
 * @param out_object  a struct file or struct directory; the caller gets its one reference.
 * @return NO_RIGHT when `rights` exceeds what is allowed at the place, or asks to execute what is not
 *         executable; and what path.h, vnode_create and vnode_truncate say. */
struct open_request {
    struct const_span path;
    uint32_t flags;
    rights_t rights;
    rights_t wishes; /* Taken along where they are to be had. */
    rights_t allowed;
    uint32_t mode; /* Permission bits of a new file. */
    struct grant *grant;
    struct cell *cell;
    bool is_posix; /* In POSIX's manner: a directory is only read, and keeps its root. */
};
status_t directory_open(struct directory *directory, const struct open_request *request,
                        struct object **out_object, struct grant **out_grant);

/* The same, and what rights it came with. */
struct opened {
    struct object *object; /* One reference. */
    struct grant *grant;   /* One reference, or NULL. */
    rights_t rights;
};
status_t directory_open_wishing(struct directory *directory, const struct open_request *request,
                                struct opened *out_opened);

/* The shortest way to open a regular file that is there: inside an epoch. directory_check_place is due.
 * @return false: it shall be opened another way.
 * @param out_place  its vnode and grant, a reference each. */
bool directory_find_place(const struct directory *directory, const struct open_request *request,
                          struct path_place *out_place);
/* Whether what was found may be opened; place->rights are those to be opened with then, else the references are
 * given back. @return the statuses of directory_open. May sleep. */
status_t directory_check_place(struct path_place *place, const struct open_request *request);

/* The short way to open a regular file: it is found or made and may be opened, but is not cut yet, and no object is made.
 * @return false: it is something else, or not so simple, or there was no memory: directory_open_wishing.
 * @param out_place   with OK its vnode and grant, a reference each, and the rights to be opened with.
 * @param out_status  the statuses of directory_open. */
bool directory_open_place(struct directory *directory, const struct open_request *request,
                          struct path_place *out_place, status_t *out_status);

/* The path from its root, "/a/b", into the end of the buffer; *out_at is where it begins.
 * @return NOT_FOUND (it has been removed, or a mount leads no way back), TOO_BIG, IO. Cost: a listing of
 * each directory on the way. */
status_t directory_path(struct directory *directory, struct span buffer, size_t *out_at);

/* Copy entries from a cookie on into kernel memory, as struct directory_entry one after the other.
 * @return INVALID when not even one fits. *out_len is 0 at the end. */
status_t directory_list(struct directory *directory, uint64_t cookie, struct span buffer,
                        size_t *out_len, uint64_t *out_next);
