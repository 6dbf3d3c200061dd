/* What callers may ask, by kind: login programs and remote logins know nobody yet and bring a secret or their word;
 * admissions begin sessions of their principal; sessions change their principal's secret. The tables at the
 * end are the index. */
#include <string.h>

#include <swos/syscalls.h>

#include "user/rt/console.h"
#include "user/rt/start.h"
#include "user/session/session.h"

/* One call is served at a time. */
static struct wish wish;

static bool text_is_printable(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return true;
}

/* --- login programs --- */

static status_t open(void *server, uint64_t badge, const struct session_open_request *request,
                     handle_t *handles, struct session_open_reply *out_reply)
{
    struct sessions *sessions = server;
    uint32_t *principal = &wish.request.principal;
    wish = (struct wish){ .kind = WISH_SESSION,
                          .request = { .opener = badge, .terminal = request->terminal } };
    memcpy(wish.request.command, request->command, request->command_len);
    memcpy(wish.stdio, handles, sizeof wish.stdio);
    bool exists = store_find(sessions, request->name, request->name_len, principal) == STATUS_OK;
    status_t status = check_secret(sessions, &wish, exists, request->secret, request->secret_len);
    memcpy(handles, wish.stdio, sizeof wish.stdio); /* None, if a check has taken them. */
    if (status != STATUS_OK)
        return status;
    status = session_begin(sessions, &wish.request, handles, &out_reply->session);
    return status == STATUS_NO_RIGHT ? STATUS_NOT_PERMITTED : status; /* The secret was right. */
}

static status_t wait_for(void *server, uint64_t badge, const struct session_wait_request *request,
                         struct session_wait_reply *out_reply)
{
    return session_await(server, request->session, badge, &out_reply->code);
}

/* --- remote logins --- */

static status_t admit(void *server, uint64_t badge, const struct session_admit_request *request,
                      handle_t *out_handles)
{
    struct sessions *sessions = server;
    uint32_t *principal = &wish.request.principal;
    wish = (struct wish){ .kind = WISH_ADMISSION };
    bool exists = store_find(sessions, request->name, request->name_len, principal) == STATUS_OK;
    status_t status = check_secret(sessions, &wish, exists, request->secret, request->secret_len);
    if (status == STATUS_OK)
        status = admission_make(sessions, *principal, &out_handles[SESSION_ADMIT_OUT_ADMISSION]);
    return status;
}

static status_t vouch(void *server, uint64_t badge, const struct session_vouch_request *request,
                      handle_t *out_handles)
{
    struct sessions *sessions = server;
    uint32_t principal;
    if (store_find(sessions, request->name, request->name_len, &principal) != STATUS_OK ||
        !store_has_keys(sessions, principal))
        return STATUS_NOT_PERMITTED;
    return admission_make(sessions, principal, &out_handles[SESSION_VOUCH_OUT_ADMISSION]);
}

static status_t announce(void *server, uint64_t badge,
                         const struct session_announce_request *request)
{
    static struct console console;
    struct sessions *sessions = server;
    if (!text_is_printable(request->text, request->text_len))
        return STATUS_INVALID;
    if (sessions->announcement_count == ANNOUNCEMENTS_MAX)
        return STATUS_LIMIT;
    sessions->announcement_count++;
    console_init(&console, start_handle_need("console:stdio", OBJECT_TTY));
    console_print(&console, "\n%.*s\n", (int)request->text_len, request->text);
    console_flush(&console);
    return STATUS_OK;
}

/* --- admissions --- */

static status_t begin_for(struct sessions *sessions, const struct session_request *request,
                          const handle_t *stdio, uint64_t *out_number, handle_t *out_watch)
{
    status_t status = sys_channel_mint(sessions->own_endpoint,
                                       WATCH_BADGE | (sessions->next_number + 1), out_watch);
    if (status != STATUS_OK)
        return status;
    status = session_begin(sessions, request, stdio, out_number);
    if (status != STATUS_OK) {
        (void)sys_handle_close(out_watch->raw);
        *out_watch = HANDLE_NONE;
    }
    return status;
}

static status_t begin(void *server, uint64_t badge, const struct session_begin_request *request,
                      handle_t *handles, struct session_begin_reply *out_reply,
                      handle_t *out_handles)
{
    struct sessions *sessions = server;
    const struct admission *admission = admission_find(sessions, badge);
    if (admission == NULL)
        return STATUS_NOT_PERMITTED;
    if (!text_is_printable(request->type, request->type_len))
        return STATUS_INVALID;
    wish = (struct wish){ .request = { .principal = admission->principal,
                                       .opener = badge,
                                       .terminal = request->terminal,
                                       .is_remote = true } };
    memcpy(wish.request.command, request->command, request->command_len);
    memcpy(wish.request.type, request->type, request->type_len);
    return begin_for(sessions, &wish.request, handles, &out_reply->session,
                     &out_handles[SESSION_BEGIN_OUT_WATCH]);
}

static status_t send_signal(void *server, uint64_t badge,
                            const struct session_signal_request *request)
{
    return session_signal(server, request->session, badge, request->number);
}

/* --- sessions --- */

static status_t change_secret(void *server, uint64_t badge,
                              const struct session_change_secret_request *request)
{
    struct sessions *sessions = server;
    const struct session *session = session_find(sessions, badge);
    if (session == NULL || session->has_ended)
        return STATUS_NOT_PERMITTED;
    if (request->new_len < SECRET_NEW_MIN)
        return STATUS_INVALID;
    wish = (struct wish){ .kind = WISH_SECRET,
                          .request = { .principal = session->principal },
                          .secret_len = request->new_len };
    memcpy(wish.secret, request->new, request->new_len);
    status_t status = check_secret(sessions, &wish, true, request->old, request->old_len);
    memset(&wish, 0, sizeof wish);
    if (status != STATUS_OK)
        return status;
    return secret_set(sessions, session->principal, request->new, request->new_len);
}

const struct session_ops session_login_ops = { .open = open, .wait = wait_for };
const struct session_ops session_remote_ops = { .admit = admit,
                                                .vouch = vouch,
                                                .announce = announce };
const struct session_ops session_own_ops = {
    .begin = begin, .wait = wait_for, .signal = send_signal, .change_secret = change_secret
};
