/* What a process has beyond ours when it lives by POSIX: numbers for descriptions, a family, signals
 * (docs/design/posix_kernel.md). It is made by the first call that needs it, by fork, and by a spawn that
 * asks for it; a process without has a NULL pointer and pays one test. It lives as long as the process
 * object, since a parent that waits reads it after the end. */
#pragma once

#include "kernel/posix/descriptors.h"
#include "kernel/posix/family.h"
#include "kernel/posix/signals.h"
#include "kernel/process/process.h"

struct thread;

struct posix_process {
    struct process *process;
    struct descriptors descriptors;
    struct family family;
    struct signals signals;
};

/* That of a process, made if there is none yet. Its own threads only. @return LIMIT, NO_MEMORY. */
status_t posix_make(struct process *process, struct posix_process **out_posix);
static inline status_t posix_of(struct process *process, struct posix_process **out_posix)
{
    struct posix_process *posix = __atomic_load_n(&process->posix, __ATOMIC_ACQUIRE);
    if (posix == NULL || process->handles.segment != &posix->descriptors)
        return posix_make(process, out_posix);
    *out_posix = posix;
    return STATUS_OK;
}

/* For fork and spawn: that of a process that is being made, without a family yet (family_join). It goes with
 * the process. @return LIMIT, NO_MEMORY. */
status_t posix_begin(struct process *process);

/* The hooks of kernel/process. */

/* The last thread is leaving, the process has its address space and handles still: close the numbers. May
 * sleep. */
void posix_tear_down(struct process *process);
/* The process has ended and its code stands: tell the parent, let the children go. Any context without
 * locks. */
void posix_buried(struct process *process);
/* The object goes. */
void posix_free(struct process *process);

/* Boot. */
void posix_setup(void);
