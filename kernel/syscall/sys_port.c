/* Calls 80 to 87: ports, events, timers. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/ipc/event.h"
#include "kernel/ipc/port.h"
#include "kernel/ipc/timer_object.h"
#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

status_t syscall_port_create(struct thread *caller, handle_t *out_port)
{
    struct port *port = NULL;
    status_t status = port_create(caller->process->cell, &port);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &port->object, RIGHTS_PORT, out_port);
}

status_t syscall_port_bind(struct thread *caller, struct port *port, struct object *object,
                           uint64_t key, uint32_t signals, uint32_t flags)
{
    if ((flags & PORT_NEW) && (flags & PORT_CHANGE))
        return STATUS_INVALID;
    return port_bind(port, object, key, signals, flags);
}

status_t syscall_port_unbind(struct thread *caller, struct port *port, struct object *object)
{
    return port_unbind(port, object);
}

status_t syscall_port_wait(struct thread *caller, struct port *port, struct user_out packets,
                           time_ns_t deadline, size_t *out_actual)
{
    struct port_packet taken[PORT_BATCH_MAX];
    size_t count = packets.len / sizeof taken[0];
    size_t actual = 0;
    if (count == 0)
        return STATUS_INVALID;
    if (count > PORT_BATCH_MAX)
        count = PORT_BATCH_MAX;
    status_t status = port_wait(port, taken, count, deadline, &actual);
    if (status != STATUS_OK)
        return status;
    *out_actual = actual;
    return user_write(packets.address, taken, actual * sizeof taken[0]);
}

status_t syscall_event_create(struct thread *caller, handle_t *out_event)
{
    struct event *event = NULL;
    status_t status = event_create(caller->process->cell, &event);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &event->object, RIGHTS_EVENT, out_event);
}

status_t syscall_event_signal(struct thread *caller, struct event *event, uint32_t clear,
                              uint32_t set)
{
    return event_signal(event, clear, set);
}

status_t syscall_timer_create(struct thread *caller, handle_t *out_timer)
{
    struct timer_object *timer = NULL;
    status_t status = timer_object_create(caller->process->cell, &timer);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, &timer->object, RIGHTS_TIMER, out_timer);
}

status_t syscall_timer_set(struct thread *caller, struct timer_object *timer, time_ns_t deadline)
{
    timer_object_set(timer, deadline);
    return STATUS_OK;
}
