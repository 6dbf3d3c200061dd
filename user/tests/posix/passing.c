/* Descriptors passed over sockets: what arrives, what is dropped, what holds itself. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { PASSED_MAX = 253 };

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * PASSED_MAX)];
};

static long pass(int over, const void *bytes, size_t len, const int *fds, size_t count)
{
    static _Thread_local union control control;
    struct iovec piece = { .iov_base = (void *)bytes, .iov_len = len };
    struct msghdr message = { .msg_iov = &piece,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = (socklen_t)CMSG_SPACE(sizeof(int) * count) };
    control.header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                       .cmsg_type = SCM_RIGHTS,
                                       .cmsg_len = (socklen_t)CMSG_LEN(sizeof(int) * count) };
    memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
    return sendmsg(over, &message, MSG_NOSIGNAL);
}

/* @return bytes; *count is the room for numbers, and then how many came. */
static long take(int over, void *bytes, size_t len, int *fds, size_t *count, int flags)
{
    static _Thread_local union control control;
    struct iovec piece = { .iov_base = bytes, .iov_len = len };
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = *count > 0 ? &control : NULL,
        .msg_controllen = *count > 0 ? (socklen_t)CMSG_LEN(sizeof(int) * *count) : 0,
    };
    long done = recvmsg(over, &message, flags);
    struct cmsghdr *header = done >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    *count = 0;
    if (header != NULL) {
        *count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(header), sizeof(int) * *count);
    }
    return message.msg_flags & MSG_CTRUNC ? -2 : done;
}

static int lowest(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

static void a_file_arrives_with_its_byte(void)
{
    int ends[2], fds[4];
    size_t count = 4;
    char text[16];
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    int fd = open("/tmp/passed", O_RDWR | O_CREAT | O_TRUNC, 0600);
    EQ(write(fd, "hello", 5), 5);
    EQ(write(ends[0], "before", 6), 6);
    EQ(pass(ends[0], "x", 1, &fd, 1), 1);
    EQ(write(ends[0], "after", 5), 5);
    EQ(close(fd), 0);
    EQ(take(ends[1], text, sizeof text, fds, &count, 0), 6); /* Up to the letter. */
    EQ(count, 0);
    count = 4;
    EQ(take(ends[1], text, sizeof text, fds, &count, MSG_CMSG_CLOEXEC), 6);
    EQ(count, 1);
    EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    EQ(lseek(fds[0], 0, SEEK_CUR), 5); /* The offset came along. */
    EQ(pread(fds[0], text, sizeof text, 0), 5);
    EQ(close(fds[0]) | close(ends[0]) | close(ends[1]) | unlink("/tmp/passed"), 0);
}

static void many_arrive_in_order(void)
{
    int ends[2], pipes[2], fds[PASSED_MAX], got[PASSED_MAX];
    size_t count = PASSED_MAX;
    char byte;
    int before = lowest();
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EQ(pipe(pipes), 0);
    for (int i = 0; i < PASSED_MAX; i++)
        fds[i] = pipes[i % 2];
    EQ(pass(ends[0], "m", 1, fds, PASSED_MAX), 1);
    EQ(close(pipes[0]) | close(pipes[1]), 0);
    EQ(take(ends[1], &byte, 1, got, &count, 0), 1);
    EQ(count, PASSED_MAX);
    EQ(write(got[1], "y", 1), 1);
    EQ(read(got[PASSED_MAX - 1], &byte, 1), 1);
    for (int i = 0; i < PASSED_MAX; i++)
        EQ(close(got[i]), 0);
    EQ(close(ends[0]) | close(ends[1]), 0);
    EQ(lowest(), before);
}

static void what_has_no_room_is_closed(void)
{
    int ends[2], pipes[2], got[2], fds[3];
    size_t count = 1;
    char byte;
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EQ(pipe(pipes), 0);
    fds[0] = fds[1] = fds[2] = pipes[1];
    EQ(pass(ends[0], "m", 1, fds, 3), 1);
    EQ(close(pipes[1]), 0);
    EQ(take(ends[1], &byte, 1, got, &count, 0), -2);
    EQ(count, 1);
    EQ(close(got[0]), 0);
    EQ(read(pipes[0], &byte, 1), 0); /* Nobody holds the writing end. */
    EQ(close(pipes[0]), 0);
    EQ(pipe(pipes), 0);
    EQ(pass(ends[0], "m", 1, &pipes[1], 1), 1);
    EQ(close(pipes[1]), 0);
    EQ(read(ends[1], &byte, 1), 1); /* A plain read drops what came along. */
    EQ(read(pipes[0], &byte, 1), 0);
    EQ(close(pipes[0]) | close(ends[0]) | close(ends[1]), 0);
    int bad = 999;
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EQ(pass(ends[0], "m", 1, &bad, 1), -1);
    EQ(errno, EBADF);
    EQ(close(ends[1]), 0);
    EQ(pass(ends[0], "m", 1, &ends[0], 1), -1);
    EQ(errno, EPIPE);
    EQ(close(ends[0]), 0);
}

/* The reading end goes with letters in its queue. */
static void a_dead_stream_drops_its_letters(void)
{
    int ends[2], pipes[2];
    char byte;
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    EQ(pipe(pipes), 0);
    EQ(pass(ends[0], "m", 1, &pipes[1], 1), 1);
    EQ(close(pipes[1]) | close(ends[1]), 0);
    EQ(read(pipes[0], &byte, 1), 0);
    EQ(close(ends[0]) | close(pipes[0]), 0);
}

/* Sockets that lie in each other's queues, and a pipe with them: when their last numbers close, all go. */
static void rings_are_found(void)
{
    int first[2], second[2], pipes[2];
    char byte;
    for (int chain = 0; chain < 3; chain++) {
        EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
        EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
        EQ(pipe(pipes), 0);
        EQ(pass(first[0], "p", 1, &pipes[1], 1), 1);
        if (chain == 0) {
            EQ(pass(first[0], "a", 1, &first[1], 1), 1); /* In its own queue. */
        } else {
            EQ(pass(first[0], "a", 1, &second[1], 1), 1);
            EQ(pass(second[0], "b", 1, &first[1], 1), 1);
        }
        if (chain == 2)
            EQ(pass(second[0], "c", 1, &second[0], 1), 1);
        EQ(close(pipes[1]), 0);
        struct pollfd entry = { .fd = pipes[0], .events = POLLIN };
        EQ(poll(&entry, 1, 0), 0);
        EQ(close(first[0]) | close(second[0]) | close(second[1]), 0);
        EQ(poll(&entry, 1, 0), 0); /* first[1] can still be read. */
        EQ(close(first[1]), 0);
        EQ(read(pipes[0], &byte, 1), 0);
        EQ(close(pipes[0]), 0);
    }
}

/* What can still be reached over a chain of letters is not taken for garbage. */
static void chains_are_kept(void)
{
    enum { LINKS = 20 };
    int links[LINKS][2], pipes[2], fd;
    size_t count = 1;
    char byte;
    EQ(pipe(pipes), 0);
    for (int i = 0; i < LINKS; i++)
        EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, links[i]), 0);
    EQ(pass(links[LINKS - 1][0], "p", 1, &pipes[1], 1), 1);
    EQ(close(pipes[1]), 0);
    for (int i = LINKS - 1; i > 0; i--) {
        EQ(pass(links[i - 1][0], "l", 1, &links[i][1], 1), 1);
        EQ(close(links[i][0]) | close(links[i][1]), 0);
    }
    EQ(close(links[0][0]), 0);
    int at = links[0][1];
    for (int i = 0; i < LINKS; i++) {
        count = 1;
        EQ(take(at, &byte, 1, &fd, &count, 0), 1);
        EQ(count, 1);
        EQ(close(at), 0);
        at = fd;
    }
    EQ(write(at, "z", 1), 1);
    EQ(read(pipes[0], &byte, 1), 1);
    EQ(close(at) | close(pipes[0]), 0);
}

