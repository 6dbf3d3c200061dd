/* The alternate stack of a thread. */
#include <arch/signal_frame.h>
#include <arch/trap.h>

#include "kernel/posix/signals_internal.h"

status_t signal_stack_change(struct posix_process *posix, struct thread *thread,
                             const struct signal_stack *stack, struct signal_stack *out_old)
{
    struct signal_stack *own = &thread->signals.stack;
    bool is_on = signal_stack_has(own, trap_user_frame(thread)->sp);
    *out_old = *own;
    out_old->flags |= is_on ? SIGNAL_STACK_IN_USE : 0;
    if (stack == NULL)
        return STATUS_OK;
    if (is_on)
        return STATUS_NOT_PERMITTED;
    if ((stack->flags & ~(uint32_t)SIGNAL_STACK_DISABLED) != 0)
        return STATUS_INVALID;
    if (stack->flags & SIGNAL_STACK_DISABLED) {
        *own = (struct signal_stack){ .flags = SIGNAL_STACK_DISABLED };
        return STATUS_OK;
    }
    if (stack->size < SIGNAL_STACK_SIZE_MIN || stack->base + stack->size < stack->base)
        return STATUS_NO_MEMORY;
    *own = (struct signal_stack){ .base = stack->base, .size = stack->size };
    return STATUS_OK;
}
