/* System calls: one bounded index into the generated table, whose entry checks the arguments and
 * calls the handler. The answer goes to x0, results are in x1 on already. A call that a signal interrupted
 * has no answer yet, and its arguments are where they were: signals_deliver decides. */
#include <arch/cpu.h>
#include <arch/trap.h>

#include <abi/syscall_numbers.h>
#include <abi/types.h>

#include "kernel/base/epoch.h"
#include "kernel/process/process.h"
#include "kernel/sched/schedule.h"
#include "kernel/trace/tracepoint.h"
#include <arch/traps.h>
#include <kernel_gen/syscall_handlers.h>

/* A call that did not come to its answer. What was given up just now is charged until its epoch is over: a patient
 * call that met a limit waits for that once, and is judged by what is in use then. It has left nothing behind, and
 * its arguments are where they were. */
static __attribute__((noinline)) status_t reconsider(struct thread *thread,
                                                     struct trap_frame *frame, status_t answer)
{
    bool met_limit =
        answer == STATUS_LIMIT || answer == STATUS_NO_MEMORY || answer == STATUS_NO_SPACE;
    if (met_limit && thread->call_flags & SYSCALL_PATIENT && epoch_waiting() > 0) {
        epoch_drain();
        answer = syscall_entries[frame->x[8]](thread, frame);
    }
    if (answer == STATUS_INTERRUPTED && thread->call_flags & SYSCALL_SIGNALS)
        thread_add_work(thread, THREAD_WORK_INTERRUPTED);
    else
        frame->x[0] = (uint64_t)answer;
    return answer;
}

void syscall_enter(struct trap_frame *frame)
{
    struct cpu *cpu = cpu_this();
    struct thread *thread = cpu->current;
    uint64_t number = frame->x[8];
    status_t answer = STATUS_BAD_CALL;
    cpu->syscalls++;
    trace(TRACE_SYSCALL_ENTER, number, frame->x[0]);
    thread->process->syscalls++;
    if (number < SYSCALL_COUNT) {
        thread->call_flags = syscall_flags[number];
        answer = syscall_entries[number](thread, frame);
    }
    if (answer == STATUS_OK)
        frame->x[0] = STATUS_OK;
    else
        answer = reconsider(thread, frame, answer);
    trace(TRACE_SYSCALL_EXIT, number, (uint64_t)answer);
    cpu = cpu_this(); /* The call may have slept and woken elsewhere. */
    if (thread->work != 0 || cpu->need_resched || schedule_has_surplus(cpu))
        trap_exit(cpu);
}
