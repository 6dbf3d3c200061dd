/* Children with pipes. */
#define _GNU_SOURCE
#include "tools/qemurun/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the new process; `ends` are its reading and its writing end. */
static _Noreturn void child_become(char *const *argv, int read_end, int write_end, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* It died before the line above. */
    if (dup2(read_end, 0) < 0 || dup2(write_end, 1) < 0 || dup2(write_end, 2) < 0)
        _exit(127);
    execvp(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

bool child_start(struct child *child, char *const *argv)
{
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        child_become(argv, down[0], up[1], parent);
    close(down[0]);
    close(up[1]);
    if (pid < 0) {
        close(down[1]);
        close(up[0]);
        return false;
    }
    setpgid(pid, pid); /* Both sides do it, so that neither has to wait for the other. */
    fcntl(down[1], F_SETFL, O_NONBLOCK);
    *child = (struct child){ .pid = pid, .input = down[1], .output = up[0] };
    return true;
}

void child_signal(const struct child *child, int signal)
{
    if (child_runs(child))
        kill(-child->pid, signal);
}

int child_reap(struct child *child)
{
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
        continue;
    kill(-child->pid, SIGKILL);
    close(child->input);
    close(child->output);
    child->pid = 0;
    child->input = child->output = -1;
    return WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);
}
