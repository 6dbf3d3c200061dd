/* Checking against a hash of the image: /bin/password_check does it, in a process and a cell of its own, because it takes
 * tens of megabytes and some tenths of a second. Whoever asked waits; everybody else is served meanwhile. What
 * follows (a session, another secret) is kept here until the answer is there. */
#include <string.h>

#include <abi/port.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/session/session.h"

enum {
    CHECK_MEMORY_BYTES = 64 << 20,
    CHECK_THREADS = 2,
    CHECK_HANDLES = 32,
    TEXT_SIZE = PASSWORD_HASH_MAX + SECRET_MAX + 2, /* Two lines. */
};

static const char checker[] = "password_check";

static void close_handle(handle_t *handle)
{
    if (handle->raw != 0)
        (void)sys_handle_close(handle->raw);
    *handle = HANDLE_NONE;
}

static status_t make_cell(struct sessions *sessions, struct check *check)
{
    struct cell_params params = { .name = "password_check",
                                  .limits = {
                                      [CELL_MEMORY] = CHECK_MEMORY_BYTES,
                                      [CELL_PROCESSES] = 1,
                                      [CELL_THREADS] = CHECK_THREADS,
                                      [CELL_HANDLES] = CHECK_HANDLES,
                                      [CELL_SEGMENTS] = CELL_NO_LIMIT, /* Their memory counts. */
                                  } };
    return sys_cell_create(sessions->cell, &params, &check->cell);
}

/* The two lines fit a stream as a whole, so that writing them never waits. */
static status_t tell(handle_t stream, struct const_span hash, const char *secret, size_t len)
{
    char text[TEXT_SIZE];
    size_t size = 0, done = 0;
    memcpy(text, hash.data, hash.len);
    size += hash.len;
    text[size++] = '\n';
    memcpy(text + size, secret, len);
    size += len;
    text[size++] = '\n';
    status_t status = sys_stream_write(stream, text, size, 0, TIME_NEVER, &done);
    memset(text, 0, sizeof text);
    return status;
}

static status_t start(struct sessions *sessions, struct check *check, handle_t input)
{
    handle_t image;
    uint32_t kind;
    handle_t programs = start_handle_need("fs:read:/bin", OBJECT_DIRECTORY);
    status_t status =
        sys_file_open(programs, checker, sizeof checker - 1, 0, RIGHT_EXECUTE, &image, &kind);
    if (status != STATUS_OK)
        return status;
    spawn_begin(&sessions->plan, checker);
    spawn_argument(&sessions->plan, checker, sizeof checker - 1);
    spawn_give(&sessions->plan, "stdin", strlen("stdin"), input, UINT32_MAX);
    status = spawn_run(&sessions->plan, check->cell, image, &check->process);
    close_handle(&image);
    if (status != STATUS_OK)
        return status;
    return sys_port_bind(sessions->port, check->process,
                         KEY_CHECK | (uint64_t)(check - sessions->checks), SIGNAL_TERMINATED,
                         PORT_ONCE);
}

static status_t run(struct sessions *sessions, struct check *check, struct const_span hash,
                    const char *secret, size_t len)
{
    handle_t ours = HANDLE_NONE, theirs = HANDLE_NONE;
    status_t status = make_cell(sessions, check);
    if (status == STATUS_OK)
        status = sys_stream_create(&ours, &theirs);
    if (status == STATUS_OK)
        status = tell(ours, hash, secret, len);
    if (status == STATUS_OK)
        status = start(sessions, check, theirs);
    close_handle(&ours);
    close_handle(&theirs);
    return status == STATUS_OK ? sys_reply_save(&check->reply) : status;
}

/* What is left of it goes; the handles of the wish are the check's. */
static void clear(struct check *check)
{
    close_handle(&check->process);
    if (check->cell.raw != 0)
        (void)sys_cell_destroy(check->cell);
    close_handle(&check->cell);
    for (uint32_t i = 0; i < STDIO_COUNT; i++)
        close_handle(&check->wish.stdio[i]);
    memset(check, 0, sizeof *check);
}

static status_t check_begin(struct sessions *sessions, struct wish *wish, struct const_span hash,
                            const char *secret, size_t len)
{
    struct check *check = sessions->checks;
    while (check < sessions->checks + CHECKS_MAX && check->exists)
        check++;
    if (check == sessions->checks + CHECKS_MAX)
        return STATUS_LIMIT;
    *check = (struct check){ .exists = true, .begun_ns = clock_now() };
    status_t status = run(sessions, check, hash, secret, len);
    if (status != STATUS_OK) {
        log_line("a password cannot be checked: status %d", status);
        clear(check);
        return status == STATUS_NO_RIGHT ? STATUS_NOT_PERMITTED : status;
    }
    check->wish = *wish;
    memset(wish->stdio, 0, sizeof wish->stdio);
    return IPC_ANSWER_LATER;
}

status_t check_secret(struct sessions *sessions, struct wish *wish, bool exists, const char *secret,
                      size_t len)
{
    static const struct secret none;
    struct const_span hash;
    uint32_t principal = wish->request.principal;
    const struct secret *own = exists ? &sessions->secrets[principal] : &none;
    /* The image's hash counts until somebody has set another secret. */
    if (exists && !own->exists && store_hash(sessions, principal, &hash) == STATUS_OK)
        return check_begin(sessions, wish, hash, secret, len);
    return secret_is(own, secret, len) ? STATUS_OK : attempt_refuse(sessions);
}

/* --- what follows --- */

static status_t grant_session(struct sessions *sessions, const struct wish *wish,
                              struct ipc_parcel *parcel)
{
    struct session_open_reply reply = { 0 };
    status_t status = session_begin(sessions, &wish->request, wish->stdio, &reply.session);
    return status == STATUS_OK ? session_open_reply_encode(&reply, parcel) : status;
}

static status_t grant_admission(struct sessions *sessions, const struct wish *wish,
                                struct ipc_parcel *parcel)
{
    status_t status = admission_make(sessions, wish->request.principal,
                                     &parcel->handles[SESSION_ADMIT_OUT_ADMISSION]);
    if (status == STATUS_OK)
        parcel->handle_count = SESSION_ADMIT_OUT_HANDLES;
    return status;
}

status_t wish_grant(struct sessions *sessions, const struct wish *wish, struct ipc_parcel *parcel)
{
    status_t status = STATUS_INVALID;
    switch (wish->kind) {
    case WISH_SESSION: status = grant_session(sessions, wish, parcel); break;
    case WISH_ADMISSION: status = grant_admission(sessions, wish, parcel); break;
    case WISH_SECRET:
        status = secret_set(sessions, wish->request.principal, wish->secret, wish->secret_len);
        break;
    }
    return status == STATUS_NO_RIGHT ? STATUS_NOT_PERMITTED : status; /* The secret was right. */
}

static void answer_wish(struct sessions *sessions, struct check *check)
{
    uint8_t bytes[64];
    struct ipc_parcel parcel = { .bytes = bytes, .capacity = sizeof bytes };
    status_t status = wish_grant(sessions, &check->wish, &parcel);
    reply_answer(&check->reply, &parcel, status);
}

void check_ended(struct sessions *sessions, uint32_t index)
{
    struct check *check = &sessions->checks[index];
    struct process_info info = { .exit_code = UINT32_MAX };
    if (!check->exists)
        return;
    (void)sys_process_info(check->process, &info);
    if (info.exit_code == 0)
        answer_wish(sessions, check);
    else
        attempt_refuse_later(sessions, check->reply, check->begun_ns);
    clear(check);
}
