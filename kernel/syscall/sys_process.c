/* Calls on processes and threads. */
#include <kernel_gen/syscall_handlers.h>

#include <abi/process.h>

#include <arch/context.h>
#include <arch/trap.h>

#include <string.h>

#include "kernel/mm/slab.h"
#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/posix/posix.h"
#include "kernel/process/exit.h"
#include "kernel/process/spawn.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/spawn_request.h"
#include "kernel/vfs/file.h"

#define PROCESS_RIGHTS \
    (RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_CONTROL)
#define THREAD_RIGHTS \
    (RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT | RIGHT_CONTROL)

static status_t spawn(struct process *creator, struct cell *cell, struct file *image,
                      struct spawn_request *request, struct process **out_process)
{
    const struct spawn_args *args = &request->args;
    struct process *process;
    status_t status = process_create(cell, args->name, &process);
    if (status != STATUS_OK)
        return status;
    if (args->priority != 0)
        process->priority = (uint8_t)args->priority;
    for (uint32_t i = 0; status == STATUS_OK && i < args->handle_count; i++)
        status = request->handles[i].flags == 0
                     ? spawn_request_pass(request, i, creator, process)
                     : spawn_request_install(request, i, creator, process);
    if (status == STATUS_OK && process->posix != NULL)
        status = family_begin_new(process->posix);
    struct start_block start = spawn_request_start(request);
    if (status == STATUS_OK)
        status = spawn_program(process, image->vnode, &start);
    if (status == STATUS_OK)
        *out_process = process;
    else
        process_discard(process);
    return status;
}

status_t syscall_process_spawn(struct thread *caller, struct cell *cell, struct file *image,
                               struct user_in args, handle_t *out_process)
{
    struct spawn_request request;
    struct process *process;
    status_t status = spawn_request_read(&request, args.address);
    if (status == STATUS_OK)
        status = spawn(caller->process, cell, image, &request, &process);
    spawn_request_free(&request);
    if (status != STATUS_OK)
        return status;
    object_ref(&process->object); /* Until the handle is there or the process is told to go. */
    status = handle_give(&caller->process->handles, &process->object, PROCESS_RIGHTS, out_process);
    if (status != STATUS_OK)
        process_end(process, EXIT_KILLED);
    object_unref(&process->object);
    return status;
}

status_t syscall_process_info(struct thread *caller, struct process *process,
                              struct user_out out_info)
{
    struct process_info info;
    process_describe(process, &info);
    return user_write(out_info.address, &info, sizeof info);
}

status_t syscall_process_kill(struct thread *caller, struct process *process, uint32_t code)
{
    process_end(process, EXIT_KILLED + (code & 0xff));
    return STATUS_OK;
}

status_t syscall_thread_create(struct thread *caller, uint64_t entry, uint64_t stack,
                               uint64_t argument, uint64_t tls, uint64_t clear_on_exit,
                               uint32_t flags, handle_t *out_thread, uint64_t *out_thread_id)
{
    if ((stack & 15) != 0 || (entry & 3) != 0 || (clear_on_exit & 3) != 0)
        return STATUS_INVALID;
    struct thread *thread;
    status_t status = thread_create_user(caller->process, &thread);
    if (status != STATUS_OK)
        return status;
    thread->clear_on_exit = (uaddr_t){ clear_on_exit };
    context_init_user(thread, entry, stack, argument, tls);
    trap_user_frame(thread)->x[1] = thread->id;
    *out_thread_id = thread->id;
    *out_thread = (handle_t){ 0 };
    if (!(flags & THREAD_NO_HANDLE)) {
        object_ref(&thread->object);
        status = handle_give(&caller->process->handles, &thread->object, THREAD_RIGHTS, out_thread);
    }
    if (status == STATUS_OK)
        thread_start(thread);
    object_unref(&thread->object);
    return status;
}

status_t syscall_thread_set_clear(struct thread *caller, uint64_t clear_on_exit,
                                  uint64_t *out_thread_id)
{
    if ((clear_on_exit & 3) != 0)
        return STATUS_INVALID;
    caller->clear_on_exit = (uaddr_t){ clear_on_exit };
    *out_thread_id = caller->id;
    return STATUS_OK;
}

status_t syscall_thread_set_tls(struct thread *caller, uint64_t tls)
{
    __asm__ volatile("msr tpidr_el0, %0" ::"r"(tls));
    return STATUS_OK;
}

status_t syscall_thread_self(struct thread *caller, uint64_t *out_process_id,
                             uint64_t *out_thread_id)
{
    *out_process_id = caller->process->id;
    *out_thread_id = caller->id;
    return STATUS_OK;
}

status_t syscall_thread_set_priority(struct thread *caller, struct thread *thread,
                                     uint32_t priority)
{
    if (priority == 0 || priority > PRIORITY_USER_MAX)
        return STATUS_INVALID;
    schedule_set_priority(thread, (uint8_t)priority);
    return STATUS_OK;
}

status_t syscall_futex_wait(struct thread *caller, uint64_t address, uint32_t expected,
                            time_ns_t deadline)
{
    return futex_wait((uaddr_t){ address }, expected, deadline);
}

status_t syscall_futex_wake(struct thread *caller, uint64_t address, uint32_t count,
                            uint32_t *out_woken)
{
    if ((address & 3) != 0)
        return STATUS_BAD_ADDRESS;
    *out_woken = futex_wake((uaddr_t){ address }, count);
    return STATUS_OK;
}

status_t syscall_futex_requeue(struct thread *caller, uint64_t address, uint32_t expected,
                               uint32_t wake_count, uint64_t target, uint32_t move_count,
                               uint32_t *out_moved)
{
    return futex_requeue((uaddr_t){ address }, expected, wake_count, (uaddr_t){ target },
                         move_count, out_moved);
}
