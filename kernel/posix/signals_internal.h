/* What the files of the signals share. `locked` in a name, or a comment: the lock of the signals is held. */
#pragma once

#include "kernel/mm/slab.h"
#include "kernel/posix/posix.h"
#include "kernel/posix/thread_signals.h"
#include "kernel/sched/thread.h"

enum { SIGNALS_QUEUED_MAX = 1024 }; /* Entries of one process. */

static inline uint64_t signal_bit(uint32_t number)
{
    return 1ull << (number - 1);
}

/* Sets of signals as constants of the preprocessor, since they are wider than an enumerator may be. */
#define SIGNAL_BIT(name) (1ull << (POSIX_##name - 1))
#define SIGNALS_UNMASKABLE (SIGNAL_BIT(SIGKILL) | SIGNAL_BIT(SIGSTOP))
#define SIGNALS_STOPPING \
    (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SIGNALS_SYNCHRONOUS                                                                \
    (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | \
     SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

/* What the default action of a signal is. */
enum signal_default {
    SIGNAL_DEFAULT_END,
    SIGNAL_DEFAULT_CRASH, /* End, and leave a line in the log. */
    SIGNAL_DEFAULT_IGNORE,
    SIGNAL_DEFAULT_STOP,
};
enum signal_default signal_default_of(uint32_t number);

extern struct signals_state {
    struct slab_cache actions;
    struct slab_cache entries;
    struct slab_cache timers;
} signals_state;

/* signal_queue.c */

/* Take the lock of the signals, with an entry for one that is about to be sent. NULL: there is no room. */
struct signal_entry *signals_lock_with_entry(struct posix_process *posix,
                                             const struct signal_information *information);
/* It is in no queue. NULL is allowed. Locked. */
void signal_entry_free(struct posix_process *posix, struct signal_entry *entry);
/* It is pending from now on; with `entry` NULL, nothing is known of it. Locked. */
void signal_set_add(struct signals *signals, struct signal_set *set, uint32_t number,
                    struct signal_entry *entry);
/* Take the oldest of a pending number. Locked. */
void signal_set_take(struct posix_process *posix, struct signal_set *set, uint32_t number,
                     struct signal_information *out_information);
/* Take one entry out, as if it had never been sent. Locked. */
void signal_set_withdraw(struct signals *signals, struct signal_set *set,
                         struct signal_entry *entry);
/* None of these is pending any more. Locked. */
void signal_set_discard(struct posix_process *posix, struct signal_set *set, uint64_t numbers);
/* The same for the process and all its threads. Locked. */
void signals_discard(struct posix_process *posix, uint64_t numbers);

/* signals.c */

static inline struct thread *signals_thread(struct list *node)
{
    return CONTAINER_OF(node, struct thread, signals.link);
}

static inline struct signal_action *signal_action_of(const struct signals *signals, uint32_t number)
{
    return &signals->actions[number - 1];
}

/* Ignored by its action, or by default. Locked. */
bool signal_is_ignored(const struct signals *signals, uint32_t number);
/* What the calling thread would be delivered now. Locked. */
uint64_t signals_deliverable(const struct signals *signals, const struct thread *thread);
/* Change the mask of the calling thread; what it masks now and another thread does not goes to that one.
 * Locked. */
void signal_mask_set(struct posix_process *posix, struct thread *thread, uint64_t mask);

/* signal_send.c */

/* As signal_send_process and _thread (thread NULL: any); the entry is given away, or NULL. Locked. */
void signal_send_locked(struct posix_process *posix, struct thread *thread, uint32_t number,
                        struct signal_entry *entry);
/* Tell other threads of what this one will not take: these, as far as they are pending for any. Locked. */
void signals_retarget(struct posix_process *posix, struct thread *thread, uint64_t numbers);
/* All threads end, the process by this signal. Locked. */
void signals_end(struct posix_process *posix, uint32_t number);
