/* ipc_call and ipc_send: a parcel through the long calls of a channel. */
#include "user/ipc/call.h"

#include <abi/ipc.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"

_Static_assert((int)IPC_PARCEL_HANDLES_MAX == (int)IPC_HANDLES_MAX, "one limit, two names");
_Static_assert((int)IPC_PARCEL_BYTES_MAX == (int)IPC_BYTES_MAX, "one limit, two names");

static struct ipc_message message_of(struct ipc_parcel *parcel)
{
    ASSERT(parcel->len <= parcel->capacity);
    ASSERT(parcel->handle_count <= IPC_PARCEL_HANDLES_MAX);
    return (struct ipc_message){
        .bytes = (uintptr_t)parcel->bytes,
        .handles = (uintptr_t)parcel->handles,
        .byte_count = (uint32_t)parcel->len,
        .handle_count = (uint32_t)parcel->handle_count,
    };
}

status_t ipc_call(handle_t channel, time_ns_t deadline, struct ipc_parcel *parcel)
{
    struct ipc_message request = message_of(parcel);
    struct ipc_message reply = request;
    size_t capacity =
        parcel->capacity < IPC_PARCEL_BYTES_MAX ? parcel->capacity : IPC_PARCEL_BYTES_MAX;
    reply.byte_count = (uint32_t)capacity;
    reply.handle_count = IPC_PARCEL_HANDLES_MAX;
    status_t status = sys_channel_call_long(channel, &request, &reply, deadline);
    if (status != STATUS_OK)
        return status;
    parcel->len = reply.byte_count;
    parcel->handle_count = reply.handle_count;
    return STATUS_OK;
}

status_t ipc_send(handle_t channel, struct ipc_parcel *parcel)
{
    struct ipc_message message = message_of(parcel);
    return sys_channel_send(channel, &message);
}

void ipc_parcel_close(struct ipc_parcel *parcel)
{
    for (size_t i = 0; i < parcel->handle_count; i++)
        if (parcel->handles[i].raw != 0)
            (void)sys_handle_close(parcel->handles[i].raw);
    parcel->handle_count = 0;
}
