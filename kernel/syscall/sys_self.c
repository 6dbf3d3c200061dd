/* Calls on oneself: null, yield, exit, clock, sleep, a line for the log. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/base/log.h"
#include "kernel/mm/user_copy.h"
#include "kernel/process/process.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait_state.h"

enum { DEBUG_LINE_MAX = 256 };

status_t syscall_null(struct thread *caller)
{
    return STATUS_OK;
}

status_t syscall_thread_yield(struct thread *caller)
{
    schedule_yield();
    return STATUS_OK;
}

_Noreturn void syscall_process_exit(struct thread *caller, uint32_t code)
{
    process_end(caller->process, code);
    thread_exit();
}

_Noreturn void syscall_thread_exit(struct thread *caller)
{
    thread_exit();
}

status_t syscall_clock_read(struct thread *caller, time_ns_t *out_now)
{
    *out_now = clock_now();
    return STATUS_OK;
}

status_t syscall_thread_sleep(struct thread *caller, time_ns_t deadline)
{
    if (clock_now() >= deadline)
        return STATUS_OK;
    wait_prepare();
    status_t status = wait_commit(NULL, deadline);
    return status == STATUS_TIMED_OUT ? STATUS_OK : status;
}

status_t syscall_debug_write(struct thread *caller, struct user_in text)
{
    char line[DEBUG_LINE_MAX];
    if (text.len > sizeof line)
        return STATUS_TOO_BIG;
    status_t status = user_read(line, text.address, text.len);
    if (status == STATUS_OK)
        klog("%s: %.*s", caller->process->name, (int)text.len, line);
    return status;
}
