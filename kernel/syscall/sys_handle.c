/* Calls on handles, and on any object that can be waited for. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

enum { LIST_BATCH = 32 };

status_t syscall_handle_close(struct thread *caller, uint64_t handle)
{
    return handle_close(&caller->process->handles, (handle_t){ handle });
}

status_t syscall_handle_duplicate(struct thread *caller, uint64_t handle, rights_t rights,
                                  handle_t *out_new)
{
    struct handle_table *table = &caller->process->handles;
    struct capability copy;
    status_t status = handle_copy(table, (handle_t){ handle }, RIGHT_DUPLICATE, &copy);
    if (status != STATUS_OK)
        return status;
    if ((rights & ~copy.rights) != 0)
        status = STATUS_NO_RIGHT; /* Nothing adds a right. */
    copy.rights = rights;
    if (status == STATUS_OK)
        status = handle_add(table, copy, out_new);
    if (status != STATUS_OK)
        capability_drop(&copy);
    return status;
}

status_t syscall_handle_info(struct thread *caller, uint64_t handle, uint32_t *out_kind,
                             uint32_t *out_rights, uint64_t *out_id)
{
    struct capability copy;
    status_t status = handle_copy(&caller->process->handles, (handle_t){ handle }, 0, &copy);
    if (status != STATUS_OK)
        return status;
    *out_kind = object_kind(copy.object);
    *out_rights = copy.rights;
    *out_id = object_number(copy.object);
    capability_drop(&copy);
    return STATUS_OK;
}

status_t syscall_handle_list(struct thread *caller, struct user_out buffer, size_t *out_actual)
{
    handle_t batch[LIST_BATCH];
    uint32_t index = 0, count;
    size_t at = 0;
    while ((count = handle_enumerate(&caller->process->handles, &index, batch, LIST_BATCH)) > 0) {
        size_t room = at < buffer.len ? (buffer.len - at) / sizeof(handle_t) : 0;
        size_t part = (count < room ? count : room) * sizeof(handle_t);
        uaddr_t place = { buffer.address.raw + at };
        if (part > 0 && user_write(place, batch, part) != STATUS_OK)
            return STATUS_BAD_ADDRESS;
        at += count * sizeof(handle_t);
    }
    *out_actual = at / sizeof(handle_t);
    return STATUS_OK;
}

status_t syscall_object_wait(struct thread *caller, struct object *object, uint32_t signals,
                             time_ns_t deadline, uint32_t *out_seen)
{
    if (object->ops->signals == NULL)
        return STATUS_NOT_SUPPORTED;
    return signal_wait(object->ops->signals(object), signals, deadline, out_seen);
}

status_t syscall_grant_create(struct thread *caller, uint64_t handle, rights_t rights,
                              handle_t *out_new, handle_t *out_grant)
{
    struct handle_table *table = &caller->process->handles;
    struct capability copy;
    struct grant *grant;
    status_t status = handle_copy(table, (handle_t){ handle }, RIGHT_DUPLICATE, &copy);
    if (status != STATUS_OK)
        return status;
    status = (rights & ~copy.rights) != 0 ? STATUS_NO_RIGHT
                                          : grant_create(copy.grant, caller->process->cell, &grant);
    if (status != STATUS_OK) {
        capability_drop(&copy);
        return status;
    }
    struct capability narrowed = capability_of(copy.object, rights, grant);
    capability_drop(&copy);
    handle_t new = HANDLE_NONE;
    status = handle_add(table, narrowed, &new);
    if (status != STATUS_OK) {
        capability_drop(&narrowed);
        object_unref(&grant->object);
        return status;
    }
    status =
        handle_give(table, &grant->object,
                    RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_CONTROL, out_grant);
    if (status == STATUS_OK)
        *out_new = new;
    else
        status = handle_close(table, new) == STATUS_OK ? status : status;
    return status;
}

status_t syscall_grant_revoke(struct thread *caller, struct grant *grant)
{
    grant_revoke(grant);
    return STATUS_OK;
}
