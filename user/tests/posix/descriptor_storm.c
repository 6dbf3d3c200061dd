/* Descriptors under stress, so many rounds as the second argument says: numbers that are exchanged while they
 * are used, offsets and flags that families share over fork and exec, writers that append, pipes with many at each end, locks against
 * closing, descriptors in flight, four who accept. What is left behind afterwards,
 * user/tests/posix_storm_run looks for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define SELF "/bin/posix_descriptor_storm"

enum {
    EXCHANGES = 400,
    FAMILY = 4,
    RECORDS = 60,
    RECORD_SIZE = 32,
    INCREMENTS = 25,
    PASSES = 60,
    CONNECTIONS = 40,
    SHARED_FILE = 40, /* Numbers. */
    SHARED_PIPE = 41,
};

static int rounds;

static int ended_well(pid_t child)
{
    int status = -1;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- Numbers that change ---------------------------------------------------------------------- */

static struct exchange {
    int number; /* What dup2 puts files behind. */
    int files[2];
    ino_t inodes[2];
    atomic_bool over;
    atomic_int missing; /* Looks that found nothing, or a stranger. */
} exchange;

static void *exchange_look(void *argument)
{
    struct stat stat;
    while (!exchange.over) {
        if (fstat(exchange.number, &stat) != 0 ||
            (stat.st_ino != exchange.inodes[0] && stat.st_ino != exchange.inodes[1]))
            exchange.missing++;
    }
    return NULL;
}

static void *exchange_fork(void *argument)
{
    struct stat stat;
    while (!exchange.over) {
        pid_t child = fork();
        if (child == 0)
            _exit(fstat(exchange.number, &stat) == 0 ? 0 : 1);
        if (!ended_well(child))
            exchange.missing++;
    }
    return NULL;
}

/* A number is replaced in one step: nobody, and no child, sees it closed. */
static void numbers_are_replaced_in_one_step(void)
{
    struct stat stat;
    pthread_t threads[3];
    for (int round = 0; round < rounds; round++) {
        exchange.over = false;
        for (int i = 0; i < 2; i++) {
            exchange.files[i] = open(i == 0 ? "/tmp/first" : "/tmp/second", O_RDWR | O_CREAT, 0600);
            EQ(fstat(exchange.files[i], &stat), 0);
            exchange.inodes[i] = stat.st_ino;
        }
        exchange.number = dup(exchange.files[0]);
        for (int i = 0; i < 3; i++)
            EQ(pthread_create(&threads[i], NULL, i < 2 ? exchange_look : exchange_fork, NULL), 0);
        for (int i = 0; i < EXCHANGES; i++)
            EQ(dup2(exchange.files[i % 2], exchange.number), exchange.number);
        exchange.over = true;
        for (int i = 0; i < 3; i++)
            EQ(pthread_join(threads[i], NULL), 0);
        EQ(exchange.missing, 0);
        EQ(close(exchange.number) | close(exchange.files[0]) | close(exchange.files[1]), 0);
    }
    EQ(unlink("/tmp/first") | unlink("/tmp/second"), 0);
}

struct owner {
    char path[16];
    char mark;
    int failures;
};

static void *own_file_write(void *argument)
{
    struct owner *owner = argument;
    for (int i = 0; i < EXCHANGES; i++) {
        int fd = open(owner->path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || write(fd, &owner->mark, 1) != 1 || close(fd) != 0)
            owner->failures++;
    }
    return NULL;
}

/* Threads that open and close get each other's numbers, one after the other, and never each other's files. */
static void numbers_lead_to_their_own_files(void)
{
    enum { OWNERS = 3 };
    struct owner owners[OWNERS];
    pthread_t threads[OWNERS];
    static char bytes[EXCHANGES + 1];
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < OWNERS; i++) {
            owners[i] = (struct owner){ .path = "/tmp/own0", .mark = (char)('a' + i) };
            owners[i].path[8] = (char)('0' + i);
            EQ(pthread_create(&threads[i], NULL, own_file_write, &owners[i]), 0);
        }
        for (int i = 0; i < OWNERS; i++) {
            EQ(pthread_join(threads[i], NULL), 0);
            EQ(owners[i].failures, 0);
            int fd = open(owners[i].path, O_RDONLY);
            EQ(read(fd, bytes, sizeof bytes), EXCHANGES);
            for (int at = 0; at < EXCHANGES; at++)
                CHECK(bytes[at] == owners[i].mark);
            EQ(close(fd) | unlink(owners[i].path), 0);
        }
    }
}

