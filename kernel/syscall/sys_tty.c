/* Calls 200, 201 and 296 to 311: terminals. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/tty/job.h"
#include "kernel/tty/pty.h"

status_t syscall_tty_read(struct thread *caller, struct tty *tty, struct user_out dst,
                          uint32_t flags, time_ns_t deadline, size_t *out_actual)
{
    return tty_read(tty, dst, flags, deadline, out_actual);
}

status_t syscall_tty_write(struct thread *caller, struct tty *tty, struct user_in src,
                           size_t *out_actual)
{
    return tty_write(tty, src, 0, TIME_NEVER, out_actual);
}

status_t syscall_pty_create(struct thread *caller, handle_t *out_master, uint32_t *out_number)
{
    struct object *master;
    uint32_t number;
    status_t status = pty_create(caller->process->cell, &master, &number);
    if (status == STATUS_OK)
        status = handle_give(&caller->process->handles, master, TTY_RIGHTS, out_master);
    if (status == STATUS_OK)
        *out_number = number;
    return status;
}

static status_t give_end(struct thread *caller, struct object *tty, handle_t *out_tty)
{
    struct object *held = object_ref(tty);
    status_t status = handle_give(&caller->process->handles, tty, TTY_RIGHTS, out_tty);
    if (status == STATUS_OK)
        pty_opened(held);
    object_unref(held);
    return status;
}

status_t syscall_pty_open(struct thread *caller, uint32_t number, handle_t *out_tty)
{
    struct object *tty;
    status_t status = pty_find(caller->process->cell, number, &tty);
    return status == STATUS_OK ? give_end(caller, tty, out_tty) : status;
}

status_t syscall_pty_peer(struct thread *caller, struct tty *master, handle_t *out_tty)
{
    struct object *tty;
    status_t status = pty_peer(master, &tty);
    return status == STATUS_OK ? give_end(caller, tty, out_tty) : status;
}

status_t syscall_pty_lock(struct thread *caller, struct tty *master, bool locked)
{
    return pty_lock(master, locked);
}

status_t syscall_tty_attributes(struct thread *caller, struct tty *tty, struct user_out out)
{
    struct tty_attributes attributes;
    tty_attributes_get(tty, &attributes);
    return user_write(out.address, &attributes, sizeof attributes);
}

status_t syscall_tty_attributes_set(struct thread *caller, struct tty *tty, struct user_in in,
                                    uint32_t when)
{
    struct tty_attributes attributes;
    if (when > TTY_SET_FLUSHED)
        return STATUS_INVALID;
    status_t status = user_read(&attributes, in.address, sizeof attributes);
    return status == STATUS_OK ? tty_attributes_set(tty, &attributes, when) : status;
}

status_t syscall_tty_window(struct thread *caller, struct tty *tty, struct user_out out)
{
    struct tty_window window;
    tty_window_get(tty, &window);
    return user_write(out.address, &window, sizeof window);
}

status_t syscall_tty_window_set(struct thread *caller, struct tty *tty, struct user_in in)
{
    struct tty_window window;
    status_t status = user_read(&window, in.address, sizeof window);
    if (status == STATUS_OK)
        tty_window_set(tty, &window);
    return status;
}

status_t syscall_tty_flush(struct thread *caller, struct tty *tty, uint32_t which)
{
    return tty_flush(tty, which);
}

status_t syscall_tty_flow(struct thread *caller, struct tty *tty, uint32_t action)
{
    return action <= TTY_FLOW_START ? tty_flow(tty, action) : STATUS_INVALID;
}

status_t syscall_tty_drain(struct thread *caller, struct tty *tty)
{
    return tty_drain(tty);
}

status_t syscall_tty_state(struct thread *caller, struct tty *tty, struct user_out out)
{
    struct tty_state state;
    tty_state_get(tty, &state);
    return user_write(out.address, &state, sizeof state);
}

status_t syscall_tty_session_take(struct thread *caller, struct capability *tty)
{
    return job_take(caller, tty);
}

status_t syscall_tty_session_leave(struct thread *caller, struct tty *tty)
{
    return job_leave(caller, tty);
}

status_t syscall_tty_foreground_set(struct thread *caller, struct tty *tty, uint64_t group)
{
    return job_foreground_set(caller, tty, group);
}

status_t syscall_tty_controlling(struct thread *caller, handle_t *out_tty)
{
    struct capability tty;
    status_t status = job_controlling(caller, &tty);
    if (status != STATUS_OK)
        return status;
    struct object *held = object_ref(tty.object);
    status = handle_add(&caller->process->handles, tty, out_tty);
    if (status == STATUS_OK)
        pty_opened(held);
    else
        capability_drop(&tty);
    object_unref(held);
    return status;
}
