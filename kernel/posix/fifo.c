/* See fifo.h. The stream's ends count their handles, so that the last reader's close is told to writers as with
 * any pipe; stream_reopen undoes that for the next one who opens. */
#include "kernel/posix/fifo.h"

#include <abi/descriptor.h>

#include "kernel/cell/charge.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream.h"
#include "kernel/vfs/vnode.h"

enum { READER, WRITER };

struct fifo {
    struct vnode_special special;
    struct cell *cell;      /* Charged. One reference. */
    struct spinlock lock;   /* LOCK_DEVICE: the counts. Above those of streams. */
    uint64_t opens[2];      /* Ever, of each side. */
    struct wait_queue wait; /* Who waits for the other side. */
    struct stream *ends[2]; /* One reference each, that is no handle. */
};

static void fifo_release(struct vnode_special *special)
{
    struct fifo *fifo = CONTAINER_OF(special, struct fifo, special);
    struct cell *cell = fifo->cell;
    object_unref(&fifo->ends[READER]->object);
    object_unref(&fifo->ends[WRITER]->object);
    charged_kfree(cell, fifo, sizeof *fifo);
    object_unref(&cell->object);
}

static status_t fifo_create(struct cell *cell, struct fifo **out_fifo)
{
    static const struct stream_params local = { .pool = NULL };
    void *memory;
    status_t status = charged_kmalloc(cell, sizeof(struct fifo), &memory);
    if (status != STATUS_OK)
        return status;
    struct fifo *fifo = memory;
    status = stream_create(cell, &local, fifo->ends);
    if (status != STATUS_OK) {
        charged_kfree(cell, fifo, sizeof *fifo);
        return status;
    }
    fifo->special.release = fifo_release;
    fifo->cell = cell;
    object_ref(&cell->object);
    spin_init(&fifo->lock, LOCK_DEVICE);
    wait_queue_init(&fifo->wait);
    *out_fifo = fifo;
    return STATUS_OK;
}

/* That of a vnode, made when it is first opened. */
static status_t fifo_of(struct vnode *vnode, struct fifo **out_fifo)
{
    struct vnode_special *special = __atomic_load_n(&vnode->special, __ATOMIC_ACQUIRE);
    if (special == NULL) {
        struct fifo *made;
        status_t status = fifo_create(vnode_cell(vnode), &made);
        if (status != STATUS_OK)
            return status;
        if (__atomic_compare_exchange_n(&vnode->special, &special, &made->special, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            special = &made->special;
        else /* Somebody was faster. */
            fifo_release(&made->special);
    }
    *out_fifo = CONTAINER_OF(special, struct fifo, special);
    return STATUS_OK;
}

static bool side_is_open(const struct fifo *fifo, uint32_t side)
{
    return __atomic_load_n(&fifo->ends[side]->object.handles, __ATOMIC_ACQUIRE) > 0;
}

/* Wait until the other side is open, or was since we came. The lock is held before, and not after. */
static status_t peer_wait(struct fifo *fifo, uint32_t other)
{
    uint64_t seen = fifo->opens[other];
    status_t status = STATUS_OK;
    while (status == STATUS_OK && !side_is_open(fifo, other) && fifo->opens[other] == seen) {
        status = wait_sleep(&fifo->wait, &fifo->lock, TIME_NEVER);
        spin_lock(&fifo->lock);
    }
    spin_unlock(&fifo->lock);
    return status;
}

status_t fifo_open(struct vnode *vnode, uint32_t flags, struct capability *out_end)
{
    enum { COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT };
    uint32_t both = DESCRIPTION_READ | DESCRIPTION_WRITE;
    if ((flags & both) == both || (flags & both) == 0)
        return STATUS_INVALID;
    uint32_t side = flags & DESCRIPTION_READ ? READER : WRITER, other = 1 - side;
    struct fifo *fifo;
    status_t status = fifo_of(vnode, &fifo);
    if (status != STATUS_OK)
        return status;
    spin_lock(&fifo->lock);
    if (side == WRITER && (flags & DESCRIPTION_NO_WAIT) && !side_is_open(fifo, READER)) {
        spin_unlock(&fifo->lock);
        return STATUS_NO_DEVICE;
    }
    struct capability end =
        capability_of(&fifo->ends[side]->object,
                      COMMON | (side == READER ? RIGHT_READ : RIGHT_WRITE), NULL);
    stream_reopen(fifo->ends[side]);
    fifo->opens[side]++;
    wait_wake_all(&fifo->wait, &fifo->lock);
    if (flags & DESCRIPTION_NO_WAIT)
        spin_unlock(&fifo->lock);
    else
        status = peer_wait(fifo, other);
    if (status == STATUS_OK)
        *out_end = end;
    else
        capability_drop(&end);
    return status;
}
