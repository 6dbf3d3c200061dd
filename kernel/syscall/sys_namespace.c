/* Calls that build name spaces: 140 to 143, 154. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/cell/cell.h"
#include "kernel/fs/devfs.h"
#include "kernel/fs/tmpfs.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/path_argument.h"
#include "kernel/vfs/directory.h"

/* What the maker of a tree or a namespace may do with its root. */
enum {
    ROOT_RIGHTS = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_MAP | RIGHT_DUPLICATE |
                  RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_CONTROL,
    SOURCE_ARGUMENT = 3, /* Register of namespace_mount. */
};

/* Mount what shows at the source, with what its handle and a mount on it leave. */
static status_t mount_shown(struct directory *target, struct const_span path,
                            struct directory *source, const struct capability *capability)
{
    rights_t rights = capability->rights;
    struct grant *grant = capability->grant;
    struct vnode *vnode;
    status_t status = directory_shown(source, &rights, &grant, &vnode);
    if (status != STATUS_OK)
        return status;
    status = namespace_mount(target, path, vnode, rights, grant);
    vnode_unref(vnode);
    return status;
}

status_t syscall_namespace_mount(struct thread *caller, struct directory *target,
                                 struct user_in path, struct directory *source)
{
    struct path_argument argument;
    struct capability capability;
    status_t status = path_argument_read(&argument, path);
    if (status == STATUS_OK)
        status = argument_capability(caller, SOURCE_ARGUMENT, &source->object, &capability);
    if (status != STATUS_OK)
        return status;
    status = mount_shown(target, argument.path, source, &capability);
    capability_drop(&capability);
    return status;
}

static status_t root_give(struct thread *caller, struct vnode *root, struct namespace *namespace,
                          handle_t *out_root)
{
    struct directory *directory;
    status_t status = directory_create(root, namespace, caller->process->cell, &directory);
    if (status == STATUS_OK)
        status = handle_give(&caller->process->handles, &directory->object, ROOT_RIGHTS, out_root);
    return status;
}

status_t syscall_namespace_create(struct thread *caller, handle_t *out_root)
{
    struct namespace *namespace;
    struct vnode *root;
    status_t status = namespace_create(caller->process->cell, &namespace, &root);
    if (status != STATUS_OK)
        return status;
    status = root_give(caller, root, namespace, out_root);
    vnode_unref(root);
    namespace_unref(namespace);
    return status;
}

status_t syscall_device_files(struct thread *caller, handle_t *out_root)
{
    struct namespace *namespace;
    status_t status = namespace_create_bare(caller->process->cell, &namespace);
    if (status != STATUS_OK)
        return status;
    struct vnode *root = devfs_root();
    status = root_give(caller, root, namespace, out_root);
    vnode_unref(root);
    namespace_unref(namespace);
    return status;
}

status_t syscall_tmpfs_create(struct thread *caller, uint64_t size_max, handle_t *out_root)
{
    return syscall_tmpfs_create_for(caller, caller->process->cell, size_max, out_root);
}

status_t syscall_tmpfs_create_for(struct thread *caller, struct cell *cell, uint64_t size_max,
                                  handle_t *out_root)
{
    struct namespace *namespace;
    struct vnode *root;
    if (!cell_is_running(cell))
        return STATUS_DEAD;
    status_t status = namespace_create_bare(cell, &namespace);
    if (status != STATUS_OK)
        return status;
    status = tmpfs_create(&(struct tmpfs_params){ .cell = cell, .size_max = size_max }, &root);
    if (status == STATUS_OK) {
        status = root_give(caller, root, namespace, out_root);
        vnode_unref(root);
    }
    namespace_unref(namespace);
    return status;
}
