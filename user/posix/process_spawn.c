/* posix_spawn, and with it system and popen: the C library's own takes a child that borrows its memory, ours
 * is one call of the kernel. What is to be opened for the child is opened here first, under a number that no
 * action names, and copied by the child to its place. Changes of directory, which POSIX has not, and with which
 * later names are looked up, make the child a fork. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <abi/family.h>

#include <swos/syscalls.h>

#include "user/posix/image.h"
#include "user/posix/posix.h"

/* The C library's src/process/fdop.h: an action, linked from the last one back. */
enum { FDOP_CLOSE = 1, FDOP_DUP2, FDOP_OPEN, FDOP_CHDIR, FDOP_FCHDIR };
struct fdop {
    struct fdop *next, *prev;
    int cmd, fd, srcfd, oflag;
    mode_t mode;
    char path[];
};

enum { ACTIONS_MAX = 64, EXIT_NOT_STARTED = 127 };

struct spawning {
    const char *path; /* Looked for in PATH, if `searches`. */
    bool searches;
    char *const *arguments;
    char *const *environment;
    struct spawn_child how;
    struct spawn_action actions[ACTIONS_MAX];
    int opened[ACTIONS_MAX]; /* Numbers of ours, to be closed. */
    size_t opened_count;
};

/* --- Actions --------------------------------------------------------------------------------- */

static struct fdop *first_of(const posix_spawn_file_actions_t *actions)
{
    struct fdop *op = actions != NULL ? actions->__actions : NULL;
    while (op != NULL && op->next != NULL)
        op = op->next;
    return op;
}

/* A number that no action names. */
static int free_from(const struct fdop *op)
{
    int above = 3;
    for (; op != NULL; op = op->prev) {
        if (op->fd >= above)
            above = op->fd + 1;
        if (op->cmd == FDOP_DUP2 && op->srcfd >= above)
            above = op->srcfd + 1;
    }
    return above;
}

static long open_above(const struct fdop *op, int above)
{
    long fd = __posix_openat(AT_FDCWD, op->path, op->oflag | O_CLOEXEC, op->mode);
    if (fd < 0 || fd >= above)
        return fd;
    long moved = __posix_fcntl((int)fd, F_DUPFD_CLOEXEC, (unsigned long)above);
    (void)__posix_close((int)fd);
    return moved;
}

static long action_lay(struct spawning *spawning, const struct fdop *op, int above)
{
    struct spawn_action *action = &spawning->actions[spawning->how.action_count];
    *action = (struct spawn_action){ .kind = SPAWN_ACTION_COPY, .target = (uint32_t)op->fd };
    if (spawning->how.action_count++ == ACTIONS_MAX)
        return -ENOMEM;
    switch (op->cmd) {
    case FDOP_CLOSE:
        *action = (struct spawn_action){ .kind = SPAWN_ACTION_CLOSE, .number = (uint32_t)op->fd };
        return 0;
    case FDOP_DUP2: action->number = (uint32_t)op->srcfd; return 0;
    default: break;
    }
    long fd = open_above(op, above);
    if (fd < 0)
        return fd;
    action->number = (uint32_t)fd;
    spawning->opened[spawning->opened_count++] = (int)fd;
    return 0;
}

static long actions_lay(struct spawning *spawning, const posix_spawn_file_actions_t *actions)
{
    const struct fdop *op = first_of(actions);
    int above = free_from(op);
    long error = 0;
    for (; op != NULL && error == 0; op = op->prev)
        error = action_lay(spawning, op, above);
    spawning->how.actions = (uint64_t)(uintptr_t)spawning->actions;
    return error;
}

static void opened_close(const struct spawning *spawning)
{
    for (size_t i = 0; i < spawning->opened_count; i++)
        (void)__posix_close(spawning->opened[i]);
}

/* --- Attributes ------------------------------------------------------------------------------ */

static uint64_t set_of(const sigset_t *set)
{
    uint64_t bits;
    memcpy(&bits, set, sizeof bits);
    return bits;
}

static void attributes_lay(struct spawn_child *how, const posix_spawnattr_t *attributes)
{
    if (attributes == NULL)
        return;
    int flags = attributes->__flags;
    how->flags = (flags & POSIX_SPAWN_SETPGROUP ? SPAWN_CHILD_GROUP : 0) |
                 (flags & POSIX_SPAWN_SETSID ? SPAWN_CHILD_SESSION : 0) |
                 (flags & POSIX_SPAWN_SETSIGMASK ? SPAWN_CHILD_MASK : 0) |
                 (flags & POSIX_SPAWN_SETSIGDEF ? SPAWN_CHILD_DEFAULTS : 0);
    how->group = (uint64_t)attributes->__pgrp;
    how->mask = set_of(&attributes->__mask);
    how->defaults = set_of(&attributes->__def);
}

/* --- The program ----------------------------------------------------------------------------- */

/* @return the child's number or a negative errno. */
static long spawn_at(const struct spawning *spawning, const char *path)
{
    struct image image;
    uint64_t child;
    long error =
        image_open(&image, AT_FDCWD, path, false, spawning->arguments, spawning->environment);
    if (error < 0)
        return error;
    error = image_error(sys_process_spawn_child(image.file, &image.args, &spawning->how, &child));
    image_close(&image);
    if (error == -ENOEXEC) {
        error =
            image_open_script(&image, AT_FDCWD, path, spawning->arguments, spawning->environment);
        if (error < 0)
            return error;
        error =
            image_error(sys_process_spawn_child(image.file, &image.args, &spawning->how, &child));
        image_close(&image);
    }
    return error < 0 ? error : (long)child;
}

