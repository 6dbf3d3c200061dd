/* See path_argument.h. */
#include "kernel/syscall/path_argument.h"

#include <arch/trap.h>

#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

inline status_t path_argument_read(struct path_argument *argument, struct user_in path)
{
    if (path.len > FILE_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    argument->path = const_span_of(argument->bytes, path.len);
    return user_read(argument->bytes, path.address, path.len);
}

inline status_t path_argument_read_now(struct path_argument *argument, struct user_in path)
{
    if (path.len > FILE_PATH_MAX)
        return STATUS_NAME_TOO_LONG;
    argument->path = const_span_of(argument->bytes, path.len);
    return user_read_now(argument->bytes, path.address, path.len);
}

status_t argument_capability(struct thread *caller, unsigned index, const struct object *object,
                             struct capability *out_capability)
{
    handle_t handle = { trap_user_frame(caller)->x[index] };
    struct capability capability;
    status_t status = handle_copy(&caller->process->handles, handle, 0, &capability);
    if (status != STATUS_OK)
        return status;
    if (capability.object != object) {
        capability_drop(&capability);
        return STATUS_BAD_HANDLE;
    }
    *out_capability = capability;
    return STATUS_OK;
}

status_t handle_give_granted(struct thread *caller, struct object *object, rights_t rights,
                             struct grant *grant, handle_t *out_handle)
{
    struct capability capability = capability_of(object, rights, grant);
    object_unref(object);
    status_t status = handle_add(&caller->process->handles, capability, out_handle);
    if (status != STATUS_OK)
        capability_drop(&capability);
    return status;
}
