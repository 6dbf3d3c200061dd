/* Stopping a process, and letting it go on: see signal_stop.h. Who carries the stop out is on its way to user mode.
 * It asks every other thread to look (thread_notify) and counts those that may still be in user mode: they run
 * on a CPU, and not to go to sleep. Any other has to look before it gets there, so it is at rest at once,
 * even if what it waits for in the kernel is nothing that signals end. Each one counted is at rest when it
 *
 *     looks, and sleeps here         signals_stay_stopped
 *     leaves its CPU in the kernel   signals_thread_rest, by THREAD_WORK_STOP: to wait, to give way, to end
 *
 * and the last tells the parent. A thread that goes to sleep says so (wait_prepare) and then looks for the
 * request; we ask, and then look whether it sleeps: one of the two sees the other. */
#include "kernel/posix/signal_stop.h"

#include "kernel/posix/posix.h"
#include "kernel/posix/signals_internal.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

/* It may execute instructions of the program before it has looked. It has been asked to. */
static bool may_be_in_user_mode(const struct thread *thread)
{
    return __atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE) && !thread_is_asleep(thread);
}

/* Locked, as everything here. */
static void ask_to_rest(struct signals *signals, struct thread *thread)
{
    thread_add_work(thread, THREAD_WORK_STOP);
    thread_notify(thread); /* A barrier is in it. */
    if (may_be_in_user_mode(thread))
        signals->running++;
    else
        thread_drop_work(thread, THREAD_WORK_STOP);
}

/* Nobody of it is in user mode any more: that is news, unless it ends. */
static void stop_is_complete(struct signals *signals)
{
    if (signals->ended_by != 0 || signals->closed)
        return;
    signals->news = FAMILY_NEWS_STOPPED;
}

/* @return whether it was the last, and the parent is to be told. */
static bool rest(struct signals *signals, struct thread *thread)
{
    if (!thread_has_work(thread, THREAD_WORK_STOP))
        return false;
    ASSERT(signals->running > 0 && signals->stopped_by != 0);
    thread_drop_work(thread, THREAD_WORK_STOP);
    if (--signals->running > 0)
        return false;
    stop_is_complete(signals);
    return true;
}

bool signals_stop(struct posix_process *posix, uint32_t number)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock) && signals->stopped_by == 0 && signals->running == 0);
    signals->stopped_by = number;
    LIST_FOR_EACH (node, &signals->threads) {
        struct thread *thread = signals_thread(node);
        if (thread != thread_current())
            ask_to_rest(signals, thread);
    }
    if (signals->running > 0)
        return false;
    stop_is_complete(signals);
    return true;
}

void signals_continue(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    ASSERT(spin_held(&signals->lock));
    signals->continues++;
    if (signals->stopped_by == 0)
        return;
    signals->stopped_by = 0;
    signals->running = 0;
    signals->news = FAMILY_NEWS_CONTINUED;
    LIST_FOR_EACH (node, &signals->threads) {
        thread_drop_work(signals_thread(node), THREAD_WORK_STOP);
    }
    wait_wake_all(&signals->stopped, &signals->lock);
}

/* What happened since the parent was last told, for it. The lock is given up meanwhile. */
static void tell(struct posix_process *posix)
{
    spin_unlock(&posix->signals.lock);
    family_tell_news(posix);
    spin_lock(&posix->signals.lock);
}

void signals_stay_stopped(struct posix_process *posix, struct thread *thread)
{
    struct signals *signals = &posix->signals;
    status_t status = STATUS_OK;
    ASSERT(spin_held(&signals->lock));
    while (signals->stopped_by != 0 && status != STATUS_CANCELLED) {
        if (rest(signals, thread)) {
            tell(posix);
            continue;
        }
        status = wait_sleep(&signals->stopped, &signals->lock, TIME_NEVER);
        spin_lock(&signals->lock);
    }
    if (signals->news == FAMILY_NEWS_CONTINUED)
        tell(posix); /* The first that goes on. */
}

void signals_thread_rest(struct thread *thread)
{
    struct posix_process *posix = thread->process->posix;
    spin_lock(&posix->signals.lock);
    bool has_left = list_is_empty(&thread->signals.link);
    bool tells = has_left || rest(&posix->signals, thread);
    if (has_left)
        thread_drop_work(thread, THREAD_WORK_STOP);
    spin_unlock(&posix->signals.lock);
    if (tells)
        family_tell_news(posix);
}

void signals_leave_stop(struct posix_process *posix, struct thread *thread)
{
    ASSERT(spin_held(&posix->signals.lock));
    if (rest(&posix->signals, thread))
        thread_add_work(thread, THREAD_WORK_STOP); /* Locks are held here: it tells later. */
}

enum family_news signals_take_news(struct posix_process *posix, uint32_t *out_signal)
{
    struct signals *signals = &posix->signals;
    spin_lock(&signals->lock);
    enum family_news news = signals->news;
    *out_signal = signals->stopped_by;
    signals->news = FAMILY_NEWS_NONE;
    spin_unlock(&signals->lock);
    return news;
}
