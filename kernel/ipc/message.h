/* Long messages on their way: up to 64 KiB and 16 capabilities, in kernel memory that is charged to
 * the sender's cell until the receiver has taken them. Thread context; may sleep (user memory). */
#pragma once

#include <abi/ipc.h>

#include "kernel/mm/user_copy.h"
#include "kernel/object/handle.h"

struct thread;

struct ipc_payload {
    struct cell *cell; /* Charged for `size`; one reference. */
    size_t size;       /* What was allocated. */
    uint32_t byte_count;
    uint32_t handle_count;
    struct capability capabilities[]; /* handle_count of them; the bytes follow. */
};

static inline uint8_t *payload_bytes(struct ipc_payload *payload)
{
    return (uint8_t *)(payload->capabilities + payload->handle_count);
}

/* Read the description of a message. @return BAD_ADDRESS, TOO_BIG. */
status_t message_describe(struct user_in user, struct ipc_message *out_message);

/* Take a message out of the sender's memory and handle table: its handles are moved, all or none.
 * @param kinds  OBJECT_BIT of those that may be in it.
 * @return BAD_ADDRESS; BAD_HANDLE, NO_RIGHT (no +TRANSFER), INVALID (a handle twice, or of a kind
 *         that may not be in it); NO_MEMORY, LIMIT. */
status_t payload_from_user(struct thread *sender, const struct ipc_message *message, uint64_t kinds,
                           struct ipc_payload **out_payload);

/* A letter waits in its endpoint's queue with nobody behind it. With an endpoint in it, it could keep
 * that queue open itself, directly or in a circle, when all else has let go. */
#define LETTER_KINDS (OBJECT_BITS_ALL & ~OBJECT_BIT(OBJECT_ENDPOINT))

/* Copy a message out and put its handles into the receiver's table. On failure the payload is as it
 * was. The payload remains the caller's to drop.
 * @return TOO_BIG when the room is too small, BAD_ADDRESS, NO_SLOT, LIMIT, NO_MEMORY. */
status_t payload_to_user(struct thread *receiver, struct ipc_payload *payload,
                         struct user_out bytes, struct user_out handles);

/* Free it, closing the handles that are still inside. NULL is allowed. Never sleeps; no lock held,
 * since the last handle of something may go. */
void payload_drop(struct ipc_payload *payload);
