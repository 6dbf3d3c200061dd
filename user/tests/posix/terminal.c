/* Terminals: a pty pair by its names, the attributes, windows, what is ready, hang-up, the controlling terminal of
 * this process's session. Job control between processes is in jobs.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static int master, terminal;

static void open_pair(void)
{
    char name[32];
    master = posix_openpt(O_RDWR | O_NOCTTY);
    EQ(master >= 0 ? 0 : errno, 0);
    EQ(grantpt(master), 0);
    EQ(unlockpt(master), 0);
    EQ(ptsname_r(master, name, sizeof name), 0);
    terminal = open(name, O_RDWR | O_NOCTTY);
    CHECK(terminal >= 0);
}

static void close_pair(void)
{
    EQ(close(master), 0);
    EQ(close(terminal), 0);
}

static void put(int fd, const char *text)
{
    EQ(write(fd, text, strlen(text)), (long)strlen(text));
}

static void get(int fd, const char *text)
{
    char bytes[256] = { 0 };
    EQ(read(fd, bytes, sizeof bytes), (long)strlen(text));
    CHECK(strcmp(bytes, text) == 0);
}

static void set_no_wait(int fd)
{
    EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static void pty_has_names(void)
{
    char name[32], wanted[32];
    struct stat by_name, by_number;
    open_pair();
    EQ(ptsname_r(master, wanted, sizeof wanted), 0);
    EQ(ttyname_r(terminal, name, sizeof name), 0);
    CHECK(strcmp(name, wanted) == 0);
    EQ(stat(name, &by_name), 0);
    EQ(fstat(terminal, &by_number), 0);
    CHECK(S_ISCHR(by_name.st_mode));
    CHECK(by_name.st_ino == by_number.st_ino);
    EQ(access(name, R_OK | W_OK), 0);
    EQ(open("/dev/pts/250", O_RDWR), -1);
    EQ(errno, ENOENT);
    close_pair();
}

static void pty_must_be_unlocked(void)
{
    char name[32];
    master = posix_openpt(O_RDWR | O_NOCTTY);
    EQ(ptsname_r(master, name, sizeof name), 0);
    EQ(open(name, O_RDWR | O_NOCTTY), -1);
    EQ(errno, EIO);
    EQ(close(master), 0);
}

static void terminals_are_told_from_other_files(void)
{
    struct termios attributes;
    int fds[2];
    open_pair();
    EQ(isatty(terminal), 1);
    EQ(isatty(master), 1);
    EQ(pipe(fds), 0);
    EQ(isatty(fds[0]), 0);
    EQ(errno, ENOTTY);
    EQ(tcgetattr(fds[0], &attributes), -1);
    EQ(errno, ENOTTY);
    EQ(tcgetattr(999, &attributes), -1);
    EQ(errno, EBADF);
    EQ(close(fds[0]) + close(fds[1]), 0);
    close_pair();
}

static void lines_are_edited(void)
{
    open_pair();
    put(master, "helloo\x7f\n\x04");
    get(terminal, "hello\n");
    get(terminal, "");
    get(master, "helloo\b \b\r\n");
    put(terminal, "a\n");
    get(master, "a\r\n");
    close_pair();
}

static void attributes_are_kept(void)
{
    struct termios was, now;
    open_pair();
    memset(&was, 0xa5, sizeof was);
    EQ(tcgetattr(terminal, &was), 0);
    CHECK(was.c_lflag & ICANON);
    EQ(was.c_cc[VINTR], 3);
    EQ(cfgetospeed(&was), B38400);
    now = was;
    cfmakeraw(&now);
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    EQ(tcsetattr(terminal, TCSAFLUSH, &now), 0);
    put(master, "x\r");
    get(terminal, "x\r");
    set_no_wait(master);
    char byte;
    EQ(read(master, &byte, 1), -1);
    EQ(errno, EAGAIN);
    EQ(tcsetattr(terminal, TCSADRAIN, &was), 0);
    EQ(tcgetattr(master, &now), 0);
    EQ(now.c_lflag, was.c_lflag);
    close_pair();
}

static void queues_are_counted_and_flushed(void)
{
    int count = -1;
    open_pair();
    put(master, "abc\n");
    EQ(ioctl(terminal, FIONREAD, &count), 0);
    EQ(count, 4);
    EQ(ioctl(terminal, TIOCOUTQ, &count), 0);
    EQ(count, 5);
    EQ(tcflush(terminal, TCIOFLUSH), 0);
    EQ(ioctl(master, FIONREAD, &count), 0);
    EQ(count, 0);
    EQ(tcflush(terminal, 77), -1);
    EQ(errno, EINVAL);
    EQ(tcdrain(terminal), 0);
    EQ(tcsendbreak(terminal, 0), 0);
    EQ(tcflow(terminal, TCOOFF), 0);
    struct pollfd entry = { terminal, POLLOUT, 0 };
    EQ(poll(&entry, 1, 0), 0);
    EQ(tcflow(terminal, TCOON), 0);
    EQ(poll(&entry, 1, 0), 1);
    EQ(tcflow(terminal, TCIOFF), 0);
    get(master, "\x13");
    EQ(tcflow(terminal, 9), -1);
    EQ(errno, EINVAL);
    close_pair();
}

static void window_is_kept(void)
{
    struct winsize window = { .ws_row = 24, .ws_col = 80 };
    open_pair();
    EQ(ioctl(master, TIOCSWINSZ, &window), 0);
    window = (struct winsize){ 0 };
    EQ(ioctl(terminal, TIOCGWINSZ, &window), 0);
    EQ(window.ws_row, 24);
    EQ(window.ws_col, 80);
    close_pair();
}

static void poll_tells_both_ends(void)
{
    open_pair();
    struct pollfd list[] = { { terminal, POLLIN, 0 }, { master, POLLIN, 0 } };
    EQ(poll(list, 2, 0), 0);
    put(master, "a");
    EQ(poll(list, 2, -1), 1);
    EQ(list[1].revents, POLLIN);
    put(master, "\n");
    EQ(poll(list, 1, -1), 1);
    EQ(list[0].revents, POLLIN);
    get(terminal, "a\n");
    EQ(poll(list, 1, 0), 0);
    close_pair();
}

static void hang_up_is_an_end_and_an_error(void)
{
    open_pair();
    EQ(close(master), 0);
    get(terminal, "");
    EQ(write(terminal, "x", 1), -1);
    EQ(errno, EIO);
    struct pollfd entry = { terminal, POLLIN, 0 };
    EQ(poll(&entry, 1, 0), 1);
    CHECK(entry.revents & POLLHUP);
    EQ(close(terminal), 0);
}

static void master_alone_sees_an_error(void)
{
    char byte;
    open_pair();
    put(terminal, "z");
    EQ(close(terminal), 0);
    get(master, "z");
    EQ(read(master, &byte, 1), -1);
    EQ(errno, EIO);
    EQ(close(master), 0);
}

static void session_takes_a_terminal(void)
{
    struct stat by_name, by_number;
    open_pair();
    EQ(open("/dev/tty", O_RDWR), -1);
    EQ(errno, ENXIO);
    EQ(tcgetpgrp(terminal), -1);
    EQ(errno, ENOTTY);
    EQ(ioctl(terminal, TIOCSCTTY, 0), 0);
    EQ(tcgetsid(terminal), getpid());
    EQ(tcgetpgrp(terminal), getpid());
    EQ(tcgetpgrp(master), getpid());
    int again = open("/dev/tty", O_RDWR);
    CHECK(again >= 0);
    EQ(fstat(again, &by_name), 0);
    EQ(fstat(terminal, &by_number), 0);
    CHECK(by_name.st_ino == by_number.st_ino);
    EQ(tcsetpgrp(again, getpid()), 0);
    EQ(tcsetpgrp(again, getpid() + 12345), -1);
    EQ(errno, EPERM);
    EQ(tcsetpgrp(again, -1), -1);
    EQ(errno, EINVAL);
    signal(SIGHUP, SIG_IGN); /* Which is sent to the foreground, and that is us. */
    EQ(ioctl(again, TIOCNOTTY), 0);
    EQ(tcgetpgrp(terminal), -1);
    EQ(errno, ENOTTY);
    EQ(close(again), 0);
    close_pair();
}

int main(void)
{
    CLAIM(pty_has_names);
    CLAIM(pty_must_be_unlocked);
    CLAIM(terminals_are_told_from_other_files);
    CLAIM(lines_are_edited);
    CLAIM(attributes_are_kept);
    CLAIM(queues_are_counted_and_flushed);
    CLAIM(window_is_kept);
    CLAIM(poll_tells_both_ends);
    CLAIM(hang_up_is_an_end_and_an_error);
    CLAIM(master_alone_sees_an_error);
    CLAIM(session_takes_a_terminal);
    return claims_done();
}
