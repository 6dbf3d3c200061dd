/* Signals and cancellation under stress, so many rounds as the second argument says: reads and writes that
 * signals hit all the time, calls that are cancelled while their answer comes, senders that all queue at once,
 * threads that end where signals go, children that stop and go on. Nothing is lost and nothing comes twice;
 * what is left behind afterwards, user/tests/posix_storm_run looks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

enum {
    WORDS = 6000,
    TICK_US = 400,
    CALLERS = 24,
    SENDERS = 4,
    QUEUED = 40,
    PASSERS = 12,
    STOPS = 6,
};

static int rounds;
static atomic_int handled;

static void count(int number)
{
    handled++;
}

static void install(int number, int flags)
{
    struct sigaction action = { .sa_handler = count, .sa_flags = flags };
    EQ(sigaction(number, &action, NULL), 0);
    handled = 0;
}

static void tick(long period_us)
{
    struct itimerval setting = { .it_interval.tv_usec = period_us, .it_value.tv_usec = period_us };
    EQ(setitimer(ITIMER_REAL, &setting, NULL), 0);
}

static bool ended_well(pid_t child)
{
    int status = -1;
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- Reads and writes under ticks -------------------------------------------------------------- */

static int interrupted; /* Calls that ended with EINTR. */

/* All of it, however often a signal comes between. */
static bool transfer(int fd, void *bytes, size_t len, bool writes)
{
    for (size_t at = 0; at < len;) {
        long part = writes ? write(fd, (char *)bytes + at, len - at)
                           : read(fd, (char *)bytes + at, len - at);
        interrupted += part < 0 && errno == EINTR;
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        at += part > 0 ? (size_t)part : 0;
    }
    return true;
}

/* Words that count up, in pieces of all sizes. @return 0, or at which call it went wrong. */
static int words_pass(int fd, bool writes)
{
    static uint32_t words[512];
    uint32_t next = 0;
    for (size_t size = 1; next < WORDS; size = size * 7 % 509 + 1) {
        size_t piece = WORDS - next < size ? WORDS - next : size;
        for (size_t i = 0; writes && i < piece; i++)
            words[i] = next + (uint32_t)i;
        if (!transfer(fd, words, piece * sizeof words[0], writes))
            return 1;
        for (size_t i = 0; i < piece; i++, next++)
            if (words[i] != next)
                return 2;
    }
    return 0;
}

/* Both ends are hit: fork keeps the actions, and the child sets a timer of its own. */
static void words_pass_under_ticks(int flags)
{
    for (int round = 0; round < rounds; round++) {
        int fds[2];
        EQ(pipe(fds), 0);
        install(SIGALRM, flags);
        interrupted = 0;
        pid_t child = fork();
        if (child == 0) {
            tick(TICK_US);
            _exit(words_pass(fds[1], true) | (flags & SA_RESTART ? interrupted : 0));
        }
        tick(TICK_US);
        EQ(words_pass(fds[0], false), 0);
        for (int late = 0; handled == 0 && late < 4000; late++)
            usleep(1000);
        tick(0);
        CHECK(handled > 0);
        if (flags & SA_RESTART)
            EQ(interrupted, 0);
        CHECK(ended_well(child));
        EQ(close(fds[0]) | close(fds[1]), 0);
    }
}

static void interrupted_calls_lose_no_byte(void)
{
    words_pass_under_ticks(0);
}

static void restarted_calls_lose_no_byte(void)
{
    words_pass_under_ticks(SA_RESTART);
}

/* --- Cancelled while the answer comes ---------------------------------------------------------- */

/* What the threads of a round have got before they were cancelled. */
static struct {
    int listener;
    atomic_int begun;
    atomic_int got;
} calls;

