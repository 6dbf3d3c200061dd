/* See fork.h. The new program is loaded into a space beside the old one, which costs memory for a moment and
 * lets every failure leave the caller as it was. */
#include <arch/context.h>

#include "kernel/ipc/call.h"
#include "kernel/posix/fork.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

static bool is_kept(handle_t handle, const struct start_block *start)
{
    for (uint32_t i = 0; i < start->handle_count; i++)
        if (start->handles[i].handle == handle.raw)
            return true;
    return false;
}

static void close_others(struct handle_table *table, const struct start_block *start)
{
    handle_t handle;
    uint32_t index = 0;
    while (handle_enumerate(table, &index, &handle, 1) == 1)
        if (!is_kept(handle, start)) {
            status_t status = handle_close(table, handle);
            ASSERT(status == STATUS_OK);
        }
}

/* Nothing can fail any more, and nobody else runs in the process. */
static void replace(struct thread *caller, struct posix_process *posix, struct aspace *aspace,
                    const struct start_block *start, const char *name)
{
    caller->clear_on_exit = (uaddr_t){ 0 };
    ipc_thread_exit(caller);
    process_replace_space(caller->process, aspace, name);
    descriptors_exec(posix);
    close_others(&caller->process->handles, start);
    signals_exec(posix, caller);
    posix->family.executed = true;
}

static status_t exec_posix(struct thread *caller, struct posix_process *posix, struct vnode *image,
                           const struct start_block *start, const char *name)
{
    struct aspace *aspace;
    uint64_t entry = 0, sp = 0;
    status_t status = aspace_create(caller->process->cell, &aspace);
    if (status != STATUS_OK)
        return status;
    aspace->limit_bytes = __atomic_load_n(&caller->process->aspace->limit_bytes, __ATOMIC_RELAXED);
    status = spawn_load(aspace, image, start, &entry, &sp);
    if (status == STATUS_OK)
        status = process_become_alone(caller->process);
    if (status != STATUS_OK) {
        aspace_clear(aspace);
        object_unref(&aspace->object);
        return status;
    }
    replace(caller, posix, aspace, start, name);
    context_restart_user(entry, sp);
    return STATUS_OK;
}

status_t process_exec(struct thread *caller, struct vnode *image, const struct start_block *start,
                      const char *name)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    return exec_posix(caller, posix, image, start, name);
}
