/* Waiting for many numbers, and the numbers that count: epoll, eventfd, timerfd, ppoll's mask. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static int add(int epoll_fd, int operation, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = { .events = events, .data.u64 = data };
    return epoll_ctl(epoll_fd, operation, fd, &event);
}

static void epoll_tells_levels(void)
{
    struct epoll_event events[4];
    int fds[2], epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    char byte;
    CHECK(epoll_fd >= 0);
    EQ(pipe(fds), 0);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, fds[0], EPOLLIN, 7), 0);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, fds[0], EPOLLIN, 8), -1);
    EQ(errno, EEXIST);
    EQ(epoll_wait(epoll_fd, events, 4, 0), 0);
    EQ(write(fds[1], "ab", 2), 2);
    for (int i = 0; i < 2; i++) {
        EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
        EQ(events[0].data.u64, 7);
        EQ(events[0].events, EPOLLIN);
        EQ(read(fds[0], &byte, 1), 1);
    }
    EQ(epoll_wait(epoll_fd, events, 4, 0), 0);
    EQ(add(epoll_fd, EPOLL_CTL_MOD, fds[0], EPOLLIN, 9), 0);
    EQ(write(fds[1], "c", 1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
    EQ(events[0].data.u64, 9);
    EQ(add(epoll_fd, EPOLL_CTL_DEL, fds[0], 0, 0), 0);
    EQ(add(epoll_fd, EPOLL_CTL_MOD, fds[0], EPOLLIN, 0), -1);
    EQ(errno, ENOENT);
    EQ(epoll_wait(epoll_fd, events, 4, 1), 0);
    int file = open("/tmp/polled", O_RDWR | O_CREAT, 0600);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, file, EPOLLIN, 0), -1);
    EQ(errno, EPERM);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, 999, EPOLLIN, 0), -1);
    EQ(errno, EBADF);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, epoll_fd, EPOLLIN, 0), -1);
    EQ(errno, EINVAL);
    EQ(unlink("/tmp/polled") | close(file) | close(fds[0]) | close(fds[1]) | close(epoll_fd), 0);
}

static void epoll_tells_edges_and_once(void)
{
    struct epoll_event events[4];
    int fds[2], epoll_fd = epoll_create1(0);
    char byte;
    EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, fds[0], EPOLLIN | EPOLLET, 1), 0);
    EQ(write(fds[1], "a", 1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, 0), 0); /* Not read, and no news. */
    EQ(write(fds[1], "b", 1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
    EQ(read(fds[0], &byte, 1) + read(fds[0], &byte, 1), 2);
    EQ(add(epoll_fd, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLONESHOT, 2), 0);
    EQ(write(fds[1], "c", 1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
    EQ(epoll_wait(epoll_fd, events, 4, 0), 0);
    EQ(add(epoll_fd, EPOLL_CTL_MOD, fds[0], EPOLLIN | EPOLLOUT | EPOLLRDHUP, 3), 0);
    EQ(close(fds[1]), 0);
    EQ(epoll_wait(epoll_fd, events, 4, -1), 1);
    CHECK(events[0].events & EPOLLHUP);
    CHECK(events[0].events & EPOLLRDHUP);
    EQ(close(fds[0]), 0); /* The last number: the binding is gone. */
    EQ(epoll_wait(epoll_fd, events, 4, 0), 0);
    EQ(close(epoll_fd), 0);
}

/* A port is shared across fork, and a binding lives as long as any number of its description. */
static void epoll_is_shared_with_a_child(void)
{
    struct epoll_event events[2];
    int fds[2], status, epoll_fd = epoll_create1(0);
    EQ(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        add(epoll_fd, EPOLL_CTL_ADD, fds[0], EPOLLIN, 5);
        _exit(0);
    }
    EQ(waitpid(child, &status, 0), child);
    EQ(write(fds[1], "x", 1), 1);
    EQ(epoll_wait(epoll_fd, events, 2, 1000), 1);
    EQ(events[0].data.u64, 5);
    EQ(close(fds[0]) | close(fds[1]) | close(epoll_fd), 0);
}

static void event_numbers_count(void)
{
    uint64_t value = 5;
    int fd = eventfd(3, EFD_NONBLOCK);
    struct pollfd entry = { .fd = fd, .events = POLLIN | POLLOUT };
    EQ(poll(&entry, 1, 0), 1);
    EQ(entry.revents, POLLIN | POLLOUT);
    EQ(write(fd, &value, 8), 8);
    EQ(read(fd, &value, 8), 8);
    EQ(value, 8);
    EQ(read(fd, &value, 8), -1);
    EQ(errno, EAGAIN);
    EQ(read(fd, &value, 4), -1);
    EQ(errno, EINVAL);
    value = UINT64_MAX;
    EQ(write(fd, &value, 8), -1);
    EQ(errno, EINVAL);
    value = UINT64_MAX - 1;
    EQ(write(fd, &value, 8), 8);
    value = 1;
    EQ(write(fd, &value, 8), -1);
    EQ(errno, EAGAIN);
    EQ(close(fd), 0);
    fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    EQ(read(fd, &value, 8), 8);
    EQ(value, 1);
    EQ(read(fd, &value, 8), 8);
    EQ(read(fd, &value, 8), -1);
    EQ(close(fd), 0);
}

static void *event_say(void *argument)
{
    uint64_t one = 1;
    for (int i = 0; i < 1000; i++)
        if (write(*(int *)argument, &one, 8) != 8)
            break;
    return NULL;
}

static void event_numbers_lose_nothing(void)
{
    pthread_t threads[3];
    uint64_t value, total = 0;
    int fd = eventfd(0, 0);
    for (int i = 0; i < 3; i++)
        EQ(pthread_create(&threads[i], NULL, event_say, &fd), 0);
    while (total < 3000 && read(fd, &value, 8) == 8)
        total += value;
    EQ(total, 3000);
    for (int i = 0; i < 3; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(close(fd), 0);
}

static void timer_numbers_count_times(void)
{
    struct itimerspec setting = { .it_value.tv_nsec = 5000000, .it_interval.tv_nsec = 1000000 };
    struct itimerspec seen;
    uint64_t count;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    CHECK(fd >= 0);
    struct pollfd entry = { .fd = fd, .events = POLLIN };
    EQ(poll(&entry, 1, 0), 0);
    EQ(timerfd_settime(fd, 0, &setting, NULL), 0);
    EQ(timerfd_gettime(fd, &seen), 0);
    CHECK(seen.it_value.tv_nsec > 0 && seen.it_value.tv_nsec <= 5000000);
    EQ(seen.it_interval.tv_nsec, 1000000);
    EQ(poll(&entry, 1, -1), 1);
    EQ(read(fd, &count, 8), 8);
    CHECK(count >= 1);
    EQ(poll(&entry, 1, -1), 1); /* And again. */
    EQ(read(fd, &count, 8), 8);
    setting = (struct itimerspec){ 0 };
    EQ(timerfd_settime(fd, 0, &setting, &seen), 0);
    EQ(seen.it_interval.tv_nsec, 1000000);
    usleep(3000);
    EQ(read(fd, &count, 8), -1);
    EQ(errno, EAGAIN);
    EQ(close(fd), 0);
    fd = timerfd_create(CLOCK_REALTIME, 0);
    EQ(clock_gettime(CLOCK_REALTIME, &setting.it_value), 0);
    setting.it_value.tv_nsec += 3000000;
    if (setting.it_value.tv_nsec >= 1000000000) {
        setting.it_value.tv_sec++;
        setting.it_value.tv_nsec -= 1000000000;
    }
    EQ(timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL), 0);
    EQ(read(fd, &count, 8), 8);
    EQ(count, 1);
    EQ(write(fd, &count, 8), -1);
    EQ(errno, EINVAL);
    EQ(close(fd), 0);
}

static volatile sig_atomic_t handled;

static void on_signal(int number)
{
    handled = handled + 1;
}

/* A signal that is masked but for the wait comes in the wait, or before it, and never unseen. */
static void masks_hold_for_the_wait(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct timespec limit = { .tv_sec = 5 };
    sigset_t masked, old;
    int fds[2], epoll_fd = epoll_create1(0);
    struct epoll_event event;
    EQ(pipe(fds), 0);
    EQ(add(epoll_fd, EPOLL_CTL_ADD, fds[0], EPOLLIN, 0), 0);
    EQ(sigaction(SIGUSR1, &action, NULL), 0);
    sigemptyset(&masked);
    sigaddset(&masked, SIGUSR1);
    EQ(sigprocmask(SIG_BLOCK, &masked, &old), 0);
    struct pollfd entry = { .fd = fds[0], .events = POLLIN };
    EQ(raise(SIGUSR1), 0);
    EQ(handled, 0);
    EQ(ppoll(&entry, 1, &limit, &old), -1);
    EQ(errno, EINTR);
    EQ(handled, 1);
    EQ(raise(SIGUSR1), 0);
    EQ(epoll_pwait(epoll_fd, &event, 1, 5000, &old), -1);
    EQ(errno, EINTR);
    EQ(handled, 2);
    EQ(raise(SIGUSR1), 0);
    EQ(poll(&entry, 1, 1), 0); /* Masked all the time. */
    EQ(handled, 2);
    EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    EQ(handled, 3);
    EQ(close(fds[0]) | close(fds[1]) | close(epoll_fd), 0);
}

int main(void)
{
    CLAIM(epoll_tells_levels);
    CLAIM(epoll_tells_edges_and_once);
    CLAIM(epoll_is_shared_with_a_child);
    CLAIM(event_numbers_count);
    CLAIM(event_numbers_lose_nothing);
    CLAIM(timer_numbers_count_times);
    CLAIM(masks_hold_for_the_wait);
    return claims_done();
}
