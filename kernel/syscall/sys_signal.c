/* Calls 272 to 281: signals of POSIX. */
#include <kernel_gen/syscall_handlers.h>

#include <arch/trap.h>
#include <arch/traps.h>

#include "kernel/mm/user_copy.h"
#include "kernel/posix/kin.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/signal_deliver.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/signal_target.h"

status_t syscall_signal_action(struct thread *caller, uint32_t number, uint64_t return_address,
                               struct user_in action, struct user_out old)
{
    struct posix_process *posix;
    struct signal_action given, before;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK && action.len != 0)
        status = user_read(&given, action.address, sizeof given);
    if (status == STATUS_OK)
        status = signal_action_change(posix, number, action.len != 0 ? &given : NULL,
                                      return_address, &before);
    if (status == STATUS_OK && old.len != 0)
        status = user_write(old.address, &before, sizeof before);
    return status;
}

status_t syscall_signal_mask(struct thread *caller, uint32_t how, uint64_t set, uint64_t *out_old)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    return signal_mask_change(posix, caller, how, set, out_old);
}

/* --- Sending --------------------------------------------------------------------------------- */

/* Number 0: nothing is sent. */
static status_t send(struct thread *caller, uint64_t process_id, uint64_t thread_id,
                     const struct signal_information *information)
{
    struct signal_target target;
    if (information->number > POSIX_SIGNALS)
        return STATUS_INVALID;
    status_t status = signal_target_find(caller, process_id, thread_id, &target);
    if (status != STATUS_OK)
        return status;
    if (information->number != 0)
        status = target.thread != NULL ? signal_send_thread(target.thread, information)
                                       : signal_send_process(target.process->posix, information);
    signal_target_drop(&target);
    return status;
}

static struct signal_information from_caller(const struct thread *caller, uint32_t number,
                                             int32_t code)
{
    return (struct signal_information){
        .number = number,
        .code = code,
        .sender = { .process_id = (uint32_t)caller->process->id, .user = POSIX_USER },
    };
}

/* The sender is nobody that the receiver's cell knows. */
status_t syscall_process_signal(struct thread *caller, struct process *process, uint32_t number)
{
    struct signal_information information = { .number = number, .code = SIGNAL_CODE_USER };
    if (number > POSIX_SIGNALS)
        return STATUS_INVALID;
    struct posix_process *posix = posix_process_find(process->cell, process->id);
    if (posix == NULL)
        return STATUS_NOT_PERMITTED;
    status_t status = number == 0 ? STATUS_OK : signal_send_process(posix, &information);
    object_unref(&posix->process->object);
    return status;
}

/* To a group of the caller's cell; 0: its own. */
static status_t send_group(struct thread *caller, uint64_t id,
                           const struct signal_information *information)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    struct process_kin kin;
    status = id == 0 ? kin_find(posix, 0, &kin) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    struct posix_group *group = posix_group_find(caller->process->cell, id != 0 ? id : kin.group);
    if (group == NULL)
        return STATUS_DEAD;
    if (information->number != 0)
        status = posix_group_signal(group, information);
    posix_group_unref(group);
    return status == STATUS_NOT_FOUND ? STATUS_DEAD : status;
}

struct send_all {
    const struct posix_process *but;
    const struct signal_information *information;
    uint32_t count;
};

static void send_one_of_all(struct posix_process *posix, void *argument)
{
    struct send_all *all = argument;
    if (posix == all->but)
        return;
    all->count++;
    if (all->information->number != 0)
        (void)signal_send_process(posix, all->information);
}

/* To every POSIX process of the cell but the caller's. */
static status_t send_all(struct thread *caller, const struct signal_information *information)
{
    struct send_all all = { .information = information };
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    all.but = posix;
    posix_process_for_each(caller->process->cell, send_one_of_all, &all);
    return all.count > 0 ? STATUS_OK : STATUS_DEAD;
}

status_t syscall_signal_send(struct thread *caller, int64_t target, uint32_t number)
{
    struct signal_information information = from_caller(caller, number, SIGNAL_CODE_USER);
    if (target > 0)
        return send(caller, (uint64_t)target, 0, &information);
    if (number > POSIX_SIGNALS)
        return STATUS_INVALID;
    return target == -1 ? send_all(caller, &information)
                        : send_group(caller, (uint64_t)-target, &information);
}

/* Nobody has to be looked for. Number 0 sends nothing. */
static status_t send_self(struct thread *caller, const struct signal_information *information)
{
    struct posix_process *posix;
    if (information->number > POSIX_SIGNALS)
        return STATUS_INVALID;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK || information->number == 0)
        return status;
    return signal_send_thread(caller, information);
}

status_t syscall_signal_send_thread(struct thread *caller, uint64_t process, uint64_t thread,
                                    uint32_t number)
{
    struct signal_information information = from_caller(caller, number, SIGNAL_CODE_THREAD);
    if (thread == 0 && process == 0)
        return send_self(caller, &information);
    if (thread == 0)
        return STATUS_INVALID;
    return send(caller, process, thread, &information);
}

status_t syscall_signal_queue(struct thread *caller, uint64_t process, uint64_t thread,
                              struct user_in information)
{
    struct signal_information given;
    status_t status = user_read(&given, information.address, sizeof given);
    if (status != STATUS_OK)
        return status;
    bool is_own = process == 0 || process == caller->process->id;
    if (!is_own && (given.code >= 0 || given.code == SIGNAL_CODE_THREAD))
        return STATUS_NOT_PERMITTED;
    given.padding = 0;
    return send(caller, process, thread, &given);
}

/* --- Waiting --------------------------------------------------------------------------------- */

status_t syscall_signal_waiting(struct thread *caller, uint64_t *out_set)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        *out_set = signals_waiting(posix, caller);
    return status;
}

status_t syscall_signal_suspend(struct thread *caller, uint64_t mask)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? signal_suspend(posix, caller, mask) : status;
}

status_t syscall_signal_take(struct thread *caller, uint64_t set, time_ns_t deadline,
                             struct user_out out_information, uint32_t *out_number)
{
    struct posix_process *posix;
    struct signal_information taken;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = signal_take(posix, caller, set, deadline, &taken);
    if (status != STATUS_OK)
        return status;
    *out_number = taken.number;
    return user_write(out_information.address, &taken, sizeof taken);
}

/* --- Handlers -------------------------------------------------------------------------------- */

status_t syscall_signal_stack(struct thread *caller, struct user_in stack, struct user_out old)
{
    struct posix_process *posix;
    struct signal_stack given, before;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK && stack.len != 0)
        status = user_read(&given, stack.address, sizeof given);
    if (status == STATUS_OK)
        status = signal_stack_change(posix, caller, stack.len != 0 ? &given : NULL, &before);
    if (status == STATUS_OK && old.len != 0)
        status = user_write(old.address, &before, sizeof before);
    return status;
}

status_t syscall_signal_return(struct thread *caller, struct trap_frame *frame)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    signal_return(caller, frame);
    trap_resume();
}
