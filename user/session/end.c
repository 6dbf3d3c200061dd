/* How a session ends. Its first program does, and the cell goes with all that still runs in it; or nobody is left
 * who began it or watches it, and then it is hung up as a terminal's line is: its first process hears SIGHUP and has
 * a moment. Whoever waits hears of the end when nothing of the session is left. */
#include <abi/posix_signal.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/session/session.h"

static void close_handle(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

void session_unmake(struct session *session)
{
    close_handle(&session->process);
    if (session->cell.raw != 0)
        (void)sys_cell_destroy(session->cell);
    close_handle(&session->cell);
}

struct session *session_find(struct sessions *sessions, uint64_t number)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->list[i].exists && sessions->list[i].number == number)
            return &sessions->list[i];
    return NULL;
}

void session_forget(struct session *session)
{
    session->exists = false;
}

static void tell_end(struct session *session)
{
    uint8_t bytes[64];
    struct session_wait_reply reply = { .code = session->exit_code };
    struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
    status_t status = session_wait_reply_encode(&reply, &parcel);
    reply_answer(&session->waiter, &parcel, status);
    session_forget(session);
}

/* Everything of it goes, then who waits is told. */
static void session_end(struct session *session)
{
    struct process_info info = { 0 };
    if (sys_process_info(session->process, &info) == STATUS_OK)
        session->exit_code = (uint32_t)info.exit_code;
    session_unmake(session);
    session->has_ended = true;
    log_line("session %u has ended, code %u", (unsigned)session->number, session->exit_code);
    if (session->waiter.raw != 0)
        tell_end(session);
    else if (session->is_hung_up)
        session_forget(session);
}

void session_ended(struct sessions *sessions, uint32_t index)
{
    struct session *session = &sessions->list[index];
    struct process_info info = { 0 };
    if (!session->exists || session->has_ended)
        return;
    /* What is told may be about who had this place before. */
    if (sys_process_info(session->process, &info) == STATUS_OK && info.state == PROCESS_ENDED)
        session_end(session);
}

/* It has begun it, or was made to watch it. */
static bool session_is_of(const struct session *session, uint64_t badge)
{
    return badge == session->opener || badge == (WATCH_BADGE | session->number);
}

status_t session_await(struct sessions *sessions, uint64_t number, uint64_t badge,
                       uint32_t *out_code)
{
    struct session *session = session_find(sessions, number);
    if (session == NULL || session->is_hung_up || !session_is_of(session, badge))
        return STATUS_NOT_FOUND;
    if (session->waiter.raw != 0)
        return STATUS_BUSY;
    if (!session->has_ended) {
        status_t status = sys_reply_save(&session->waiter);
        return status == STATUS_OK ? IPC_ANSWER_LATER : status;
    }
    *out_code = session->exit_code;
    session_forget(session);
    return STATUS_OK;
}

status_t session_signal(struct sessions *sessions, uint64_t number, uint64_t badge, uint32_t signal)
{
    struct session *session = session_find(sessions, number);
    if (session == NULL || session->has_ended || !session_is_of(session, badge))
        return STATUS_NOT_FOUND;
    return sys_process_signal(session->process, signal);
}

/* As a terminal's line that breaks down: who was there is told, and nobody waits for what he still does. A
 * program that knows no signals ends at once. */
static void hang_up(struct session *session)
{
    if (session->waiter.raw != 0)
        close_handle(&session->waiter); /* Answers PEER_CLOSED, if somebody is there to hear it. */
    if (session->has_ended) {
        session_forget(session);
        return;
    }
    log_line("session %u is hung up", (unsigned)session->number);
    session->is_hung_up = true;
    session->opener = 0;
    session->due_ns = clock_after(HANG_UP_NS);
    if (sys_process_signal(session->process, POSIX_SIGHUP) != STATUS_OK)
        session->due_ns = 0;
}

void sessions_hang_up(struct sessions *sessions, uint64_t badge)
{
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->list[i];
        if (session->exists && !session->is_hung_up && session_is_of(session, badge))
            hang_up(session);
    }
}

time_ns_t sessions_expire(struct sessions *sessions)
{
    time_ns_t now = clock_now(), next = TIME_NEVER;
    for (uint32_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->list[i];
        if (!session->exists || !session->is_hung_up)
            continue;
        if (session->due_ns <= now)
            session_end(session);
        else if (session->due_ns < next)
            next = session->due_ns;
    }
    return next;
}
