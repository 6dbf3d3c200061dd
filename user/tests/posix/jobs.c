/* Signals between processes: who gets them, what becomes of them over fork and exec, ends by signals, stopping
 * and going on, words and locks that processes share. Started again by its own exec with a word that says what
 * to do. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define SELF "/bin/posix_jobs"

/* What parents and children see both. */
static struct shared {
    atomic_int ready, count, go;
    sem_t semaphore;
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int guarded;
} *shared;

static void nap(long ms)
{
    struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    while (nanosleep(&time, &time) != 0)
        ;
}

static void shared_begin(void)
{
    memset(shared, 0, sizeof *shared);
}

static void await(atomic_int *word, int value)
{
    while (*word < value)
        nap(1);
}

static int end_of(pid_t child)
{
    int status = -1;
    EQ(waitpid(child, &status, 0), child);
    return status;
}

static volatile sig_atomic_t handled;

static void handler(int signal)
{
    handled++;
}

static void install(int signal, int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    EQ(sigaction(signal, &action, NULL), 0);
    handled = 0;
}

/* --- Ends ------------------------------------------------------------------------------------ */

static pid_t sleeper(void)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    CHECK(child > 0);
    return child;
}

static void default_of_most_signals_is_the_end(void)
{
    const int ending[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGABRT,   SIGKILL, SIGUSR1,  SIGSEGV,
                           SIGPIPE, SIGALRM, SIGTERM, SIGVTALRM, SIGXCPU, SIGRTMIN, SIGRTMAX };
    for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
        pid_t child = sleeper();
        EQ(kill(child, ending[i]), 0);
        int status = end_of(child);
        CHECK(WIFSIGNALED(status));
        EQ(WTERMSIG(status), ending[i]);
    }
}

static void *pause_long(void *argument)
{
    for (;;)
        pause();
}

/* One of many threads that all mask it, or an alarm, or abort: all threads end. */
static void an_end_is_for_all_threads(void)
{
    for (int way = 0; way < 3; way++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            for (int i = 0; i < 3; i++)
                pthread_create(&thread, NULL, pause_long, NULL);
            if (way == 0)
                abort();
            if (way == 1)
                alarm(1);
            if (way == 2)
                pthread_kill(thread, SIGTERM);
            for (;;)
                ;
        }
        int status = end_of(child);
        CHECK(WIFSIGNALED(status));
        EQ(WTERMSIG(status), way == 0 ? SIGABRT : way == 1 ? SIGALRM : SIGTERM);
    }
}

static void masked_end_waits(void)
{
    sigset_t set;
    shared_begin();
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_BLOCK, &set, NULL);
        shared->ready = 1;
        await(&shared->go, 1);
        shared->count = 1;
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        shared->count = 2;
        _exit(0);
    }
    await(&shared->ready, 1);
    EQ(kill(child, SIGTERM), 0);
    shared->go = 1;
    int status = end_of(child);
    EQ(WTERMSIG(status), SIGTERM);
    EQ(shared->count, 1);
}

