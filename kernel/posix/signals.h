/* Signals of POSIX: actions, what is pending, who is told. Sending is for any context; delivery is on the
 * way out to user mode. LOCK_SIGNAL guards a process's state and its threads' masks and sets. */
#pragma once

#include <abi/types.h>

#include "kernel/base/spinlock.h"

struct posix_process;
struct thread;
struct signal_information;

struct signals {
    struct spinlock lock; /* LOCK_SIGNAL */
};

void signals_init(struct posix_process *posix);
/* The process has ended: nothing is pending any more. */
void signals_clear(struct posix_process *posix);
status_t signal_send_process(struct posix_process *posix,
                             const struct signal_information *information);
bool signal_is_refused(const struct thread *thread, uint32_t number);
