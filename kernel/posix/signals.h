/* Signals of POSIX: actions, what is pending, who is told (docs/design/posix_kernel.md). A process's signals
 * and the part of each of its threads are guarded by one lock, LOCK_SIGNAL. Sending is for any context, with
 * locks above LOCK_SIGNAL held or none; delivery is on the way out to user mode (signal_deliver.h). */
#pragma once

#include <abi/posix_signal.h>
#include <abi/types.h>

#include "kernel/base/spinlock.h"
#include "kernel/posix/thread_signals.h"
#include "kernel/sched/wait.h"
#include "lib/base/list.h"

struct posix_process;
struct thread;

struct signals {
    struct spinlock lock;      /* LOCK_SIGNAL */
    struct signal_set set;     /* For any thread. */
    struct list threads;       /* struct thread_signals */
    struct signal_entry spare; /* So that one signal at a time costs no allocation. */
    bool spare_used;
    uint32_t queued;     /* Entries of the process and of its threads. */
    uint32_t ended_by;   /* Not 0: the signal for which it ends. */
    bool end_is_told;    /* A thread has made it the end of the process. */
    uint32_t stopped_by; /* Not 0: the signal for which no thread of it enters user mode. */
    uint32_t running;    /* While it is being stopped: threads that may still be in user mode. */
    uint32_t continues;  /* How often SIGCONT was sent. */
    uint8_t news;        /* enum family_news: what the parent has not been told yet. */
    bool closed;         /* It has ended. */
    struct wait_queue stopped;
    uint64_t return_address;       /* Where handlers return to. */
    struct signal_action *actions; /* POSIX_SIGNALS of them. */

    struct mutex timers_lock; /* The list; the timers themselves are guarded by `lock`. */
    struct list timers;       /* struct interval_timer */
    uint32_t timer_count;
    uint32_t timers_made;    /* By timer_create, ever. */
    uint32_t wall_timers;    /* Set to a place on the wall clock. */
    uint64_t cpu_ticks_told; /* cpu_clock.c */
};

/* @return LIMIT, NO_MEMORY. */
status_t signals_init(struct posix_process *posix);
/* The process has ended: nothing is pending any more. */
void signals_clear(struct posix_process *posix);
/* The object goes. */
void signals_free(struct posix_process *posix);

/* The process has just been given its POSIX part: the threads that it has already get signals too. No lock
 * held. */
void signals_adopt(struct posix_process *posix);
/* A thread of the process begins or ends. The process's lock is held. */
void signals_thread_enter(struct posix_process *posix, struct thread *thread);
void signals_thread_leave(struct posix_process *posix, struct thread *thread);
/* What the thread that ends now owes its process: the signal that ends all is the process's end. No lock
 * held. */
void signals_thread_end(struct posix_process *posix, const struct thread *thread);

/* The child of a fork: its actions are the parent's, its only thread's mask and stack are the forking
 * thread's, nothing is pending. Before the child's thread starts. */
void signals_fork(struct posix_process *parent, const struct thread *parent_thread,
                  struct posix_process *child, struct thread *child_thread);
/* A new program in the process: what was caught is the default again, the alternate stack is none. The mask
 * and what is pending stay. The caller is the only thread. */
void signals_exec(struct posix_process *posix, struct thread *thread);
/* The child of a spawn, before its thread starts: these signals get their default, and its mask. */
void signals_spawn(struct posix_process *child, struct thread *child_thread, uint64_t defaults,
                   uint64_t mask);

/* Send to a process, or to one of its threads. A signal that is ignored, or that is pending already and is
 * not queued, is success.
 * @return LIMIT, NO_MEMORY: a queued number that finds no room (SIGNAL_CODE_QUEUE; others are sent without
 *         their information). */
status_t signal_send_process(struct posix_process *posix,
                             const struct signal_information *information);
status_t signal_send_thread(struct thread *thread, const struct signal_information *information);

/* What kill sends: the code SIGNAL_CODE_USER and the sender's number. */
struct signal_information signal_of_process(uint32_t number, const struct posix_process *sender);

/* The calling thread has a signal to deal with before it returns to user mode; what a loop that waits by
 * steps looks at. */
bool signal_pending(const struct thread *thread);

/* A write found no reader: SIGPIPE to the calling thread, if its process lives by POSIX. */
void signal_broken_pipe(struct thread *thread);

/* Terminals: whether the calling thread's process masks or ignores the signal (SIGTTIN, SIGTTOU). */
bool signal_is_refused(const struct thread *thread, uint32_t number);

/* Whether SIGCHLD is ignored or has the flag SIGNAL_ACTION_NO_CHILD_WAIT: children vanish when they end. */
bool signals_drop_children(struct posix_process *posix);
/* Whether a child that stops or goes on is told (SIGNAL_ACTION_NO_CHILD_STOP). */
bool signals_tell_stops(struct posix_process *posix);

/* The calls of kernel/syscall/sys_signal.c, for the calling thread. */

/* @param action  the new one, or NULL. @param return_address  where handlers return to; one for the process, 0:
 * as before. @return INVALID: no such signal, or one whose action cannot be changed. */
status_t signal_action_change(struct posix_process *posix, uint32_t number,
                              const struct signal_action *action, uint64_t return_address,
                              struct signal_action *out_old);
/* @param how  enum signal_mask_how. @return INVALID. */
status_t signal_mask_change(struct posix_process *posix, struct thread *thread, uint32_t how,
                            uint64_t set, uint64_t *out_old);
/* What is pending and masked. */
uint64_t signals_waiting(struct posix_process *posix, const struct thread *thread);
/* Sleep under another mask until a handler has run. @return INTERRUPTED, CANCELLED. */
status_t signal_suspend(struct posix_process *posix, struct thread *thread, uint64_t mask);
/* Take one of the set, masked or not. @return TIMED_OUT, INTERRUPTED by another signal, CANCELLED. */
status_t signal_take(struct posix_process *posix, struct thread *thread, uint64_t set,
                     time_ns_t deadline, struct signal_information *out_information);
/* @param stack  the new one, or NULL. @return NOT_PERMITTED while the thread is on it, INVALID, NO_MEMORY: too
 * small. */
status_t signal_stack_change(struct posix_process *posix, struct thread *thread,
                             const struct signal_stack *stack, struct signal_stack *out_old);

/* A call that masks for its time (ppoll, pselect, epoll_pwait): `mask` holds until the call is over, or, if
 * it answers INTERRUPTED and a handler runs, until that handler has returned. Once a call, at its begin. */
void signal_mask_for_call(struct thread *thread, uint64_t mask);

/* Boot. */
void signals_setup(void);
