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
