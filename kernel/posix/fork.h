/* Fork and exec: see docs/design/posix_kernel.md, "Families". Thread context; may sleep. */
#pragma once

#include "kernel/process/spawn.h"
#include "kernel/vfs/vnode.h"

struct thread;

/* Make a child that is a copy of the calling process, with one thread that returns from the caller's system
 * call with STATUS_OK and 0 in x1. @return LIMIT, NO_MEMORY, DEAD: nothing is left of the child. */
status_t process_fork(struct thread *caller, uint64_t *out_id);

/* Replace the program of the calling process, whose other threads end. The handles of `start` stay, every other
 * one outside the segment is closed. On OK the caller's frame leads into the new program. On failure nothing has
 * changed. @return NOT_EXECUTABLE, IO, NO_MEMORY, LIMIT, TOO_BIG; DEAD when the process is ending. */
status_t process_exec(struct thread *caller, struct vnode *image, const struct start_block *start,
                      const char *name);
