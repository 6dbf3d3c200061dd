/* fork, exec and wait. The program is started again by its own exec, with a word that says what to do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define SELF "/bin/posix_process"

enum { SPACE_BYTES = 64 << 20 };

static int data_word = 17;
static int bss_words[5000];

static int wait_code(pid_t child)
{
    int status = -1;
    pid_t ended = waitpid(child, &status, 0);
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void child_is_a_copy_that_writes_apart(void)
{
    char local[3] = "ab";
    char *heap = malloc(100000);
    strcpy(heap + 90000, "heap");
    bss_words[4000] = 5;
    pid_t child = fork();
    if (child == 0) {
        bool same = data_word == 17 && bss_words[4000] == 5 && local[0] == 'a' &&
                    strcmp(heap + 90000, "heap") == 0 && getpid() != getppid();
        data_word = 1;
        bss_words[4000] = 2;
        local[0] = 'x';
        strcpy(heap + 90000, "child");
        _exit(same && data_word == 1 && bss_words[4000] == 2 ? 42 : 1);
    }
    CHECK(child > 0);
    data_word = 18;
    EQ(wait_code(child), 42);
    EQ(data_word, 18);
    EQ(bss_words[4000], 5);
    EQ(local[0], 'a');
    CHECK(strcmp(heap + 90000, "heap") == 0);
    data_word = 17;
    free(heap);
}

static void shared_memory_stays_shared(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED && private != MAP_FAILED);
    *private = 1;
    pid_t child = fork();
    if (child == 0) {
        *shared = 7;
        *private = 7;
        _exit(0);
    }
    EQ(wait_code(child), 0);
    EQ(*shared, 7);
    EQ(*private, 1);
    EQ(munmap(shared, 4096), 0);
    EQ(munmap(private, 4096), 0);
}

static void floating_point_and_thread_pointer_are_copied(void)
{
    volatile double value = 1.5;
    errno = ERANGE;
    pid_t child = fork();
    if (child == 0)
        _exit(value * 2 == 3.0 && errno == ERANGE ? 0 : 1);
    EQ(wait_code(child), 0);
    CHECK(value * 2 == 3.0);
}

static void generations_nest(void)
{
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(getpgid(0) == getpgid(getppid()) ? 5 : 6);
        _exit(wait_code(grandchild) + 1);
    }
    EQ(wait_code(child), 6);
}

static void wait_tells_who_and_how(void)
{
    int status;
    struct rusage usage;
    EQ(waitpid(-1, &status, 0), -1);
    EQ(errno, ECHILD);
    pid_t a = fork();
    if (a == 0)
        _exit(1);
    pid_t b = fork();
    if (b == 0)
        _exit(2);
    EQ(waitpid(b, &status, 0), b);
    EQ(WEXITSTATUS(status), 2);
    EQ(wait4(-1, &status, 0, &usage), a);
    EQ(WEXITSTATUS(status), 1);
    CHECK(usage.ru_minflt > 0);
    EQ(waitpid(a, &status, 0), -1);
    EQ(errno, ECHILD);
    pid_t slow = fork();
    if (slow == 0) {
        usleep(30000);
        _exit(3);
    }
    EQ(waitpid(slow, &status, WNOHANG), 0);
    siginfo_t info;
    EQ(waitid(P_PID, (id_t)slow, &info, WEXITED | WNOWAIT), 0);
    EQ(info.si_pid, slow);
    EQ(info.si_status, 3);
    EQ(info.si_code, CLD_EXITED);
    EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), 0);
    EQ(info.si_pid, slow);
    EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
    EQ(errno, ECHILD);
}

static void a_crash_is_a_signal(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        *(volatile int *)8 = 1;
        _exit(0);
    }
    EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    EQ(WTERMSIG(status), SIGSEGV);
}

static int run(char *const *arguments, char *const *environment, const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        execve(path, arguments, environment);
        _exit(100 + errno);
    }
    return wait_code(child);
}

static void exec_passes_arguments_and_environment(void)
{
    char *arguments[] = { "process", "check", "two words", "", NULL };
    char *environment[] = { "COLOUR=red", "EMPTY=", NULL };
    EQ(run(arguments, environment, SELF), 33);
}

static void exec_carries_a_hundred_kilobytes(void)
{
    static char big[100000];
    memset(big, 'x', sizeof big - 1);
    char *arguments[] = { "process", "length", big, NULL };
    char *environment[] = { NULL };
    EQ(run(arguments, environment, SELF), 100000 % 251);
    char *twice[] = { "process", "length", big, big, NULL };
    EQ(run(twice, environment, SELF), 100 + E2BIG);
}

static void exec_that_fails_leaves_all_as_it_was(void)
{
    char *arguments[] = { "x", NULL };
    char *environment[] = { NULL };
    EQ(execve("/bin/nothing", arguments, environment), -1);
    EQ(errno, ENOENT);
    EQ(execve("/bin", arguments, environment), -1);
    EQ(errno, EACCES);
    int fd = open("/tmp/text", O_CREAT | O_WRONLY, 0755);
    EQ(write(fd, "hello\n", 6), 6);
    EQ(close(fd), 0);
    EQ(execve("/tmp/text", arguments, environment), -1);
    EQ(errno, ENOEXEC);
    EQ(unlink("/tmp/text"), 0);
}

static void scripts_run_their_interpreter(void)
{
    static const char text[] = "#! " SELF " script\nrest\n";
    int fd = open("/tmp/script", O_CREAT | O_WRONLY, 0755);
    EQ(write(fd, text, sizeof text - 1), (long)sizeof text - 1);
    EQ(close(fd), 0);
    char *arguments[] = { "ignored", "first", NULL };
    char *environment[] = { NULL };
    EQ(run(arguments, environment, "/tmp/script"), 44);
    EQ(unlink("/tmp/script"), 0);
}

static void place_and_mask_survive_exec(void)
{
    char *arguments[] = { "process", "place", NULL };
    char *environment[] = { NULL };
    EQ(mkdir("/tmp/deep", 0755), 0);
    EQ(chdir("/tmp/deep"), 0);
    mode_t old = umask(027);
    EQ(run(arguments, environment, SELF), 55);
    umask(old);
    EQ(chdir("/"), 0);
    EQ(unlink("/tmp/deep/here"), 0);
    EQ(rmdir("/tmp/deep"), 0);
}

static void groups_and_sessions(void)
{
    EQ(getpgid(0), getpgrp());
    EQ(getpgid(-1), -1);
    EQ(errno, ESRCH);
    pid_t child = fork();
    if (child == 0) {
        int bad = 0;
        bad += setpgid(0, 0) != 0 || getpgrp() != getpid();
        bad += setsid() != -1 || errno != EPERM;
        pid_t next = fork();
        if (next == 0)
            _exit(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1);
        bad += wait_code(next);
        _exit(bad);
    }
    EQ(wait_code(child), 0);
    EQ(setpgid(getpid(), 1 << 30), -1);
    EQ(errno, EPERM);
}

static void limits_and_accounts(void)
{
    struct rlimit limit, old;
    struct tms times_now;
    EQ(getrlimit(RLIMIT_STACK, &old), 0);
    EQ(old.rlim_cur, 8 << 20);
    limit = (struct rlimit){ 4 << 20, 4 << 20 };
    EQ(setrlimit(RLIMIT_STACK, &limit), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit seen;
        getrlimit(RLIMIT_STACK, &seen);
        _exit(seen.rlim_cur == 4 << 20 && seen.rlim_max == 4 << 20 ? 0 : 1);
    }
    EQ(wait_code(child), 0);
    limit.rlim_max = 5 << 20;
    EQ(setrlimit(RLIMIT_STACK, &limit), -1);
    EQ(errno, EPERM);
    CHECK(times(&times_now) > 0);
    EQ(nice(3), 3);
    EQ(getpriority(PRIO_PROCESS, 0), 3);
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
}

static void space_limit_set(size_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

static void *map_some(void *address, size_t len)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (address != NULL ? MAP_FIXED : 0);
    return mmap(address, len, PROT_READ | PROT_WRITE, flags, -1, 0);
}

/* Whether a limit of SPACE_BYTES holds here. */
static int is_bounded(void)
{
    errno = 0;
    return map_some(NULL, SPACE_BYTES) == MAP_FAILED && errno == ENOMEM &&
           map_some(NULL, SPACE_BYTES / 2) != MAP_FAILED;
}

