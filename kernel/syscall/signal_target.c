/* See signal_target.h. */
#include "kernel/syscall/signal_target.h"

#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

/* A process of the caller's cell, with a reference to it. 0: the caller's own. */
static status_t find_process(struct thread *caller, uint64_t id, struct process **out_process)
{
    struct process *process = caller->process;
    if (id == 0 || id == process->id) {
        struct posix_process *posix;
        status_t status = posix_of(process, &posix);
        if (status != STATUS_OK)
            return status;
        object_ref(&process->object);
        *out_process = process;
        return STATUS_OK;
    }
    struct posix_process *posix = posix_process_find(process->cell, id);
    if (posix != NULL) {
        *out_process = posix->process; /* With the reference. */
        return STATUS_OK;
    }
    process = process_find(id);
    if (process == NULL)
        return STATUS_DEAD;
    bool is_here = process->cell == caller->process->cell;
    object_unref(&process->object);
    return is_here ? STATUS_NOT_PERMITTED : STATUS_DEAD;
}

/* A thread by its number, with a reference. NULL: there is none, or it has ended. */
static struct thread *find_thread(struct process *process, uint64_t id)
{
    struct thread *found = NULL;
    spin_lock(&process->lock);
    LIST_FOR_EACH (node, &process->threads) {
        struct thread *thread = CONTAINER_OF(node, struct thread, process_link);
        if (thread->id == id && object_try_ref(&thread->object)) {
            found = thread;
            break;
        }
    }
    spin_unlock(&process->lock);
    return found;
}

status_t signal_target_find(struct thread *caller, uint64_t process_id, uint64_t thread_id,
                            struct signal_target *out_target)
{
    struct signal_target target = { 0 };
    status_t status = find_process(caller, process_id, &target.process);
    if (status != STATUS_OK)
        return status;
    if (thread_id != 0) {
        target.thread = find_thread(target.process, thread_id);
        if (target.thread == NULL) {
            object_unref(&target.process->object);
            return STATUS_DEAD;
        }
    }
    *out_target = target;
    return STATUS_OK;
}

void signal_target_drop(struct signal_target *target)
{
    if (target->thread != NULL)
        object_unref(&target->thread->object);
    object_unref(&target->process->object);
}
