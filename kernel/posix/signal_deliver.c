/* See signal_deliver.h. One round for each signal, the lowest number first, but what the thread's own
 * instructions caused before all; handlers nest, so that the last one begun runs first. A stopped process's
 * threads sleep here (signal_stop.c).
 *
 * A call that was interrupted has not written its results: its arguments are still in the registers. It is
 * made again when no handler runs, or the first one's action says so; else it answers INTERRUPTED. */
#include "kernel/posix/signal_deliver.h"

#include <arch/signal_frame.h>

#include <kernel_gen/syscall_handlers.h>

#include "kernel/posix/signal_stop.h"
#include "kernel/posix/signals_internal.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"

struct delivery_round {
    struct posix_process *posix;
    struct thread *thread;
    struct trap_frame *frame;
    bool is_interrupted; /* The call's answer is open. */
    bool may_restart;
};

static uint32_t lowest(uint64_t set)
{
    return (uint32_t)__builtin_ctzll(set) + 1;
}

/* Take what is due, or false. Locked. */
static bool take_next(struct delivery_round *round, struct signal_information *out_information)
{
    struct signals *signals = &round->posix->signals;
    struct thread_signals *own = &round->thread->signals;
    uint64_t urgent = own->set.pending & ~own->mask & SIGNALS_SYNCHRONOUS;
    uint64_t due = urgent != 0 ? urgent : signals_deliverable(signals, round->thread);
    if (due == 0)
        return false;
    uint32_t number = lowest(due);
    struct signal_set *set = own->set.pending & signal_bit(number) ? &own->set : &signals->set;
    signal_set_take(round->posix, set, number, out_information);
    return true;
}

/* --- Stopping -------------------------------------------------------------------------------- */

/* A group that nobody in its session looks after is not stopped by its terminal (POSIX 2.4.3). */
static bool may_stop(const struct posix_process *posix, uint32_t number)
{
    return number == POSIX_SIGSTOP || !family_is_orphaned(posix);
}

/* The default action of stopping. The lock is not held; a SIGCONT since it was, `continues` ago, wins. */
static void stop(struct delivery_round *round, uint32_t number, uint32_t continues)
{
    struct signals *signals = &round->posix->signals;
    if (!may_stop(round->posix, number))
        return;
    spin_lock(&signals->lock);
    bool stops = signals->continues == continues && signals->stopped_by == 0;
    bool tells = stops && signals_stop(round->posix, number);
    spin_unlock(&signals->lock);
    if (tells)
        family_tell_news(round->posix);
}

/* --- Handlers -------------------------------------------------------------------------------- */

static void answer_interrupted_call(struct delivery_round *round, bool restart)
{
    if (round->is_interrupted && restart)
        signal_frame_rewind(round->frame);
    else if (round->is_interrupted)
        signal_frame_answer(round->frame, STATUS_INTERRUPTED);
    round->is_interrupted = false;
}

/* What the handler needs, and the mask that it runs under. Locked. */
static void prepare_handler(struct delivery_round *round, struct signal_delivery *delivery)
{
    struct signals *signals = &round->posix->signals;
    struct thread_signals *own = &round->thread->signals;
    uint32_t number = delivery->information.number;
    struct signal_action *action = signal_action_of(signals, number);
    delivery->action = *action;
    delivery->return_address = signals->return_address;
    delivery->mask = own->has_saved_mask ? own->saved_mask : own->mask;
    delivery->stack = own->stack;
    own->has_saved_mask = false;
    uint64_t mask = own->mask | action->mask;
    if (!(action->flags & SIGNAL_ACTION_NO_DEFER))
        mask |= signal_bit(number);
    if (action->flags & SIGNAL_ACTION_RESET)
        action->handler = POSIX_HANDLER_DEFAULT;
    signal_mask_set(round->posix, round->thread, mask);
}

static void end(struct delivery_round *round, uint32_t number)
{
    spin_lock(&round->posix->signals.lock);
    signals_end(round->posix, number);
    spin_unlock(&round->posix->signals.lock);
}

/* A stack that cannot be written to is a fault of the thread. */
static void enter_handler(struct delivery_round *round, const struct signal_delivery *delivery)
{
    static const struct signal_information bad_stack = { .number = POSIX_SIGSEGV,
                                                         .code = SIGNAL_CODE_KERNEL };
    bool restart = round->may_restart && delivery->action.flags & SIGNAL_ACTION_RESTART;
    answer_interrupted_call(round, restart);
    if (signal_frame_push(round->thread, round->frame, delivery) == STATUS_OK)
        return;
    if (delivery->information.number == POSIX_SIGSEGV || !signal_force(round->thread, &bad_stack))
        end(round, POSIX_SIGSEGV);
}

