/* Calls of POSIX processes on themselves and their kin. */
#include <kernel_gen/syscall_handlers.h>

#include <arch/cpu.h>

#include <string.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/user_copy.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/fork.h"
#include "kernel/posix/kin.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/spawn_child.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/syscall/spawn_request.h"
#include "kernel/vfs/file.h"

status_t syscall_process_fork(struct thread *caller, uint64_t *out_child)
{
    return process_fork(caller, out_child);
}

/* What stays over an exec keeps its value; the new program is told what it is. */
static status_t keep_handle(struct process *process, const struct spawn_handle *from,
                            struct start_handle *out_start)
{
    struct capability capability;
    if (memchr(from->name, 0, sizeof from->name) == NULL || from->flags != 0 ||
        from->rights != UINT32_MAX)
        return STATUS_INVALID;
    status_t status = handle_copy(&process->handles, (handle_t){ from->handle }, 0, &capability);
    if (status != STATUS_OK)
        return status;
    *out_start = (struct start_handle){ .handle = from->handle,
                                        .kind = object_kind(capability.object),
                                        .rights = capability.rights };
    memcpy(out_start->name, from->name, sizeof out_start->name);
    capability_drop(&capability);
    return STATUS_OK;
}

/* Those of the request that are there: what became a number of the segment is not, any more. */
static status_t keep_handles(struct process *process, struct spawn_request *request)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < request->args.handle_count; i++) {
        status_t status = keep_handle(process, &request->handles[i], &request->start[kept]);
        kept += status == STATUS_OK;
        if (status != STATUS_OK && status != STATUS_BAD_HANDLE && status != STATUS_REVOKED)
            return status;
    }
    request->start_count = kept;
    return STATUS_OK;
}

status_t syscall_process_exec(struct thread *caller, struct file *image, struct user_in args)
{
    struct spawn_request request;
    status_t status = spawn_request_read(&request, args.address);
    if (status == STATUS_OK)
        status = keep_handles(caller->process, &request);
    if (status == STATUS_OK) {
        struct start_block start = spawn_request_start(&request);
        status = process_exec(caller, image->vnode, &start, request.args.name);
    }
    spawn_request_free(&request);
    return status;
}

/* --- Spawn ----------------------------------------------------------------------------------- */

/* What a fork would hand down as well: the rest is left out. */
static bool is_left_out(status_t status)
{
    return status == STATUS_BAD_HANDLE || status == STATUS_NO_RIGHT || status == STATUS_REVOKED;
}

static status_t pass_handles(struct process *process, struct start_block *out_start, void *argument)
{
    struct spawn_request *request = argument;
    request->start_count = 0; /* The second try begins again. */
    for (uint32_t i = 0; i < request->args.handle_count; i++) {
        status_t status = spawn_request_pass(request, i, process_current(), process);
        if (status != STATUS_OK && !is_left_out(status))
            return status;
    }
    *out_start = spawn_request_start(request);
    return STATUS_OK;
}

static status_t read_actions(const struct spawn_child *how, struct spawn_action **out_actions)
{
    size_t size = how->action_count * sizeof **out_actions;
    struct spawn_action *actions = kmalloc(size + 1);
    if (actions == NULL)
        return STATUS_NO_MEMORY;
    status_t status = user_read(actions, (uaddr_t){ how->actions }, size);
    if (status == STATUS_OK)
        *out_actions = actions;
    else
        kfree(actions, size + 1);
    return status;
}

static status_t spawn_child(struct thread *caller, struct file *image,
                            struct spawn_request *request, const struct spawn_child *how,
                            uint64_t *out_child)
{
    struct child_plan plan = { .caller = caller,
                               .image = image->vnode,
                               .name = request->args.name,
                               .child = how,
                               .pass = pass_handles,
                               .argument = request };
    struct spawn_action *actions;
    if (how->action_count > SPAWN_ACTIONS_MAX || (how->flags & ~SPAWN_CHILD_FLAGS) != 0)
        return STATUS_INVALID;
    status_t status = posix_of(caller->process, &plan.parent);
    if (status == STATUS_OK)
        status = read_actions(how, &actions);
    if (status != STATUS_OK)
        return status;
    plan.actions = actions;
    status = child_spawn(&plan, out_child);
    kfree(actions, how->action_count * sizeof *actions + 1);
    return status;
}

status_t syscall_process_spawn_child(struct thread *caller, struct file *image, struct user_in args,
                                     struct user_in how, uint64_t *out_child)
{
    struct spawn_request request;
    struct spawn_child child;
    status_t status = spawn_request_read(&request, args.address);
    if (status == STATUS_OK)
        status = user_read(&child, how.address, sizeof child);
    if (status == STATUS_OK)
        status = spawn_child(caller, image, &request, &child, out_child);
    spawn_request_free(&request);
    return status;
}

/* --- Wait ------------------------------------------------------------------------------------ */

