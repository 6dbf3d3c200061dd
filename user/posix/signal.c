/* Signals, as far as they go before the kernel delivers any: each thread's mask is kept, and a signal can
 * be set to be ignored or to its default, which is how all of them behave now. A handler is
 * refused, since it would never run. */
#include <errno.h>
#include <signal.h>

#include "user/posix/posix.h"

enum { MASK_SIZE = 8 };

/* What the C library passes for an action: the layout of its src/internal/ksigaction.h. */
struct k_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned mask[2];
};

static _Thread_local uint64_t thread_mask;

long __posix_rt_sigprocmask(int how, const uint64_t *set, uint64_t *out_old, size_t size)
{
    uint64_t old = thread_mask;
    if (size != MASK_SIZE)
        return -EINVAL;
    if (set != NULL) {
        switch (how) {
        case SIG_BLOCK: thread_mask = old | *set; break;
        case SIG_UNBLOCK: thread_mask = old & ~*set; break;
        case SIG_SETMASK: thread_mask = *set; break;
        default: return -EINVAL;
        }
    }
    if (out_old != NULL)
        *out_old = old;
    return 0;
}

static struct signals {
    uint64_t ignored; /* Bit n - 1: signal n. */
} signals;

long __posix_rt_sigaction(int signal, const struct k_sigaction *action, struct k_sigaction *out_old,
                          size_t size)
{
    if (signal < 1 || signal > 64 || size != MASK_SIZE)
        return -EINVAL;
    uint64_t bit = 1ull << (signal - 1);
    uint64_t old = __atomic_load_n(&signals.ignored, __ATOMIC_RELAXED);
    if (action != NULL && action->handler != SIG_DFL && action->handler != SIG_IGN)
        return -ENOSYS;
    if (action != NULL && action->handler == SIG_IGN)
        old = __atomic_fetch_or(&signals.ignored, bit, __ATOMIC_RELAXED);
    else if (action != NULL)
        old = __atomic_fetch_and(&signals.ignored, ~bit, __ATOMIC_RELAXED);
    if (out_old != NULL)
        *out_old = (struct k_sigaction){ .handler = old & bit ? SIG_IGN : SIG_DFL };
    return 0;
}

/* Where a handler returns to, of which the C library only takes the address: no handler is installed. */
void __restore(void);
void __restore_rt(void);

void __restore(void)
{
    __builtin_trap();
}

void __restore_rt(void)
{
    __builtin_trap();
}
