/* Stopping a process and letting it go on, for the other files of the signals and for the scheduler. A process
 * is stopped, and its parent told, when none of its threads is in user mode: those that wait in the kernel, or
 * wait to run there, cannot come back to it before SIGCONT. */
#pragma once

#include <abi/types.h>

#include "kernel/posix/family.h"

struct posix_process;
struct thread;

/* The calling thread, on its way to user mode, stops its process for this signal; it goes to
 * signals_stay_stopped next. Locked (LOCK_SIGNAL); the process is not stopped yet.
 * @return whether all the others are at rest already, so that the caller is to call family_tell_news. */
bool signals_stop(struct posix_process *posix, uint32_t number);
/* SIGCONT was sent: threads that are stopped go on, and the first of them tells the parent. Locked. */
void signals_continue(struct posix_process *posix);
/* Sleep while the process is stopped, unless the calling thread is to end. Called with the lock held, which is held again
 * on return, on the way to user mode. */
void signals_stay_stopped(struct posix_process *posix, struct thread *thread);
/* The calling thread leaves its CPU, in the kernel, while its process waits for it (THREAD_WORK_STOP). No lock
 * held; may be between wait_prepare and wait_commit, so it does not sleep. */
void signals_thread_rest(struct thread *thread);
/* The calling thread ends and leaves the process's threads: it need not be waited for. Locked; it tells the parent, if
 * that is due, when it leaves its CPU. */
void signals_leave_stop(struct posix_process *posix, struct thread *thread);
/* What the parent is to be told next, which the caller does. The family lock is held, LOCK_SIGNAL is not, so that
 * stops and continuations are told in the order in which they happened. @param out_signal  what stopped it. */
enum family_news signals_take_news(struct posix_process *posix, uint32_t *out_signal);
