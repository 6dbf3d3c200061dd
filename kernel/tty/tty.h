/* Terminals. A terminal is a line discipline (lib/tty) between two ends: programs are at one, whoever types is at
 * the other: the console's UART, or a program that holds the master of a pseudo-terminal. An end is an
 * object, OBJECT_TTY; the console has one, a pty two (pty.h). Any number of handles and readers. The
 * console starts raw: bytes as they were typed, which is what the operator's console edits itself.
 *
 * A terminal may control a session of POSIX processes (job.h): then it sends signals, and processes that
 * are not in its foreground group are stopped when they read.
 *
 * Thread context, except where stated. Lock order: cell->posix.lock (LOCK_FAMILY) > terminal->lock
 * (LOCK_DEVICE) > LOCK_OBJECT > LOCK_WAIT. */
#pragma once

#include <abi/objects.h>
#include <abi/tty.h>
#include <abi/types.h>

#include "kernel/mm/user_copy.h"

struct object;
struct thread;
struct tty;

/* All that an end can carry. */
enum {
    TTY_RIGHTS = RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT |
                 RIGHT_INSPECT | RIGHT_CONTROL,
};

/* The console's end. */
struct tty *tty_console(void);
struct object *tty_object(struct tty *tty);

/* Take at least one byte if the attributes do not allow none, at most a line in canonical mode; 0 at an end of
 * file, and after a hang-up. @param flags  STREAM_NO_WAIT.
 * @return WOULD_BLOCK, TIMED_OUT, CANCELLED, INTERRUPTED; IO for a master whose other end nobody holds, and
 *         for a process in the background that cannot be stopped; BAD_ADDRESS (the bytes are lost). */
status_t tty_read(struct tty *tty, struct user_out dst, uint32_t flags, time_ns_t deadline,
                  size_t *out_actual);

/* Show bytes (at a master: type them). All of them, or with STREAM_NO_WAIT what fits; when something was put,
 * the answer is OK. @return as tty_read; IO also after a hang-up. */
status_t tty_write(struct tty *tty, struct user_in src, uint32_t flags, time_ns_t deadline,
                   size_t *out_actual);

void tty_attributes_get(struct tty *tty, struct tty_attributes *out_attributes);
/* @param when  TTY_SET_*. @return IO, CANCELLED, INTERRUPTED. */
status_t tty_attributes_set(struct tty *tty, const struct tty_attributes *attributes,
                            uint32_t when);

void tty_window_get(struct tty *tty, struct tty_window *out_window);
/* The foreground group is told of another size (SIGWINCH). */
void tty_window_set(struct tty *tty, const struct tty_window *window);

/* Drop what was typed and not read, what was written and not shown. @param which  TTY_FLUSH_*. */
status_t tty_flush(struct tty *tty, uint32_t which);
/* @param action  enum tty_flow_action. */
status_t tty_flow(struct tty *tty, uint32_t action);
/* Wait until what was written is shown; at once for a pty, whose output is at its reader's. */
status_t tty_drain(struct tty *tty);

/* What it is and what is queued, as the caller's process may see it. */
void tty_state_get(struct tty *tty, struct tty_state *out_state);

/* Boot. */
void tty_setup(void);
