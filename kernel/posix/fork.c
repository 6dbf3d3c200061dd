/* See fork.h. A child is complete before anybody can see it: the family is joined last. */
#include "kernel/posix/fork.h"

#include <arch/context.h>
#include <arch/trap.h>

#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/exit.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

static status_t copy_parts(struct posix_process *parent, struct process *child)
{
    struct process *process = parent->process;
    status_t status = aspace_clone(process->aspace, child->aspace);
    if (status == STATUS_OK)
        status = handle_table_fork(&process->handles, &child->handles);
    if (status == STATUS_OK)
        status = posix_begin(child);
    if (status == STATUS_OK)
        status = descriptors_fork(parent, child->posix);
    if (status == STATUS_OK)
        status = family_copy(parent, child->posix);
    child->priority = process->priority;
    return status;
}

/* Returns from the call that its parent's thread is in. */
static void child_begin(struct thread *caller, struct thread *thread)
{
    context_init_fork(thread);
    trap_user_frame(thread)->x[0] = STATUS_OK;
    trap_user_frame(thread)->x[1] = 0;
    thread->priority = caller->priority;
    thread->affinity = caller->affinity;
}

static status_t fork_posix(struct thread *caller, struct posix_process *parent, uint64_t *out_id)
{
    struct process *child;
    struct thread *thread;
    status_t status = process_create(parent->process->cell, parent->process->name, &child);
    if (status != STATUS_OK)
        return status;
    status = copy_parts(parent, child);
    if (status == STATUS_OK)
        status = thread_create_user(child, &thread);
    if (status != STATUS_OK) {
        process_discard(child);
        return status;
    }
    signals_fork(parent, caller, child->posix, thread);
    child_begin(caller, thread);
    *out_id = child->id;
    family_join(parent, child->posix, NULL);
    thread_start(thread);
    object_unref(&thread->object);
    object_unref(&child->object);
    return STATUS_OK;
}

status_t process_fork(struct thread *caller, uint64_t *out_id)
{
    struct posix_process *parent;
    status_t status = posix_of(caller->process, &parent);
    if (status != STATUS_OK)
        return status;
    return fork_posix(caller, parent, out_id);
}
