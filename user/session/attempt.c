/* Refusals take their time, and nobody else waits for them: the call is saved and answered later. More than
 * ATTEMPTS_MAX at a time are refused at once as too many, so that guessing in parallel gains nothing. */
#include <swos/syscalls.h>

#include <abi/ipc.h>

#include "user/rt/clock.h"
#include "user/session/session.h"

status_t attempt_refuse(struct sessions *sessions)
{
    struct attempt *attempt = sessions->attempts;
    while (attempt < sessions->attempts + ATTEMPTS_MAX && attempt->exists)
        attempt++;
    if (attempt == sessions->attempts + ATTEMPTS_MAX)
        return STATUS_LIMIT;
    status_t status = sys_reply_save(&attempt->reply);
    if (status != STATUS_OK)
        return status;
    attempt->exists = true;
    attempt->status = STATUS_NO_RIGHT;
    attempt->due_ns = clock_after(REFUSAL_DELAY_NS);
    return IPC_ANSWER_LATER;
}

static void answer(struct attempt *attempt)
{
    static const struct ipc_message nothing;
    (void)sys_reply_send(attempt->reply, &nothing, attempt->status); /* Who asked may be gone. */
    (void)sys_handle_close(attempt->reply.raw);
    attempt->exists = false;
}

time_ns_t attempts_answer(struct sessions *sessions)
{
    time_ns_t now = clock_now(), next = TIME_NEVER;
    for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
        struct attempt *attempt = &sessions->attempts[i];
        if (attempt->exists && attempt->due_ns <= now)
            answer(attempt);
        else if (attempt->exists && attempt->due_ns < next)
            next = attempt->due_ns;
    }
    return next;
}
