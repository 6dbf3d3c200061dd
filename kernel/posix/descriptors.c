/* See descriptors.h. */
#include "kernel/posix/posix.h"

void descriptors_init(struct posix_process *posix)
{
    spin_init(&posix->descriptors.lock, LOCK_HANDLES);
}

void descriptors_clear(struct posix_process *posix)
{
    (void)posix;
}

status_t descriptors_fork(struct posix_process *parent, struct posix_process *child)
{
    return STATUS_OK;
}

void descriptors_exec(struct posix_process *posix)
{
}
