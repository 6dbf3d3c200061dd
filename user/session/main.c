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

static struct sessions sessions;

/* --- what login programs ask --- */

/* In this process, against a secret of this boot; a name that nobody has costs the same time. */
static bool is_right(uint32_t principal, bool exists, const char *text, size_t len)
{
    static const struct secret none;
    return secret_is(exists ? &sessions.secrets[principal] : &none, text, len);
}

/* Whether the image's hash is what counts: nobody has set another secret since the boot. */
static bool has_hash(uint32_t principal, struct const_span *out_hash)
{
    return !sessions.secrets[principal].exists &&
           store_hash(&sessions, principal, out_hash) == STATUS_OK;
}

/* The handles are the check's if it has begun. */
static status_t open_checked(const struct session_open_request *request,
                             const struct session_request *wanted, struct const_span hash,
                             handle_t *handles)
{
    static struct check_wish wish;
    wish = (struct check_wish){ .request = *wanted };
    memcpy(wish.stdio, handles, sizeof wish.stdio);
    status_t status = check_begin(&sessions, &wish, hash, request->secret, request->secret_len);
    if (status == IPC_ANSWER_LATER)
        memset(handles, 0, sizeof wish.stdio);
    return status;
}

static status_t open(void *server, uint64_t badge, const struct session_open_request *request,
                     handle_t *handles, struct session_open_reply *out_reply)
{
    static struct session_request wanted;
    struct const_span hash;
    wanted = (struct session_request){ .opener = badge, .terminal = request->terminal };
    memcpy(wanted.command, request->command, request->command_len);
    bool exists =
        store_find(&sessions, request->name, request->name_len, &wanted.principal) == STATUS_OK;
    if (exists && has_hash(wanted.principal, &hash))
        return open_checked(request, &wanted, hash, handles);
    if (!is_right(wanted.principal, exists, request->secret, request->secret_len))
        return attempt_refuse(&sessions);
    status_t status = session_begin(&sessions, &wanted, handles, &out_reply->session);
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

static status_t change_checked(const struct session_change_secret_request *request,
                               uint32_t principal, struct const_span hash)
{
    static struct check_wish wish;
    wish = (struct check_wish){ .request = { .principal = principal },
                                .changes = true,
                                .secret_len = request->new_len };
    memcpy(wish.secret, request->new, request->new_len);
    status_t status = check_begin(&sessions, &wish, hash, request->old, request->old_len);
    memset(&wish, 0, sizeof wish);
    return status;
}

static status_t change_secret(void *server, uint64_t badge,
                              const struct session_change_secret_request *request)
{
    const struct session *session = session_find(&sessions, badge);
    struct const_span hash;
    if (session == NULL || session->has_ended)
        return STATUS_NOT_PERMITTED;
    if (request->new_len < SECRET_NEW_MIN)
        return STATUS_INVALID;
    if (has_hash(session->principal, &hash))
        return change_checked(request, session->principal, hash);
    if (!is_right(session->principal, true, request->old, request->old_len))
        return attempt_refuse(&sessions);
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
    if ((packet->key & ~(uint64_t)UINT32_MAX) == KEY_CHECK)
        check_ended(&sessions, (uint32_t)packet->key);
    else if (packet->key < SESSIONS_MAX)
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
