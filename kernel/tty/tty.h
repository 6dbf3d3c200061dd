/* The terminal on the console's UART. Input is raw bytes as they were typed, kept in a small ring
 * until somebody reads them: editing a line is the business of the program that reads. Any number
 * of handles and readers; a byte goes to one of them. Thread context, except where stated. */
#pragma once

#include <abi/types.h>

#include "kernel/mm/user_copy.h"

struct object;

struct tty;

/* The one terminal. */
struct tty *tty_console(void);
struct object *tty_object(struct tty *tty);

/* Take up to `size` typed bytes; at least one, waiting until the deadline.
 * @return TIMED_OUT (also for a deadline that has passed: look, do not wait), CANCELLED. */
status_t tty_read(struct tty *tty, uint8_t *buffer, size_t size, time_ns_t deadline,
                  size_t *out_len);
/* Show bytes; writes of other threads come before or after a piece of TTY_PIECE bytes. */
enum { TTY_PIECE = 64 };
void tty_write_piece(struct tty *tty, const char *bytes, size_t len);

/* Boot. */
void tty_setup(void);