static struct {
    const char *path;
    atomic_int number; /* The one that was given last. */
    atomic_bool over;
    atomic_int strange; /* Looks that met something else than the file, or than nothing. */
} passing;

/* What a number that is being closed gives to who uses it: the file, or EBADF. */
static int passing_use(int number)
{
    char byte = 0;
    if (pread(number, &byte, 1, 0) != 1)
        return errno == EBADF;
    int copy = dup(number);
    if (copy < 0)
        return errno == EBADF && byte == 'p';
    int same = pread(copy, &byte, 1, 0) == 1 && byte == 'p';
    return close(copy) == 0 && same;
}

static void *passing_look(void *argument)
{
    while (!passing.over)
        if (!passing_use(passing.number))
            passing.strange++;
    return NULL;
}

/* Who closes the last number of a file frees it there and then, if nobody else is at it: who is, must be seen. */
static void numbers_close_under_those_who_use_them(void)
{
    pthread_t threads[3];
    passing.path = "/tmp/passing";
    int fd = open(passing.path, O_WRONLY | O_CREAT, 0600);
    EQ(write(fd, "p", 1), 1);
    EQ(close(fd), 0);
    for (int round = 0; round < rounds; round++) {
        passing.over = false;
        passing.number = open(passing.path, O_RDONLY);
        EQ(close(passing.number), 0);
        for (int i = 0; i < 3; i++)
            EQ(pthread_create(&threads[i], NULL, passing_look, NULL), 0);
        for (int i = 0; i < 10 * EXCHANGES; i++) {
            passing.number = open(passing.path, O_RDONLY);
            CHECK(passing_use(passing.number));
            EQ(close(passing.number), 0);
        }
        passing.over = true;
        for (int i = 0; i < 3; i++)
            EQ(pthread_join(threads[i], NULL), 0);
        EQ(passing.strange, 0);
    }
    EQ(unlink(passing.path), 0);
}

/* --- Families that write ---------------------------------------------------------------------- */

static void record_make(char record[RECORD_SIZE], int who, int which)
{
    memset(record, 'A' + who, RECORD_SIZE);
    record[0] = (char)which;
    record[RECORD_SIZE - 1] = '\n';
}

/* Every record of every child is there, whole, and once. */
static void records_check(const char *path)
{
    static char seen[FAMILY][RECORDS];
    char record[RECORD_SIZE], expected[RECORD_SIZE];
    int fd = open(path, O_RDONLY), total = 0;
    memset(seen, 0, sizeof seen);
    while (read(fd, record, sizeof record) == RECORD_SIZE) {
        int who = record[1] - 'A', which = record[0];
        CHECK(who >= 0 && who < FAMILY && which >= 0 && which < RECORDS);
        if (who < 0 || who >= FAMILY || which < 0 || which >= RECORDS)
            break;
        record_make(expected, who, which);
        CHECK(memcmp(record, expected, RECORD_SIZE) == 0);
        seen[who][which]++;
        total++;
    }
    EQ(total, FAMILY * RECORDS);
    for (int who = 0; who < FAMILY; who++)
        for (int which = 0; which < RECORDS; which++)
            EQ(seen[who][which], 1);
    EQ(close(fd) | unlink(path), 0);
}

