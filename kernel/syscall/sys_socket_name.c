/* Calls 118 and 119: names of local sockets in trees of files. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/posix/socket_name.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/listener.h"
#include "kernel/syscall/path_argument.h"
#include "kernel/vfs/directory.h"

enum { SOCKET_MODE = 0755 };

static status_t walk_check(const struct path_walk *walk)
{
    return walk->rights & RIGHT_WRITE ? STATUS_OK : STATUS_NO_RIGHT;
}

/* A vnode that is new and has nothing tied to it. */
static status_t name_make(struct identity owner, const struct capability *directory,
                          struct const_span path, const struct capability *gate)
{
    struct path_walk walk;
    struct const_span name;
    struct vnode *vnode;
    bool is_directory = false;
    const struct vnode_spec spec = {
        .kind = FILE_SOCKET, .mode = SOCKET_MODE, .has_mode = true, .owner = owner
    };
    status_t status = path_begin(&walk, (struct directory *)directory->object, directory->rights,
                                 directory->grant);
    if (status == STATUS_OK)
        status = path_walk_parent(&walk, path, &name, &is_directory);
    if (status == STATUS_OK)
        status = is_directory ? STATUS_NOT_FOUND : walk_check(&walk);
    if (status == STATUS_OK)
        status = vnode_create(path_vnode(&walk), name, &spec, &vnode);
    if (status == STATUS_OK) {
        status = socket_name_tie(vnode, gate);
        if (status != STATUS_OK) {
            status_t removed = vnode_remove(path_vnode(&walk), name, false);
            (void)removed; /* Somebody else may have done so. */
        }
        vnode_unref(vnode);
    }
    path_end(&walk);
    return status;
}

status_t syscall_listener_name(struct thread *caller, struct capability *gate,
                               struct capability *directory, struct user_in path)
{
    struct path_argument argument;
    if (!((struct listener *)gate->object)->posts)
        return STATUS_WRONG_KIND;
    status_t status = path_argument_read(&argument, path);
    if (status != STATUS_OK)
        return status;
    struct capability kept = capability_of(gate->object, gate->rights, gate->grant);
    status = name_make(caller->process->cell->identity, directory, argument.path, &kept);
    if (status != STATUS_OK)
        capability_drop(&kept);
    return status;
}

status_t syscall_listener_find(struct thread *caller, struct capability *directory,
                               struct user_in path, handle_t *out_gate)
{
    struct path_argument argument;
    struct path_walk walk;
    struct object *gate;
    status_t status = path_argument_read(&argument, path);
    if (status != STATUS_OK)
        return status;
    status = path_begin(&walk, (struct directory *)directory->object, directory->rights,
                        directory->grant);
    if (status == STATUS_OK)
        status = path_walk(&walk, argument.path, true);
    if (status == STATUS_OK)
        status = walk_check(&walk);
    if (status == STATUS_OK)
        status = socket_name_find(path_vnode(&walk), &gate);
    if (status == STATUS_OK)
        status = handle_give_granted(caller, gate, RIGHT_LISTENER_POST | RIGHT_WAIT | RIGHT_INSPECT,
                                     walk.grant, out_gate);
    path_end(&walk);
    return status;
}