/* Between processes: the child passes what it has opened. */
static void processes_pass_files(void)
{
    int ends[2], fd, status;
    size_t count = 1;
    char text[8];
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int made = open("/tmp/child", O_RDWR | O_CREAT | O_TRUNC, 0600);
        _exit(write(made, "made", 4) == 4 && pass(ends[1], "c", 1, &made, 1) == 1 ? 0 : 1);
    }
    EQ(take(ends[0], text, 1, &fd, &count, 0), 1);
    EQ(waitpid(child, &status, 0), child);
    EQ(status, 0);
    EQ(count, 1);
    EQ(pread(fd, text, sizeof text, 0), 4);
    EQ(close(fd) | close(ends[0]) | close(ends[1]) | unlink("/tmp/child"), 0);
}

struct racer {
    int over;
    int passed;
    int rounds;
};

static void *pass_many(void *argument)
{
    struct racer *racer = argument;
    for (int i = 0; i < racer->rounds; i++)
        if (pass(racer->over, "r", 1, &racer->passed, 1) != 1)
            break;
    return NULL;
}

static void *take_many(void *argument)
{
    struct racer *racer = argument;
    char byte;
    for (int i = 0; i < racer->rounds; i++) {
        int fds[2];
        size_t count = 2;
        if (take(racer->over, &byte, 1, fds, &count, 0) != 1 || count != 1)
            break;
        close(fds[0]);
        racer->passed++;
    }
    return NULL;
}

/* Many send and take at once; each byte has its letter, and nothing is left over. */
static void letters_stay_with_their_bytes(void)
{
    enum { ROUNDS = 300 };
    int ends[2], before = lowest();
    pthread_t threads[4];
    struct racer senders[2], takers[2];
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    int null_fd = open("/dev/null", O_RDWR);
    for (int i = 0; i < 2; i++) {
        senders[i] = (struct racer){ .over = ends[0], .passed = null_fd, .rounds = ROUNDS };
        takers[i] = (struct racer){ .over = ends[1], .rounds = ROUNDS };
        EQ(pthread_create(&threads[i], NULL, pass_many, &senders[i]), 0);
        EQ(pthread_create(&threads[2 + i], NULL, take_many, &takers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(takers[0].passed + takers[1].passed, 2 * ROUNDS);
    EQ(close(ends[0]) | close(ends[1]) | close(null_fd), 0);
    EQ(lowest(), before);
}

int main(void)
{
    CLAIM(a_file_arrives_with_its_byte);
    CLAIM(many_arrive_in_order);
    CLAIM(what_has_no_room_is_closed);
    CLAIM(a_dead_stream_drops_its_letters);
    CLAIM(rings_are_found);
    CLAIM(chains_are_kept);
    CLAIM(processes_pass_files);
    CLAIM(letters_stay_with_their_bytes);
    return claims_done();
}
