/* Calls 288 to 291: words that processes share, and the locks of a thread that ends. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/sched/futex.h"
#include "kernel/sched/thread.h"

status_t syscall_thread_robust_list(struct thread *caller, uint64_t head)
{
    if ((head & 7) != 0)
        return STATUS_INVALID;
    caller->robust_list = (uaddr_t){ head };
    return STATUS_OK;
}

status_t syscall_futex_wait_shared(struct thread *caller, uint64_t address, uint32_t expected,
                                   time_ns_t deadline)
{
    if ((address & 3) != 0)
        return STATUS_BAD_ADDRESS;
    return futex_wait_shared((uaddr_t){ address }, expected, deadline);
}

status_t syscall_futex_wake_shared(struct thread *caller, uint64_t address, uint32_t count,
                                   uint32_t *out_woken)
{
    if ((address & 3) != 0)
        return STATUS_BAD_ADDRESS;
    return futex_wake_shared((uaddr_t){ address }, count, out_woken);
}

status_t syscall_futex_wake_wait(struct thread *caller, uint64_t wake, uint64_t address,
                                 uint32_t expected, time_ns_t deadline)
{
    if ((wake & 3) != 0)
        return STATUS_BAD_ADDRESS;
    futex_wake((uaddr_t){ wake }, 1);
    return futex_wait((uaddr_t){ address }, expected, deadline);
}