static bool goes_on(long error)
{
    return error == -ENOENT || error == -ENOTDIR || error == -EACCES;
}

/* One after the other of the folders that the variable PATH names. */
static long spawn_searching(const struct spawning *spawning)
{
    const char *folders = getenv("PATH");
    size_t name_len = strlen(spawning->path);
    long error = -ENOENT;
    if (folders == NULL)
        folders = "/usr/local/bin:/bin:/usr/bin";
    for (;;) {
        char path[PATH_MAX];
        size_t len = strcspn(folders, ":");
        if (len + 1 + name_len < sizeof path) {
            memcpy(path, folders, len);
            path[len] = '/';
            memcpy(path + len + (len > 0), spawning->path, name_len + 1);
            long answer = spawn_at(spawning, path);
            if (!goes_on(answer))
                return answer;
            error = error == -EACCES ? error : answer;
        }
        if (folders[len] == 0)
            return error;
        folders += len + 1;
    }
}

static long spawn(const struct spawning *spawning)
{
    if (spawning->path[0] == 0)
        return -ENOENT;
    if (spawning->searches && strchr(spawning->path, '/') == NULL)
        return spawn_searching(spawning);
    return spawn_at(spawning, spawning->path);
}

/* --- With a change of directory -------------------------------------------------------------- */

static bool changes_directory(const posix_spawn_file_actions_t *actions)
{
    for (const struct fdop *op = first_of(actions); op != NULL; op = op->prev)
        if (op->cmd == FDOP_CHDIR || op->cmd == FDOP_FCHDIR)
            return true;
    return false;
}

/* The child of the fork spawns nothing: it goes there, takes the actions up to the next change and so on, and
 * becomes the program. @return a negative errno, or not at all. */
static long act_and_execute(struct spawning *spawning, const posix_spawn_file_actions_t *actions)
{
    for (const struct fdop *op = first_of(actions); op != NULL; op = op->prev) {
        long answer = 0;
        switch (op->cmd) {
        case FDOP_CLOSE: (void)__posix_close(op->fd); break;
        case FDOP_DUP2:
            answer = op->srcfd == op->fd ? __posix_fcntl(op->fd, F_SETFD, 0)
                                         : __posix_dup3(op->srcfd, op->fd, 0);
            break;
        case FDOP_OPEN:
            answer = __posix_openat(AT_FDCWD, op->path, op->oflag, op->mode);
            if (answer >= 0 && answer != op->fd) {
                int opened = (int)answer;
                answer = __posix_dup3(opened, op->fd, 0);
                (void)__posix_close(opened);
            }
            break;
        case FDOP_CHDIR: answer = chdir(op->path) == 0 ? 0 : -errno; break;
        default: answer = fchdir(op->fd) == 0 ? 0 : -errno; break;
        }
        if (answer < 0)
            return answer;
    }
    if (spawning->searches)
        (void)execvpe(spawning->path, spawning->arguments, spawning->environment);
    else
        (void)execve(spawning->path, spawning->arguments, spawning->environment);
    return -errno;
}

static void attributes_take(const struct spawn_child *how)
{
    sigset_t mask;
    if (how->flags & SPAWN_CHILD_SESSION)
        (void)__posix_setsid();
    if (how->flags & SPAWN_CHILD_GROUP)
        (void)__posix_setpgid(0, (int)how->group);
    for (int number = 1; how->flags & SPAWN_CHILD_DEFAULTS && number < NSIG; number++)
        if (how->defaults & 1ull << (number - 1))
            (void)signal(number, SIG_DFL);
    memset(&mask, 0, sizeof mask);
    memcpy(&mask, &how->mask, sizeof how->mask);
    if (how->flags & SPAWN_CHILD_MASK)
        (void)sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* The child says over a pipe that closes on exec why it did not become the program. */
static long spawn_by_fork(struct spawning *spawning, const posix_spawn_file_actions_t *actions)
{
    int report[2];
    long error = 0;
    if (pipe2(report, O_CLOEXEC) != 0)
        return -errno;
    pid_t child = fork();
    if (child == 0) {
        int said = fcntl(report[1], F_DUPFD_CLOEXEC, free_from(first_of(actions)));
        attributes_take(&spawning->how);
        error = act_and_execute(spawning, actions);
        (void)!write(said, &error, sizeof error);
        _exit(EXIT_NOT_STARTED);
    }
    (void)close(report[1]);
    if (child < 0)
        error = -errno;
    else if (read(report[0], &error, sizeof error) == sizeof error)
        (void)waitpid(child, NULL, 0);
    (void)close(report[0]);
    return error < 0 ? error : (long)child;
}

int posix_spawn(pid_t *restrict out_id, const char *restrict path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],
                char *const environment[restrict])
{
    struct spawning spawning = {
        .path = path,
        .searches = attributes != NULL && attributes->__fn != NULL, /* posix_spawnp. */
        .arguments = arguments,
        .environment = environment,
    };
    int state;
    long answer;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    attributes_lay(&spawning.how, attributes);
    if (changes_directory(actions)) {
        answer = spawn_by_fork(&spawning, actions);
    } else {
        answer = actions_lay(&spawning, actions);
        if (answer == 0)
            answer = spawn(&spawning);
        opened_close(&spawning);
    }
    (void)pthread_setcancelstate(state, NULL);
    if (answer < 0)
        return (int)-answer;
    if (out_id != NULL)
        *out_id = (pid_t)answer;
    return 0;
}
