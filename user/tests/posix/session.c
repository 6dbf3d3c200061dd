/* What a session of the role `user` runs where login is tested (tests/system/login.sh): a shell in small, with a
 * prompt and a few commands that show what the session is. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <abi/process.h>

static void show_handles(void)
{
    const struct start_handle *list = (const void *)getauxval(AUX_START_HANDLES);
    size_t count = getauxval(AUX_START_HANDLE_COUNT);
    for (size_t i = 0; i < count; i++)
        printf("handle %s kind %u rights %#x\n", list[i].name, list[i].kind, list[i].rights);
    printf("%zu handles\n", count);
}

/* Whom the process works for, whose a new file is, and whose those of the image are; the same in a child. */
static void show_identity(void)
{
    struct stat made = { 0 }, given = { 0 };
    int status = 0;
    int file = open("/tmp/made", O_CREAT | O_WRONLY | O_EXCL, 0600);
    (void)fstat(file, &made);
    (void)stat("/bin", &given);
    (void)unlink("/tmp/made");
    (void)close(file);
    pid_t child = fork();
    if (child == 0)
        _exit(getuid() == made.st_uid && getegid() == made.st_gid && setuid(given.st_uid) != 0 ? 7
                                                                                               : 1);
    (void)waitpid(child, &status, 0);
    printf("identity %u:%u file %u:%u image %u:%u child %s\n", getuid(), getgid(), made.st_uid,
           made.st_gid, given.st_uid, given.st_gid,
           WIFEXITED(status) && WEXITSTATUS(status) == 7 ? "the same" : "another");
}

static void show_session(void)
{
    char name[64] = "none";
    bool leads = getsid(0) == getpid() && tcgetsid(0) == getpid() && tcgetpgrp(0) == getpgrp();
    (void)ttyname_r(0, name, sizeof name);
    show_identity();
    printf("user %s home %s %s terminal %s\n", getenv("USER"), getenv("HOME"),
           leads ? "leads" : "does not lead", name);
}

static void show_root(void)
{
    DIR *folder = opendir("/");
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        printf("name %s\n", entry->d_name);
    if (folder != NULL)
        closedir(folder);
}

/* A child in the foreground that only a typed signal ends. */
static void run_child(void)
{
    int status = 0;
    fflush(stdout);
    pid_t child = fork();
    setpgid(child, child);
    if (child == 0) {
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTSTP, SIG_DFL);
        printf("running\n");
        fflush(stdout);
        for (;;)
            pause();
    }
    tcsetpgrp(0, child);
    waitpid(child, &status, WUNTRACED);
    tcsetpgrp(0, getpgrp());
    printf("%s by %d\n", WIFSTOPPED(status) ? "stopped" : "ended",
           WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
    if (WIFSTOPPED(status))
        kill(child, SIGKILL);
}

/* One that stays behind when its session ends, if it can. */
static void leave_child(void)
{
    fflush(stdout);
    if (fork() == 0) {
        setpgid(0, 0);
        signal(SIGHUP, SIG_IGN);
        for (;;)
            pause();
    }
    printf("left\n");
}

/* A program of /bin in the foreground, with one argument at most. */
static void run_program(char *line)
{
    char path[64], *argument = strchr(line, ' ');
    if (argument != NULL)
        *argument++ = 0;
    snprintf(path, sizeof path, "/bin/%s", line);
    fflush(stdout);
    pid_t child = fork();
    setpgid(child, child);
    if (child == 0) {
        tcsetpgrp(0, getpid());
        execl(path, line, argument, (char *)NULL);
        printf("no such command: %s\n", line);
        exit(127);
    }
    tcsetpgrp(0, child);
    waitpid(child, NULL, 0);
    tcsetpgrp(0, getpgrp());
}

static void obey(char *line)
{
    if (strcmp(line, "handles") == 0)
        show_handles();
    else if (strcmp(line, "session") == 0)
        show_session();
    else if (strcmp(line, "root") == 0)
        show_root();
    else if (strcmp(line, "run") == 0)
        run_child();
    else if (strcmp(line, "leave") == 0)
        leave_child();
    else
        run_program(line);
}

int main(void)
{
    char line[128];
    signal(SIGTTOU, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    for (;;) {
        printf("session> ");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            break;
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "exit") == 0)
            break;
        obey(line);
    }
    printf("bye\n");
    return 0;
}
