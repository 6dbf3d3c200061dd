/* Calls 88 to 91: rings. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/cell/cell.h"
#include "kernel/ipc/ring.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

status_t syscall_ring_create(struct thread *caller, uint64_t size, handle_t *out_first,
                             handle_t *out_second)
{
    return syscall_ring_create_for(caller, caller->process->cell, size, out_first, out_second);
}

status_t syscall_ring_create_for(struct thread *caller, struct cell *cell, uint64_t size,
                                 handle_t *out_first, handle_t *out_second)
{
    struct ring_end *ends[2];
    if (!cell_is_running(cell))
        return STATUS_DEAD;
    status_t status = ring_create(cell, size, ends);
    if (status != STATUS_OK)
        return status;
    return handle_give_two(&caller->process->handles, &ends[0]->object, RIGHTS_RING,
                           &ends[1]->object, RIGHTS_RING, out_first, out_second);
}

status_t syscall_ring_notify(struct thread *caller, struct ring_end *ring)
{
    ring_notify(ring);
    return STATUS_OK;
}

status_t syscall_ring_map(struct thread *caller, struct ring_end *ring, uint64_t *out_address,
                          uint64_t *out_size)
{
    return ring_map(ring, caller->process->aspace, out_address, out_size);
}

status_t syscall_ring_clear(struct thread *caller, struct ring_end *ring)
{
    ring_clear(ring);
    return STATUS_OK;
}
