/* See signals.h. The state of a process's signals and of its threads' part in them: how it begins, what fork
 * and exec make of it, actions and masks. */
#include "kernel/posix/signals.h"

#include <arch/trap.h>

#include <string.h>

#include "kernel/cell/charge.h"
#include "kernel/posix/interval_timer.h"
#include "kernel/posix/signal_stop.h"
#include "kernel/posix/signals_internal.h"
#include "kernel/process/exit.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"

struct signals_state signals_state;

enum signal_default signal_default_of(uint32_t number)
{
    switch (number) {
    case POSIX_SIGCHLD:
    case POSIX_SIGCONT:
    case POSIX_SIGURG:
    case POSIX_SIGWINCH: return SIGNAL_DEFAULT_IGNORE;
    case POSIX_SIGSTOP:
    case POSIX_SIGTSTP:
    case POSIX_SIGTTIN:
    case POSIX_SIGTTOU: return SIGNAL_DEFAULT_STOP;
    case POSIX_SIGQUIT:
    case POSIX_SIGILL:
    case POSIX_SIGTRAP:
    case POSIX_SIGABRT:
    case POSIX_SIGBUS:
    case POSIX_SIGFPE:
    case POSIX_SIGSEGV:
    case POSIX_SIGXCPU:
    case POSIX_SIGXFSZ:
    case POSIX_SIGSYS: return SIGNAL_DEFAULT_CRASH;
    default: return SIGNAL_DEFAULT_END;
    }
}

status_t signals_init(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    void *actions;
    status_t status = charged_alloc(posix->process->cell, &signals_state.actions, &actions);
    if (status != STATUS_OK)
        return status;
    spin_init(&signals->lock, LOCK_SIGNAL);
    signal_set_init(&signals->set);
    list_init(&signals->threads);
    wait_queue_init(&signals->stopped);
    signals->actions = actions;
    mutex_init(&signals->timers_lock, LOCK_INTERVALS);
    list_init(&signals->timers);
    return STATUS_OK;
}

void signals_clear(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    ASSERT(list_is_empty(&signals->threads));
    signals->closed = true;
    signals_discard(posix, UINT64_MAX);
    spin_unlock(&signals->lock);
}

void signals_free(struct posix_process *posix)
{
    ASSERT(posix->signals.queued == 0);
    charged_free(posix->process->cell, &signals_state.actions, posix->signals.actions);
}

/* --- Threads --------------------------------------------------------------------------------- */

void signals_thread_enter(struct posix_process *posix, struct thread *thread)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    list_push_back(&signals->threads, &thread->signals.link);
    if (signals->ended_by != 0)
        thread_interrupt(thread);
    else if (signals->stopped_by != 0 || signals_deliverable(signals, thread) != 0)
        thread_notify(thread);
    spin_unlock(&signals->lock);
}

void signals_adopt(struct posix_process *posix)
{
    struct process *process = posix->process;
    spin_lock(&process->lock);
    LIST_FOR_EACH (node, &process->threads) {
        struct thread *thread = CONTAINER_OF(node, struct thread, process_link);
        if (list_is_empty(&thread->signals.link))
            signals_thread_enter(posix, thread);
    }
    spin_unlock(&process->lock);
}

void signals_thread_leave(struct posix_process *posix, struct thread *thread)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    signal_set_discard(posix, &thread->signals.set, UINT64_MAX);
    signals_leave_stop(posix, thread);
    list_remove(&thread->signals.link);
    signals_retarget(posix, thread, ~thread->signals.mask);
    spin_unlock(&signals->lock);
}

void signals_thread_end(struct posix_process *posix, const struct thread *thread)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    uint32_t number = signals->ended_by;
    bool is_first = number != 0 && !signals->end_is_told;
    signals->end_is_told |= is_first;
    spin_unlock(&signals->lock);
    if (!is_first)
        return;
    if (signal_default_of(number) == SIGNAL_DEFAULT_CRASH)
        process_log_signal(trap_user_frame(thread), number);
    process_end(posix->process, EXIT_SIGNAL + number);
}

/* --- Fork, exec, spawn ----------------------------------------------------------------------- */

void signals_fork(struct posix_process *parent, const struct thread *parent_thread,
                  struct posix_process *child, struct thread *child_thread)
{
    struct signals *from = &parent->signals, *to = &child->signals;
    spin_lock(&from->lock);
    /* Nobody knows the child yet: its own lock is not needed. */
    memcpy(to->actions, from->actions, POSIX_SIGNALS * sizeof *to->actions);
    to->return_address = from->return_address;
    child_thread->signals.mask = parent_thread->signals.has_saved_mask
                                     ? parent_thread->signals.saved_mask
                                     : parent_thread->signals.mask;
    child_thread->signals.stack = parent_thread->signals.stack;
    spin_unlock(&from->lock);
}

static bool is_caught(const struct signal_action *action)
{
    return action->handler != POSIX_HANDLER_DEFAULT && action->handler != POSIX_HANDLER_IGNORE;
}

void signals_exec(struct posix_process *posix, struct thread *thread)
{
    struct signals *signals = &posix->signals;
    interval_timers_exec(posix);
    thread->robust_list = (uaddr_t){ 0 };
    spin_lock(&signals->lock);
    for (uint32_t i = 0; i < POSIX_SIGNALS; i++)
        if (is_caught(&signals->actions[i]))
            signals->actions[i] = (struct signal_action){ .handler = POSIX_HANDLER_DEFAULT };
    thread->signals.stack = (struct signal_stack){ .flags = SIGNAL_STACK_DISABLED };
    signals->return_address = 0;
    spin_unlock(&signals->lock);
}

