/* See handoff.h: thin names over the parts of a wait (wait_state.h). */
#include "kernel/sched/handoff.h"

#include <arch/barrier.h>
#include <arch/cpu.h>

#include "kernel/sched/thread.h"
#include "kernel/sched/wait_state.h"

void handoff_prepare(void)
{
    wait_prepare();
}

bool handoff_claim(struct thread *thread)
{
    return thread_claim(thread);
}

void handoff_wake(struct thread *claimed)
{
    thread_wake_claimed(claimed, STATUS_OK);
}

status_t handoff_wait(struct thread *next, time_ns_t deadline)
{
    if (next == NULL)
        return wait_commit(NULL, deadline);
    bool may_run_here = next->claimed_blocked && next->affinity & 1ull << cpu_this()->index;
    if (!may_run_here) {
        handoff_wake(next);
        return wait_commit(NULL, deadline);
    }
    while (__atomic_load_n(&next->on_cpu, __ATOMIC_ACQUIRE))
        cpu_relax();
    wait_say_result(next, STATUS_OK);
    return wait_commit(next, deadline);
}
