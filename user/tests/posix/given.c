/* A process that was started by one that does not live by POSIX, and given numbers: 1, its output, and 7, a tree
 * that it may read. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static void only_what_was_given_is_open(void)
{
    struct stat stat;
    for (int fd = 0; fd < 32; fd++)
        EQ(fcntl(fd, F_GETFD), fd == 1 || fd == 7 ? 0 : -1);
    EQ(fstat(7, &stat), 0);
    CHECK(S_ISDIR(stat.st_mode));
    EQ(openat(7, "new", O_CREAT | O_WRONLY, 0644), -1);
    EQ(write(0, "x", 1), -1);
    EQ(errno, EBADF);
}

static void it_leads_a_session_and_has_no_parent(void)
{
    int status = -1;
    EQ(getppid(), 0);
    EQ(getsid(0), getpid());
    EQ(getpgrp(), getpid());
    pid_t child = fork();
    if (child == 0)
        _exit(getppid() == getsid(0) && fcntl(7, F_GETFD) == 0 ? 3 : 4);
    EQ(waitpid(child, &status, 0), child);
    EQ(WEXITSTATUS(status), 3);
}

int main(int argc, char **argv)
{
    CLAIM(only_what_was_given_is_open);
    CLAIM(it_leads_a_session_and_has_no_parent);
    return claims_done();
}
