/* Starting programs: an ELF image of a file into a new process, its stack, its first thread. Thread
 * context; may sleep. */
#pragma once

#include <abi/process.h>

#include "kernel/process/process.h"
#include "kernel/vfs/vnode.h"

/* What goes onto the new process's stack. Strings are NUL-ended, one after the other. */
struct start_block {
    const char *arguments;
    size_t arguments_len;
    const char *environment;
    size_t environment_len;
    const struct start_handle *handles;
    uint32_t handle_count;
};

/* Load the program into an empty space that no thread uses. On failure the space is only good for its end.
 * @return NOT_EXECUTABLE, IO, NO_MEMORY, LIMIT, TOO_BIG. */
status_t spawn_load(struct aspace *aspace, struct vnode *image, const struct start_block *start,
                    uint64_t *out_entry, uint64_t *out_sp);
/* Load the program and start its first thread. On failure the process has no thread and goes with
 * its last reference. @return NOT_EXECUTABLE, IO, NO_MEMORY, LIMIT, TOO_BIG. */
status_t spawn_program(struct process *process, struct vnode *image,
                       const struct start_block *start);
