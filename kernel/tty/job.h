/* Job control: the session that a terminal controls, its foreground group, and who may read
 * (POSIX.1-2017, XBD 11.1.2 to 11.1.5). The session names the terminal's program end and the terminal
 * its session, each with a reference, until the leader ends or lets go. */
#pragma once

#include "kernel/tty/terminal.h"

struct capability;
struct posix_process;

/* May the calling thread's process do this from where it is? A process in the background of the terminal
 * that controls it is stopped by SIGTTIN or SIGTTOU.
 * @return OK; INTERRUPTED, with the signal on its way to the group; IO when it cannot be stopped. */
status_t job_check_read(struct terminal *terminal);
/* For a write, when the attributes say so (TTY_LOCAL_STOP_OUTPUT). */
status_t job_check_write(struct terminal *terminal);
/* For changing the terminal. */
status_t job_check_change(struct terminal *terminal);

/* The terminal of the capability becomes the one that controls the calling process's session, whose leader
 * it must be; both must be free. Its group is in the foreground.
 * @return NOT_PERMITTED, LIMIT, NO_MEMORY. */
status_t job_take(struct thread *caller, const struct capability *tty);
/* The leader lets the terminal go: its foreground group is told by SIGHUP and SIGCONT.
 * @return NOT_TERMINAL when it is not the caller's, NOT_PERMITTED for others than the leader. */
status_t job_leave(struct thread *caller, struct tty *tty);
/* The process has ended: if it led a session, the same. Before it leaves its family; any context without
 * locks. */
void job_process_end(struct posix_process *posix);

/* Put a group of the caller's session into the foreground.
 * @return NOT_TERMINAL, NOT_PERMITTED (no group of this session), INTERRUPTED, IO. */
status_t job_foreground_set(struct thread *caller, struct tty *tty, uint64_t group);
/* The numbers for tty_state_get; the lock is not held. */
void job_describe(struct tty *tty, uint64_t *out_session, uint64_t *out_foreground);

/* A handle's worth of the terminal that controls the caller's session. @return NO_DEVICE. */
status_t job_controlling(struct thread *caller, struct capability *out_tty);

/* Send a signal to the foreground group, if there is one. The lock is not held. Any context. */
void job_signal(struct terminal *terminal, uint32_t number);
/* Nobody types any more: the leader of the session is told by SIGHUP and SIGCONT. */
void job_hang_up(struct terminal *terminal);
/* The terminal goes. */
void job_forget(struct terminal *terminal);
