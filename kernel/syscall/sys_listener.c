/* Calls 102 to 105: listeners. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/listener.h"
#include "kernel/stream/stream.h"

enum {
    LISTENER_RIGHTS_COMMON = RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT,
};

status_t syscall_listener_create(struct thread *caller, struct user_in address, uint32_t backlog,
                                 handle_t *out_listener, handle_t *out_post)
{
    struct socket_address name;
    struct listener *accepting = NULL, *posting = NULL;
    status_t status = user_read(&name, address.address, sizeof name);
    if (status != STATUS_OK)
        return status;
    status = listener_create(caller->process->cell, &name, backlog, &accepting, &posting);
    if (status != STATUS_OK)
        return status;
    return handle_give_two(&caller->process->handles, &accepting->object,
                           LISTENER_RIGHTS_COMMON | RIGHT_LISTENER_ACCEPT, &posting->object,
                           LISTENER_RIGHTS_COMMON | RIGHT_LISTENER_POST, out_listener, out_post);
}

/* Everything that can fail, before the arrival is the caller's. */
static status_t arrival_deliver(struct thread *caller, struct arrival *arrival,
                                struct user_out out_peer, handle_t *out_stream)
{
    status_t status = user_write(out_peer.address, &arrival->peer, sizeof arrival->peer);
    if (status == STATUS_OK)
        status =
            stream_move_charges((struct stream *)arrival->capability.object, caller->process->cell);
    if (status == STATUS_OK)
        status = handle_add(&caller->process->handles, arrival->capability, out_stream);
    return status;
}

status_t syscall_listener_accept(struct thread *caller, struct listener *listener,
                                 struct user_out out_peer, uint32_t flags, time_ns_t deadline,
                                 handle_t *out_stream)
{
    struct arrival *arrival = NULL;
    status_t status = listener_take(listener, (flags & STREAM_NO_WAIT) != 0, deadline, &arrival);
    if (status != STATUS_OK)
        return status;
    status = arrival_deliver(caller, arrival, out_peer, out_stream);
    if (status == STATUS_OK)
        arrival_free(arrival);
    else
        listener_return(listener, arrival);
    return status;
}

status_t syscall_listener_post(struct thread *caller, struct listener *listener, uint64_t stream,
                               struct user_in peer)
{
    struct handle_table *table = &caller->process->handles;
    struct socket_address name;
    struct capability capability;
    status_t status = user_read(&name, peer.address, sizeof name);
    if (status != STATUS_OK)
        return status;
    status = handle_copy(table, (handle_t){ stream }, RIGHT_TRANSFER, &capability);
    if (status != STATUS_OK)
        return status;
    if (object_kind(capability.object) != OBJECT_STREAM)
        status = STATUS_WRONG_KIND;
    else
        status = listener_post(listener, &capability, &name);
    if (status != STATUS_OK) {
        capability_drop(&capability);
        return status;
    }
    /* The queue has a copy; the original goes. Another thread may have closed it: as well. */
    status_t closed = handle_close(table, (handle_t){ stream });
    (void)closed;
    return STATUS_OK;
}

status_t syscall_listener_info(struct thread *caller, struct listener *listener,
                               struct user_out out_address, uint32_t *out_queued,
                               uint32_t *out_backlog)
{
    struct socket_address name;
    listener_info(listener, &name, out_queued, out_backlog);
    return user_write(out_address.address, &name, sizeof name);
}
