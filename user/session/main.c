/* The session service: checks who wants in, begins sessions, watches them end. docs/design/sessions.md. */
#include <string.h>

#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/session/session.h"

enum { PACKETS = 8, MESSAGE_BYTES = 1024 };

/* Keys of the port: these, and below them the place of a session. */
#define KEY_LOGIN (1ull << 32)
#define KEY_OWN (2ull << 32)
#define KEY_STOP (3ull << 32)

static struct sessions sessions;

/* --- what login programs ask --- */

/* A name that nobody has costs the same time as a wrong secret. */
static bool may_enter(const struct session_open_request *request, uint32_t *out_principal)
{
    static const struct secret none;
    if (store_find(&sessions, request->name, request->name_len, out_principal) != STATUS_OK)
        return secret_is(&none, request->secret, request->secret_len);
    return secret_is(&sessions.secrets[*out_principal], request->secret, request->secret_len);
}

static status_t open(void *server, uint64_t badge, const struct session_open_request *request,
                     handle_t *handles, struct session_open_reply *out_reply)
{
    static struct session_request wish;
    wish = (struct session_request){ .opener = badge, .terminal = request->terminal };
    if (!may_enter(request, &wish.principal))
        return attempt_refuse(&sessions);
    memcpy(wish.command, request->command, request->command_len);
    memcpy(wish.stdio, handles, sizeof wish.stdio);
    status_t status = session_begin(&sessions, &wish, &out_reply->session);
    return status == STATUS_NO_RIGHT ? STATUS_NOT_PERMITTED : status; /* The secret was right. */
}

static status_t wait(void *server, uint64_t badge, const struct session_wait_request *request,
                     struct session_wait_reply *out_reply)
{
    struct session *session = session_find(&sessions, request->session);
    if (session == NULL || session->opener != badge)
        return STATUS_NOT_FOUND;
    if (session->waiter.raw != 0)
        return STATUS_BUSY;
    if (!session->has_ended) {
        status_t status = sys_reply_save(&session->waiter);
        return status == STATUS_OK ? IPC_ANSWER_LATER : status;
    }
    out_reply->code = session->exit_code;
    session_forget(session);
    return STATUS_OK;
}

static const struct session_ops login_ops = { .open = open, .wait = wait };

static status_t login_dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                               struct ipc_parcel *reply)
{
    status_t status = session_dispatch(&login_ops, server, badge, request, reply);
    memset(request->bytes, 0, request->len); /* A secret does not stay. */
    return status;
}

/* --- what sessions ask --- */

static status_t change_secret(void *server, uint64_t badge,
                              const struct session_change_secret_request *request)
{
    const struct session *session = session_find(&sessions, badge);
    if (session == NULL || session->has_ended)
        return STATUS_NOT_PERMITTED;
    if (!secret_is(&sessions.secrets[session->principal], request->old, request->old_len))
        return attempt_refuse(&sessions);
    if (request->new_len < SECRET_NEW_MIN)
        return STATUS_INVALID;
    return secret_set(&sessions, session->principal, request->new, request->new_len);
}

static const struct session_ops own_ops = { .change_secret = change_secret };

static status_t own_dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                             struct ipc_parcel *reply)
{
    status_t status = session_dispatch(&own_ops, server, badge, request, reply);
    memset(request->bytes, 0, request->len);
    return status;
}

/* --- the loop --- */

static status_t serve(struct ipc_server *server, handle_t endpoint, uint64_t key,
                      status_t (*dispatch)(void *, uint64_t, struct ipc_parcel *,
                                           struct ipc_parcel *))
{
    static uint8_t bytes[2][2][MESSAGE_BYTES];
    uint32_t which = key == KEY_LOGIN ? 0 : 1;
    *server = (struct ipc_server){
        .endpoint = endpoint,
        .request_bytes = bytes[which][0],
        .reply_bytes = bytes[which][1],
        .capacity = MESSAGE_BYTES,
        .dispatch = dispatch,
    };
    return sys_port_bind(sessions.port, endpoint, key, SIGNAL_READABLE, 0);
}

static status_t begin(void)
{
    handle_t console = start_handle_need("console:stdio", OBJECT_TTY);
    handle_t endpoint = start_handle_need("ipc:serve:session", OBJECT_ENDPOINT);
    sessions.cell = start_handle_need("cell:manage:session", OBJECT_CELL);
    sessions.entropy = start_handle_need("entropy:read", OBJECT_ENTROPY);
    status_t status = store_load(&sessions);
    if (status == STATUS_OK)
        status = secrets_make(&sessions, console);
    if (status == STATUS_OK)
        status = sys_port_create(&sessions.port);
    if (status == STATUS_OK)
        status = sys_endpoint_create(&sessions.own_endpoint);
    if (status == STATUS_OK)
        status = serve(&sessions.servers[0], endpoint, KEY_LOGIN, login_dispatch);
    if (status == STATUS_OK)
        status = serve(&sessions.servers[1], sessions.own_endpoint, KEY_OWN, own_dispatch);
    if (status == STATUS_OK)
        status = sys_port_bind(sessions.port, start_handle_need(START_STOP, OBJECT_EVENT), KEY_STOP,
                               SIGNAL_EVENT, 0);
    if (status == STATUS_OK)
        status = notice_ready(start_handle_need(START_SUPERVISOR, OBJECT_CHANNEL));
    return status;
}

static void take_packet(const struct port_packet *packet)
{
    if (packet->key == KEY_STOP)
        program_exit(0); /* The sessions' cells are below this one's, and go with it. */
    if (packet->key < SESSIONS_MAX)
        session_ended(&sessions, (uint32_t)packet->key);
    else if (ipc_server_drain(&sessions.servers[packet->key == KEY_LOGIN ? 0 : 1]) != STATUS_OK)
        log_line("an endpoint is closed");
}

int main(int argc, char **argv)
{
    status_t status = begin();
    if (status != STATUS_OK) {
        log_line("cannot begin: status %d", status);
        return EXIT_FAILED;
    }
    for (;;) {
        struct port_packet packets[PACKETS];
        size_t count = 0;
        time_ns_t next = attempts_answer(&sessions);
        if (sys_port_wait(sessions.port, packets, PACKETS, next, &count) != STATUS_OK)
            count = 0;
        for (size_t i = 0; i < count; i++)
            take_packet(&packets[i]);
    }
}
