/* Advisory locks: between processes, against closing, in rings. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static const char path[] = "/tmp/locked";

static int lock(int fd, int command, short type, off_t start, off_t len)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
    return fcntl(fd, command, &lock);
}

/* What another process sees in the way of a write lock on one byte: its type and where it begins. */
struct seen {
    int type;
    off_t start;
    off_t len;
    pid_t owner;
};

static struct seen look_from_child(off_t at)
{
    struct seen seen = { 0 };
    int fds[2], status;
    EQ(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct flock test = { .l_type = F_WRLCK, .l_start = at, .l_len = 1 };
        int fd = open(path, O_RDWR);
        seen.type = fcntl(fd, F_GETLK, &test) == 0 ? test.l_type : -1;
        seen.start = test.l_start;
        seen.len = test.l_len;
        seen.owner = test.l_pid;
        _exit(write(fds[1], &seen, sizeof seen) == (ssize_t)sizeof seen ? 0 : 1);
    }
    EQ(read(fds[0], &seen, sizeof seen), sizeof seen);
    EQ(waitpid(child, &status, 0), child);
    EQ(close(fds[0]) | close(fds[1]), 0);
    return seen;
}

static void ranges_split_and_join(void)
{
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    EQ(lock(fd, F_SETLK, F_WRLCK, 0, 100), 0);
    struct seen seen = look_from_child(50);
    EQ(seen.type, F_WRLCK);
    EQ(seen.start, 0);
    EQ(seen.len, 100);
    EQ(seen.owner, getpid());
    EQ(lock(fd, F_SETLK, F_UNLCK, 40, 20), 0);
    EQ(look_from_child(50).type, F_UNLCK);
    EQ(look_from_child(39).len, 40);
    EQ(look_from_child(60).start, 60);
    EQ(lock(fd, F_SETLK, F_RDLCK, 40, 20), 0);
    EQ(look_from_child(50).type, F_RDLCK);
    EQ(lock(fd, F_SETLK, F_WRLCK, 40, 20), 0);
    EQ(look_from_child(50).len, 100); /* One again. */
    EQ(lock(fd, F_SETLK, F_WRLCK, 1000, 0), 0);
    EQ(look_from_child(1ll << 40).len, 0);
    EQ(lseek(fd, 500, SEEK_SET), 500);
    struct flock relative = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = 10, .l_len = -5 };
    EQ(fcntl(fd, F_SETLK, &relative), 0);
    EQ(look_from_child(505).start, 505);
    EQ(look_from_child(510).type, F_UNLCK);
    EQ(lock(fd, F_SETLK, F_WRLCK, -1, 1), -1);
    EQ(errno, EINVAL);
    EQ(lock(fd, F_SETLK, 77, 0, 1), -1);
    EQ(errno, EINVAL);
    EQ(close(fd), 0);
}

static void closing_any_number_frees_the_process_locks(void)
{
    int fd = open(path, O_RDWR), other = open(path, O_RDONLY);
    EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
    EQ(look_from_child(0).type, F_WRLCK);
    EQ(close(other), 0);
    EQ(look_from_child(0).type, F_UNLCK);
    EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
    int copy = dup(fd);
    EQ(close(copy), 0);
    EQ(look_from_child(0).type, F_UNLCK);
    EQ(lock(fd, F_SETLK, F_WRLCK, 0, 0), 0);
    EQ(dup2(0, fd), fd); /* Closes what it names. */
    EQ(look_from_child(0).type, F_UNLCK);
    EQ(close(fd), 0);
}

static void modes_limit_kinds(void)
{
    int reads = open(path, O_RDONLY), writes = open(path, O_WRONLY);
    EQ(lock(reads, F_SETLK, F_WRLCK, 0, 1), -1);
    EQ(errno, EBADF);
    EQ(lock(writes, F_SETLK, F_RDLCK, 0, 1), -1);
    EQ(errno, EBADF);
    EQ(lock(reads, F_SETLK, F_RDLCK, 0, 1), 0);
    EQ(lock(0, F_SETLK, F_RDLCK, 0, 1), -1);
    EQ(close(reads) | close(writes), 0);
}

