/* See socket_name.h. */
#include "kernel/posix/socket_name.h"

#include "kernel/cell/charge.h"
#include "kernel/vfs/vnode.h"

struct socket_name {
    struct vnode_special special;
    struct cell *cell; /* Charged. One reference. */
    struct capability gate;
};

static void socket_name_release(struct vnode_special *special)
{
    struct socket_name *name = CONTAINER_OF(special, struct socket_name, special);
    struct cell *cell = name->cell;
    capability_drop(&name->gate);
    charged_kfree(cell, name, sizeof *name);
    object_unref(&cell->object);
}

status_t socket_name_tie(struct vnode *vnode, const struct capability *gate)
{
    struct vnode_special *nothing = NULL;
    struct cell *cell = vnode_cell(vnode);
    void *memory;
    status_t status = charged_kmalloc(cell, sizeof(struct socket_name), &memory);
    if (status != STATUS_OK)
        return status;
    struct socket_name *name = memory;
    *name = (struct socket_name){ .special = { socket_name_release }, .cell = cell, .gate = *gate };
    if (!__atomic_compare_exchange_n(&vnode->special, &nothing, &name->special, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        charged_kfree(cell, name, sizeof *name);
        return STATUS_EXISTS;
    }
    object_ref(&cell->object);
    return STATUS_OK;
}

/* What else is tied to vnodes (locks) is tied to files that can be opened, which these cannot. */
status_t socket_name_find(const struct vnode *vnode, struct object **out_gate)
{
    struct vnode_special *special = __atomic_load_n(&vnode->special, __ATOMIC_ACQUIRE);
    if (vnode->kind != FILE_SOCKET || special == NULL || special->release != socket_name_release)
        return STATUS_REFUSED;
    struct object *gate = CONTAINER_OF(special, struct socket_name, special)->gate.object;
    object_ref(gate);
    *out_gate = gate;
    return STATUS_OK;
}
