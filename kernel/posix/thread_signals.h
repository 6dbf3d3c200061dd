/* The part of a thread in its process's signals; in struct thread. Guarded by the lock of the process's
 * signals (kernel/posix/signals.h). */
#pragma once

#include <abi/posix_signal.h>

#include "lib/base/list.h"

/* What is pending, for a process or a thread. */
struct signal_set {
    uint64_t pending;  /* Bit n - 1: signal n. */
    struct list queue; /* struct signal_entry, oldest first: what is known of them. */
};

/* One signal that waits, with what is known of it. */
struct signal_entry {
    struct list link;
    struct signal_information information;
    struct interval_timer
        *timer; /* Whose it is, or NULL: from the cache or the process's spare one. */
};

static inline void signal_set_init(struct signal_set *set)
{
    set->pending = 0;
    list_init(&set->queue);
}

struct thread_signals {
    struct list link; /* In signals.threads; in no list: the process does not live by POSIX. */
    struct signal_set set;
    uint64_t mask;
    uint64_t waiting;    /* What the thread takes itself (signal_wait), masked or not. */
    uint64_t saved_mask; /* The mask outside a call that masks for its time. */
    bool has_saved_mask;
    struct signal_stack stack;
};
