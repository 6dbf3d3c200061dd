/* Calls on the log, the clock, entropy and power. */
#include <kernel_gen/syscall_handlers.h>

#include <arch/cpu.h>

#include "kernel/base/entropy.h"
#include "kernel/base/log_read.h"
#include "kernel/device/wall_clock.h"
#include "kernel/mm/user_copy.h"
#include "kernel/posix/interval_timer.h"

enum {
    LOG_PIECE = 1024,
    LOG_LINE_MAX = 257, /* The longest line, with its newline. */
    ENTROPY_MAX = 256,
};

/* A buffer that takes the longest line takes at least one of what is there. */
status_t syscall_log_read(struct thread *caller, struct log *log, struct user_out buffer,
                          uint64_t cursor, time_ns_t deadline, size_t *out_actual,
                          uint64_t *out_next)
{
    char text[LOG_PIECE];
    if (buffer.len < LOG_LINE_MAX)
        return STATUS_INVALID;
    status_t status = log_wait(cursor, deadline);
    if (status != STATUS_OK)
        return status;
    size_t len = log_copy(&cursor, text, buffer.len < sizeof text ? buffer.len : sizeof text);
    status = user_write(buffer.address, text, len);
    if (status != STATUS_OK)
        return status;
    *out_actual = len;
    *out_next = cursor;
    return STATUS_OK;
}

status_t syscall_power_off(struct thread *caller, struct power *power)
{
    cpu_power_off();
    return STATUS_OK;
}

status_t syscall_power_reset(struct thread *caller, struct power *power)
{
    cpu_reset();
    return STATUS_OK;
}

status_t syscall_entropy_read(struct thread *caller, struct entropy *entropy, struct user_out dst)
{
    uint8_t bytes[ENTROPY_MAX];
    if (dst.len > sizeof bytes)
        return STATUS_TOO_BIG;
    entropy_fill(bytes, dst.len);
    status_t status = user_write(dst.address, bytes, dst.len);
    entropy_fill(bytes, sizeof bytes); /* What was given out does not stay on the stack. */
    return status;
}

status_t syscall_clock_wall(struct thread *caller, struct clock *clock, uint64_t *out_wall)
{
    *out_wall = wall_clock_read();
    return STATUS_OK;
}

status_t syscall_clock_set(struct thread *caller, struct clock *clock, uint64_t wall)
{
    wall_clock_set(wall);
    interval_timers_look_again();
    return STATUS_OK;
}
