/* Waiting for signals: sigsuspend, sigtimedwait, and what is pending. */
#include "kernel/posix/signals_internal.h"
#include "kernel/process/process.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

uint64_t signals_waiting(struct posix_process *posix, const struct thread *thread)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    uint64_t pending = (signals->set.pending | thread->signals.set.pending) & thread->signals.mask;
    spin_unlock(&signals->lock);
    return pending;
}

static void mask_for_call(struct posix_process *posix, struct thread *thread, uint64_t mask)
{
    struct thread_signals *own = &thread->signals;
    ASSERT(!own->has_saved_mask);
    own->saved_mask = own->mask;
    own->has_saved_mask = true;
    signal_mask_set(posix, thread, mask);
    thread_add_work(thread, THREAD_WORK_MASK);
}

void signal_mask_for_call(struct thread *thread, uint64_t mask)
{
    struct posix_process *posix = thread->process->posix;
    ASSERT(posix != NULL);
    spin_lock(&posix->signals.lock);
    mask_for_call(posix, thread, mask);
    spin_unlock(&posix->signals.lock);
}

status_t signal_suspend(struct posix_process *posix, struct thread *thread, uint64_t mask)
{
    spin_lock(&posix->signals.lock);
    mask_for_call(posix, thread, mask);
    spin_unlock(&posix->signals.lock);
    wait_prepare();
    return wait_commit(NULL, TIME_NEVER);
}

/* Of the set, pending, the lowest number. Locked. */
static bool take_of(struct posix_process *posix, struct thread *thread, uint64_t set,
                    struct signal_information *out_information)
{
    struct signals *signals = &posix->signals;
    struct thread_signals *own = &thread->signals;
    uint64_t due = (own->set.pending | signals->set.pending) & set;
    if (due == 0)
        return false;
    uint32_t number = (uint32_t)__builtin_ctzll(due) + 1;
    bool is_own = (own->set.pending & signal_bit(number)) != 0;
    signal_set_take(posix, is_own ? &own->set : &signals->set, number, out_information);
    return true;
}

status_t signal_take(struct posix_process *posix, struct thread *thread, uint64_t set,
                     time_ns_t deadline, struct signal_information *out_information)
{
    struct signals *signals = &posix->signals;
    struct thread_signals *own = &thread->signals;
    status_t status = STATUS_OK;
    set &= ~SIGNALS_UNMASKABLE;
    for (;;) {
        spin_lock(&signals->lock);
        own->waiting = 0;
        bool found = take_of(posix, thread, set, out_information);
        bool is_other = signals_deliverable(signals, thread) != 0 || signals->stopped_by != 0;
        if (!found && !is_other && status != STATUS_TIMED_OUT) {
            thread_drop_work(thread, THREAD_WORK_SIGNALS);
            own->waiting = set;
        }
        spin_unlock(&signals->lock);
        if (found)
            return STATUS_OK;
        if (status == STATUS_TIMED_OUT || status == STATUS_CANCELLED)
            return status;
        if (is_other)
            return STATUS_INTERRUPTED;
        wait_prepare();
        status = wait_commit(NULL, deadline);
    }
}
