/* Families under stress, so many rounds as the second argument says: forks of one that writes and of one whose
 * threads fault, children that end together, exec out of many threads and with many numbers, trees of
 * processes that are killed while they grow. What is left behind afterwards, user/tests/posix_storm_run looks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define SELF "/bin/posix_storm"

enum {
    PAGES = 64,
    PAGE_WORDS = 512,
    FORKS = 100,
    CHILDREN = 24,
    WRITERS = 3,
    FAMILIES = 4,
    NUMBERS = 900,
    NUMBERS_FIRST = 10,
};

static int rounds;
static char *no_environment[] = { NULL };

static int code_of(pid_t child)
{
    int status = -1;
    pid_t ended = waitpid(child, &status, 0);
    return ended == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- A writer -------------------------------------------------------------------------------- */

static uint64_t *pages_map(void)
{
    void *pages = mmap(NULL, PAGES * PAGE_WORDS * 8, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static bool pages_hold(const uint64_t *pages, uint64_t value)
{
    for (int i = 0; i < PAGES; i++)
        if (pages[i * PAGE_WORDS] != value)
            return false;
    return true;
}

static void pages_write(uint64_t *pages, uint64_t value)
{
    for (int i = 0; i < PAGES; i++)
        pages[i * PAGE_WORDS] = value;
}

/* Ten thousand forks in the full count, of memory that is written between them. */
static void every_fork_shows_its_moment(void)
{
    uint64_t *pages = pages_map();
    CHECK(pages != NULL);
    for (uint64_t i = 1; i <= (uint64_t)(FORKS * rounds); i++) {
        pages_write(pages, i);
        pid_t child = fork();
        if (child == 0) {
            bool right = pages_hold(pages, i);
            if (i % 4 == 0)
                pages_write(pages, 0);
            _exit(right && (i % 4 != 0 || pages_hold(pages, 0)) ? 0 : 1);
        }
        if (i % 3 == 0)
            pages_write(pages, i + 1); /* While the child looks. */
        EQ(code_of(child), 0);
    }
    EQ(munmap(pages, PAGES * PAGE_WORDS * 8), 0);
}

/* Both sides leave the pages that they share at the same time, and the child fills a file with the frames that come
 * free by that: while an entry of the other side shows one still, it must not be the file's. */
static void frames_change_hands_when_nobody_shows_them(void)
{
    static char block[PAGE_WORDS * 8];
    uint64_t *pages = pages_map();
    CHECK(pages != NULL);
    for (uint64_t i = 1; i <= (uint64_t)(FORKS * rounds); i++) {
        pages_write(pages, i);
        pid_t child = fork();
        if (child == 0) {
            int file = open("/tmp/frames", O_RDWR | O_CREAT | O_TRUNC, 0600);
            memset(block, (int)i, sizeof block);
            bool right = file >= 0;
            for (int page = 0; page < PAGES; page++) {
                pages[page * PAGE_WORDS] = 0;
                right = right && write(file, block, sizeof block) == sizeof block;
            }
            _exit(right && pages_hold(pages, 0) ? 0 : 1);
        }
        pages_write(pages, i + 1);
        EQ(code_of(child), 0);
        CHECK(pages_hold(pages, i + 1));
    }
    EQ(unlink("/tmp/frames"), 0);
    EQ(munmap(pages, PAGES * PAGE_WORDS * 8), 0);
}

/* --- Many children --------------------------------------------------------------------------- */

static volatile sig_atomic_t reaped;

static void reap(int number)
{
    int saved = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
    errno = saved;
}

static void children_that_end_together_are_all_told(void)
{
    struct sigaction action = { .sa_handler = reap, .sa_flags = SA_RESTART }, old;
    sigset_t set, none;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    EQ(sigaction(SIGCHLD, &action, &old), 0);
    for (int round = 0; round < rounds; round++) {
        int started = 0, ends[2];
        char byte;
        reaped = 0;
        EQ(pipe(ends), 0);
        for (int i = 0; i < CHILDREN; i++) {
            pid_t child = fork();
            if (child == 0) {
                close(ends[1]);
                _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
            }
            started += child > 0;
        }
        EQ(started, CHILDREN);
        EQ(close(ends[1]), 0);
        sigprocmask(SIG_BLOCK, &set, &none);
        while (reaped < started)
            sigsuspend(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        EQ(close(ends[0]), 0);
        EQ(waitpid(-1, NULL, 0), -1);
        EQ(errno, ECHILD);
    }
    EQ(sigaction(SIGCHLD, &old, NULL), 0);
}

static void ignored_children_leave_nothing(void)
{
    signal(SIGCHLD, SIG_IGN);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < CHILDREN; i++)
            if (fork() == 0)
                _exit(0);
        EQ(waitpid(-1, NULL, 0), -1);
        EQ(errno, ECHILD);
    }
    signal(SIGCHLD, SIG_DFL);
}

static void *family(void *argument)
{
    for (int i = 0; i < rounds * 5; i++) {
        int code = i % 100;
        pid_t child = fork();
        if (child == 0)
            _exit(code);
        EQ(code_of(child), code);
    }
    return NULL;
}

static void threads_fork_and_wait_for_their_own(void)
{
    pthread_t threads[FAMILIES];
    for (int i = 0; i < FAMILIES; i++)
        EQ(pthread_create(&threads[i], NULL, family, NULL), 0);
    for (int i = 0; i < FAMILIES; i++)
        EQ(pthread_join(threads[i], NULL), 0);
}

/* --- Threads that fault meanwhile ------------------------------------------------------------ */

static struct {
    uint64_t *pages; /* In each the first word is written before the second. */
    bool ends;
} writing;

static void *writer(void *argument)
{
    uint64_t first = (uint64_t)(uintptr_t)argument;
    for (uint64_t value = 1; !__atomic_load_n(&writing.ends, __ATOMIC_ACQUIRE); value++) {
        for (uint64_t i = first; i < PAGES; i += WRITERS) {
            __atomic_store_n(&writing.pages[i * PAGE_WORDS], value, __ATOMIC_RELEASE);
            __atomic_store_n(&writing.pages[i * PAGE_WORDS + 1], value, __ATOMIC_RELEASE);
        }
        if (value % 16 == 0) /* Fresh pages, too. */
            free(malloc(300000));
    }
    return NULL;
}

/* The copy holds still, and in it no second word is ahead of its first one. */
static int snapshot_check(void)
{
    static uint64_t seen[PAGES];
    for (int i = 0; i < PAGES; i++) {
        const uint64_t *page = &writing.pages[i * PAGE_WORDS];
        if (page[0] < page[1] || page[0] - page[1] > 1)
            return 1;
        seen[i] = page[0];
    }
    for (int i = 0; i < PAGES; i++)
        if (writing.pages[i * PAGE_WORDS] != seen[i])
            return 2;
    return 0;
}

static void forks_of_a_process_whose_threads_fault(void)
{
    pthread_t threads[WRITERS];
    writing.pages = pages_map();
    writing.ends = false;
    CHECK(writing.pages != NULL);
    for (uintptr_t i = 0; i < WRITERS; i++)
        EQ(pthread_create(&threads[i], NULL, writer, (void *)i), 0);
    for (int i = 0; i < rounds * 10; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(snapshot_check());
        EQ(code_of(child), 0);
    }
    __atomic_store_n(&writing.ends, true, __ATOMIC_RELEASE);
    for (int i = 0; i < WRITERS; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(munmap(writing.pages, PAGES * PAGE_WORDS * 8), 0);
}

/* --- Memory that is given back meanwhile ------------------------------------------------------- */

/* Touch all, drop all, and unmap a part of something: again and again. */
static void *giver(void *argument)
{
    while (!__atomic_load_n(&writing.ends, __ATOMIC_ACQUIRE)) {
        for (uint64_t i = 0; i < PAGES; i++) {
            __atomic_store_n(&writing.pages[i * PAGE_WORDS], i + 1, __ATOMIC_RELEASE);
            __atomic_store_n(&writing.pages[i * PAGE_WORDS + 511], i + 1, __ATOMIC_RELEASE);
        }
        madvise(writing.pages, PAGES * PAGE_WORDS * 8, MADV_DONTNEED);
        uint64_t *part = pages_map();
        if (part == NULL)
            continue;
        pages_write(part, 7);
        munmap(part + 8 * PAGE_WORDS, (PAGES - 8) * PAGE_WORDS * 8);
        munmap(part, 8 * PAGE_WORDS * 8);
    }
    return NULL;
}

/* A page is as it was written, or untouched, and nobody else's. */
static int given_check(void)
{
    for (int look = 0; look < 3; look++) {
        for (uint64_t i = 0; i < PAGES; i++) {
            uint64_t first = writing.pages[i * PAGE_WORDS];
            uint64_t last = writing.pages[i * PAGE_WORDS + 511];
            if ((first != 0 && first != i + 1) || (last != 0 && last != i + 1))
                return 1;
        }
        free(malloc(200000));
    }
    return 0;
}

static void forks_of_a_process_that_gives_memory_back(void)
{
    pthread_t threads[2];
    writing.pages = pages_map();
    writing.ends = false;
    CHECK(writing.pages != NULL);
    for (int i = 0; i < 2; i++)
        EQ(pthread_create(&threads[i], NULL, giver, NULL), 0);
    for (int i = 0; i < rounds * 20; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(given_check());
        EQ(code_of(child), 0);
    }
    __atomic_store_n(&writing.ends, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++)
        EQ(pthread_join(threads[i], NULL), 0);
    EQ(munmap(writing.pages, PAGES * PAGE_WORDS * 8), 0);
}

/* --- Exec ------------------------------------------------------------------------------------ */

static void *sleeper(void *argument)
{
    for (;;)
        pause();
    return NULL;
}

static void *spinner(void *argument)
{
    for (;;)
        free(malloc(200000));
    return NULL;
}

static void *executor(void *argument)
{
    char *arguments[] = { "storm", "exit", "66", NULL };
    execve(SELF, arguments, no_environment);
    _exit(1);
}

/* A thread that is not the first one, while the others sleep, run, and try the same. */
static void one_of_many_threads_becomes_a_program(void)
{
    for (int round = 0; round < rounds * 3; round++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            pthread_create(&thread, NULL, sleeper, NULL);
            pthread_create(&thread, NULL, spinner, NULL);
            pthread_create(&thread, NULL, executor, NULL);
            pthread_create(&thread, NULL, executor, NULL);
            pthread_join(thread, NULL);
            _exit(2);
        }
        EQ(code_of(child), 66);
    }
}

static bool is_swept(int fd)
{
    return fd % 3 == 0;
}

static int numbers_check(void)
{
    for (int fd = NUMBERS_FIRST; fd < NUMBERS_FIRST + NUMBERS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (is_swept(fd) ? flags != -1 : flags != 0)
            return 1;
    }
    char text[8] = { 0 };
    return pread(NUMBERS_FIRST, text, 5, 0) == 5 && strcmp(text, "storm") == 0 ? 67 : 2;
}

static void exec_with_nine_hundred_numbers(void)
{
    char *arguments[] = { "storm", "numbers", NULL };
    int file = open("/tmp/storm", O_CREAT | O_RDWR, 0644);
    EQ(write(file, "storm", 5), 5);
    for (int round = 0; round < rounds; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (int fd = NUMBERS_FIRST; fd < NUMBERS_FIRST + NUMBERS; fd++)
                if (dup3(file, fd, is_swept(fd) ? O_CLOEXEC : 0) != fd)
                    _exit(3);
            execve(SELF, arguments, no_environment);
            _exit(4);
        }
        EQ(code_of(child), 67);
    }
    EQ(close(file), 0);
    EQ(unlink("/tmp/storm"), 0);
}

