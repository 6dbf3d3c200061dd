/* Names that are opened into something else than a file: named pipes into ends of a stream, the terminal of
 * the session. Thread context; may sleep. */
#pragma once

#include "kernel/object/handle.h"

struct thread;

/* What opening has found, when it is such a name: *target, a FILE, is exchanged for what it stands for.
 * @param flags  DESCRIPTION_READ, _WRITE, _NO_WAIT.
 * @return NO_DEVICE (nobody reads the pipe, there is no terminal), CANCELLED, INTERRUPTED, LIMIT, NO_MEMORY,
 * INVALID (a named pipe for both directions). On failure *target is as it was. */
status_t special_open(struct thread *caller, uint32_t flags, struct capability *target);