/* @param flags  O_APPEND: each child has a description of its own; else all share one offset. */
static void family_writes(int flags)
{
    static const char path[] = "/tmp/records";
    char record[RECORD_SIZE];
    pid_t children[FAMILY];
    int shared = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int who = 0; who < FAMILY; who++) {
        children[who] = fork();
        if (children[who] != 0)
            continue;
        int fd = flags != 0 ? open(path, O_WRONLY | flags) : shared;
        for (int which = 0; which < RECORDS; which++) {
            record_make(record, who, which);
            if (write(fd, record, sizeof record) != RECORD_SIZE)
                _exit(1);
        }
        _exit(0);
    }
    for (int who = 0; who < FAMILY; who++)
        CHECK(ended_well(children[who]));
    if (flags == 0)
        EQ(lseek(shared, 0, SEEK_CUR), FAMILY * RECORDS * RECORD_SIZE);
    EQ(close(shared), 0);
    records_check(path);
}

static void families_share_an_offset(void)
{
    for (int round = 0; round < rounds; round++)
        family_writes(0);
}

static void appending_writers_lose_nothing(void)
{
    for (int round = 0; round < rounds; round++)
        family_writes(O_APPEND);
}

/* What one sets of a description's flags, all see, over fork and back. */
static void families_share_flags(void)
{
    int fds[2];
    for (int round = 0; round < rounds; round++) {
        EQ(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0)
            _exit(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : 1);
        CHECK(ended_well(child));
        CHECK(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
        CHECK(!(fcntl(fds[1], F_GETFL) & O_NONBLOCK));
        EQ(close(fds[0]) | close(fds[1]), 0);
    }
}

/* A program that another became writes at the same offset, and its flags are theirs too. */
static int share(int who)
{
    char record[RECORD_SIZE];
    for (int which = 0; which < RECORDS; which++) {
        record_make(record, who, which);
        if (write(SHARED_FILE, record, sizeof record) != RECORD_SIZE)
            return 1;
    }
    return fcntl(SHARED_PIPE, F_SETFL, O_NONBLOCK);
}

static void families_share_over_exec(void)
{
    static const char path[] = "/tmp/records";
    for (int round = 0; round < rounds; round++) {
        pid_t children[FAMILY];
        int fds[2], file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        EQ(pipe(fds), 0);
        EQ(dup2(file, SHARED_FILE), SHARED_FILE);
        EQ(dup2(fds[0], SHARED_PIPE), SHARED_PIPE);
        for (int who = 0; who < FAMILY; who++) {
            char name[] = { (char)('0' + who), 0 };
            char *arguments[] = { "descriptor_storm", "share", name, NULL };
            children[who] = fork();
            if (children[who] == 0) {
                execve(SELF, arguments, (char *[]){ NULL });
                _exit(1);
            }
        }
        for (int who = 0; who < FAMILY; who++)
            CHECK(ended_well(children[who]));
        EQ(lseek(file, 0, SEEK_CUR), FAMILY * RECORDS * RECORD_SIZE);
        CHECK(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
        EQ(close(SHARED_FILE) | close(SHARED_PIPE) | close(fds[0]) | close(fds[1]) | close(file),
           0);
        records_check(path);
    }
}

/* --- Pipes ------------------------------------------------------------------------------------ */

static int pour(int fd, int who)
{
    char record[RECORD_SIZE];
    for (int which = 0; which < RECORDS; which++) {
        record_make(record, who, which);
        if (write(fd, record, sizeof record) != RECORD_SIZE)
            return 1;
    }
    return 0;
}

/* Copies whole records to a file that all readers append to. */
static int drain(int fd, const char *path)
{
    char record[RECORD_SIZE];
    long len;
    int out = open(path, O_WRONLY | O_APPEND);
    while ((len = read(fd, record, sizeof record)) > 0)
        if (len != RECORD_SIZE || write(out, record, sizeof record) != RECORD_SIZE)
            return 1;
    return len == 0 ? 0 : 1;
}

static void pipes_serve_many_at_each_end(void)
{
    static const char path[] = "/tmp/drained";
    for (int round = 0; round < rounds; round++) {
        pid_t children[2 * FAMILY];
        int fds[2];
        EQ(close(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600)), 0);
        EQ(pipe(fds), 0);
        for (int i = 0; i < 2 * FAMILY; i++) {
            children[i] = fork();
            if (children[i] != 0)
                continue;
            bool writes = i < FAMILY;
            close(fds[writes ? 0 : 1]);
            _exit(writes ? pour(fds[1], i) : drain(fds[0], path));
        }
        EQ(close(fds[0]) | close(fds[1]), 0);
        for (int i = 0; i < 2 * FAMILY; i++)
            CHECK(ended_well(children[i]));
        records_check(path);
    }
}

/* --- Locks ------------------------------------------------------------------------------------ */

static int locked_increment(const char *path, int close_frees)
{
    struct flock lock = { .l_type = F_WRLCK };
    uint32_t value = 0;
    int fd = open(path, O_RDWR), other = close_frees ? open(path, O_RDONLY) : -1;
    if (fcntl(fd, F_SETLKW, &lock) != 0 || pread(fd, &value, sizeof value, 0) < 0)
        return 1;
    value++;
    if (pwrite(fd, &value, sizeof value, 0) != sizeof value)
        return 1;
    lock.l_type = F_UNLCK;
    if (close_frees ? close(other) != 0 : fcntl(fd, F_SETLK, &lock) != 0)
        return 1;
    return close(fd) != 0;
}

static void *open_and_close(void *argument)
{
    atomic_bool *over = argument;
    while (!*over)
        close(open("/dev/null", O_RDONLY));
    return NULL;
}

/* Increments under the lock, freed by unlocking or by closing another number of the file; meanwhile another
 * thread of each process makes the numbers move. */
static void locks_exclude_whatever_closes(void)
{
    static const char path[] = "/tmp/counted";
    uint32_t value = 0;
    for (int round = 0; round < rounds; round++) {
        pid_t children[FAMILY];
        EQ(close(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)), 0);
        for (int who = 0; who < FAMILY; who++) {
            children[who] = fork();
            if (children[who] != 0)
                continue;
            atomic_bool over = false;
            pthread_t thread;
            int failed = pthread_create(&thread, NULL, open_and_close, &over);
            for (int i = 0; i < INCREMENTS; i++)
                failed |= locked_increment(path, i % 2);
            over = true;
            pthread_join(thread, NULL);
            _exit(failed);
        }
        for (int who = 0; who < FAMILY; who++)
            CHECK(ended_well(children[who]));
        int fd = open(path, O_RDONLY);
        EQ(read(fd, &value, sizeof value), sizeof value);
        EQ(value, FAMILY * INCREMENTS);
        EQ(close(fd) | unlink(path), 0);
    }
}

