/* The operator console: what its files share. Commands get their words and the context below; what
 * a command needs and was not granted is said by name. */
#pragma once

#include <abi/objects.h>
#include <abi/types.h>

#include "user/rt/console.h"

enum { WORDS_MAX = 8 };

struct swctl {
    struct console console;
    handle_t tty;       /* console:stdio; HANDLE_NONE: its output is a stream. */
    handle_t telemetry; /* ipc:call:telemetry; the rest likewise, or HANDLE_NONE. */
    handle_t control;
    handle_t net;
    handle_t log;
    handle_t trace;
    handle_t system_inspect;
    handle_t system_control;
    handle_t power;
    handle_t devices;
    bool is_session; /* Somebody has logged in, and may leave. */
    bool leaves;
};

struct command {
    const char *name;
    const char *arguments; /* For help: "SERVICE" */
    const char *help;
    int words_min; /* After the name. */
    int words_max;
    void (*run)(struct swctl *swctl, int count, char **words);
};

extern const struct command commands_system[];
extern const struct command commands_services[];
extern const struct command commands_net[];

/* Print and flush happen per command; errors go to the same place: "swctl: object: reason". */
void say(struct swctl *swctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void complain(struct swctl *swctl, const char *object, status_t status);
/* True when the handle is there; else says what is missing. */
bool granted(struct swctl *swctl, handle_t handle, const char *grant);
/* "12.3M", "640K": at most 7 bytes and the NUL. */
void format_bytes(char out[8], uint64_t bytes);
const char *status_text(status_t status);
/* Has the operator typed ^C or q, or gone? For commands that follow something. */
bool interrupted(struct swctl *swctl, time_ns_t wait_ns);
