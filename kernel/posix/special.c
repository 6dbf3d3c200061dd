/* See special.h. */
#include "kernel/posix/special.h"

#include "kernel/fs/devfs.h"
#include "kernel/posix/fifo.h"
#include "kernel/vfs/file.h"
#include "lib/base/assert.h"

static status_t device_open(struct thread *caller, const struct vnode *device,
                            struct capability *out_target)
{
    switch (devfs_device_of(device)) {
    case DEVFS_TTY:
    case DEVFS_PTMX: return STATUS_NO_DEVICE; /* TODO(terminals): what kernel/tty makes of them. */
    default: return STATUS_NOT_FOUND;
    }
}

status_t special_open(struct thread *caller, uint32_t flags, struct capability *target)
{
    if (object_kind(target->object) != OBJECT_FILE)
        return STATUS_OK;
    struct vnode *vnode = ((struct file *)target->object)->vnode;
    struct capability opened;
    status_t status = STATUS_NOT_FOUND; /* A name for nothing else. */
    if (vnode->kind == FILE_PIPE)
        status = fifo_open(vnode, flags, &opened);
    else if (vnode->kind == FILE_SOCKET)
        status = STATUS_NO_DEVICE;
    else if (vnode->kind == FILE_CHARACTER)
        status = device_open(caller, vnode, &opened);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (target->grant != NULL) { /* What was reached by a grant goes with it. */
        ASSERT(opened.grant == NULL);
        object_ref(&target->grant->object);
        opened.grant = target->grant;
    }
    capability_drop(target);
    *target = opened;
    return STATUS_OK;
}