static void *accept_once(void *argument)
{
    calls.begun++;
    int fd = accept(calls.listener, NULL, NULL);
    calls.got += fd >= 0;
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void *wait_once(void *argument)
{
    calls.begun++;
    calls.got += waitpid(-1, NULL, 0) > 0;
    return NULL;
}

/* A thread at a time is cancelled, sooner or later, while `cause` makes an answer for it. */
static void cancel_in_turn(void *(*body)(void *), void (*cause)(void))
{
    calls.got = 0;
    for (int i = 0; i < CALLERS; i++) {
        pthread_t thread;
        calls.begun = 0;
        EQ(pthread_create(&thread, NULL, body, NULL), 0);
        while (calls.begun == 0)
            sched_yield();
        cause();
        for (int spin = 0; spin < i % 8; spin++)
            sched_yield();
        pthread_cancel(thread);
        EQ(pthread_join(thread, NULL), 0);
    }
}

static struct sockaddr_un gate = { .sun_family = AF_UNIX, .sun_path = "/tmp/turnstile" };
static int clients[CALLERS], client_count;

static void client_connect(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    EQ(connect(fd, (struct sockaddr *)&gate, sizeof gate), 0);
    clients[client_count++] = fd;
}

/* Whoever is connected was accepted, or is still to be. */
static void cancelled_accepts_lose_no_connection(void)
{
    for (int round = 0; round < rounds; round++) {
        client_count = 0;
        calls.listener = socket(AF_UNIX, SOCK_STREAM, 0);
        EQ(bind(calls.listener, (struct sockaddr *)&gate, sizeof gate), 0);
        EQ(listen(calls.listener, CALLERS), 0);
        cancel_in_turn(accept_once, client_connect);
        EQ(fcntl(calls.listener, F_SETFL, O_NONBLOCK), 0);
        int left = 0, fd;
        while ((fd = accept(calls.listener, NULL, NULL)) >= 0) {
            left++;
            close(fd);
        }
        EQ(errno, EAGAIN);
        EQ(calls.got + left, CALLERS);
        while (client_count > 0)
            close(clients[--client_count]);
        EQ(close(calls.listener) | unlink(gate.sun_path), 0);
    }
}

static void child_make(void)
{
    if (fork() == 0)
        _exit(0);
}

static void cancelled_waits_lose_no_child(void)
{
    for (int round = 0; round < rounds; round++) {
        cancel_in_turn(wait_once, child_make);
        int left = 0;
        while (waitpid(-1, NULL, 0) > 0)
            left++;
        EQ(errno, ECHILD);
        EQ(calls.got + left, CALLERS);
    }
}

/* --- Queues ------------------------------------------------------------------------------------ */

/* A sender's number is in the upper half of the value. */
static int queue_all(pid_t to, int sender)
{
    for (int i = 0; i < QUEUED; i++) {
        union sigval value = { .sival_int = sender << 16 | i };
        while (sigqueue(to, SIGRTMIN + 1, value) != 0) {
            if (errno != EAGAIN)
                return 1;
            sched_yield();
        }
    }
    return 0;
}

/* Of each sender all come, in order. */
static void what_many_queue_comes_in_order(void)
{
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
    for (int round = 0; round < rounds; round++) {
        int next[SENDERS] = { 0 };
        pid_t self = getpid(), children[SENDERS];
        siginfo_t information;
        for (int i = 0; i < SENDERS; i++) {
            children[i] = fork();
            if (children[i] == 0)
                _exit(queue_all(self, i));
        }
        for (int i = 0; i < SENDERS * QUEUED; i++) {
            EQ(sigwaitinfo(&set, &information), SIGRTMIN + 1);
            int sender = information.si_value.sival_int >> 16;
            CHECK(sender >= 0 && sender < SENDERS);
            if (sender < 0 || sender >= SENDERS)
                break;
            EQ(information.si_value.sival_int & 0xffff, next[sender]);
            EQ(information.si_pid, children[sender]);
            next[sender]++;
        }
        for (int i = 0; i < SENDERS; i++)
            CHECK(ended_well(children[i]));
    }
    EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
}

static void *pass_by(void *argument)
{
    sched_yield();
    return NULL;
}

/* To the process, while threads that could take them come and go. */
static void threads_that_end_take_no_signal_along(void)
{
    install(SIGRTMIN, SA_RESTART);
    for (int round = 0; round < rounds; round++) {
        pthread_t threads[PASSERS];
        int sent = 0;
        handled = 0;
        for (int i = 0; i < PASSERS; i++) {
            EQ(pthread_create(&threads[i], NULL, pass_by, NULL), 0);
            for (int j = 0; j < 3; j++)
                sent += sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }) == 0;
        }
        for (int i = 0; i < PASSERS; i++)
            EQ(pthread_join(threads[i], NULL), 0);
        for (int late = 0; handled < sent && late < 4000; late++)
            usleep(1000);
        EQ(sent, 3 * PASSERS);
        EQ(handled, sent);
    }
}

/* --- Stopping ---------------------------------------------------------------------------------- */

static bool is_told(pid_t child, int options, bool (*holds)(int status))
{
    int status = 0;
    return waitpid(child, &status, options) == child && holds(status);
}

static bool holds_stopped(int status)
{
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
}

static bool holds_continued(int status)
{
    return WIFCONTINUED(status);
}

static bool holds_killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void *count_up(void *argument)
{
    for (;;)
        ++*(_Atomic uint64_t *)argument;
}