/* --- Descriptors in flight -------------------------------------------------------------------- */

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static int number_send(int over, int number)
{
    union control control = { .header = { .cmsg_level = SOL_SOCKET,
                                          .cmsg_type = SCM_RIGHTS,
                                          .cmsg_len = CMSG_LEN(sizeof(int)) } };
    char byte = 'n';
    struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
    struct msghdr message = { .msg_iov = &piece,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control };
    memcpy(CMSG_DATA(&control.header), &number, sizeof number);
    return sendmsg(over, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int number_receive(int over)
{
    union control control;
    char byte;
    int number = -1;
    struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
    struct msghdr message = { .msg_iov = &piece,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control };
    if (recvmsg(over, &message, 0) == 1 && message.msg_controllen >= CMSG_LEN(sizeof(int)))
        memcpy(&number, CMSG_DATA(&control.header), sizeof number);
    return number;
}

/* A ring of processes hands the same descriptions on and on. */
static void numbers_go_round(void)
{
    for (int round = 0; round < rounds; round++) {
        int ring[FAMILY][2], ends[2];
        pid_t children[FAMILY];
        char byte = 0;
        for (int i = 0; i < FAMILY; i++)
            EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ring[i]), 0);
        for (int i = 1; i < FAMILY; i++) {
            children[i] = fork();
            if (children[i] != 0)
                continue;
            for (int pass = 0; pass < PASSES; pass++) {
                int number = number_receive(ring[i - 1][1]);
                if (number < 0 || number_send(ring[i][0], number) != 0 || close(number) != 0)
                    _exit(1);
            }
            _exit(0);
        }
        EQ(pipe(ends), 0);
        int number = ends[1];
        for (int pass = 0; pass < PASSES; pass++) {
            EQ(number_send(ring[0][0], number), 0);
            EQ(close(number), 0);
            number = number_receive(ring[FAMILY - 1][1]);
            CHECK(number >= 0);
        }
        EQ(write(number, "r", 1), 1);
        EQ(read(ends[0], &byte, 1), 1);
        EQ(close(number) | close(ends[0]), 0);
        for (int i = 1; i < FAMILY; i++)
            CHECK(ended_well(children[i]));
        for (int i = 0; i < FAMILY; i++)
            EQ(close(ring[i][0]) | close(ring[i][1]), 0);
    }
}

