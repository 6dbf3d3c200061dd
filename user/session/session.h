/* The session service: what its parts share. store.c knows who may log in and what each role may do;
 * secret.c checks; attempt.c holds the calls that are not answered yet; life.c makes and ends sessions;
 * main.c is the loop. docs/design/sessions.md. One thread. */
#pragma once

#include <ipc/session.h>

#include "lib/base/sha256.h"
#include "lib/format/manifest.h"
#include "lib/format/principals.h"
#include "user/ipc/serve.h"
#include "user/rt/spawn.h"

enum {
    SESSIONS_MAX = 16,
    ATTEMPTS_MAX = 8,
    SECRET_MAX = 127,
    SECRET_NEW_MIN = 8,
    SALT_BYTES = 16,
    STDIO_COUNT = 3,
    COMMAND_MAX = 255,
};

/* What a caller hears who was wrong, and after how long: the same for a name that nobody has. */
#define REFUSAL_DELAY_NS 2000000000ull

/* A secret as this boot knows it. */
struct secret {
    bool exists;
    uint8_t salt[SALT_BYTES];
    uint8_t digest[SHA256_BYTES];
};

/* A call that waits: to be refused later, or for the end of a session. */
struct attempt {
    bool exists;
    handle_t reply;
    status_t status; /* The answer. */
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
    handle_t stdio[STDIO_COUNT];
};

struct sessions {
    handle_t port;
    handle_t cell; /* SPAWN, CONTROL: below it are those of the sessions. */
    handle_t entropy;
    handle_t own_endpoint;        /* By which sessions call. */
    struct ipc_server servers[2]; /* Those of login programs; of sessions. */
    struct principals principals;
    struct manifest roles;
    struct secret secrets[PRINCIPALS_MAX];
    struct attempt attempts[ATTEMPTS_MAX];
    struct session list[SESSIONS_MAX];
    uint64_t next_number;
    struct spawn_plan plan;
};

/* --- store.c --- */

/* Read /etc/principals.bin and /etc/roles.bin. @return CORRUPT, or what reading answered. */
[[nodiscard]] status_t store_load(struct sessions *sessions);
/* @return the index, or NOT_FOUND. */
[[nodiscard]] status_t store_find(const struct sessions *sessions, const char *name, size_t len,
                                  uint32_t *out_principal);
/* The role of a principal. */
[[nodiscard]] status_t store_role(const struct sessions *sessions, uint32_t principal,
                                  struct principal *out_principal,
                                  struct manifest_service *out_role);

/* --- secret.c --- */

[[nodiscard]] status_t secret_set(struct sessions *sessions, uint32_t principal, const char *text,
                                  size_t len);
bool secret_is(const struct secret *secret, const char *text, size_t len);
/* Make one for each principal that has none, and show it on the console. */
[[nodiscard]] status_t secrets_make(struct sessions *sessions, handle_t console);

/* --- attempt.c --- */

/* Answer the call that is being served with NO_RIGHT, some time from now. @return IPC_ANSWER_LATER, or LIMIT
 * when too many wait already. */
[[nodiscard]] status_t attempt_refuse(struct sessions *sessions);
/* Answer those whose time has come. @return when the next one is due. */
time_ns_t attempts_answer(struct sessions *sessions);

/* --- life.c --- */

/* @return LIMIT, NOT_FOUND (a grant that this service has not itself, or no such program), or what making
 * it answered. The handles of the request stay the caller's. */
[[nodiscard]] status_t session_begin(struct sessions *sessions,
                                     const struct session_request *request, uint64_t *out_number);
struct session *session_find(struct sessions *sessions, uint64_t number);
/* The first process has ended: everything of it goes, then who waits is told. */
void session_ended(struct sessions *sessions, uint32_t index);
/* Its end was told. */
void session_forget(struct session *session);
