/* Calls that make numbers for what waits and counts: 248 to 251. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/ipc/counter.h"
#include "kernel/ipc/port.h"
#include "kernel/mm/user_copy.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/syscall/descriptor_give.h"

/* A number for a new object, whose one reference is taken over whatever the outcome. */
static status_t object_give(struct thread *caller, struct object *object, rights_t rights,
                            uint32_t flags, uint32_t *out_number)
{
    static const struct descriptor_words no_words;
    struct capability target = capability_of(object, rights, NULL);
    object_unref(object);
    status_t status = descriptor_give(caller, &target, &no_words, flags, 0, out_number);
    if (status != STATUS_OK)
        capability_drop(&target);
    return status;
}

status_t syscall_descriptor_counter(struct thread *caller, uint64_t value, uint32_t flags,
                                    uint32_t *out_number)
{
    struct counter *counter;
    if (value == UINT64_MAX || ((flags & COUNTER_TIMER) && value != 0))
        return STATUS_INVALID;
    status_t status = counter_create(caller->process->cell, value,
                                     flags & (COUNTER_TIMER | COUNTER_ONE_BY_ONE), &counter);
    if (status != STATUS_OK)
        return status;
    return object_give(caller, &counter->object, RIGHTS_COUNTER,
                       flags | DESCRIPTION_READ | DESCRIPTION_WRITE, out_number);
}

status_t syscall_counter_set(struct thread *caller, struct counter *counter, struct user_in setting,
                             struct user_out old)
{
    struct counter_timer wanted, was;
    status_t status = user_read(&wanted, setting.address, sizeof wanted);
    if (status == STATUS_OK)
        status = counter_set(counter, &wanted, &was);
    if (status == STATUS_OK && old.len > 0)
        status = user_write(old.address, &was, sizeof was);
    return status;
}

status_t syscall_counter_info(struct thread *caller, struct counter *counter, struct user_out timer)
{
    struct counter_timer state;
    status_t status = counter_describe(counter, &state);
    return status == STATUS_OK ? user_write(timer.address, &state, sizeof state) : status;
}

status_t syscall_descriptor_port(struct thread *caller, uint32_t flags, uint32_t *out_number)
{
    struct port *port;
    status_t status = port_create(caller->process->cell, &port);
    if (status != STATUS_OK)
        return status;
    return object_give(caller, &port->object, RIGHTS_PORT, flags, out_number);
}
