/* Pipes, socket pairs and poll. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum { TOTAL = 1 << 20 };

static void *pour(void *argument)
{
    static unsigned char bytes[3000];
    int fd = *(int *)argument;
    for (unsigned sent = 0; sent < TOTAL;) {
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)((sent + i) * 7);
        unsigned part = TOTAL - sent < sizeof bytes ? TOTAL - sent : sizeof bytes;
        long done = write(fd, bytes, part);
        if (done <= 0)
            break;
        sent += (unsigned)done;
    }
    close(fd);
    return NULL;
}

static void pipe_carries_a_mebibyte_in_order(void)
{
    static unsigned char bytes[5000];
    int fds[2];
    pthread_t thread;
    unsigned received = 0;
    long done;
    EQ(pipe(fds), 0);
    EQ(pthread_create(&thread, NULL, pour, &fds[1]), 0);
    while ((done = read(fds[0], bytes, sizeof bytes)) > 0)
        for (long i = 0; i < done; i++, received++)
            CHECK(bytes[i] == (unsigned char)(received * 7));
    EQ(done, 0);
    EQ(received, TOTAL);
    EQ(pthread_join(thread, NULL), 0);
    EQ(close(fds[0]), 0);
}

enum { LARGE = 256 * 1024, LARGE_READ = 64 * 1024 };

/* What comes at a place of the large transfers. */
static unsigned char large_byte(size_t at)
{
    return (unsigned char)(at * 31 + (at >> 12));
}

static int large_is_right(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != large_byte(i))
            return 0;
    return 1;
}

/* In the child: everything in one write, when the parent sleeps for it, or so. */
static _Noreturn void large_write(int fd, unsigned char *bytes)
{
    struct timespec delay = { .tv_nsec = 5000000 };
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = large_byte(i);
    nanosleep(&delay, NULL);
    _exit(write(fd, bytes, LARGE) == LARGE ? 0 : 1);
}

static int large_read(int fd, unsigned char *bytes)
{
    size_t at = 0;
    while (at < LARGE) {
        long done = read(fd, bytes + at, LARGE - at < LARGE_READ ? LARGE - at : LARGE_READ);
        if (done <= 0)
            return 0;
        at += (size_t)done;
    }
    return large_is_right(bytes, LARGE);
}

/* Large writes go straight into the memory of a reader that sleeps. It may be memory that was never touched, or that
 * two processes share until one of them writes: then the other one sees nothing of it. */
static void large_writes_reach_only_the_reader(void)
{
    int fds[2], told[2], status;
    char byte;
    unsigned char *source = malloc(LARGE), *target = malloc(LARGE);
    CHECK(source != NULL && target != NULL);
    for (int round = 0; round < 3; round++) {
        EQ(pipe(fds) + pipe(told), 0);
        if (round == 1)
            memset(target, 0x55, LARGE);
        pid_t witness = fork(); /* Shares target with us, and looks at it when we have read. */
        if (witness == 0) {
            unsigned char before = target[LARGE / 2];
            close(told[1]);
            _exit(read(told[0], &byte, 1) == 1 && target[LARGE / 2] == before &&
                          target[0] == target[LARGE - 1]
                      ? 0
                      : 1);
        }
        pid_t writer = fork();
        if (writer == 0)
            large_write(fds[1], source);
        CHECK(large_read(fds[0], target));
        EQ(write(told[1], "x", 1), 1);
        EQ(waitpid(witness, &status, 0), witness);
        EQ(status, 0);
        EQ(waitpid(writer, &status, 0), writer);
        EQ(status, 0);
        memset(target, 0xaa, LARGE);
        EQ(close(fds[0]) + close(fds[1]) + close(told[0]) + close(told[1]), 0);
    }
    free(source);
    free(target);
}

