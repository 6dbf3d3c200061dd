/* See session_swos.h. An archive of its own (make/ports.mk), which dropbear is linked with. */
#include "ports/dropbear/overlay/session_swos.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <abi/descriptor.h>
#include <abi/process.h>
#include <ipc/session_client.h>
#include <swos/syscalls.h>

#include "user/posix/start.h"

enum { NUMBERS_MAX = 1024 };

static handle_t admission;

/* --- who --- */

static handle_t service(void)
{
    const struct start_handle *start = start_find("ipc:call:remote-login", OBJECT_CHANNEL);
    return start != NULL ? (handle_t){ start->handle } : HANDLE_NONE;
}

/* What does not fit is nobody's, and is asked as such. */
static uint16_t fill(char *field, size_t size, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len > size)
        return 0;
    memcpy(field, text != NULL ? text : "", len);
    return (uint16_t)len;
}

/* Why not, unless it is what happens every day. */
static bool is_ok(status_t status, const char *what)
{
    if (status != STATUS_OK && status != STATUS_NO_RIGHT)
        fprintf(stderr, "%s: the session service answers status %u\n", what, (unsigned)status);
    return status == STATUS_OK;
}

bool swos_admit(const char *name, const char *password)
{
    struct session_admit_request request = { 0 };
    handle_t handles[SESSION_ADMIT_OUT_HANDLES];
    request.name_len = fill(request.name, sizeof request.name, name);
    request.secret_len = fill(request.secret, sizeof request.secret, password);
    status_t status = session_admit(service(), TIME_NEVER, &request, handles);
    explicit_bzero(&request, sizeof request);
    if (status == STATUS_OK)
        admission = handles[SESSION_ADMIT_OUT_ADMISSION];
    return is_ok(status, "a password");
}

bool swos_vouch(const char *name)
{
    struct session_vouch_request request = { 0 };
    handle_t handles[SESSION_VOUCH_OUT_HANDLES];
    request.name_len = fill(request.name, sizeof request.name, name);
    status_t status = session_vouch(service(), TIME_NEVER, &request, handles);
    if (status == STATUS_OK)
        admission = handles[SESSION_VOUCH_OUT_ADMISSION];
    return is_ok(status, "a key");
}

/* A principal's own file counts before that of all. */
void swos_keys_path(const char *name, char *path, size_t size)
{
    snprintf(path, size, "/ssh/keys/%s", name);
    if (access(path, R_OK) != 0)
        snprintf(path, size, "/ssh/keys/_any");
}

/* --- sessions --- */

static _Noreturn void give_up(const char *why)
{
    fprintf(stderr, "%s\n", why);
    _exit(255);
}

/* What a number names, with all that this process may do with it. */
static status_t capability_of_number(uint32_t number, handle_t *out_handle)
{
    uint32_t kind;
    rights_t rights;
    uint64_t id;
    uint64_t handle = descriptor_handle(number).raw;
    status_t status = sys_handle_info(handle, &kind, &rights, &id);
    return status == STATUS_OK ? sys_handle_duplicate(handle, rights, out_handle) : status;
}

static status_t session_of(const char *command, const char *type, bool terminal,
                           uint64_t *out_number, handle_t *out_watch)
{
    static struct session_begin_request request;
    struct session_begin_reply reply;
    handle_t stdio[SESSION_BEGIN_IN_HANDLES], handles[SESSION_BEGIN_OUT_HANDLES];
    request.terminal = terminal;
    request.command_len = fill(request.command, sizeof request.command, command);
    request.type_len = fill(request.type, sizeof request.type, type);
    if (command != NULL && command[0] != 0 && request.command_len == 0)
        return STATUS_TOO_BIG;
    for (uint32_t i = 0; i < SESSION_BEGIN_IN_HANDLES; i++) {
        status_t status = capability_of_number(i, &stdio[i]);
        if (status != STATUS_OK)
            return status;
    }
    status_t status = session_begin(admission, TIME_NEVER, &request, stdio, &reply, handles);
    if (status != STATUS_OK)
        return status;
    *out_number = reply.session;
    *out_watch = handles[SESSION_BEGIN_OUT_WATCH];
    return STATUS_OK;
}

/* The session that this process stands for. */
static struct stand_in {
    handle_t watch;
    uint64_t session;
    sigset_t passed_on;
} stand_in;

/* Those that a client may ask for (RFC 4254, 6.10) and that can be caught. */
static void signals_hold(sigset_t *out_set)
{
    static const int numbers[] = { SIGABRT, SIGALRM, SIGFPE,  SIGHUP,  SIGILL,  SIGINT,
                                   SIGPIPE, SIGQUIT, SIGSEGV, SIGTERM, SIGUSR1, SIGUSR2 };
    sigemptyset(out_set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(out_set, numbers[i]);
    (void)pthread_sigmask(SIG_BLOCK, out_set, NULL);
}

static _Noreturn void die_of(int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    (void)kill(getpid(), number);
    _exit(255); /* One that does not end a process. */
}

/* A thread's: until the session has ended, and then the process ends as it did. */
static void *await_end(void *unused)
{
    struct session_wait_request request = { .session = stand_in.session };
    struct session_wait_reply reply;
    if (session_wait(stand_in.watch, TIME_NEVER, &request, &reply) != STATUS_OK)
        _exit(255);
    if (reply.code > EXIT_SIGNAL && reply.code < EXIT_SIGNAL + 64)
        die_of((int)(reply.code - EXIT_SIGNAL));
    _exit((int)reply.code);
}

/* The server sends its child what the client asks for: it is meant for the session. */
static _Noreturn void pass_signals_on(void)
{
    for (;;) {
        struct session_signal_request request = { .session = stand_in.session };
        int number = 0;
        if (sigwait(&stand_in.passed_on, &number) != 0)
            continue;
        request.number = (uint32_t)number;
        (void)session_signal(stand_in.watch, TIME_NEVER, &request); /* It may have ended. */
    }
}

_Noreturn void swos_session_run(const char *command, const char *type, bool terminal)
{
    pthread_t waiter;
    signals_hold(&stand_in.passed_on);
    status_t status = session_of(command, type, terminal, &stand_in.session, &stand_in.watch);
    if (status == STATUS_TOO_BIG)
        give_up("the command is too long");
    if (!is_ok(status, "a session"))
        give_up("no session can be begun now");
    /* The ends are the session's now, and the connection's process alone keeps the admission: when it goes, or this
     * one, so does the session. */
    (void)sys_handle_close(admission.raw);
    for (int number = 0; number < NUMBERS_MAX; number++)
        close(number);
    if (pthread_create(&waiter, NULL, await_end, NULL) != 0)
        _exit(255);
    pass_signals_on();
}
