/* The first process of the system that ours is compared with: runs the tests that /tests/list names, one after the
 * other, and turns the machine off. Each has a fresh /tmp, a session of its own, and no more than its time;
 * what it leaves behind is killed. Results go to the console as those of our guests do ("@@test pass NAME"). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUITE "/tests/posixtestsuite"
enum { NAME_SIZE = 128, FILE_SIZE = 512, EXIT_NOT_BEGUN = 126 };

static uid_t user; /* Who the tests are: user=N on the kernel's command line. */

struct test {
    char name[NAME_SIZE], kind[16], file[FILE_SIZE];
    unsigned seconds;
};

static void tree_mount(const char *path, const char *kind)
{
    (void)mkdir(path, 0755);
    if (mount(kind, path, kind, 0, "mode=1777") != 0 && mount(kind, path, kind, 0, NULL) != 0)
        printf("%s: %s\n", path, strerror(errno));
}

/* In the child. */
static void test_become(const struct test *test)
{
    char *const program[] = { (char *)test->file, NULL };
    char *const script[] = { "/bin/sh", (char *)test->file, NULL };
    char *const environment[] = { "PATH=/bin", "HOME=/tmp", "TMPDIR=/tmp",
                                  "TERM=dumb", "LC_ALL=C",  NULL };
    bool is_script = strcmp(test->kind, "script") == 0;
    int nothing = open("/dev/null", O_RDONLY);
    (void)setsid();
    (void)dup2(nothing, STDIN_FILENO);
    (void)close(nothing);
    if (user != 0 && (setgroups(0, NULL) != 0 || setgid(user) != 0 || setuid(user) != 0))
        _exit(EXIT_NOT_BEGUN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(is_script ? SUITE : "/tmp") == 0)
        (void)execve(is_script ? script[0] : program[0], is_script ? script : program, environment);
    _exit(EXIT_NOT_BEGUN);
}

/* Wait for the end of that child, and for others on the way. @return whether it ended in time. */
static bool child_wait(pid_t child, unsigned seconds, int *out_status)
{
    sigset_t ended;
    struct timespec now, end;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    for (;;) {
        pid_t found;
        int status;
        while ((found = waitpid(-1, &status, WNOHANG)) > 0) {
            if (found != child)
                continue;
            *out_status = status;
            return true;
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= end.tv_sec)
            return false;
        struct timespec left = { .tv_sec = end.tv_sec - now.tv_sec };
        (void)sigtimedwait(&ended, NULL, &left);
    }
}

static void all_end(void)
{
    (void)kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}

static void test_judge(const struct test *test, bool ended, int status)
{
    if (!ended)
        printf("@@test fail %s no end within %u s\n", test->name, test->seconds);
    else if (WIFSIGNALED(status))
        printf("@@test fail %s signal %d\n", test->name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        printf("@@test fail %s exit code %#x\n", test->name, WEXITSTATUS(status));
    else
        printf("@@test pass %s\n", test->name);
}

static void test_run(const struct test *test)
{
    int status = 0;
    tree_mount("/tmp", "tmpfs");
    tree_mount("/dev/shm", "tmpfs");
    pid_t child = fork();
    if (child == 0)
        test_become(test);
    bool ended = child_wait(child, test->seconds, &status);
    all_end();
    (void)umount2("/dev/shm", MNT_DETACH);
    (void)umount2("/tmp", MNT_DETACH);
    test_judge(test, ended, status);
}

static void system_begin(void)
{
    sigset_t ended;
    struct utsname system;
    const char *who = getenv("user"); /* The kernel gives its unknown words as the environment. */
    user = who != NULL ? (uid_t)atoi(who) : 0;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, NULL);
    (void)mkdir("/tmp", 01777);
    tree_mount("/proc", "proc");
    tree_mount("/dev", "devtmpfs");
    (void)mkdir("/dev/shm", 01777);
    (void)mkdir("/dev/mqueue", 01777);
    if (uname(&system) == 0)
        printf("peer: %s\n", system.release);
    if (mount("mqueue", "/dev/mqueue", "mqueue", 0, NULL) != 0)
        printf("/dev/mqueue: %s\n", strerror(errno));
}

int main(void)
{
    struct test test = { 0 };
    unsigned count = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    system_begin();
    FILE *list = fopen(SUITE "/list", "re");
    char file[FILE_SIZE - sizeof SUITE];
    while (list != NULL &&
           fscanf(list, "%127s %15s %400s %u", test.name, test.kind, file, &test.seconds) == 4) {
        snprintf(test.file, sizeof test.file, SUITE "/%s", file);
        test_run(&test);
        count++;
    }
    printf("@@test done %u\n", count);
    fflush(stdout);
    (void)reboot(RB_POWER_OFF);
    return 1;
}
