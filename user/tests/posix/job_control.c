/* Job control, as a shell does it: this process leads a session with a pty as its terminal; children in groups of
 * their own are put into the foreground and the background, typed at, stopped, continued, hung up. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static int master, terminal;
static int told[2]; /* A pipe: children tell of their progress, a byte each. */

static void open_pair(void)
{
    char name[32];
    master = posix_openpt(O_RDWR | O_NOCTTY);
    EQ(unlockpt(master), 0);
    EQ(ptsname_r(master, name, sizeof name), 0);
    terminal = open(name, O_RDWR | O_NOCTTY);
    CHECK(terminal >= 0);
    EQ(pipe(told), 0);
}

static void begin(void)
{
    open_pair();
    EQ(ioctl(terminal, TIOCSCTTY, 0), 0);
}

static void close_all(void)
{
    EQ(close(terminal) + close(told[0]) + close(told[1]), 0);
    if (master >= 0)
        EQ(close(master), 0);
}

static void end(void)
{
    EQ(tcsetpgrp(terminal, getpgrp()), 0);
    EQ(ioctl(terminal, TIOCNOTTY), 0);
    close_all();
}

static void tell(char what)
{
    if (write(told[1], &what, 1) != 1)
        _exit(90);
}

static char hear(void)
{
    char what = 0;
    EQ(read(told[0], &what, 1), 1);
    return what;
}

static void type(const char *text)
{
    EQ(write(master, text, strlen(text)), (long)strlen(text));
}

/* A child in a group of its own; both set it, so that neither comes too late. */
static pid_t job(void (*body)(void), bool foreground)
{
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        if (foreground)
            tcsetpgrp(terminal, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        tell('b');
        body();
        _exit(0);
    }
    CHECK(child > 0);
    (void)setpgid(child, child);
    if (foreground)
        EQ(tcsetpgrp(terminal, child), 0);
    EQ(hear(), 'b');
    return child;
}

static int status_of(pid_t child, int flags)
{
    int status = -1;
    EQ(waitpid(child, &status, flags), child);
    return status;
}

static void expect_stopped(pid_t child, int number)
{
    int status = status_of(child, WUNTRACED);
    CHECK(WIFSTOPPED(status));
    EQ(WSTOPSIG(status), number);
}

static void expect_killed(pid_t child, int number)
{
    int status = status_of(child, 0);
    CHECK(WIFSIGNALED(status));
    EQ(WTERMSIG(status), number);
}

