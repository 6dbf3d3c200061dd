/* Pseudo-terminals: pairs of a master, at which a program types and sees what is shown, and the end that other
 * programs take for a terminal. A pty has a number among those of its cell, by which it can be opened as
 * long as its master is held. Thread context. */
#pragma once

#include <abi/types.h>

struct capability;
struct cell;
struct object;
struct tty;

/* A pair, charged to the cell, locked. The caller gets a reference to the master, and nobody holds the other
 * end yet. @return LIMIT, NO_MEMORY. */
status_t pty_create(struct cell *cell, struct object **out_master, uint32_t *out_number);

/* The program's end of the cell's pty of that number, with a reference for the caller.
 * @return NOT_FOUND; IO while it is locked. */
status_t pty_find(struct cell *cell, uint32_t number, struct object **out_tty);
/* The same of a master. @return NOT_TERMINAL if it is none; IO. */
status_t pty_peer(struct tty *master, struct object **out_tty);
/* A handle to the end was given: a master that saw it left sees it held again. */
void pty_opened(struct object *tty);

/* Let it be opened by its number, or not. @return NOT_TERMINAL if it is no master. */
status_t pty_lock(struct tty *master, bool locked);

/* Boot. */
void pty_setup(void);
