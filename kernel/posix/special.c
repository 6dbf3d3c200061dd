/* See special.h. */
#include "kernel/posix/special.h"

#include "kernel/fs/devfs.h"
#include "kernel/posix/fifo.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/tty/job.h"
#include "kernel/tty/pty.h"
#include "kernel/vfs/file.h"

/* The terminal that controls the caller's session, with the rights and the grant with which it was taken. */
static status_t controlling_open(struct thread *caller, struct capability *out_target)
{
    status_t status = job_controlling(caller, out_target);
    if (status == STATUS_OK)
        pty_opened(out_target->object);
    return status;
}

static status_t ptmx_open(struct thread *caller, struct capability *out_target)
{
    struct object *master;
    uint32_t number;
    status_t status = pty_create(caller->process->cell, &master, &number);
    if (status != STATUS_OK)
        return status;
    *out_target = capability_of(master, TTY_RIGHTS, NULL);
    object_unref(master);
    return STATUS_OK;
}

static status_t device_open(struct thread *caller, const struct vnode *device,
                            struct capability *out_target)
{
    switch (devfs_device_of(device)) {
    case DEVFS_TTY: return controlling_open(caller, out_target);
    case DEVFS_PTMX: return ptmx_open(caller, out_target);
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
    if (target->grant != NULL && opened.grant == NULL) { /* What a grant reached goes with it. */
        object_ref(&target->grant->object);
        opened.grant = target->grant;
    }
    capability_drop(target);
    *target = opened;
    return STATUS_OK;
}
