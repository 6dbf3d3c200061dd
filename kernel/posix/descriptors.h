/* The POSIX segment of a process: numbers for descriptions, the lowest free one first, close-on-exec.
 * Looked up inside an epoch without a lock; changed under the lock. */
#pragma once

#include <abi/types.h>

#include "kernel/base/spinlock.h"

struct posix_process;

struct descriptors {
    struct spinlock lock; /* LOCK_HANDLES */
};

void descriptors_init(struct posix_process *posix);
/* Close every number. May sleep. */
void descriptors_clear(struct posix_process *posix);
status_t descriptors_fork(struct posix_process *parent, struct posix_process *child);
void descriptors_exec(struct posix_process *posix);
