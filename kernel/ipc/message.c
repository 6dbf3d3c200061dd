/* How a long message crosses. Handles are moved in two passes: the first finds every reason to
 * refuse while nothing has changed, the second takes. Only the sender's own other threads, closing
 * a handle in between, can make the second fail; then what was taken is closed. */
#include "kernel/ipc/message.h"

#include <string.h>

#include "kernel/cell/charge.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "lib/base/assert.h"

status_t message_describe(struct user_in user, struct ipc_message *out_message)
{
    struct ipc_message message;
    status_t status = user_read(&message, user.address, sizeof message);
    if (status != STATUS_OK)
        return status;
    if (message.byte_count > IPC_BYTES_MAX || message.handle_count > IPC_HANDLES_MAX)
        return STATUS_TOO_BIG;
    *out_message = message;
    return STATUS_OK;
}

static status_t payload_alloc(struct cell *cell, uint32_t byte_count, uint32_t handle_count,
                              struct ipc_payload **out_payload)
{
    size_t size =
        sizeof(struct ipc_payload) + handle_count * sizeof(struct capability) + byte_count;
    void *memory;
    status_t status = charged_kmalloc(cell, size, &memory);
    if (status != STATUS_OK)
        return status;
    struct ipc_payload *payload = memory;
    payload->cell = cell;
    object_ref(&cell->object);
    payload->size = size;
    payload->byte_count = byte_count;
    payload->handle_count = handle_count;
    *out_payload = payload;
    return STATUS_OK;
}

/* Whether every handle could be moved; changes nothing. */
static status_t handles_check(struct handle_table *table, const handle_t *handles, uint32_t count,
                              uint64_t kinds)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (handles[i].raw == handles[j].raw)
                return STATUS_INVALID;
        struct capability capability;
        status_t status = handle_copy(table, handles[i], RIGHT_TRANSFER, &capability);
        if (status != STATUS_OK)
            return status;
        bool is_allowed = (kinds & OBJECT_BIT(object_kind(capability.object))) != 0;
        capability_drop(&capability);
        if (!is_allowed)
            return STATUS_INVALID;
    }
    return STATUS_OK;
}

static status_t handles_take(struct handle_table *table, const handle_t *handles,
                             struct ipc_payload *payload)
{
    for (uint32_t i = 0; i < payload->handle_count; i++) {
        status_t status = handle_take(table, handles[i], RIGHT_TRANSFER, &payload->capabilities[i]);
        if (status != STATUS_OK)
            return status; /* The rest stays zero, which payload_drop passes over. */
    }
    return STATUS_OK;
}

status_t payload_from_user(struct thread *sender, const struct ipc_message *message, uint64_t kinds,
                           struct ipc_payload **out_payload)
{
    handle_t handles[IPC_HANDLES_MAX];
    struct handle_table *table = &sender->process->handles;
    status_t status =
        user_read(handles, (uaddr_t){ message->handles }, message->handle_count * sizeof(handle_t));
    if (status != STATUS_OK)
        return status;
    status = handles_check(table, handles, message->handle_count, kinds);
    if (status != STATUS_OK)
        return status;
    struct ipc_payload *payload = NULL;
    status =
        payload_alloc(sender->process->cell, message->byte_count, message->handle_count, &payload);
    if (status != STATUS_OK)
        return status;
    status = user_read(payload_bytes(payload), (uaddr_t){ message->bytes }, message->byte_count);
    if (status == STATUS_OK)
        status = handles_take(table, handles, payload);
    if (status != STATUS_OK) {
        payload_drop(payload);
        return status;
    }
    *out_payload = payload;
    return STATUS_OK;
}

/* Take back the first `count` of the handles that were just given out. A slot that the receiver's
 * other threads have closed in the meantime is lost, by their own doing. */
static void handles_take_back(struct handle_table *table, const handle_t *handles, uint32_t count,
                              struct ipc_payload *payload)
{
    for (uint32_t i = 0; i < count; i++) {
        payload->capabilities[i].object = NULL;
        status_t status = handle_take(table, handles[i], 0, &payload->capabilities[i]);
        if (status != STATUS_OK)
            payload->capabilities[i] = (struct capability){ .object = NULL };
    }
}

/* Into slots: all of them, or none. */
static status_t handles_give(struct handle_table *table, struct ipc_payload *payload,
                             handle_t *out_handles)
{
    for (uint32_t i = 0; i < payload->handle_count; i++) {
        status_t status = payload->capabilities[i].object == NULL
                              ? STATUS_OK
                              : handle_add(table, payload->capabilities[i], &out_handles[i]);
        if (status != STATUS_OK) {
            handles_take_back(table, out_handles, i, payload);
            return status;
        }
    }
    return STATUS_OK;
}

status_t payload_to_user(struct thread *receiver, struct ipc_payload *payload,
                         struct user_out bytes, struct user_out handles)
{
    handle_t given[IPC_HANDLES_MAX] = { 0 };
    struct handle_table *table = &receiver->process->handles;
    size_t handles_size = payload->handle_count * sizeof(handle_t);
    if (payload->byte_count > bytes.len || handles_size > handles.len)
        return STATUS_TOO_BIG;
    status_t status = user_write(bytes.address, payload_bytes(payload), payload->byte_count);
    if (status == STATUS_OK)
        status = handles_give(table, payload, given);
    if (status != STATUS_OK)
        return status;
    status = user_write(handles.address, given, handles_size);
    if (status != STATUS_OK) {
        handles_take_back(table, given, payload->handle_count, payload);
        return status;
    }
    for (uint32_t i = 0; i < payload->handle_count; i++)
        payload->capabilities[i].object = NULL; /* The slots have them. */
    return STATUS_OK;
}

void payload_drop(struct ipc_payload *payload)
{
    if (payload == NULL)
        return;
    for (uint32_t i = 0; i < payload->handle_count; i++)
        if (payload->capabilities[i].object != NULL)
            capability_drop(&payload->capabilities[i]);
    struct cell *cell = payload->cell;
    charged_kfree(cell, payload, payload->size);
    object_unref(&cell->object);
}