void signals_spawn(struct posix_process *child, struct thread *child_thread, uint64_t defaults,
                   uint64_t mask)
{
    for (uint32_t number = 1; number <= POSIX_SIGNALS; number++)
        if (defaults & signal_bit(number) || is_caught(signal_action_of(&child->signals, number)))
            *signal_action_of(&child->signals, number) = (struct signal_action){ 0 };
    child_thread->signals.mask = mask & ~SIGNALS_UNMASKABLE;
}

/* --- Actions and masks ----------------------------------------------------------------------- */

bool signal_is_ignored(const struct signals *signals, uint32_t number)
{
    uint64_t handler = signal_action_of(signals, number)->handler;
    return handler == POSIX_HANDLER_IGNORE ||
           (handler == POSIX_HANDLER_DEFAULT && signal_default_of(number) == SIGNAL_DEFAULT_IGNORE);
}

uint64_t signals_deliverable(const struct signals *signals, const struct thread *thread)
{
    return (thread->signals.set.pending | signals->set.pending) & ~thread->signals.mask;
}

void signal_mask_set(struct posix_process *posix, struct thread *thread, uint64_t mask)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock));
    uint64_t old = thread->signals.mask;
    thread->signals.mask = mask & ~SIGNALS_UNMASKABLE;
    if (thread->signals.mask & ~old)
        signals_retarget(posix, thread, thread->signals.mask & ~old);
    if (signals_deliverable(signals, thread) != 0)
        thread_add_work(thread, THREAD_WORK_SIGNALS);
}

status_t signal_action_change(struct posix_process *posix, uint32_t number,
                              const struct signal_action *action, uint64_t return_address,
                              struct signal_action *out_old)
{
    struct signals *signals = &posix->signals;
    if (number < 1 || number > POSIX_SIGNALS)
        return STATUS_INVALID;
    if (action != NULL && signal_bit(number) & SIGNALS_UNMASKABLE)
        return STATUS_INVALID;
    spin_lock(&signals->lock);
    struct signal_action *kept = signal_action_of(signals, number);
    *out_old = *kept;
    if (action != NULL) {
        *kept = *action;
        kept->mask &= ~SIGNALS_UNMASKABLE;
        if (return_address != 0)
            signals->return_address = return_address;
        if (signal_is_ignored(signals, number))
            signals_discard(posix, signal_bit(number));
    }
    spin_unlock(&signals->lock);
    return STATUS_OK;
}

status_t signal_mask_change(struct posix_process *posix, struct thread *thread, uint32_t how,
                            uint64_t set, uint64_t *out_old)
{
    struct signals *signals = &posix->signals;
    status_t status = STATUS_OK;
    spin_lock(&signals->lock);
    uint64_t old = thread->signals.mask;
    switch (how) {
    case SIGNAL_MASK_BLOCK: signal_mask_set(posix, thread, old | set); break;
    case SIGNAL_MASK_UNBLOCK: signal_mask_set(posix, thread, old & ~set); break;
    case SIGNAL_MASK_SET: signal_mask_set(posix, thread, set); break;
    case SIGNAL_MASK_READ: break;
    default: status = STATUS_INVALID; break;
    }
    spin_unlock(&signals->lock);
    *out_old = old;
    return status;
}

bool signal_is_refused(const struct thread *thread, uint32_t number)
{
    struct posix_process *posix = thread->process->posix;
    if (posix == NULL)
        return false;
    spin_lock(&posix->signals.lock);
    bool is_refused = (thread->signals.mask & signal_bit(number)) != 0 ||
                      signal_action_of(&posix->signals, number)->handler == POSIX_HANDLER_IGNORE;
    spin_unlock(&posix->signals.lock);
    return is_refused;
}

bool signals_drop_children(struct posix_process *posix)
{
    spin_lock(&posix->signals.lock);
    const struct signal_action *action = signal_action_of(&posix->signals, POSIX_SIGCHLD);
    bool drops = action->handler == POSIX_HANDLER_IGNORE ||
                 (action->flags & SIGNAL_ACTION_NO_CHILD_WAIT) != 0;
    spin_unlock(&posix->signals.lock);
    return drops;
}

bool signals_tell_stops(struct posix_process *posix)
{
    spin_lock(&posix->signals.lock);
    const struct signal_action *action = signal_action_of(&posix->signals, POSIX_SIGCHLD);
    bool tells = (action->flags & SIGNAL_ACTION_NO_CHILD_STOP) == 0;
    spin_unlock(&posix->signals.lock);
    return tells;
}

bool signal_pending(const struct thread *thread)
{
    return __atomic_load_n(&thread->work, __ATOMIC_RELAXED) != 0;
}

void signals_setup(void)
{
    slab_cache_init(&signals_state.actions, "signal_actions",
                    POSIX_SIGNALS * sizeof(struct signal_action));
    slab_cache_init(&signals_state.entries, "signal_entries", sizeof(struct signal_entry));
    slab_cache_init(&signals_state.timers, "interval_timers", sizeof(struct interval_timer));
}