static int spawn_told(char *word)
{
    char *arguments[] = { "process", word, NULL };
    char *environment[] = { NULL };
    pid_t child;
    EQ(posix_spawn(&child, SELF, NULL, NULL, arguments, environment), 0);
    return wait_code(child);
}

/* More is not mapped, in what a mapping grows to neither; what replaces another mapping counts once. */
static void space_is_bounded(void)
{
    char *half = map_some(NULL, SPACE_BYTES / 2);
    space_limit_set(SPACE_BYTES);
    CHECK(half != MAP_FAILED);
    CHECK(map_some(NULL, SPACE_BYTES / 2) == MAP_FAILED);
    EQ(errno, ENOMEM);
    CHECK(mremap(half, SPACE_BYTES / 2, SPACE_BYTES, MREMAP_MAYMOVE) == MAP_FAILED);
    EQ(errno, ENOMEM);
    CHECK(map_some(half, SPACE_BYTES / 2) == half);
    space_limit_set(SPACE_BYTES / 4); /* Less than there is. */
    CHECK(map_some(half, SPACE_BYTES / 2) == MAP_FAILED);
    EQ(munmap(half, SPACE_BYTES / 2), 0);
    space_limit_set(SPACE_BYTES);
    CHECK(is_bounded());
}

/* By fork, exec and spawn; a program that does not fit is not started, and who asked for it goes on. */
static void limits_of_the_space_are_inherited(void)
{
    char *arguments[] = { "process", "bounded", NULL };
    char *environment[] = { NULL };
    pid_t child = fork();
    if (child == 0) {
        space_is_bounded();
        fflush(stdout);
        _exit(claims.failed);
    }
    EQ(wait_code(child), 0);
    child = fork();
    if (child == 0) {
        space_limit_set(SPACE_BYTES);
        bool is_handed_down =
            run(arguments, environment, SELF) == 66 && spawn_told("bounded") == 66;
        space_limit_set(4096);
        EQ(execve(SELF, arguments, environment), -1);
        EQ(errno, ENOMEM);
        fflush(stdout);
        _exit(claims.failed || !is_handed_down);
    }
    EQ(wait_code(child), 0);
    CHECK(map_some(NULL, SPACE_BYTES) != MAP_FAILED);
}