static void pipe_ends_are_one_way(void)
{
    char byte;
    int fds[2];
    EQ(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    EQ(read(fds[1], &byte, 1), -1);
    EQ(errno, EBADF);
    EQ(write(fds[0], "x", 1), -1);
    EQ(errno, EBADF);
    EQ(read(fds[0], &byte, 1), -1);
    EQ(errno, EAGAIN);
    EQ(lseek(fds[0], 0, SEEK_CUR), -1);
    EQ(errno, ESPIPE);
    EQ(close(fds[0]), 0);
    EQ(write(fds[1], "x", 1), -1);
    EQ(errno, EPIPE);
    EQ(close(fds[1]), 0);
}

static void pipe_fills_and_tells(void)
{
    static char bytes[4096];
    int fds[2], queued = 0;
    long total = 0, done;
    EQ(pipe2(fds, O_NONBLOCK), 0);
    while ((done = write(fds[1], bytes, sizeof bytes)) > 0)
        total += done;
    EQ(errno, EAGAIN);
    CHECK(total >= 4096);
    EQ(ioctl(fds[0], FIONREAD, &queued), 0);
    EQ(queued, total);
    EQ(close(fds[0]) + close(fds[1]), 0);
}

static void socket_pair_goes_both_ways(void)
{
    char text[8] = { 0 };
    int fds[2];
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    EQ(send(fds[0], "ping", 4, 0), 4);
    EQ(recv(fds[1], text, 8, MSG_PEEK), 4);
    EQ(recv(fds[1], text, 8, 0), 4);
    EQ(write(fds[1], "pong", 4), 4);
    EQ(read(fds[0], text, 8), 4);
    EQ(strcmp(text, "pong"), 0);
    EQ(shutdown(fds[0], SHUT_WR), 0);
    EQ(read(fds[1], text, 8), 0);
    EQ(write(fds[1], "late", 4), 4);
    EQ(read(fds[0], text, 8), 4);
    EQ(close(fds[0]) + close(fds[1]), 0);
}

static void receive_timeout_is_kept(void)
{
    char byte;
    int fds[2];
    struct timeval limit = { .tv_usec = 10000 };
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    EQ(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    EQ(recv(fds[0], &byte, 1, 0), -1);
    EQ(errno, EAGAIN);
    EQ(close(fds[0]) + close(fds[1]), 0);
}

static void poll_tells_what_is_ready(void)
{
    char byte;
    int a[2], b[2];
    EQ(pipe(a) + pipe(b), 0);
    struct pollfd list[] = { { a[0], POLLIN, 0 }, { b[0], POLLIN, 0 }, { a[1], POLLOUT, 0 } };
    EQ(poll(list, 2, 0), 0);
    EQ(poll(list, 2, 5), 0);
    EQ(poll(list, 3, -1), 1);
    EQ(list[2].revents, POLLOUT);
    EQ(write(b[1], "x", 1), 1);
    EQ(poll(list, 2, -1), 1);
    EQ(list[0].revents, 0);
    EQ(list[1].revents, POLLIN);
    EQ(poll(list + 1, 1, -1), 1);
    EQ(read(b[0], &byte, 1), 1);
    EQ(close(b[1]), 0);
    EQ(poll(list, 2, -1), 1);
    CHECK(list[1].revents & POLLHUP);
    EQ(close(b[0]), 0);
    EQ(poll(list + 1, 1, -1), 1);
    EQ(list[1].revents, POLLNVAL);
    EQ(close(a[0]) + close(a[1]), 0);
}

static void *write_late(void *argument)
{
    struct timespec delay = { .tv_nsec = 10000000 };
    nanosleep(&delay, NULL);
    EQ(write(*(int *)argument, "x", 1), 1);
    return NULL;
}

/* Both ways of waiting, and the same object under two numbers. */
static void poll_and_select_wake_up(void)
{
    char byte;
    int a[2], b[2];
    pthread_t thread;
    fd_set set;
    EQ(pipe(a) + pipe(b), 0);
    int same = dup(a[0]);
    struct pollfd list[] = { { a[0], POLLIN, 0 }, { b[0], POLLIN, 0 }, { same, POLLIN, 0 } };
    EQ(pthread_create(&thread, NULL, write_late, &a[1]), 0);
    EQ(poll(list, 3, 10000), 2);
    CHECK(list[0].revents == POLLIN && list[1].revents == 0 && list[2].revents == POLLIN);
    EQ(pthread_join(thread, NULL), 0);
    EQ(read(same, &byte, 1), 1);
    EQ(pthread_create(&thread, NULL, write_late, &b[1]), 0);
    FD_ZERO(&set);
    FD_SET(a[0], &set);
    FD_SET(b[0], &set);
    EQ(select(b[1] + 1, &set, NULL, NULL, NULL), 1);
    CHECK(!FD_ISSET(a[0], &set) && FD_ISSET(b[0], &set));
    EQ(pthread_join(thread, NULL), 0);
    EQ(close(a[0]) + close(a[1]) + close(b[0]) + close(b[1]) + close(same), 0);
}

static void sendfile_moves_a_file(void)
{
    char head[4];
    off_t offset = 1;
    int fds[2], fd = open("/bin/posix_stream", O_RDONLY);
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    EQ(sendfile(fds[0], fd, &offset, 3), 3);
    EQ(offset, 4);
    EQ(recv(fds[1], head, 3, MSG_WAITALL), 3);
    EQ(memcmp(head, "ELF", 3), 0);
    EQ(close(fd) + close(fds[0]) + close(fds[1]), 0);
}

/* No address was granted to this program. */
static void sockets_need_a_grant(void)
{
    unsigned char address[16] = { AF_INET, 0, 0, 80 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    EQ(bind(fd, (struct sockaddr *)address, sizeof address), -1);
    EQ(errno, EACCES);
    EQ(listen(fd, 1), -1);
    EQ(close(fd), 0);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    CLAIM(pipe_carries_a_mebibyte_in_order);
    CLAIM(large_writes_reach_only_the_reader);
    CLAIM(pipe_ends_are_one_way);
    CLAIM(pipe_fills_and_tells);
    CLAIM(socket_pair_goes_both_ways);
    CLAIM(receive_timeout_is_kept);
    CLAIM(poll_tells_what_is_ready);
    CLAIM(poll_and_select_wake_up);
    CLAIM(sendfile_moves_a_file);
    CLAIM(sockets_need_a_grant);
    return claims_done();
}
