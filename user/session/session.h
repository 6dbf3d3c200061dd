/* The session service: what its parts share. store.c knows who may log in and what each role may do;
 * secret.c checks; attempt.c holds the calls that are not answered yet; life.c makes and ends sessions;
 * main.c is the loop. docs/design/sessions.md. One thread. */
#pragma once

#include <ipc/session.h>

#include "lib/base/sha256.h"
#include "lib/format/manifest.h"
#include "lib/format/passwords.h"
#include "lib/format/principals.h"
#include "user/ipc/serve.h"
#include "user/rt/spawn.h"

enum {
    SESSIONS_MAX = 16,
    ATTEMPTS_MAX = 8,
    CHECKS_MAX = 2,
    SECRET_MAX = 127,
    SECRET_NEW_MIN = 8,
    SALT_BYTES = 16,
    STDIO_COUNT = 3,
    COMMAND_MAX = 255,
};

/* What a caller hears who was wrong, and after how long: the same for a name that nobody has. */
#define REFUSAL_DELAY_NS 2000000000ull

/* Keys of the port: these, and below them the place of a session. The low half of the last is that of a
 * check. */
#define KEY_LOGIN (1ull << 32)
#define KEY_OWN (2ull << 32)
#define KEY_STOP (3ull << 32)
#define KEY_CHECK (4ull << 32)

/* A secret as this boot knows it. */
struct secret {
    bool exists;
    uint8_t salt[SALT_BYTES];
    uint8_t digest[SHA256_BYTES];
};

/* A call that waits to be refused. */
struct attempt {
    bool exists;
    handle_t reply;
    time_ns_t due_ns;
};

struct session {
    bool exists;
    uint64_t number;    /* Never reused. */
    uint32_t principal; /* Index. */
    uint64_t opener;    /* The badge of who may wait for it. */
    handle_t cell;
    handle_t process;
    handle_t waiter; /* REPLY of who waits; HANDLE_NONE. */
    bool has_ended;  /* Kept until somebody has waited. */
    uint32_t exit_code;
};

/* What is asked of life.c. */
struct session_request {
    uint32_t principal;
    uint64_t opener;
    bool terminal;
    char command[COMMAND_MAX + 1];
};

/* What follows when a check against a hash says yes. */
struct check_wish {
    struct session_request request;
    handle_t stdio[STDIO_COUNT]; /* For a session. */
    bool changes;                /* Or another secret: */
    char secret[SECRET_MAX];
    size_t secret_len;
};

struct check {
    bool exists;
    time_ns_t begun_ns;
    handle_t reply;
    handle_t cell;
    handle_t process;
    struct check_wish wish;
};

struct sessions {
    handle_t port;
    handle_t cell; /* SPAWN, CONTROL: below it are those of the sessions. */
    handle_t entropy;
    handle_t own_endpoint;        /* By which sessions call. */
    struct ipc_server servers[2]; /* Those of login programs; of sessions. */
    struct principals principals;
    struct manifest roles;
    struct const_span passwords; /* Hashes of the image. */
    struct secret secrets[PRINCIPALS_MAX];
    struct attempt attempts[ATTEMPTS_MAX];
    struct check checks[CHECKS_MAX];
    struct session list[SESSIONS_MAX];
    uint64_t next_number;
    struct spawn_plan plan;
};

/* --- store.c --- */

/* Read /etc/principals.bin, /etc/roles.bin and /session/passwords. @return CORRUPT, or what reading answered. */
[[nodiscard]] status_t store_load(struct sessions *sessions);
/* @return the index, or NOT_FOUND. */
[[nodiscard]] status_t store_find(const struct sessions *sessions, const char *name, size_t len,
                                  uint32_t *out_principal);
/* The role of a principal. */
[[nodiscard]] status_t store_role(const struct sessions *sessions, uint32_t principal,
                                  struct principal *out_principal,
                                  struct manifest_service *out_role);

/* The hash that the image has for a principal. @return NOT_FOUND. */
[[nodiscard]] status_t store_hash(const struct sessions *sessions, uint32_t principal,
                                  struct const_span *out_hash);

/* --- secret.c --- */

[[nodiscard]] status_t secret_set(struct sessions *sessions, uint32_t principal, const char *text,
                                  size_t len);
bool secret_is(const struct secret *secret, const char *text, size_t len);
/* Make one for each principal that has neither one nor a hash, and show it on the console. */
[[nodiscard]] status_t secrets_make(struct sessions *sessions, handle_t console);

/* --- attempt.c --- */

/* Answer the call that is being served with NO_RIGHT, some time from now. @return IPC_ANSWER_LATER, or LIMIT when
 * too many wait already. */
[[nodiscard]] status_t attempt_refuse(struct sessions *sessions);
/* The same for a call that was saved, at the time that one refused at once would have had; the reply is owned
 * from then on. */
void attempt_refuse_later(struct sessions *sessions, handle_t reply, time_ns_t begun_ns);
/* Answer a saved call; `parcel` counts with OK only, and may be NULL. The reply is closed. */
void reply_answer(handle_t *reply, const struct ipc_parcel *parcel, status_t status);
/* Answer those whose time has come. @return when the next one is due. */
time_ns_t attempts_answer(struct sessions *sessions);

/* --- check.c --- */

/* Check a secret against a hash, then do what is wished. @param wish  copied; its handles are owned with
 * IPC_ANSWER_LATER, and only then. @return IPC_ANSWER_LATER, LIMIT, or what starting the check answered. */
[[nodiscard]] status_t check_begin(struct sessions *sessions, const struct check_wish *wish,
                                   struct const_span hash, const char *secret, size_t len);
/* The process of a check has ended. */
void check_ended(struct sessions *sessions, uint32_t index);

/* --- life.c --- */

/* @return LIMIT, NOT_FOUND (a grant that this service has not itself, or no such program), or what making
 * it answered. The handles stay the caller's. */
[[nodiscard]] status_t session_begin(struct sessions *sessions,
                                     const struct session_request *request,
                                     const handle_t stdio[STDIO_COUNT], uint64_t *out_number);
struct session *session_find(struct sessions *sessions, uint64_t number);
/* The first process has ended: everything of it goes, then who waits is told. */
void session_ended(struct sessions *sessions, uint32_t index);
/* Its end was told. */
void session_forget(struct session *session);