static int as_told(int argc, char **argv)
{
    if (strcmp(argv[1], "check") == 0)
        return argc == 4 && strcmp(argv[2], "two words") == 0 && argv[3][0] == 0 &&
                       strcmp(getenv("COLOUR"), "red") == 0 && getenv("EMPTY")[0] == 0
                   ? 33
                   : 1;
    if (strcmp(argv[1], "bounded") == 0)
        return is_bounded() ? 66 : 1;
    if (strcmp(argv[1], "length") == 0)
        return (int)((strlen(argv[2]) + 1) % 251);
    if (strcmp(argv[1], "script") == 0)
        return argc == 4 && strcmp(argv[0], SELF) == 0 && strcmp(argv[2], "/tmp/script") == 0 &&
                       strcmp(argv[3], "first") == 0
                   ? 44
                   : 1;
    if (strcmp(argv[1], "place") == 0) {
        char text[64];
        int fd = open("here", O_CREAT | O_WRONLY, 0644);
        return fd >= 0 && access("/tmp/deep/here", F_OK) == 0 &&
                       strcmp(getcwd(text, sizeof text), "/tmp/deep") == 0 && umask(0) == 027
                   ? 55
                   : 1;
    }
    return 2;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[0], "posix_process") != 0)
        return as_told(argc, argv);
    CLAIM(child_is_a_copy_that_writes_apart);
    CLAIM(shared_memory_stays_shared);
    CLAIM(floating_point_and_thread_pointer_are_copied);
    CLAIM(generations_nest);
    CLAIM(wait_tells_who_and_how);
    CLAIM(a_crash_is_a_signal);
    CLAIM(exec_passes_arguments_and_environment);
    CLAIM(exec_carries_a_hundred_kilobytes);
    CLAIM(exec_that_fails_leaves_all_as_it_was);
    CLAIM(scripts_run_their_interpreter);
    CLAIM(place_and_mask_survive_exec);
    CLAIM(groups_and_sessions);
    CLAIM(limits_and_accounts);
    CLAIM(limits_of_the_space_are_inherited);
    return claims_done();
}
