/* A child with a program of its own from the start: posix_spawn without the copy that fork would make. Thread
 * context; may sleep. */
#pragma once

#include <abi/family.h>

#include "kernel/process/spawn.h"
#include "kernel/vfs/vnode.h"

struct posix_group;
struct posix_process;
struct thread;

struct child_plan {
    struct posix_process *parent;
    struct thread *caller;
    struct vnode *image;
    const char *name;
    const struct spawn_child *child;
    const struct spawn_action *actions; /* child->action_count of them. */
    /* Hand handles over to the new process and say what they are; `argument` is the caller's.
     * @return LIMIT, NO_MEMORY. */
    status_t (*pass)(struct process *process, struct start_block *out_start, void *argument);
    void *argument;
};

/* Make and start it. @return its number; LIMIT, NO_MEMORY, NOT_EXECUTABLE, IO, TOO_BIG; BAD_HANDLE: an action
 * names what is not open; NOT_PERMITTED: no such group in the session. Nothing is left of it after a failure. */
status_t child_spawn(const struct child_plan *plan, uint64_t *out_id);
