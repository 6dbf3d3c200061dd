/* See spawn_child.h. The numbers are inherited as by fork, then changed by the list of actions, then swept as
 * by exec, so that each does what its namesake in POSIX says. */
#include "kernel/posix/spawn_child.h"

#include <arch/context.h>

#include "kernel/cell/cell.h"
#include "kernel/posix/description.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/exit.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

static status_t number_copy(struct descriptors *numbers, uint32_t from, uint32_t to)
{
    struct description *description;
    status_t status = descriptors_get(numbers, from, &description);
    if (status != STATUS_OK)
        return status;
    status = descriptors_put(numbers, description, to, false);
    object_unref(&description->object);
    return status;
}

static status_t act(struct descriptors *numbers, const struct spawn_action *action)
{
    status_t status;
    switch (action->kind) {
    case SPAWN_ACTION_CLOSE:
        status = descriptors_close(numbers, action->number);
        return status == STATUS_BAD_HANDLE ? STATUS_OK : status; /* It is closed, then. */
    case SPAWN_ACTION_COPY:
        if (action->number == action->target)
            return descriptors_set_close_on_exec(numbers, action->number, false);
        return number_copy(numbers, action->number, action->target);
    default: return STATUS_INVALID;
    }
}

static status_t make_numbers(const struct child_plan *plan, struct posix_process *child)
{
    status_t status = descriptors_fork(plan->parent, child);
    for (uint32_t i = 0; status == STATUS_OK && i < plan->child->action_count; i++)
        status = act(&child->descriptors, &plan->actions[i]);
    if (status == STATUS_OK)
        descriptors_exec(child);
    return status;
}

/* The group that the child shall be in, with a reference; NULL: its parent's. */
static status_t find_group(const struct child_plan *plan, const struct process *child,
                           struct posix_group **out_group)
{
    uint64_t id = plan->child->group;
    *out_group = NULL;
    if (plan->child->flags & SPAWN_CHILD_SESSION)
        return posix_group_create(child->cell, child->id, NULL, out_group);
    if (!(plan->child->flags & SPAWN_CHILD_GROUP))
        return STATUS_OK;
    spin_lock(&child->cell->posix.lock);
    struct posix_session *session = plan->parent->family.group->session;
    struct posix_group *group = posix_group_find_locked(child->cell, id);
    status_t status = STATUS_NOT_PERMITTED;
    if (id == 0)
        status = posix_group_create(child->cell, child->id, session, out_group);
    else if (group != NULL && group->session == session) {
        *out_group = posix_group_ref(group);
        status = STATUS_OK;
    }
    spin_unlock(&child->cell->posix.lock);
    return status;
}

/* All that can fail but the thread. */
static status_t build(const struct child_plan *plan, struct process *process, uint64_t *out_entry,
                      uint64_t *out_sp)
{
    struct start_block start;
    status_t status = plan->pass(process, &start, plan->argument);
    if (status == STATUS_OK)
        status = posix_begin(process);
    if (status == STATUS_OK)
        status = family_copy(plan->parent, process->posix); /* With the limit for the next. */
    if (status == STATUS_OK)
        status = spawn_load(process->aspace, plan->image, &start, out_entry, out_sp);
    if (status == STATUS_OK)
        status = make_numbers(plan, process->posix);
    return status;
}

static void begin_signals(const struct child_plan *plan, struct posix_process *child,
                          struct thread *thread)
{
    const struct spawn_child *how = plan->child;
    signals_fork(plan->parent, plan->caller, child, thread);
    signals_exec(child, thread);
    signals_spawn(child, thread, how->flags & SPAWN_CHILD_DEFAULTS ? how->defaults : 0,
                  how->flags & SPAWN_CHILD_MASK ? how->mask : thread->signals.mask);
}

status_t child_spawn(const struct child_plan *plan, uint64_t *out_id)
{
    struct process *process;
    struct thread *thread;
    struct posix_group *group = NULL;
    uint64_t entry = 0, sp = 0;
    status_t status = process_create(plan->parent->process->cell, plan->name, &process);
    if (status != STATUS_OK)
        return status;
    process->priority = plan->parent->process->priority;
    status = build(plan, process, &entry, &sp);
    if (status == STATUS_OK)
        status = find_group(plan, process, &group);
    if (status == STATUS_OK)
        status = thread_create_user(process, &thread);
    if (status == STATUS_OK) {
        context_init_user(thread, entry, sp, 0, 0);
        begin_signals(plan, process->posix, thread);
        process->posix->family.executed = true;
        *out_id = process->id;
        family_join(plan->parent, process->posix, group);
        thread_start(thread);
        object_unref(&thread->object);
        object_unref(&process->object);
    } else {
        process_discard(process);
    }
    if (group != NULL)
        posix_group_unref(group);
    return status;
}
