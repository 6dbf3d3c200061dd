/* Refusals take their time, and nobody else waits for them: the call is saved and answered later. More than
 * ATTEMPTS_MAX at a time are refused at once as too many, so that guessing in parallel gains nothing. */
#include <swos/syscalls.h>

#include <abi/ipc.h>

#include "user/ipc/call.h"
#include "user/rt/clock.h"
#include "user/session/session.h"

void reply_answer(handle_t *reply, struct ipc_parcel *parcel, status_t status)
{
    struct ipc_message message = { 0 };
    if (status == STATUS_OK && parcel != NULL)
        message = (struct ipc_message){ .bytes = (uintptr_t)parcel->bytes,
                                        .handles = (uintptr_t)parcel->handles,
                                        .byte_count = (uint32_t)parcel->len,
                                        .handle_count = (uint32_t)parcel->handle_count };
    status_t sent = sys_reply_send(*reply, &message, status);
    if (sent != STATUS_OK && parcel != NULL)
        ipc_parcel_close(parcel); /* Who asked is gone. */
    (void)sys_handle_close(reply->raw);
    *reply = HANDLE_NONE;
}

static struct attempt *attempt_free(struct sessions *sessions)
{
    for (size_t i = 0; i < ATTEMPTS_MAX; i++)
        if (!sessions->attempts[i].exists)
            return &sessions->attempts[i];
    return NULL;
}

void attempt_refuse_later(struct sessions *sessions, handle_t reply, time_ns_t begun_ns)
{
    struct attempt *attempt = attempt_free(sessions);
    if (attempt == NULL)
        reply_answer(&reply, NULL, STATUS_LIMIT);
    else
        *attempt = (struct attempt){ true, reply, begun_ns + REFUSAL_DELAY_NS };
}

status_t attempt_refuse(struct sessions *sessions)
{
    handle_t reply;
    if (attempt_free(sessions) == NULL)
        return STATUS_LIMIT;
    status_t status = sys_reply_save(&reply);
    if (status != STATUS_OK)
        return status;
    attempt_refuse_later(sessions, reply, clock_now());
    return IPC_ANSWER_LATER;
}

time_ns_t attempts_answer(struct sessions *sessions)
{
    time_ns_t now = clock_now(), next = TIME_NEVER;
    for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
        struct attempt *attempt = &sessions->attempts[i];
        if (attempt->exists && attempt->due_ns <= now) {
            reply_answer(&attempt->reply, NULL, STATUS_NO_RIGHT);
            attempt->exists = false;
        } else if (attempt->exists && attempt->due_ns < next) {
            next = attempt->due_ns;
        }
    }
    return next;
}
