/* Sending: the signal becomes pending, and somebody who does not mask it is told. One whose default is to end
 * the process ends all threads at once, wherever they wait; everything else happens when the thread that
 * was told is on its way out to user mode (signal_deliver.c). */
#include "kernel/posix/signal_stop.h"
#include "kernel/posix/signals_internal.h"
#include "kernel/process/process.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

struct signal_information signal_of_process(uint32_t number, const struct posix_process *sender)
{
    return (struct signal_information){
        .number = number,
        .code = SIGNAL_CODE_USER,
        .sender = { .process_id = (uint32_t)sender->process->id, .user = POSIX_USER },
    };
}

/* --- Whom to tell ---------------------------------------------------------------------------- */

static bool takes(const struct thread *thread, uint32_t number)
{
    return (thread->signals.mask & ~thread->signals.waiting & signal_bit(number)) == 0;
}

static bool waits_for(const struct thread *thread, uint32_t number)
{
    return (thread->signals.waiting & signal_bit(number)) != 0;
}

/* The caller, if it may be: what a process sends itself comes before the call returns. Else one that waits for
 * the signal, and rather one that can be interrupted than one deep in a call of IPC. NULL: all mask it. */
static struct thread *choose(const struct posix_process *posix, uint32_t number)
{
    struct thread *current = thread_current(), *best = NULL;
    if (current->process == posix->process && !list_is_empty(&current->signals.link) &&
        takes(current, number))
        return current;
    LIST_FOR_EACH (node, &posix->signals.threads) {
        struct thread *thread = signals_thread(node);
        if (waits_for(thread, number))
            return thread;
        if (takes(thread, number) && (best == NULL || thread_is_deaf(best)))
            best = thread;
    }
    return best;
}

void signals_retarget(struct posix_process *posix, struct thread *thread, uint64_t numbers)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock));
    for (uint64_t left = signals->set.pending & numbers; left != 0; left &= left - 1) {
        uint32_t number = (uint32_t)__builtin_ctzll(left) + 1;
        LIST_FOR_EACH (node, &signals->threads) {
            struct thread *other = signals_thread(node);
            if (other == thread || !takes(other, number))
                continue;
            thread_notify(other);
            break;
        }
    }
}

/* --- What it does at once -------------------------------------------------------------------- */

void signals_end(struct posix_process *posix, uint32_t number)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock));
    if (signals->ended_by == 0)
        signals->ended_by = number;
    LIST_FOR_EACH (node, &signals->threads) {
        thread_interrupt(signals_thread(node));
    }
}

/* Stop and go on take each other back, whether masked, ignored or caught. */
static void settle_stops(struct posix_process *posix, uint32_t number)
{
    if (signal_bit(number) & SIGNALS_STOPPING) {
        signals_discard(posix, SIGNAL_BIT(SIGCONT));
    } else if (number == POSIX_SIGCONT) {
        signals_discard(posix, SIGNALS_STOPPING);
        signals_continue(posix);
    }
}

/* One that is ignored is kept only for somebody who masks it, since the action may change until then. */
static bool is_wanted(const struct posix_process *posix, const struct thread *thread,
                      uint32_t number)
{
    if (!signal_is_ignored(&posix->signals, number))
        return true;
    if (thread != NULL)
        return !takes(thread, number) || waits_for(thread, number);
    LIST_FOR_EACH (node, &posix->signals.threads) {
        const struct thread *other = signals_thread(node);
        if (waits_for(other, number))
            return true;
        if (takes(other, number))
            return false;
    }
    return true;
}

static bool ends_process(const struct signals *signals, const struct thread *thread,
                         uint32_t number)
{
    if (number == POSIX_SIGKILL)
        return true;
    if (thread == NULL || waits_for(thread, number) || signals->stopped_by != 0 ||
        signal_action_of(signals, number)->handler != POSIX_HANDLER_DEFAULT)
        return false;
    enum signal_default what = signal_default_of(number);
    return what == SIGNAL_DEFAULT_END || what == SIGNAL_DEFAULT_CRASH;
}

/* --- Sending --------------------------------------------------------------------------------- */

void signal_send_locked(struct posix_process *posix, struct thread *thread, uint32_t number,
                        struct signal_entry *entry)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock));
    struct signal_set *set = thread != NULL ? &thread->signals.set : &signals->set;
    settle_stops(posix, number);
    bool is_there = number < POSIX_SIGNAL_QUEUED_MIN && set->pending & signal_bit(number);
    /* A thread that has left takes nothing any more, and nobody would empty its set again. */
    bool has_left = thread != NULL && list_is_empty(&thread->signals.link);
    if (signals->closed || has_left || is_there || !is_wanted(posix, thread, number)) {
        signal_entry_free(posix, entry);
        return;
    }
    signal_set_add(signals, set, number, entry);
    if (thread == NULL)
        thread = choose(posix, number);
    else if (!takes(thread, number))
        thread = NULL;
    if (ends_process(signals, thread, number))
        signals_end(posix, number);
    else if (thread != NULL)
        thread_notify(thread);
}

static status_t send(struct posix_process *posix, struct thread *thread,
                     const struct signal_information *information)
{
    ASSERT(information->number >= 1 && information->number <= POSIX_SIGNALS);
    struct signal_entry *entry = signals_lock_with_entry(posix, information);
    bool fits = entry != NULL || information->code != SIGNAL_CODE_QUEUE;
    if (fits)
        signal_send_locked(posix, thread, information->number, entry);
    spin_unlock(&posix->signals.lock);
    return fits ? STATUS_OK : STATUS_LIMIT;
}

status_t signal_send_process(struct posix_process *posix,
                             const struct signal_information *information)
{
    return send(posix, NULL, information);
}

status_t signal_send_thread(struct thread *thread, const struct signal_information *information)
{
    return send(thread->process->posix, thread, information);
}

void signal_broken_pipe(struct thread *thread)
{
    struct posix_process *posix = thread->process->posix;
    if (posix == NULL)
        return;
    struct signal_information information = signal_of_process(POSIX_SIGPIPE, posix);
    (void)signal_send_thread(thread, &information); /* Not queued: it finds its place. */
}