static void expect_exit(pid_t child, int code)
{
    int status = status_of(child, 0);
    CHECK(WIFEXITED(status));
    EQ(WEXITSTATUS(status), code);
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static void read_byte(void)
{
    char byte = 0;
    long done = read(terminal, &byte, 1);
    _exit(done == 1 ? byte : errno == EIO ? 101 : 100);
}

/* --- typed signals --- */

static void interrupt_ends_the_foreground_alone(void)
{
    begin();
    pid_t behind = job(wait_for_ever, false);
    pid_t before = job(wait_for_ever, true);
    type("\x03");
    expect_killed(before, SIGINT);
    EQ(waitpid(behind, NULL, WNOHANG), 0);
    EQ(kill(behind, SIGKILL), 0);
    expect_killed(behind, SIGKILL);
    end();
}

static void quit_ends_it_too(void)
{
    begin();
    pid_t child = job(wait_for_ever, true);
    type("\x1c");
    expect_killed(child, SIGQUIT);
    end();
}

static void suspend_stops_and_is_continued(void)
{
    begin();
    pid_t child = job(wait_for_ever, true);
    type("\x1a");
    expect_stopped(child, SIGTSTP);
    EQ(tcsetpgrp(terminal, getpgrp()), 0);
    EQ(kill(-child, SIGCONT), 0);
    CHECK(WIFCONTINUED(status_of(child, WCONTINUED)));
    EQ(tcsetpgrp(terminal, child), 0);
    type("\x03");
    expect_killed(child, SIGINT);
    end();
}

static void signals_can_be_off(void)
{
    struct termios attributes;
    begin();
    EQ(tcgetattr(terminal, &attributes), 0);
    attributes.c_lflag &= ~(tcflag_t)ISIG;
    EQ(tcsetattr(terminal, TCSANOW, &attributes), 0);
    pid_t child = job(read_byte, true);
    type("\x03\n");
    expect_exit(child, 3);
    end();
}

/* --- the background --- */

static void background_read_stops_until_it_is_in_front(void)
{
    begin();
    pid_t child = job(read_byte, false);
    expect_stopped(child, SIGTTIN);
    EQ(tcsetpgrp(terminal, child), 0);
    EQ(kill(-child, SIGCONT), 0);
    type("x\n");
    expect_exit(child, 'x');
    end();
}

static void read_ignoring(void)
{
    signal(SIGTTIN, SIG_IGN);
    read_byte();
}

static void background_read_fails_if_it_cannot_stop(void)
{
    begin();
    expect_exit(job(read_ignoring, false), 101);
    end();
}

static void write_byte(void)
{
    _exit(write(terminal, "w", 1) == 1 ? 0 : errno == EIO ? 101 : 100);
}

static void background_write_stops_if_asked_for(void)
{
    struct termios attributes;
    begin();
    expect_exit(job(write_byte, false), 0);
    EQ(tcgetattr(terminal, &attributes), 0);
    attributes.c_lflag |= TOSTOP;
    EQ(tcsetattr(terminal, TCSANOW, &attributes), 0);
    pid_t child = job(write_byte, false);
    expect_stopped(child, SIGTTOU);
    EQ(kill(child, SIGKILL), 0);
    expect_killed(child, SIGKILL);
    end();
}

static void change_attributes(void)
{
    struct termios attributes;
    _exit(tcgetattr(terminal, &attributes) == 0 && tcsetattr(terminal, TCSANOW, &attributes) == 0
              ? 0
              : 100);
}

static void background_change_stops(void)
{
    begin();
    pid_t child = job(change_attributes, false);
    expect_stopped(child, SIGTTOU);
    EQ(tcsetpgrp(terminal, child), 0);
    EQ(kill(-child, SIGCONT), 0);
    expect_exit(child, 0);
    end();
}

/* The parent of the reader ends first, so that nobody could continue it: it must not stop. */
static void leave_an_orphan(void)
{
    if (fork() == 0) {
        char byte;
        setpgid(0, 0);
        while (getppid() != 0 && getppid() != 1)
            usleep(1000);
        tell(read(terminal, &byte, 1) == -1 && errno == EIO ? 'e' : 'o');
        _exit(0);
    }
    _exit(0);
}

static void orphans_are_not_stopped(void)
{
    begin();
    expect_exit(job(leave_an_orphan, false), 0);
    EQ(hear(), 'e');
    end();
}

/* --- windows and hang-up --- */

static void noted(int number)
{
    tell(number == SIGWINCH ? 'w' : number == SIGHUP ? 'h' : number == SIGCONT ? 'c' : '?');
}

static void note_windows(void)
{
    signal(SIGWINCH, noted);
    tell('r');
    wait_for_ever();
}

static void window_change_is_told(void)
{
    struct winsize window = { .ws_row = 40, .ws_col = 100 };
    begin();
    pid_t child = job(note_windows, true);
    EQ(hear(), 'r');
    EQ(ioctl(master, TIOCSWINSZ, &window), 0);
    EQ(hear(), 'w');
    type("\x03");
    expect_killed(child, SIGINT);
    end();
}

/* A session of its own takes the terminal by opening it. */
static void lead_a_session(void)
{
    char name[32];
    if (setsid() != getpid() || ptsname_r(master, name, sizeof name) != 0)
        _exit(91);
    close(terminal);
    terminal = open(name, O_RDWR);
    close(master);
    if (terminal < 0 || tcgetsid(terminal) != getpid() || open("/dev/tty", O_RDWR) < 0)
        _exit(92);
    signal(SIGHUP, SIG_DFL);
    tell('s');
}

static pid_t session(void (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        lead_a_session();
        body();
        _exit(0);
    }
    EQ(hear(), 's');
    return child;
}

static void hang_up_reaches_the_leader(void)
{
    open_pair();
    pid_t child = session(wait_for_ever);
    EQ(close(terminal), 0);
    EQ(close(master), 0);
    expect_killed(child, SIGHUP);
    EQ(close(told[0]) + close(told[1]), 0);
}

static void read_to_the_end(void)
{
    char byte;
    signal(SIGHUP, SIG_IGN);
    tell('r');
    long done = read(terminal, &byte, 1);
    if (done != 0 || write(terminal, "x", 1) != -1 || errno != EIO)
        _exit(93);
}

static void hang_up_ends_reading(void)
{
    open_pair();
    pid_t child = session(read_to_the_end);
    EQ(hear(), 'r');
    EQ(close(terminal), 0);
    EQ(close(master), 0);
    expect_exit(child, 0);
    EQ(close(told[0]) + close(told[1]), 0);
}

static void noted_last(int number)
{
    noted(number);
    _exit(0);
}

static void leave_a_member(void)
{
    if (fork() == 0) {
        signal(SIGHUP, noted_last);
        tell('r');
        wait_for_ever();
    }
    char byte;
    (void)read(terminal, &byte, 1); /* Until we are told to go. */
}

static void end_of_the_leader_hangs_up_the_foreground(void)
{
    open_pair();
    pid_t child = session(leave_a_member);
    EQ(hear(), 'r');
    type("\n");
    expect_exit(child, 0);
    EQ(hear(), 'h');
    struct pollfd entry = { master, POLLIN, 0 };
    EQ(tcgetpgrp(master), -1); /* Nobody's any more. */
    EQ(poll(&entry, 1, 0), 1);
    close_all();
}

static void what_a_shell_does(void)
{
    char text[64] = { 0 };
    begin();
    signal(SIGTTIN, SIG_IGN);
    for (int i = 0; i < 10; i++) {
        pid_t child = job(read_byte, true);
        type("a\x04");
        expect_exit(child, 'a');
        EQ(tcsetpgrp(terminal, getpgrp()), 0);
        type("prompt\n");
        EQ(read(terminal, text, sizeof text), 7);
    }
    signal(SIGTTIN, SIG_DFL);
    end();
}

int main(void)
{
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* Of end(), which lets the terminal go. */
    CLAIM(interrupt_ends_the_foreground_alone);
    CLAIM(quit_ends_it_too);
    CLAIM(suspend_stops_and_is_continued);
    CLAIM(signals_can_be_off);
    CLAIM(background_read_stops_until_it_is_in_front);
    CLAIM(background_read_fails_if_it_cannot_stop);
    CLAIM(background_write_stops_if_asked_for);
    CLAIM(background_change_stops);
    CLAIM(orphans_are_not_stopped);
    CLAIM(window_change_is_told);
    CLAIM(hang_up_reaches_the_leader);
    CLAIM(hang_up_ends_reading);
    CLAIM(end_of_the_leader_hangs_up_the_foreground);
    CLAIM(what_a_shell_does);
    return claims_done();
}
