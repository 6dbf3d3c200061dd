/* How independent work grows with CPUs, the same program on both systems that are compared: as many workers as there are CPUs,
 * each a process that does one thing over and over, and the sum of their rates:
 *
 *   scale NAME OPERATIONS_PER_SECOND
 *
 * Workers wait for a byte until all are there. A worker is this program again, with a name of the table. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SELF "/bin/scale"
#define TINY "/bin/tiny"
#define WORK_S 0.3
enum { WORKERS_MAX = 16, PAGE = 4096, FAULT_PAGES = 256, MAP_SIZE = 65536, PIECE_SIZE = 65536 };

extern char **environ;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Start a program with these as its standard input and output; what else is open here is closed there (CLOEXEC). */
static pid_t start(const char *path, const char *role, int input, int output)
{
    posix_spawn_file_actions_t actions;
    char *words[] = { (char *)path, (char *)role, NULL };
    pid_t child = -1;
    posix_spawn_file_actions_init(&actions);
    if (input >= 0)
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    if (output >= 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    int error = posix_spawn(&child, path, &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        fprintf(stderr, "scale: %s does not start: %s\n", path, strerror(error));
        exit(1);
    }
    return child;
}

/* --- what workers do: one round each; false when it cannot be done --- */

static int file = -1, to_echo[2], from_echo[2];
static char piece[PIECE_SIZE];

static bool null_round(void)
{
    return getppid() >= 0;
}

static bool fault_round(void)
{
    char *at =
        mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return false;
    for (int i = 0; i < FAULT_PAGES; i++)
        ((volatile char *)at)[i * PAGE] = 1;
    return munmap(at, FAULT_PAGES * PAGE) == 0;
}

static bool map_round(void)
{
    char *at = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED && munmap(at, MAP_SIZE) == 0;
}

static bool pipe_begin(void)
{
    if (pipe2(to_echo, O_CLOEXEC) != 0 || pipe2(from_echo, O_CLOEXEC) != 0)
        return false;
    (void)start(SELF, "echo", to_echo[0], from_echo[1]);
    close(to_echo[0]);
    close(from_echo[1]);
    return true;
}

static bool pipe_round(void)
{
    char byte = 'x';
    return write(to_echo[1], &byte, 1) == 1 && read(from_echo[0], &byte, 1) == 1;
}

static bool spawn_round(void)
{
    int status;
    pid_t child = start(TINY, TINY, -1, -1);
    return waitpid(child, &status, 0) == child && status == 0;
}

static bool read_begin(void)
{
    char path[32];
    snprintf(path, sizeof path, "/tmp/scale-%d", (int)getpid());
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return file >= 0 && write(file, piece, sizeof piece) == sizeof piece && unlink(path) == 0;
}

static bool read_round(void)
{
    return pread(file, piece, sizeof piece, 0) == sizeof piece;
}

/* Rates are of operations: a round may be of several. */
static const struct work {
    const char *name;
    bool (*begin)(void);
    bool (*round)(void);
    double operations;
} works[] = {
    { "null", NULL, null_round, 1 },   { "fault", NULL, fault_round, FAULT_PAGES },
    { "map", NULL, map_round, 1 },     { "pipe", pipe_begin, pipe_round, 1 },
    { "spawn", NULL, spawn_round, 1 }, { "read_64k", read_begin, read_round, 1 },
};

/* --- a worker, and its parent --- */

static int work_do(const struct work *work)
{
    char byte;
    if ((work->begin != NULL && !work->begin()) || read(STDIN_FILENO, &byte, 1) != 1)
        return 1;
    double begin_s = now_s(), end_s = begin_s;
    long rounds = 0;
    while (end_s - begin_s < WORK_S) {
        for (int i = 0; i < 8; i++)
            if (!work->round())
                return 1;
        rounds += 8;
        end_s = now_s();
    }
    double rate = (double)rounds * work->operations / (end_s - begin_s);
    return write(STDOUT_FILENO, &rate, sizeof rate) == sizeof rate ? 0 : 1;
}

static void measure(const struct work *work, int workers)
{
    static const char go[WORKERS_MAX];
    int input[2], output[2];
    double sum = 0, rate;
    if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
        exit(1);
    for (int i = 0; i < workers; i++)
        (void)start(SELF, work->name, input[0], output[1]);
    close(output[1]);
    (void)!write(input[1], go, (size_t)workers);
    int answers = 0;
    while (read(output[0], &rate, sizeof rate) == sizeof rate) {
        sum += rate;
        answers++;
    }
    close(input[0]);
    close(input[1]);
    close(output[0]);
    for (int i = 0; i < workers; i++)
        (void)wait(NULL);
    if (answers == workers)
        printf("scale %s %.1f\n", work->name, sum);
    else
        printf("scale %s failed: %d of %d\n", work->name, answers, workers);
}

static int echo(void)
{
    char byte;
    while (read(STDIN_FILENO, &byte, 1) == 1)
        if (write(STDOUT_FILENO, &byte, 1) != 1)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "echo") == 0)
        return echo();
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        if (argc == 2 && strcmp(argv[1], works[i].name) == 0)
            return work_do(&works[i]);
    long workers = sysconf(_SC_NPROCESSORS_ONLN);
    workers = workers < 1 ? 1 : workers > WORKERS_MAX ? WORKERS_MAX : workers;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        measure(&works[i], (int)workers);
    printf("scale workers %ld\nscale is done\n", workers);
    return 0;
}
