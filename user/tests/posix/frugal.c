/* For the sweep of memory limits: do what the argument says once, and tell by the exit code whether it went
 * well (0), was refused as POSIX says (1), or otherwise (2). A refusal must leave the process whole. */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOOD, REFUSED, WRONG };

static char *no_environment[] = { NULL };
static char *short_life[] = { "frugal", "an argument", "nothing", NULL };

static int refusal(int error)
{
    return error == EAGAIN || error == ENOMEM ? REFUSED : WRONG;
}

static int outcome(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        return WRONG;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    /* A page that the child would have written was refused: the kernel ended it. */
    return REFUSED;
}

int main(int argc, char **argv)
{
    if (argc < 3 || strcmp(argv[2], "nothing") == 0)
        return GOOD;
    if (strcmp(argv[2], "fork") == 0) {
        pid_t child = fork();
        if (child == 0)
            _exit(GOOD);
        return child < 0 ? refusal(errno) : outcome(child);
    }
    if (strcmp(argv[2], "spawn") == 0) {
        pid_t child;
        int error =
            posix_spawn(&child, "/bin/posix_frugal", NULL, NULL, short_life, no_environment);
        return error != 0 ? refusal(error) : outcome(child);
    }
    (void)execve("/bin/posix_frugal", short_life, no_environment);
    return refusal(errno);
}
