/* The session service: what its parts share. store.c knows who may log in and what each role may do; secret.c and
 * check.c check; attempt.c holds the calls that are not answered yet; admission.c has who was recognised from
 * afar; life.c makes sessions, end.c ends them; calls.c is what callers may ask; main.c is the loop.
 * docs/design/sessions.md. One thread. */
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
    ADMISSIONS_MAX = 32,
    ANNOUNCEMENTS_MAX = 8,
    SECRET_MAX = 127,
    SECRET_NEW_MIN = 8,
    SALT_BYTES = 16,
    STDIO_COUNT = 3,
    COMMAND_MAX = 1023,
    TERMINAL_TYPE_MAX = 31,
};

/* What a caller hears who was wrong, and after how long: the same for a name that nobody has. */
#define REFUSAL_DELAY_NS 2000000000ull

/* What a session that is hung up has to end by itself. */
#define HANG_UP_NS 1000000000ull

/* Keys of the port: these, and below them the place of a session. The low half of the last is that of a
 * check. */
#define KEY_LOGIN (1ull << 32)
#define KEY_REMOTE (2ull << 32)
#define KEY_OWN (3ull << 32)
#define KEY_STOP (4ull << 32)
#define KEY_CHECK (5ull << 32)

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
    bool is_hung_up; /* Nobody will wait, and it ends by due_ns. */
    time_ns_t due_ns;
    uint32_t exit_code;
};

/* What is asked of life.c. */
struct session_request {
    uint32_t principal;
    uint64_t opener;
    bool terminal;
    bool is_remote; /* The terminal is as its owner has set it up. */
    char type[TERMINAL_TYPE_MAX + 1];
    char command[COMMAND_MAX + 1];
};

/* What follows when the secret is right. */
enum wish_kind { WISH_SESSION, WISH_ADMISSION, WISH_SECRET };

struct wish {
    enum wish_kind kind;
    struct session_request request; /* The principal counts for all; the rest for a session. */
    handle_t stdio[STDIO_COUNT];    /* The same. */
    char secret[SECRET_MAX];        /* The new one. */
    size_t secret_len;
};

/* A channel that stands for a principal. Its badge is ADMISSION_BADGE | number. */
struct admission {
    bool exists;
    uint64_t number; /* Never reused. */
    uint32_t principal;
};
#define ADMISSION_BADGE (1ull << 63)
#define WATCH_BADGE (1ull << 62) /* | the number of a session. */

struct check {
    bool exists;
    time_ns_t begun_ns;
    handle_t reply;
    handle_t cell;
    handle_t process;
    struct wish wish;
};

struct sessions {
    handle_t port;
    handle_t cell; /* SPAWN, CONTROL: below it are those of the sessions. */
    handle_t entropy;
    handle_t own_endpoint; /* By which sessions and admissions call. */
    struct principals principals;
    struct manifest roles;
    struct const_span passwords; /* Hashes of the image. */
    struct secret secrets[PRINCIPALS_MAX];
    struct attempt attempts[ATTEMPTS_MAX];
    struct check checks[CHECKS_MAX];
    struct session list[SESSIONS_MAX];
    struct admission admissions[ADMISSIONS_MAX];
    uint64_t next_number; /* Of both. */
    uint32_t announcement_count;
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

/* Whether the image has keys by which the principal may be recognised. */
bool store_has_keys(const struct sessions *sessions, uint32_t principal);

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
/* Answer a saved call; `parcel` counts with OK only, and may be NULL. The reply is closed, the parcel's handles
 * have gone. */
void reply_answer(handle_t *reply, struct ipc_parcel *parcel, status_t status);
/* Answer those whose time has come. @return when the next one is due. */
time_ns_t attempts_answer(struct sessions *sessions);

/* --- check.c --- */

/* Is this the principal's secret? One of this boot is compared at once; against a hash of the image it takes a
 * program of its own, and the wish comes true when that says yes. @param exists  there is such a principal; what
 * nobody has takes as long.
 * @return OK: it is, and nothing has happened yet. IPC_ANSWER_LATER: the call that is being served has been saved, to be
 *         answered by the wish or refused; the wish's handles are 0 when they have been taken. LIMIT,
 *         or what starting the check answered. */
[[nodiscard]] status_t check_secret(struct sessions *sessions, struct wish *wish, bool exists,
                                    const char *secret, size_t len);
/* Do it: the parcel is filled with the answer. Its stdio stays the caller's. */
[[nodiscard]] status_t wish_grant(struct sessions *sessions, const struct wish *wish,
                                  struct ipc_parcel *parcel);
/* The process of a check has ended. */
void check_ended(struct sessions *sessions, uint32_t index);

/* --- admission.c --- */

/* @return LIMIT, or what making the channel answered. The channel is the caller's to give away. */
[[nodiscard]] status_t admission_make(struct sessions *sessions, uint32_t principal,
                                      handle_t *out_channel);
/* NULL: the badge is that of none. */
struct admission *admission_find(struct sessions *sessions, uint64_t badge);
/* The last handle of a channel went: who was admitted by it is gone. */
void admission_closed(struct sessions *sessions, uint64_t badge);

/* --- calls.c --- */

/* What each kind of caller may ask; `server` is struct sessions. */
extern const struct session_ops session_login_ops, session_remote_ops, session_own_ops;

/* --- life.c --- */

/* @return LIMIT, NOT_FOUND (a grant that this service has not itself, or no such program), or what making
 * it answered. The handles stay the caller's. */
[[nodiscard]] status_t session_begin(struct sessions *sessions,
                                     const struct session_request *request,
                                     const handle_t stdio[STDIO_COUNT], uint64_t *out_number);

/* --- end.c --- */

struct session *session_find(struct sessions *sessions, uint64_t number);
/* Its cell goes, with all that is in it. */
void session_unmake(struct session *session);
/* The first process has ended: everything of it goes, then who waits is told. */
void session_ended(struct sessions *sessions, uint32_t index);
/* Its end was told. */
void session_forget(struct session *session);
/* Wait for the end of a session that this badge has begun or watches: now if it is over, else the call is saved. @return
 * NOT_FOUND, BUSY (somebody waits), IPC_ANSWER_LATER. */
[[nodiscard]] status_t session_await(struct sessions *sessions, uint64_t number, uint64_t badge,
                                     uint32_t *out_code);
/* Send a signal to the first process. @return NOT_FOUND as above, or what process_signal says. */
[[nodiscard]] status_t session_signal(struct sessions *sessions, uint64_t number, uint64_t badge,
                                      uint32_t signal);
/* A badge's last channel went: those that it has begun, or watches, hear SIGHUP, and are ended a little later. */
void sessions_hang_up(struct sessions *sessions, uint64_t badge);
/* End those whose time is over. @return when the next one is due. */
time_ns_t sessions_expire(struct sessions *sessions);
