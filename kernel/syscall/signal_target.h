/* Whom a call of a POSIX process names by numbers: a process of its cell, or a thread of that. */
#pragma once

#include <abi/types.h>

struct process;
struct thread;

struct signal_target {
    struct process *process; /* One reference; it has a POSIX part. */
    struct thread *thread;   /* One reference, or NULL: the process as a whole. */
};

/* @param process_id  0: the caller's own. @param thread_id  0: the process.
 * @return DEAD: there is none; NOT_PERMITTED: it does not live by POSIX; LIMIT, NO_MEMORY. */
status_t signal_target_find(struct thread *caller, uint64_t process_id, uint64_t thread_id,
                            struct signal_target *out_target);
void signal_target_drop(struct signal_target *target);
