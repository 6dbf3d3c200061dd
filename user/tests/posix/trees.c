/* A process that was given two trees under the names of grants, and no root: each is at its path, and
 * nothing else is there. Nor has it a wall clock or entropy. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static void trees_are_at_their_paths(void)
{
    char head[4];
    int fd = open("/bin/posix_trees", O_RDONLY);
    EQ(read(fd, head, 4), 4);
    EQ(memcmp(head, "\177ELF", 4), 0);
    EQ(close(fd), 0);
    fd = open("/var/scratch/file", O_CREAT | O_RDWR, 0644);
    EQ(write(fd, "x", 1), 1);
    EQ(close(fd), 0);
    EQ(unlink("/var/scratch/file"), 0);
}

static void nothing_else_is_there(void)
{
    EQ(open("/tmp", O_RDONLY), -1);
    EQ(errno, ENOENT);
    EQ(open("/bin/../../etc", O_RDONLY), -1);
    EQ(errno, ENOENT);
    EQ(open("/new", O_CREAT | O_WRONLY, 0644), -1);
    CHECK(errno == EROFS || errno == EACCES);
}

static void wall_clock_counts_from_the_boot(void)
{
    struct timespec monotonic;
    time_t wall = time(NULL);
    EQ(clock_gettime(CLOCK_MONOTONIC, &monotonic), 0);
    CHECK(monotonic.tv_sec - wall <= 1);
}

static void random_bytes_come_from_the_start(void)
{
    unsigned char a[64] = { 0 }, b[64] = { 0 };
    EQ(getrandom(a, sizeof a, 0), 64);
    EQ(getrandom(b, sizeof b, 0), 64);
    CHECK(memcmp(a, b, 64) != 0);
    CHECK(memcmp(a, a + 32, 32) != 0);
}

int main(void)
{
    CLAIM(trees_are_at_their_paths);
    CLAIM(nothing_else_is_there);
    CLAIM(wall_clock_counts_from_the_boot);
    CLAIM(random_bytes_come_from_the_start);
    return claims_done();
}
