/* Calls 282 to 287: timers of POSIX, CPU time, sleeping by the wall clock. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/device/wall_clock.h"
#include "kernel/mm/user_copy.h"
#include "kernel/posix/cpu_clock.h"
#include "kernel/posix/interval_timer.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/signal_target.h"

status_t syscall_interval_timer_create(struct thread *caller, uint32_t clock, uint64_t clock_thread,
                                       struct clock *wall, struct user_in event,
                                       uint32_t *out_timer)
{
    struct posix_process *posix;
    struct interval_event given;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = user_read(&given, event.address, sizeof given);
    if (status != STATUS_OK)
        return status;
    if (clock == INTERVAL_CLOCK_WALL && wall == NULL)
        return STATUS_NO_RIGHT;
    if (clock == INTERVAL_CLOCK_WALL)
        (void)wall_clock_read(); /* From now on it is known. */
    if (clock_thread == 0)
        clock_thread = caller->id;
    return interval_timer_create(posix, clock, clock_thread, &given, out_timer);
}

status_t syscall_interval_timer_set(struct thread *caller, uint32_t timer, uint32_t flags,
                                    uint64_t value, uint64_t interval, uint64_t *out_old_value,
                                    uint64_t *out_old_interval)
{
    struct posix_process *posix;
    const struct interval_setting setting = { value, interval };
    struct interval_setting old;
    status_t status = posix_of(caller->process, &posix);
    if (status == STATUS_OK)
        status = interval_timer_set(posix, timer, (flags & INTERVAL_SET_ABSOLUTE) != 0,
                                    flags & INTERVAL_SET_READ ? NULL : &setting, &old);
    if (status != STATUS_OK)
        return status;
    *out_old_value = old.value;
    *out_old_interval = old.interval;
    return STATUS_OK;
}

status_t syscall_interval_timer_overrun(struct thread *caller, uint32_t timer, uint32_t *out_count)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? interval_timer_overrun(posix, timer, out_count) : status;
}

status_t syscall_interval_timer_delete(struct thread *caller, uint32_t timer)
{
    struct posix_process *posix;
    status_t status = posix_of(caller->process, &posix);
    return status == STATUS_OK ? interval_timer_delete(posix, timer) : status;
}

status_t syscall_cpu_clock_read(struct thread *caller, uint64_t process, uint64_t thread,
                                time_ns_t *out_now)
{
    struct signal_target target;
    status_t status = signal_target_find(caller, process, thread, &target);
    if (status != STATUS_OK)
        return status;
    struct posix_process *posix = target.process->posix;
    spin_lock(&posix->signals.lock);
    *out_now = target.thread != NULL ? cpu_clock_thread(target.thread) : cpu_clock_process(posix);
    spin_unlock(&posix->signals.lock);
    signal_target_drop(&target);
    return STATUS_OK;
}

status_t syscall_clock_sleep_wall(struct thread *caller, struct clock *clock, uint64_t wall)
{
    return wall_clock_sleep(wall);
}
