/* Signals: the kernel keeps actions and masks, this translates. A set is 64 bits on both sides. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include <abi/posix_signal.h>
#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

enum { MASK_SIZE = 8 };

/* What the C library passes for an action: the layout of its src/internal/ksigaction.h. */
struct k_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

_Static_assert(sizeof(stack_t) == sizeof(struct signal_stack), "stack_t");
_Static_assert(sizeof(siginfo_t) >= sizeof(struct signal_information), "siginfo_t");
_Static_assert(offsetof(siginfo_t, si_pid) == offsetof(struct signal_information, sender),
               "si_pid");
_Static_assert(offsetof(siginfo_t, si_value) == offsetof(struct signal_information, sender.value),
               "si_value");
_Static_assert(offsetof(siginfo_t, si_status) == offsetof(struct signal_information, child.status),
               "si_status");
_Static_assert(offsetof(siginfo_t, si_addr) == offsetof(struct signal_information, fault),
               "si_addr");

/* Where handlers return to, with their frame at the stack pointer. The C library takes the addresses too. */
void __restore(void);
void __restore_rt(void);

__attribute__((naked)) void __restore_rt(void)
{
    __asm__ volatile("mov x8, %0\n\tsvc #0\n\tbrk #1" ::"i"(SYSCALL_signal_return));
}

__attribute__((naked)) void __restore(void)
{
    __asm__ volatile("b __restore_rt");
}

long __posix_rt_sigprocmask(int how, const uint64_t *set, uint64_t *out_old, size_t size)
{
    uint64_t old;
    if (size != MASK_SIZE)
        return -EINVAL;
    if (set != NULL && (how < SIG_BLOCK || how > SIG_SETMASK))
        return -EINVAL;
    status_t status = sys_signal_mask(set != NULL ? (uint32_t)how : (uint32_t)SIGNAL_MASK_READ,
                                      set != NULL ? *set : 0, &old);
    if (status != STATUS_OK)
        return posix_error(status);
    if (out_old != NULL)
        *out_old = old;
    return 0;
}

long __posix_rt_sigaction(int signal, const struct k_sigaction *action, struct k_sigaction *out_old,
                          size_t size)
{
    struct signal_action given = { 0 }, old;
    if (size != MASK_SIZE)
        return -EINVAL;
    if (action != NULL)
        given = (struct signal_action){ .handler = (uint64_t)(uintptr_t)action->handler,
                                        .mask = action->mask,
                                        .flags = (uint32_t)action->flags };
    status_t status =
        sys_signal_action((uint32_t)signal, (uint64_t)(uintptr_t)__restore_rt,
                          action != NULL ? &given : NULL, out_old != NULL ? &old : NULL);
    if (status != STATUS_OK)
        return posix_error(status);
    if (out_old != NULL)
        *out_old = (struct k_sigaction){ .handler = (void (*)(int))(uintptr_t)old.handler,
                                         .flags = old.flags,
                                         .mask = old.mask };
    return 0;
}

long __posix_rt_sigpending(uint64_t *out_set, size_t size)
{
    if (size > MASK_SIZE)
        return -EINVAL;
    return posix_error(sys_signal_waiting(out_set));
}

long __posix_rt_sigsuspend(const uint64_t *mask, size_t size)
{
    if (size != MASK_SIZE)
        return -EINVAL;
    struct blocking_call call = { .number = SYSCALL_signal_suspend, .in = { *mask } };
    return blocking_call_make(&call);
}

long __posix_rt_sigtimedwait(const uint64_t *set, void *out_information,
                             const struct timespec *timeout, size_t size)
{
    struct signal_information unwanted;
    time_ns_t ns = TIME_NEVER;
    if (size != MASK_SIZE)
        return -EINVAL;
    long error = timeout != NULL ? time_read(timeout, &ns) : 0;
    if (error < 0)
        return error;
    if (out_information != NULL)
        memset(out_information, 0, sizeof(siginfo_t));
    struct blocking_call call = {
        .number = SYSCALL_signal_take,
        .in = { *set, timeout != NULL ? clock_after(ns) : TIME_NEVER,
                (uint64_t)(uintptr_t)(out_information != NULL ? out_information : &unwanted) },
    };
    long answer = blocking_call_value(&call);
    return answer == -ETIMEDOUT ? -EAGAIN : answer;
}

long __posix_sigaltstack(const void *stack, void *out_old)
{
    return posix_error(sys_signal_stack(stack, out_old));
}
