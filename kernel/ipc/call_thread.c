/* A thread's part in calls: made at its first call, ended with it. */
#include "kernel/cell/charge.h"
#include "kernel/ipc/channel.h"
#include "kernel/ipc/ipc.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

status_t ipc_thread_create(struct thread *thread)
{
    struct cell *cell = thread->process->cell;
    void *memory;
    status_t status = charged_alloc(cell, &ipc.threads, &memory);
    if (status != STATUS_OK)
        return status;
    struct ipc_thread *part = memory;
    part->thread = thread;
    part->cell = cell;
    object_ref(&cell->object);
    spin_init(&part->lock, LOCK_CALL);
    part->item.kind = IPC_ITEM_CALL;
    list_init(&part->item.link);
    list_init(&part->receive_link);
    thread->ipc = part;
    return STATUS_OK;
}

void ipc_thread_exit(struct thread *thread)
{
    struct ipc_thread *part = thread->ipc;
    if (part == NULL)
        return;
    call_loan_end(part);
    hold_abandon(&part->hold);
    if (part->served != NULL)
        object_unref(&part->served->object);
    part->served = NULL;
}

void ipc_thread_free(struct thread *thread)
{
    struct ipc_thread *part = thread->ipc;
    if (part == NULL)
        return;
    struct cell *cell = part->cell;
    thread->ipc = NULL;
    charged_free(cell, &ipc.threads, part);
    object_unref(&cell->object);
}