static void *spawner(void *argument)
{
    char *arguments[] = { "storm", "exit", "68", NULL };
    for (int i = 0; i < rounds * 2; i++) {
        pid_t child = -1;
        EQ(posix_spawn(&child, SELF, NULL, NULL, arguments, no_environment), 0);
        EQ(code_of(child), 68);
    }
    return NULL;
}

static void threads_spawn_at_once(void)
{
    pthread_t threads[FAMILIES];
    for (int i = 0; i < FAMILIES; i++)
        EQ(pthread_create(&threads[i], NULL, spawner, NULL), 0);
    for (int i = 0; i < FAMILIES; i++)
        EQ(pthread_join(threads[i], NULL), 0);
}

/* --- Trees ----------------------------------------------------------------------------------- */

/* Grow for ever: children that fork, exec, end. */
static void grow(void)
{
    char *arguments[] = { "storm", "exit", "0", NULL };
    for (unsigned i = 0;; i++) {
        pid_t child = fork();
        if (child == 0 && i % 3 == 0) {
            execve(SELF, arguments, no_environment);
            _exit(1);
        }
        if (child == 0)
            _exit(0);
        if (i % 2 == 0 && child > 0)
            waitpid(child, NULL, 0);
        else
            while (waitpid(-1, NULL, WNOHANG) > 0)
                continue;
    }
}