/* --- Rounds ---------------------------------------------------------------------------------- */

/* Do what the signal's action says. The lock is held, and not on return. */
static void act(struct delivery_round *round, struct signal_delivery *delivery)
{
    struct signals *signals = &round->posix->signals;
    uint32_t number = delivery->information.number;
    uint64_t handler = signal_action_of(signals, number)->handler;
    uint32_t continues = signals->continues;
    bool is_caught = handler != POSIX_HANDLER_DEFAULT && handler != POSIX_HANDLER_IGNORE;
    if (is_caught)
        prepare_handler(round, delivery);
    spin_unlock(&signals->lock);
    if (is_caught) {
        enter_handler(round, delivery);
        return;
    }
    if (handler == POSIX_HANDLER_IGNORE)
        return;
    switch (signal_default_of(number)) {
    case SIGNAL_DEFAULT_IGNORE: break;
    case SIGNAL_DEFAULT_STOP: stop(round, number, continues); break;
    case SIGNAL_DEFAULT_END:
    case SIGNAL_DEFAULT_CRASH: end(round, number); break;
    }
}

/* The mask outside the call holds again. Locked. */
static void restore_mask(struct delivery_round *round)
{
    struct thread_signals *own = &round->thread->signals;
    own->has_saved_mask = false;
    signal_mask_set(round->posix, round->thread, own->saved_mask);
}

/* @return false when there is nothing more to do. */
static bool deliver_one(struct delivery_round *round)
{
    struct signals *signals = &round->posix->signals;
    struct thread_signals *own = &round->thread->signals;
    struct signal_delivery delivery;
    spin_lock(&signals->lock);
    if (own->has_saved_mask && !round->is_interrupted)
        restore_mask(round); /* The call has its answer: what it let in is masked again. */
    signals_stay_stopped(round->posix, round->thread);
    bool is_ending = thread_has_work(round->thread, THREAD_WORK_END);
    if (!is_ending && take_next(round, &delivery.information)) {
        act(round, &delivery);
        return true;
    }
    bool again = !is_ending && own->has_saved_mask;
    if (again)
        restore_mask(round); /* No handler wanted it. */
    else
        thread_drop_work(round->thread, THREAD_WORK_SIGNALS | THREAD_WORK_MASK);
    spin_unlock(&signals->lock);
    return again;
}

void signals_deliver(struct thread *thread, struct trap_frame *frame)
{
    struct delivery_round round = {
        .posix = thread->process->posix,
        .thread = thread,
        .frame = frame,
        .is_interrupted = thread_has_work(thread, THREAD_WORK_INTERRUPTED),
        .may_restart = (thread->call_flags & SYSCALL_NORESTART) == 0,
    };
    ASSERT(round.posix != NULL);
    thread->call_flags = 0; /* The call is over: signals do not end what is waited for here. */
    thread_drop_work(thread, THREAD_WORK_INTERRUPTED);
    while (deliver_one(&round))
        ;
    answer_interrupted_call(&round, true);
}

bool signal_force(struct thread *thread, const struct signal_information *information)
{
    struct posix_process *posix = thread->process->posix;
    struct signals *signals = &posix->signals;
    uint32_t number = information->number;
    struct signal_entry *entry = signals_lock_with_entry(posix, information);
    uint64_t handler = signal_action_of(signals, number)->handler;
    bool is_caught = handler != POSIX_HANDLER_DEFAULT && handler != POSIX_HANDLER_IGNORE &&
                     (thread->signals.mask & signal_bit(number)) == 0;
    if (is_caught) {
        signal_set_discard(posix, &thread->signals.set, signal_bit(number));
        signal_send_locked(posix, thread, number, entry);
    } else {
        signal_entry_free(posix, entry);
    }
    spin_unlock(&signals->lock);
    return is_caught;
}

void signal_return(struct thread *thread, struct trap_frame *frame)
{
    struct posix_process *posix = thread->process->posix;
    struct signals *signals = &posix->signals;
    uint64_t mask;
    if (signal_frame_pop(thread, frame, &mask) != STATUS_OK) {
        struct signal_information bad_frame = { .number = POSIX_SIGSEGV,
                                                .code = SIGNAL_CODE_KERNEL };
        if (signal_force(thread, &bad_frame))
            return;
        spin_lock(&signals->lock);
        signals_end(posix, POSIX_SIGSEGV);
        spin_unlock(&signals->lock);
        return;
    }
    spin_lock(&signals->lock);
    signal_mask_set(posix, thread, mask);
    spin_unlock(&signals->lock);
}