/* Whether neither counts any more, from the first look on. */
static bool stand_still(const _Atomic uint64_t counts[2])
{
    uint64_t seen[2] = { counts[0], counts[1] };
    for (int look = 0; look < 20; look++)
        usleep(100);
    return counts[0] == seen[0] && counts[1] == seen[1];
}

/* A child of two threads, both of which count while it runs, and neither while it is stopped. */
static void stopped_children_stand_still(void)
{
    _Atomic uint64_t *counts =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int round = 0; round < rounds; round++) {
        counts[0] = counts[1] = 0;
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            pthread_create(&thread, NULL, count_up, (void *)&counts[1]);
            count_up((void *)&counts[0]);
        }
        for (int i = 0; i < STOPS; i++) {
            uint64_t seen[2] = { counts[0], counts[1] };
            while (counts[0] == seen[0] || counts[1] == seen[1])
                sched_yield();
            EQ(kill(child, SIGSTOP), 0);
            CHECK(is_told(child, WUNTRACED, holds_stopped));
            CHECK(stand_still(counts));
            if (i == STOPS - 1 && round % 2 == 0)
                break; /* To be killed while it is stopped. */
            EQ(kill(child, SIGCONT), 0);
            CHECK(is_told(child, WCONTINUED, holds_continued));
        }
        EQ(kill(child, SIGKILL), 0);
        CHECK(is_told(child, 0, holds_killed));
    }
    EQ(munmap((void *)counts, 4096), 0);
}

static void *hatch(void *argument)
{
    pthread_t thread;
    for (;;) {
        ++*(_Atomic uint64_t *)argument;
        if (pthread_create(&thread, NULL, pass_by, NULL) == 0)
            pthread_join(thread, NULL);
    }
}

static void *read_on(void *argument)
{
    char byte;
    while (read(*(int *)argument, &byte, 1) == 1)
        ;
    return NULL;
}

/* Threads that compute, that come and go, and that wait where a stop finds them at rest. */
static _Noreturn void live_mixed(_Atomic uint64_t counts[2])
{
    int pipe_ends[2];
    pthread_t threads[2];
    if (pipe(pipe_ends) != 0)
        _exit(1);
    pthread_create(&threads[0], NULL, read_on, &pipe_ends[0]);
    pthread_create(&threads[1], NULL, hatch, (void *)&counts[1]);
    count_up((void *)&counts[0]);
    _exit(1);
}

static bool has_news(pid_t child)
{
    siginfo_t news = { 0 };
    EQ(waitid(P_PID, (id_t)child, &news, WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT), 0);
    return news.si_pid != 0;
}

/* What its parent hears until it stands still: stops that were taken back, how they were, and at last one that
 * holds, with nothing after it. */
static bool comes_to_rest(pid_t child, const _Atomic uint64_t counts[2])
{
    int status = 0;
    do {
        if (waitpid(child, &status, WUNTRACED | WCONTINUED) != child)
            return false;
    } while (!holds_stopped(status) || !stand_still(counts) || has_news(child));
    return true;
}

/* Stopped, continued and stopped again before it has come to rest: a continuation is not told after the stop
 * that followed it. */
static void hasty_stops_are_told_in_order(void)
{
    _Atomic uint64_t *counts =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int round = 0; round < rounds; round++) {
        counts[0] = counts[1] = 0;
        pid_t child = fork();
        if (child == 0)
            live_mixed(counts);
        while (counts[0] == 0 || counts[1] == 0)
            sched_yield();
        for (int i = 0; i < STOPS; i++) {
            for (int haste = 0; haste < 3; haste++) {
                EQ(kill(child, SIGSTOP), 0);
                EQ(kill(child, SIGCONT), 0);
            }
            EQ(kill(child, SIGSTOP), 0);
            CHECK(comes_to_rest(child, counts));
            EQ(kill(child, SIGCONT), 0);
            CHECK(is_told(child, WCONTINUED, holds_continued));
        }
        EQ(kill(child, SIGKILL), 0);
        CHECK(is_told(child, 0, holds_killed));
    }
    EQ(munmap((void *)counts, 4096), 0);
}

int main(int argc, char **argv)
{
    rounds = argc > 2 ? atoi(argv[2]) : 1;
    CLAIM(interrupted_calls_lose_no_byte);
    CLAIM(restarted_calls_lose_no_byte);
    CLAIM(cancelled_accepts_lose_no_connection);
    CLAIM(cancelled_waits_lose_no_child);
    CLAIM(what_many_queue_comes_in_order);
    CLAIM(threads_that_end_take_no_signal_along);
    CLAIM(stopped_children_stand_still);
    CLAIM(hasty_stops_are_told_in_order);
    return claims_done();
}
