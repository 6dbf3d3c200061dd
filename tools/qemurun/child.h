/* A child process with a pipe at each end: what is written to `input` it reads, what it writes to its
 * standard output or error comes out of `output`. It leads a process group of its own, is killed
 * when this program dies, and starts with no signal blocked. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int input;  /* Non-blocking; -1 once closed. */
    int output; /* -1 once closed. */
    int status; /* As waitpid gives it, once reaped. */
};

#define CHILD_NONE ((struct child){ .pid = 0, .input = -1, .output = -1 })

/* Start argv[0] with the environment of this process. False, with errno, when that is impossible;
 * a program that cannot be executed shows as a child that ends with 127. */
bool child_start(struct child *child, char *const *argv);

static inline bool child_runs(const struct child *child)
{
    return child->pid > 0;
}

/* Ask the whole group to end (SIGTERM) or end it (SIGKILL). */
void child_signal(const struct child *child, int signal);

/* Wait for the end, which must be near (its output is closed, or it was killed), and close both
 * pipes. What of its group still runs is killed. Returns the exit code, or 128 + the signal. */
int child_reap(struct child *child);
