/* Login on the machine's terminal: asks for a name and a secret, has the session service begin a session on the
 * terminal, waits until nothing of it is left, asks again. The secret is not shown while it is typed, and
 * not kept. */
#include <string.h>

#include <abi/tty.h>
#include <ipc/session_client.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/tty/line.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/start.h"

enum { LINE_SIZE = 256 };

/* A check may wait in a queue; one that takes longer will not be answered. */
#define OPEN_PATIENCE_NS 30000000000ull

static struct login {
    handle_t tty;
    rights_t tty_rights;
    handle_t session;
    struct session_open_request request;
} login;

static void say(const char *text)
{
    size_t done;
    (void)sys_tty_write(login.tty, text, strlen(text), &done); /* A dead terminal shows next. */
}

/* Lines with editing. */
static status_t set_terminal(bool echo)
{
    struct tty_attributes attributes = tty_attributes_cooked;
    attributes.local &= ~TTY_LOCAL_SIGNALS;
    if (!echo)
        attributes.local &= ~TTY_LOCAL_ECHO;
    return sys_tty_attributes_set(login.tty, &attributes, TTY_SET_NOW);
}

/* A line without its end. @return its length; what does not fit makes it size, which is no answer. */
static status_t ask(const char *question, bool echo, char *answer, size_t size, size_t *out_len)
{
    char line[LINE_SIZE];
    size_t len = 0;
    status_t status = set_terminal(echo);
    if (status != STATUS_OK)
        return status;
    say(question);
    status = sys_tty_read(login.tty, line, sizeof line, 0, TIME_NEVER, &len);
    if (status == STATUS_OK && (!echo || len == 0 || line[len - 1] != '\n'))
        say("\n");
    while (len > 0 && line[len - 1] == '\n')
        len--;
    if (status == STATUS_OK && len <= size)
        memcpy(answer, line, len);
    memset(line, 0, sizeof line);
    *out_len = len;
    return status;
}

/* @return the session's number, or what the service said. */
static status_t open_session(uint64_t *out_session)
{
    struct session_open_reply reply;
    handle_t stdio[SESSION_OPEN_IN_HANDLES];
    for (size_t i = 0; i < SESSION_OPEN_IN_HANDLES; i++) {
        status_t status = sys_handle_duplicate(login.tty.raw, login.tty_rights, &stdio[i]);
        ASSERT(status == STATUS_OK); /* Three of this program's own, which has room for more. */
    }
    login.request.terminal = true;
    status_t status =
        session_open(login.session, clock_after(OPEN_PATIENCE_NS), &login.request, stdio, &reply);
    memset(&login.request, 0, sizeof login.request);
    *out_session = status == STATUS_OK ? reply.session : 0;
    return status;
}

static void stay_until_end(uint64_t session)
{
    struct session_wait_request request = { .session = session };
    struct session_wait_reply reply;
    (void)session_wait(login.session, TIME_NEVER, &request, &reply);
}

static status_t one_login(void)
{
    struct session_open_request *request = &login.request;
    size_t name_len = 0, secret_len = 0;
    uint64_t session;
    status_t status = ask("\nlogin: ", true, request->name, sizeof request->name, &name_len);
    if (status != STATUS_OK || name_len == 0)
        return status;
    status = ask("password: ", false, request->secret, sizeof request->secret, &secret_len);
    if (status != STATUS_OK)
        return status;
    bool fits = name_len <= sizeof request->name && secret_len <= sizeof request->secret;
    request->name_len = (uint16_t)(fits ? name_len : 0);
    request->secret_len = (uint16_t)(fits ? secret_len : 0);
    if (!fits)
        memset(request, 0, sizeof *request); /* Asked all the same: it takes its time. */
    status = open_session(&session);
    if (status == STATUS_OK)
        stay_until_end(session);
    else
        say(status == STATUS_NO_RIGHT ? "not so\n" : "no session can be begun now\n");
    memset(request, 0, sizeof *request);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    login.tty = start_handle_need("console:stdio", OBJECT_TTY);
    login.session = start_handle_need("ipc:call:session", OBJECT_CHANNEL);
    uint32_t kind;
    uint64_t id;
    if (sys_handle_info(login.tty.raw, &kind, &login.tty_rights, &id) != STATUS_OK)
        return EXIT_FAILED;
    while (one_login() == STATUS_OK)
        continue;
    return EXIT_FAILED;
}