static void ended_process_takes_signals_without_effect(void)
{
    pid_t child = fork();
    siginfo_t information = { 0 };
    if (child == 0)
        _exit(3);
    EQ(waitid(P_PID, (id_t)child, &information, WEXITED | WNOWAIT), 0);
    EQ(information.si_code, CLD_EXITED);
    EQ(kill(child, SIGTERM), 0);
    EQ(kill(child, 0), 0);
    int status = end_of(child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    EQ(kill(child, 0), -1);
    EQ(errno, ESRCH);
}

/* --- Children -------------------------------------------------------------------------------- */

static siginfo_t told;

static void note_child(int signal, siginfo_t *information, void *context)
{
    told = *information;
    handled++;
}

static void parent_is_told_of_an_end(void)
{
    struct sigaction action = { .sa_sigaction = note_child, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigset_t set, none;
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&set);
    sigemptyset(&none);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    handled = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(9);
    while (handled == 0)
        sigsuspend(&none);
    EQ(told.si_pid, child);
    EQ(told.si_code, CLD_EXITED);
    EQ(told.si_status, 9);
    EQ(WEXITSTATUS(end_of(child)), 9);
    handled = 0;
    child = sleeper();
    kill(child, SIGKILL);
    while (handled == 0)
        sigsuspend(&none);
    EQ(told.si_code, CLD_KILLED);
    EQ(told.si_status, SIGKILL);
    EQ(WTERMSIG(end_of(child)), SIGKILL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
}

/* Signals merge; a handler that waits until there is nothing more misses none. */
static atomic_int reaped;

static void reap(int signal)
{
    int error = errno, status;
    while (waitpid(-1, &status, WNOHANG) > 0)
        reaped++;
    errno = error;
}

static void no_child_of_a_storm_is_lost(void)
{
    enum { CHILDREN = 60 };
    struct sigaction action = { .sa_handler = reap, .sa_flags = SA_RESTART };
    reaped = 0;
    sigaction(SIGCHLD, &action, NULL);
    for (int i = 0; i < CHILDREN;) {
        pid_t child = fork();
        if (child == 0)
            _exit(i & 0x7f);
        if (child > 0)
            i++;
        else
            nap(1); /* Some have to be reaped first. */
    }
    while (reaped < CHILDREN)
        nap(1);
    EQ(waitpid(-1, NULL, WNOHANG), -1);
    EQ(errno, ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

static void ignored_children_vanish(void)
{
    signal(SIGCHLD, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        _exit(1);
    EQ(waitpid(child, NULL, 0), -1);
    EQ(errno, ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

/* The signal of a child that ends finds its parent in wait, which has then something to tell. */
static void children_come_before_their_signal(void)
{
    for (int forgotten = 0; forgotten < 2; forgotten++) {
        install(SIGCHLD, forgotten ? SA_NOCLDWAIT : 0);
        pid_t child = fork();
        if (child == 0) {
            nap(20);
            _exit(3);
        }
        EQ(waitpid(child, NULL, 0), forgotten ? -1 : child);
        if (forgotten)
            EQ(errno, ECHILD);
        signal(SIGCHLD, SIG_DFL);
    }
}

static void *interrupt_soon(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    while (handled == 0) {
        nap(2);
        pthread_kill(target, SIGUSR1);
    }
    return NULL;
}

static void wait_is_interrupted_or_made_again(void)
{
    pthread_t self = pthread_self(), thread;
    for (int restart = 0; restart < 2; restart++) {
        pid_t child = sleeper();
        int status;
        install(SIGUSR1, restart ? SA_RESTART : 0);
        EQ(pthread_create(&thread, NULL, interrupt_soon, &self), 0);
        if (!restart) {
            EQ(waitpid(child, &status, 0), -1);
            EQ(errno, EINTR);
        }
        if (restart) {
            while (handled == 0)
                sched_yield();
            EQ(waitpid(child, &status, WNOHANG), 0);
        }
        pthread_join(thread, NULL);
        kill(child, SIGKILL);
        EQ(WTERMSIG(end_of(child)), SIGKILL);
    }
}

/* --- Fork and exec --------------------------------------------------------------------------- */

static void fork_copies_actions_and_mask_and_nothing_pending(void)
{
    sigset_t set, now;
    struct sigaction action;
    install(SIGUSR1, SA_RESTART);
    signal(SIGUSR2, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    alarm(100);
    pid_t child = fork();
    if (child == 0) {
        bool good = alarm(0) == 0;
        sigpending(&now);
        good = good && !sigismember(&now, SIGUSR1);
        sigprocmask(SIG_BLOCK, NULL, &now);
        good = good && sigismember(&now, SIGUSR1);
        sigaction(SIGUSR1, NULL, &action);
        good = good && action.sa_handler == handler;
        sigaction(SIGUSR2, NULL, &action);
        good = good && action.sa_handler == SIG_IGN;
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        good = good && handled == 0;
        raise(SIGUSR1);
        _exit(good && handled == 1 ? 0 : 1);
    }
    EQ(end_of(child), 0);
    alarm(0);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    EQ(handled, 1);
    signal(SIGUSR2, SIG_DFL);
}

/* In the new program: SIGUSR1 is pending and masked, SIGUSR2 ignored, what was caught has its default, the
 * alarm runs. */
static int look_after_exec(void)
{
    sigset_t now;
    struct sigaction action;
    stack_t stack;
    sigpending(&now);
    if (!sigismember(&now, SIGUSR1))
        return 1;
    sigprocmask(SIG_BLOCK, NULL, &now);
    if (!sigismember(&now, SIGUSR1) || sigismember(&now, SIGUSR2))
        return 2;
    sigaction(SIGUSR1, NULL, &action);
    if (action.sa_handler != SIG_DFL)
        return 3;
    sigaction(SIGUSR2, NULL, &action);
    if (action.sa_handler != SIG_IGN)
        return 4;
    sigaltstack(NULL, &stack);
    if (stack.ss_flags != SS_DISABLE)
        return 5;
    if (alarm(0) == 0)
        return 6;
    return 0;
}

static void exec_keeps_mask_and_pending_and_resets_what_was_caught(void)
{
    pid_t child = fork();
    if (child == 0) {
        static char other_stack[16384];
        stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
        sigset_t set;
        sigaltstack(&stack, NULL);
        signal(SIGUSR1, handler);
        signal(SIGUSR2, SIG_IGN);
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        sigprocmask(SIG_BLOCK, &set, NULL);
        raise(SIGUSR1);
        alarm(100);
        execl(SELF, SELF, "look", NULL);
        _exit(99);
    }
    EQ(end_of(child), 0);
}

/* --- Groups, stopping ------------------------------------------------------------------------ */

static void groups_are_signalled_as_one(void)
{
    pid_t children[3];
    int status;
    shared_begin();
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            setpgid(0, i == 0 ? 0 : children[0]);
            shared->ready++;
            for (;;)
                pause();
        }
        setpgid(children[i], children[0]);
    }
    await(&shared->ready, 3);
    pid_t outside = sleeper();
    EQ(kill(-children[0], SIGTERM), 0);
    for (int i = 0; i < 3; i++)
        EQ(WTERMSIG(end_of(children[i])), SIGTERM);
    EQ(waitpid(outside, &status, WNOHANG), 0);
    EQ(kill(-children[0], SIGTERM), -1);
    EQ(errno, ESRCH);
    handled = 0;
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        signal(SIGUSR1, SIG_DFL);
        pid_t own = sleeper();
        signal(SIGUSR1, handler);
        kill(0, SIGUSR1);
        int ended = end_of(own);
        _exit(handled == 1 && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGUSR1 ? 0 : 1);
    }
    EQ(end_of(leader), 0);
    EQ(kill(outside, SIGKILL), 0);
    EQ(WTERMSIG(end_of(outside)), SIGKILL);
}

static void count_in_all_threads_forever(void)
{
    pthread_t thread;
    extern void *count_up(void *);
    pthread_create(&thread, NULL, count_up, NULL);
    count_up(NULL);
}

void *count_up(void *argument);
void *count_up(void *argument)
{
    for (;;) {
        shared->count++;
        if (shared->count % 64 == 0)
            nap(1);
    }
}

static void stopped_process_stands_still(void)
{
    int status;
    shared_begin();
    pid_t child = fork();
    if (child == 0)
        count_in_all_threads_forever();
    setpgid(child, child); /* Its parent is in its session and not in its group: not an orphan. */
    await(&shared->count, 200);
    for (int round = 0; round < 5; round++) {
        EQ(kill(child, round % 2 ? SIGSTOP : SIGTSTP), 0);
        EQ(waitpid(child, &status, WUNTRACED), child);
        CHECK(WIFSTOPPED(status));
        EQ(WSTOPSIG(status), round % 2 ? SIGSTOP : SIGTSTP);
        int before;
        do { /* The other thread may be on its way still. */
            before = shared->count;
            nap(5);
        } while (before != shared->count && before < 1000000);
        nap(10);
        EQ(shared->count, before);
        EQ(waitpid(child, &status, WNOHANG | WUNTRACED), 0);
        EQ(kill(child, SIGCONT), 0);
        EQ(waitpid(child, &status, WCONTINUED), child);
        CHECK(WIFCONTINUED(status));
        await(&shared->count, before + 100);
    }
    EQ(kill(child, SIGSTOP), 0);
    EQ(waitpid(child, &status, WUNTRACED), child);
    EQ(kill(child, SIGTERM), 0); /* Waits until it goes on. */
    EQ(waitpid(child, &status, WNOHANG), 0);
    EQ(kill(child, SIGCONT), 0);
    EQ(WTERMSIG(end_of(child)), SIGTERM);
    child = sleeper();
    EQ(kill(child, SIGSTOP), 0);
    EQ(waitpid(child, &status, WUNTRACED), child);
    EQ(kill(child, SIGKILL), 0); /* Does not wait. */
    EQ(WTERMSIG(end_of(child)), SIGKILL);
}

/* A read that was going on when the process was stopped goes on afterwards. */
static void stop_ends_no_call(void)
{
    int fds[2], status;
    EQ(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte = 0;
        long got = read(fds[0], &byte, 1);
        _exit(got == 1 && byte == 'y' ? 0 : 1);
    }
    nap(5);
    for (int round = 0; round < 3; round++) {
        EQ(kill(child, SIGSTOP), 0);
        EQ(waitpid(child, &status, WUNTRACED), child);
        EQ(kill(child, SIGCONT), 0);
        EQ(waitpid(child, &status, WCONTINUED), child);
    }
    EQ(write(fds[1], "y", 1), 1);
    EQ(end_of(child), 0);
    close(fds[0]);
    close(fds[1]);
}

/* An orphaned group is not stopped by what a terminal sends. */
static void orphans_are_not_stopped(void)
{
    shared_begin();
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() == 0) {
            await(&shared->go, 1); /* Its parent has ended. */
            raise(SIGTSTP);
            shared->ready = 1;
            _exit(0);
        }
        _exit(0);
    }
    EQ(end_of(child), 0);
    shared->go = 1;
    await(&shared->ready, 1);
}

/* --- Sharing --------------------------------------------------------------------------------- */

static void semaphores_work_across_processes(void)
{
    enum { ROUNDS = 300 };
    shared_begin();
    EQ(sem_init(&shared->semaphore, 1, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            while (sem_wait(&shared->semaphore) != 0)
                ;
            shared->count++;
        }
        _exit(0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        sem_post(&shared->semaphore);
        if (i % 10 == 0)
            await(&shared->count, i);
    }
    EQ(end_of(child), 0);
    EQ(shared->count, ROUNDS);
}

static void shared_mutex_begin(bool robust)
{
    pthread_mutexattr_t attributes;
    pthread_condattr_t condition;
    shared_begin();
    pthread_mutexattr_init(&attributes);
    EQ(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED), 0);
    if (robust)
        EQ(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
    EQ(pthread_mutex_init(&shared->mutex, &attributes), 0);
    pthread_condattr_init(&condition);
    EQ(pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED), 0);
    EQ(pthread_cond_init(&shared->condition, &condition), 0);
}

static void mutexes_exclude_across_processes(void)
{
    enum { ROUNDS = 2000, CHILDREN = 3 };
    pid_t children[CHILDREN];
    shared_mutex_begin(false);
    for (int i = 0; i < CHILDREN; i++)
        if ((children[i] = fork()) == 0) {
            for (int round = 0; round < ROUNDS; round++) {
                pthread_mutex_lock(&shared->mutex);
                int value = shared->guarded;
                if (round % 50 == 0)
                    sched_yield();
                shared->guarded = value + 1;
                pthread_cond_signal(&shared->condition);
                pthread_mutex_unlock(&shared->mutex);
            }
            _exit(0);
        }
    pthread_mutex_lock(&shared->mutex);
    while (shared->guarded < CHILDREN * ROUNDS)
        pthread_cond_wait(&shared->condition, &shared->mutex);
    pthread_mutex_unlock(&shared->mutex);
    for (int i = 0; i < CHILDREN; i++)
        EQ(end_of(children[i]), 0);
}

static void death_of_an_owner_is_told(void)
{
    for (int round = 0; round < 4; round++) {
        shared_mutex_begin(true);
        pid_t child = fork();
        if (child == 0) {
            pthread_mutex_lock(&shared->mutex);
            shared->ready = 1;
            if (round % 2 == 0)
                await(&shared->go, 1);
            if (round < 2)
                kill(getpid(), SIGKILL);
            _exit(0);
        }
        await(&shared->ready, 1);
        shared->go = 1;
        EQ(pthread_mutex_lock(&shared->mutex), EOWNERDEAD);
        EQ(pthread_mutex_consistent(&shared->mutex), 0);
        EQ(pthread_mutex_unlock(&shared->mutex), 0);
        EQ(pthread_mutex_lock(&shared->mutex), 0);
        pthread_mutex_unlock(&shared->mutex);
        end_of(child);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "look") == 0)
        return look_after_exec();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CLAIM(default_of_most_signals_is_the_end);
    CLAIM(an_end_is_for_all_threads);
    CLAIM(masked_end_waits);
    CLAIM(ended_process_takes_signals_without_effect);
    CLAIM(parent_is_told_of_an_end);
    CLAIM(no_child_of_a_storm_is_lost);
    CLAIM(ignored_children_vanish);
    CLAIM(children_come_before_their_signal);
    CLAIM(wait_is_interrupted_or_made_again);
    CLAIM(fork_copies_actions_and_mask_and_nothing_pending);
    CLAIM(exec_keeps_mask_and_pending_and_resets_what_was_caught);
    CLAIM(groups_are_signalled_as_one);
    CLAIM(stopped_process_stands_still);
    CLAIM(stop_ends_no_call);
    CLAIM(orphans_are_not_stopped);
    CLAIM(semaphores_work_across_processes);
    CLAIM(mutexes_exclude_across_processes);
    CLAIM(death_of_an_owner_is_told);
    return claims_done();
}
