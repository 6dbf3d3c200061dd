/* See signals.h. */
#include "kernel/posix/posix.h"

void signals_init(struct posix_process *posix)
{
    spin_init(&posix->signals.lock, LOCK_SIGNAL);
}

void signals_clear(struct posix_process *posix)
{
    (void)posix;
}

status_t signal_send_process(struct posix_process *posix,
                             const struct signal_information *information)
{
    return STATUS_NOT_SUPPORTED;
}

bool signal_is_refused(const struct thread *thread, uint32_t number)
{
    return false;
}