static void killed_groups_end_whole(void)
{
    for (int round = 0; round < rounds; round++) {
        int status = 0;
        pid_t leader = fork();
        if (leader == 0) {
            setpgid(0, 0);
            for (int i = 0; i < 3; i++)
                if (fork() == 0)
                    grow();
            grow();
        }
        EQ(setpgid(leader, leader), 0);
        usleep((useconds_t)(1000 + round * 700 % 9000));
        EQ(kill(-leader, SIGKILL), 0);
        EQ(waitpid(leader, &status, 0), leader);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        /* One may have been made just after: it is in the group, and killed by the next. */
        for (int i = 0; i < 1000 && kill(-leader, SIGKILL) == 0; i++)
            usleep(1000);
        EQ(kill(-leader, 0), -1);
        EQ(errno, ESRCH);
    }
}

static int as_told(char **argv)
{
    if (strcmp(argv[1], "numbers") == 0)
        return numbers_check();
    return atoi(argv[2]);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[0], "storm") == 0)
        return as_told(argv);
    rounds = argc > 2 ? atoi(argv[2]) : 1;
    CLAIM(every_fork_shows_its_moment);
    CLAIM(frames_change_hands_when_nobody_shows_them);
    CLAIM(children_that_end_together_are_all_told);
    CLAIM(ignored_children_leave_nothing);
    CLAIM(threads_fork_and_wait_for_their_own);
    CLAIM(forks_of_a_process_whose_threads_fault);
    CLAIM(forks_of_a_process_that_gives_memory_back);
    CLAIM(one_of_many_threads_becomes_a_program);
    CLAIM(exec_with_nine_hundred_numbers);
    CLAIM(threads_spawn_at_once);
    CLAIM(killed_groups_end_whole);
    return claims_done();
}