/* The child holds; the parent must wait until it lets go, by unlocking or by its end. */
static void waiters_go_on(void)
{
    int held[2], seen[2], status;
    char byte;
    for (int by_end = 0; by_end < 2; by_end++) {
        EQ(pipe(held) | pipe(seen), 0);
        pid_t child = fork();
        if (child == 0) {
            int fd = open(path, O_RDWR);
            lock(fd, F_SETLK, F_WRLCK, 10, 10);
            (void)!write(held[1], "x", 1);
            (void)!read(seen[0], &byte, 1);
            usleep(20000); /* Most often the parent waits by then. */
            if (!by_end)
                lock(fd, F_SETLK, F_UNLCK, 10, 10);
            else
                _exit(0);
            pause();
        }
        int fd = open(path, O_RDWR);
        EQ(read(held[0], &byte, 1), 1);
        EQ(lock(fd, F_SETLK, F_WRLCK, 15, 1), -1);
        CHECK(errno == EAGAIN || errno == EACCES);
        EQ(write(seen[1], "x", 1), 1);
        EQ(lock(fd, F_SETLKW, F_WRLCK, 15, 1), 0);
        EQ(lock(fd, F_SETLK, F_WRLCK, 0, 5), 0);
        if (!by_end)
            EQ(kill(child, SIGKILL), 0);
        EQ(waitpid(child, &status, 0), child);
        EQ(close(fd) | close(held[0]) | close(held[1]) | close(seen[0]) | close(seen[1]), 0);
    }
}

static void rings_are_refused(void)
{
    int fds[2], status;
    char byte;
    EQ(pipe(fds), 0);
    int fd = open(path, O_RDWR);
    EQ(lock(fd, F_SETLK, F_WRLCK, 0, 1), 0);
    pid_t child = fork();
    if (child == 0) {
        int own = open(path, O_RDWR);
        if (lock(own, F_SETLK, F_WRLCK, 1, 1) != 0 || write(fds[1], "x", 1) != 1)
            _exit(1);
        if (lock(own, F_SETLKW, F_WRLCK, 0, 1) == 0)
            _exit(0);
        _exit(errno == EDEADLK ? 2 : 3);
    }
    EQ(read(fds[0], &byte, 1), 1);
    /* Whoever asks second closes the ring and is refused; then the other one goes on. */
    bool is_refused = lock(fd, F_SETLKW, F_WRLCK, 1, 1) != 0;
    if (is_refused) {
        EQ(errno, EDEADLK);
        EQ(lock(fd, F_SETLK, F_UNLCK, 0, 1), 0);
    }
    EQ(waitpid(child, &status, 0), child);
    EQ(WEXITSTATUS(status), is_refused ? 0 : 2);
    EQ(close(fd) | close(fds[0]) | close(fds[1]), 0);
}

static void on_alarm(int number)
{
}

static void waits_end_by_signals(void)
{
    struct sigaction action = { .sa_handler = on_alarm };
    int fds[2], status;
    char byte;
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    EQ(pipe(fds), 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        int own = open(path, O_RDWR);
        lock(own, F_SETLK, F_WRLCK, 0, 0);
        (void)!write(fds[1], "x", 1);
        for (;;) {
            usleep(5000);
            kill(parent, SIGUSR1);
        }
    }
    int fd = open(path, O_RDWR);
    EQ(read(fds[0], &byte, 1), 1);
    EQ(lock(fd, F_SETLKW, F_RDLCK, 0, 0), -1);
    EQ(errno, EINTR);
    EQ(kill(child, SIGKILL), 0);
    while (waitpid(child, &status, 0) != child)
        continue;
    EQ(close(fd) | close(fds[0]) | close(fds[1]), 0);
}

static void whole_files_are_locked_by_descriptions(void)
{
    int first = open(path, O_RDWR), second = open(path, O_RDWR), copy = dup(first), status;
    EQ(flock(first, LOCK_EX), 0);
    EQ(flock(second, LOCK_SH | LOCK_NB), -1);
    EQ(errno, EWOULDBLOCK);
    EQ(flock(copy, LOCK_SH), 0); /* The same description: it is changed. */
    EQ(flock(second, LOCK_SH | LOCK_NB), 0);
    EQ(flock(second, LOCK_UN), 0);
    EQ(lock(second, F_SETLK, F_WRLCK, 0, 0), 0); /* The two kinds do not see each other. */
    EQ(close(first), 0);
    EQ(flock(second, LOCK_EX | LOCK_NB), -1); /* The copy still holds it. */
    pid_t child = fork();
    if (child == 0)
        _exit(close(copy) == 0 && flock(second, LOCK_EX | LOCK_NB) != 0 ? 0 : 1);
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    EQ(close(copy), 0);
    EQ(flock(second, LOCK_EX | LOCK_NB), 0);
    EQ(close(second), 0);
}

int main(void)
{
    CLAIM(ranges_split_and_join);
    CLAIM(closing_any_number_frees_the_process_locks);
    CLAIM(modes_limit_kinds);
    CLAIM(waiters_go_on);
    CLAIM(rings_are_refused);
    CLAIM(waits_end_by_signals);
    CLAIM(whole_files_are_locked_by_descriptions);
    unlink(path);
    return claims_done();
}