/* Sockets that are left in each other's queues when all their numbers close. */
static void rings_leave_nothing(void)
{
    for (int round = 0; round < rounds; round++) {
        int ring[FAMILY][2];
        for (int i = 0; i < FAMILY; i++)
            EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ring[i]), 0);
        for (int i = 0; i < FAMILY; i++)
            EQ(number_send(ring[i][0], ring[(i + 1) % FAMILY][1]), 0);
        for (int i = 0; i < FAMILY; i++)
            EQ(close(ring[i][0]) | close(ring[i][1]), 0);
    }
}

/* --- Accepting -------------------------------------------------------------------------------- */

static int serve(int listener)
{
    char byte;
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return 1;
        long len = read(fd, &byte, 1);
        if (len == 1 && byte == 'q')
            return 0;
        if (len != 1 || write(fd, &byte, 1) != 1 || close(fd) != 0)
            return 1;
    }
}

static int ask(const struct sockaddr_un *address, char byte)
{
    char answer = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 ||
        write(fd, &byte, 1) != 1)
        return -1;
    if (byte != 'q' && read(fd, &answer, 1) != 1)
        return -1;
    close(fd);
    return byte == 'q' || answer == byte ? 0 : -1;
}

static void four_accept(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/gate" };
    for (int round = 0; round < rounds; round++) {
        pid_t children[FAMILY];
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        EQ(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
        EQ(listen(listener, 16), 0);
        for (int i = 0; i < FAMILY; i++) {
            children[i] = fork();
            if (children[i] == 0)
                _exit(serve(listener));
        }
        for (int i = 0; i < CONNECTIONS; i++)
            EQ(ask(&address, (char)('a' + i % 8)), 0);
        for (int i = 0; i < FAMILY; i++)
            EQ(ask(&address, 'q'), 0);
        for (int i = 0; i < FAMILY; i++)
            CHECK(ended_well(children[i]));
        EQ(close(listener) | unlink(address.sun_path), 0);
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "share") == 0)
        return share(argv[2][0] - '0');
    rounds = argc > 2 ? atoi(argv[2]) : 1;
    CLAIM(numbers_are_replaced_in_one_step);
    CLAIM(numbers_lead_to_their_own_files);
    CLAIM(numbers_close_under_those_who_use_them);
    CLAIM(families_share_an_offset);
    CLAIM(appending_writers_lose_nothing);
    CLAIM(families_share_flags);
    CLAIM(families_share_over_exec);
    CLAIM(pipes_serve_many_at_each_end);
    CLAIM(locks_exclude_whatever_closes);
    CLAIM(numbers_go_round);
    CLAIM(rings_leave_nothing);
    CLAIM(four_accept);
    return claims_done();
}