status_t syscall_process_wait(struct thread *caller, uint32_t select, uint64_t id, uint32_t flags,
                              struct user_out out_result)
{
    struct posix_process *posix = __atomic_load_n(&caller->process->posix, __ATOMIC_ACQUIRE);
    struct wait_request request = { .select = select, .id = id, .flags = flags };
    struct process_wait_result result = { 0 };
    if (select > PROCESS_WAIT_GROUP)
        return STATUS_INVALID;
    if (posix == NULL)
        return STATUS_NO_CHILD;
    status_t status = family_wait(posix, &request, &result);
    return status == STATUS_OK ? user_write(out_result.address, &result, sizeof result) : status;
}

status_t syscall_process_kin(struct thread *caller, uint64_t id, uint64_t *out_parent,
                             uint64_t *out_group, uint64_t *out_session)
{
    struct posix_process *posix;
    struct process_kin kin;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = kin_find(posix, id, &kin);
    if (status != STATUS_OK)
        return status;
    *out_parent = kin.parent;
    *out_group = kin.group;
    *out_session = kin.session;
    return STATUS_OK;
}

status_t syscall_process_parent(struct thread *caller, uint64_t *out_parent)
{
    const struct posix_process *posix = __atomic_load_n(&caller->process->posix, __ATOMIC_ACQUIRE);
    *out_parent = posix != NULL ? __atomic_load_n(&posix->family.parent_id, __ATOMIC_RELAXED) : 0;
    return STATUS_OK;
}

status_t syscall_process_set_group(struct thread *caller, uint64_t id, uint64_t group)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? kin_set_group(posix, id, group) : status;
}

status_t syscall_process_begin_session(struct thread *caller, uint64_t *out_session)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? kin_begin_session(posix, out_session) : status;
}

/* What the accounts get when the caller next leaves its CPU. */
static uint64_t stretch_ns(const struct thread *caller)
{
    return clock_from_ticks(counter_read() - caller->started_ticks);
}

status_t syscall_process_usage(struct thread *caller, uint32_t who, struct user_out out_usage)
{
    struct posix_process *posix;
    struct process_usage usage = { 0 };
    status_t status = posix_of(caller->process, &posix);
    if (status != STATUS_OK)
        return status;
    switch (who) {
    case PROCESS_USAGE_SELF:
        family_usage(posix, &usage);
        usage.cpu_ns += stretch_ns(caller);
        break;
    case PROCESS_USAGE_CHILDREN: family_children_usage(posix, &usage); break;
    case PROCESS_USAGE_THREAD:
        usage.cpu_ns = clock_from_ticks(caller->cpu_ticks) + stretch_ns(caller);
        break;
    default: return STATUS_INVALID;
    }
    return user_write(out_usage.address, &usage, sizeof usage);
}

status_t syscall_process_limit(struct thread *caller, uint64_t id, uint32_t resource,
                               struct user_in new_limit, struct user_out out_old)
{
    struct posix_process *posix;
    struct process_limit new, old;
    bool sets = new_limit.len > 0;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK && sets)
        status = user_read(&new, new_limit.address, sizeof new);
    if (status == STATUS_OK)
        status = kin_limit(posix, id, resource, sets ? &new : NULL, &old);
    if (status == STATUS_OK && out_old.len > 0)
        status = user_write(out_old.address, &old, sizeof old);
    return status;
}

status_t syscall_process_nice(struct thread *caller, uint32_t select, uint64_t id, bool set,
                              int64_t value, int64_t *out_value)
{
    struct posix_process *posix;
    if (select > PROCESS_WAIT_GROUP || (set && (value < NICE_MIN || value > NICE_MAX)))
        return STATUS_INVALID;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? kin_nice(posix, select, id, set ? &value : NULL, out_value)
                               : status;
}

/* The least of a cell and those around it. */
static void look_around(const struct cell *cell, struct process_surroundings *around)
{
    for (; cell != NULL; cell = cell->parent) {
        uint64_t limit = cell->limit[CELL_MEMORY], used = cell->used[CELL_MEMORY];
        uint64_t free = limit > used ? limit - used : 0;
        if (limit < around->memory_bytes)
            around->memory_bytes = limit;
        if (free < around->memory_free_bytes)
            around->memory_free_bytes = free;
    }
}

status_t syscall_process_surroundings(struct thread *caller, struct user_out out_around)
{
    struct frame_counts frames = frame_counts();
    struct process_surroundings around = {
        .uptime_ns = clock_now(),
        .memory_bytes = frames.total * PAGE_SIZE,
        .memory_free_bytes = frames.free * PAGE_SIZE,
        .processes = caller->process->cell->process_count,
        .cpus = cpu_count(),
    };
    look_around(caller->process->cell, &around);
    return user_write(out_around.address, &around, sizeof around);
}

status_t syscall_process_set_name(struct thread *caller, struct user_in name)
{
    char text[SPAWN_NAME_SIZE] = { 0 };
    if (name.len >= sizeof text)
        return STATUS_NAME_TOO_LONG;
    status_t status = user_read(text, name.address, name.len);
    if (status == STATUS_OK)
        memcpy(caller->process->name, text, sizeof text);
    return status;
}
