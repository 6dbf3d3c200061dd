/* What the files of kernel/tty share: the terminal between its ends. */
#pragma once

#include "kernel/object/object.h"
#include "kernel/tty/tty.h"
#include "lib/tty/line.h"

struct grant;
struct posix_group;
struct posix_session;
struct terminal;

/* An end. Both are part of their terminal, which goes when neither is named any more. */
struct tty {
    struct object object; /* OBJECT_TTY. */
    struct signal_source source;
    struct terminal *terminal;
    uint32_t role;    /* enum tty_role */
    uint32_t signals; /* What `source` shows; changed under the terminal's lock only. */
};

enum tty_end_index { TTY_END_PROGRAM, TTY_END_MASTER };

struct terminal {
    struct spinlock lock;             /* LOCK_DEVICE: all below. */
    uint8_t end_count;                /* Ends that are not destroyed. */
    bool hung;                        /* Nobody will type any more. */
    bool locked;                      /* A pty that cannot be opened by its number yet. */
    bool was_opened;                  /* The program's end of a pty had a handle once. */
    bool read_turn;                   /* Somebody is taking a line, piece by piece. */
    uint32_t number;                  /* Of a pty. */
    struct list link;                 /* Of all ptys (pty.c). */
    struct wait_queue readers;        /* Programs that wait for a line, or for the turn; */
    struct wait_queue writers;        /* for room, or until all is shown; */
    struct wait_queue master_readers; /* the master: for output, */
    struct wait_queue master_writers; /* for room to type into. */
    struct tty_window window;
    /* The session that it controls: job.c. Written with the session's family lock held too. */
    struct posix_session *session;  /* One reference, or NULL. */
    struct posix_group *foreground; /* One reference, or NULL. */
    rights_t session_rights;        /* With which /dev/tty is opened, */
    struct grant *session_grant;    /* and by which grant. One reference, or NULL. */
    /* Shows what is in the output queue, as far as it goes at once; NULL: the master takes it. */
    void (*show)(struct terminal *terminal);
    /* Somebody wants input: the console's UART is asked for it. Optional. */
    void (*listen)(struct terminal *terminal);
    struct tty ends[2]; /* enum tty_end_index */
    struct tty_line line;
};

/* Ends, waiters and locks of a zeroed terminal; one end or both. */
void terminal_init(struct terminal *terminal, const struct object_ops *ops, struct cell *cell,
                   const struct tty_attributes *attributes, bool has_master);

/* The lock is held: something changed. Bring the ends' signals up to date, wake those who wait for it. */
void terminal_refresh(struct terminal *terminal);

/* Bytes were typed. @return how many were taken. Any context; the lock is not held. Sends the signals that were
 * typed. */
size_t terminal_type(struct terminal *terminal, const uint8_t *bytes, size_t len);

/* The program's end as an object; what sessions hold. */
static inline struct object *terminal_object(struct terminal *terminal)
{
    return &terminal->ends[TTY_END_PROGRAM].object;
}

static inline bool tty_is_master(const struct tty *tty)
{
    return tty->role == TTY_PTY_MASTER;
}

/* The program's end of a pty is held by nobody, and was held before. The lock is held. */
bool terminal_is_left(const struct terminal *terminal);
