/* posix_spawn and what is made of it. The program is started again by its own tests, with words that say
 * what to do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define SELF "/bin/posix_spawn"

static char *environment[] = { "PATH=/nowhere:/bin", NULL };

static int code_of(pid_t child)
{
    int status = -1;
    pid_t ended = waitpid(child, &status, 0);
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void child_gets_arguments_and_environment(void)
{
    char *arguments[] = { "spawn", "check", "a b", NULL };
    char *colour[] = { "COLOUR=red", NULL };
    pid_t child = -1;
    EQ(posix_spawn(&child, SELF, NULL, NULL, arguments, colour), 0);
    CHECK(child > 0 && child != getpid());
    EQ(code_of(child), 33);
    EQ(posix_spawn(&child, "/bin/nothing", NULL, NULL, arguments, colour), ENOENT);
}

static void the_path_is_searched(void)
{
    char *arguments[] = { "spawn", "exit", "7", NULL };
    pid_t child;
    setenv("PATH", "/nowhere:/bin", 1);
    EQ(posix_spawnp(&child, "posix_spawn", NULL, NULL, arguments, environment), 0);
    EQ(code_of(child), 7);
    EQ(posix_spawnp(&child, "nothing", NULL, NULL, arguments, environment), ENOENT);
}

static void actions_are_done_in_order(void)
{
    posix_spawn_file_actions_t actions;
    char *arguments[] = { "spawn", "numbers", NULL };
    int ends[2];
    char text[32] = { 0 };
    pid_t child;
    EQ(pipe2(ends, O_CLOEXEC), 0);
    EQ(posix_spawn_file_actions_init(&actions), 0);
    EQ(posix_spawn_file_actions_addopen(&actions, 5, "/tmp/spawned", O_CREAT | O_RDWR, 0644), 0);
    EQ(posix_spawn_file_actions_adddup2(&actions, ends[1], 7), 0);
    EQ(posix_spawn_file_actions_adddup2(&actions, 7, 8), 0);
    EQ(posix_spawn_file_actions_addclose(&actions, 7), 0);
    EQ(posix_spawn(&child, SELF, &actions, NULL, arguments, environment), 0);
    EQ(close(ends[1]), 0);
    EQ(read(ends[0], text, sizeof text), 5);
    CHECK(strcmp(text, "hello") == 0);
    EQ(code_of(child), 21);
    EQ(close(ends[0]), 0);
    EQ(unlink("/tmp/spawned"), 0);
    EQ(fcntl(5, F_GETFD), -1);
    EQ(posix_spawn_file_actions_adddup2(&actions, 900, 9), 0);
    EQ(posix_spawn(&child, SELF, &actions, NULL, arguments, environment), EBADF);
    EQ(posix_spawn_file_actions_destroy(&actions), 0);
    EQ(unlink("/tmp/spawned"), 0);
}

static void attributes_are_taken(void)
{
    posix_spawnattr_t attributes;
    char *arguments[] = { "spawn", "attributes", NULL };
    sigset_t set;
    pid_t child;
    EQ(posix_spawnattr_init(&attributes), 0);
    EQ(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF),
       0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    EQ(posix_spawnattr_setsigmask(&attributes, &set), 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    EQ(posix_spawnattr_setsigdefault(&attributes, &set), 0);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    EQ(posix_spawn(&child, SELF, NULL, &attributes, arguments, environment), 0);
    EQ(code_of(child), 22);
    EQ(posix_spawnattr_setpgroup(&attributes, 1 << 30), 0);
    EQ(posix_spawn(&child, SELF, NULL, &attributes, arguments, environment), EPERM);
    EQ(posix_spawnattr_destroy(&attributes), 0);
    signal(SIGUSR2, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
}

static void directory_can_be_another(void)
{
    posix_spawn_file_actions_t actions;
    char *arguments[] = { "spawn", "place", NULL };
    pid_t child;
    EQ(posix_spawn_file_actions_init(&actions), 0);
    EQ(posix_spawn_file_actions_addchdir_np(&actions, "/tmp"), 0);
    EQ(posix_spawn(&child, SELF, &actions, NULL, arguments, environment), 0);
    EQ(code_of(child), 23);
    EQ(posix_spawn_file_actions_addchdir_np(&actions, "/nowhere"), 0);
    EQ(posix_spawn(&child, SELF, &actions, NULL, arguments, environment), ENOENT);
    EQ(posix_spawn_file_actions_destroy(&actions), 0);
}

static int as_told(int argc, char **argv)
{
    if (strcmp(argv[1], "check") == 0)
        return argc == 3 && strcmp(argv[2], "a b") == 0 && strcmp(getenv("COLOUR"), "red") == 0 ? 33
                                                                                                : 1;
    if (strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(argv[1], "numbers") == 0)
        return write(8, "hello", 5) == 5 && fcntl(7, F_GETFD) == -1 && fcntl(5, F_GETFD) == 0 &&
                       fcntl(3, F_GETFD) == -1 && access("/tmp/spawned", F_OK) == 0
                   ? 21
                   : 1;
    if (strcmp(argv[1], "attributes") == 0) {
        sigset_t set;
        struct sigaction two, pipe;
        sigprocmask(SIG_BLOCK, NULL, &set);
        sigaction(SIGUSR2, NULL, &two);
        sigaction(SIGPIPE, NULL, &pipe);
        return getpgrp() == getpid() && sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2) &&
                       two.sa_handler == SIG_DFL && pipe.sa_handler == SIG_IGN
                   ? 22
                   : 1;
    }
    if (strcmp(argv[1], "place") == 0) {
        char text[64];
        return strcmp(getcwd(text, sizeof text), "/tmp") == 0 ? 23 : 1;
    }
    return 2;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[0], "spawn") == 0)
        return as_told(argc, argv);
    CLAIM(child_gets_arguments_and_environment);
    CLAIM(the_path_is_searched);
    CLAIM(actions_are_done_in_order);
    CLAIM(attributes_are_taken);
    CLAIM(directory_can_be_another);
    return claims_done();
}
