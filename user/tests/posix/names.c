/* Names of files, what files carry beside bytes, named pipes, devices. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static int file_make(const char *path, const char *text)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    EQ(write(fd, text, strlen(text)), strlen(text));
    return fd;
}

static void links_are_further_names(void)
{
    struct stat first, second;
    char text[8];
    EQ(close(file_make("/tmp/one", "both")), 0);
    EQ(link("/tmp/one", "/tmp/two"), 0);
    EQ(stat("/tmp/one", &first), 0);
    EQ(stat("/tmp/two", &second), 0);
    EQ(first.st_ino, second.st_ino);
    EQ(second.st_nlink, 2);
    EQ(link("/tmp/one", "/tmp/two"), -1);
    EQ(errno, EEXIST);
    EQ(rename("/tmp/one", "/tmp/two"), 0); /* Two names of one file: nothing happens. */
    EQ(stat("/tmp/one", &first), 0);
    EQ(unlink("/tmp/one"), 0);
    int fd = open("/tmp/two", O_RDONLY);
    EQ(read(fd, text, sizeof text), 4);
    EQ(fstat(fd, &first), 0);
    EQ(first.st_nlink, 1);
    EQ(unlink("/tmp/two"), 0);
    EQ(fstat(fd, &first), 0);
    EQ(first.st_nlink, 0);
    EQ(close(fd), 0);
    EQ(mkdir("/tmp/folder", 0755), 0);
    EQ(link("/tmp/folder", "/tmp/other"), -1);
    EQ(errno, EPERM);
    EQ(rmdir("/tmp/folder"), 0);
    EQ(link("/bin/posix_names", "/tmp/program"), -1);
    CHECK(errno == EXDEV || errno == EACCES || errno == EROFS);
}

/* mkdir -p makes "./" and "/" first. */
static void what_is_there_is_not_made(void)
{
    static const char *const paths[] = { ".", "./", "..", "/", "/tmp/", "/tmp/.", "/tmp/.." };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        EQ(mkdir(paths[i], 0755), -1);
        EQ(errno, EEXIST);
    }
    EQ(mkdir("/tmp/nowhere/.", 0755), -1);
    EQ(errno, ENOENT);
}

static void symbolic_links_are_followed_or_read(void)
{
    struct stat stat_of;
    char text[PATH_MAX];
    EQ(close(file_make("/tmp/target", "abc")), 0);
    EQ(symlink("target", "/tmp/link"), 0);
    EQ(readlink("/tmp/link", text, sizeof text), 6);
    CHECK(memcmp(text, "target", 6) == 0);
    EQ(readlink("/tmp/link", text, 3), 3);
    EQ(readlink("/tmp/target", text, sizeof text), -1);
    EQ(errno, EINVAL);
    EQ(lstat("/tmp/link", &stat_of), 0);
    CHECK(S_ISLNK(stat_of.st_mode));
    EQ(stat("/tmp/link", &stat_of), 0);
    CHECK(S_ISREG(stat_of.st_mode));
    EQ(open("/tmp/link", O_RDONLY | O_NOFOLLOW), -1);
    EQ(errno, ELOOP);
    EQ(linkat(AT_FDCWD, "/tmp/link", AT_FDCWD, "/tmp/second", 0), 0);
    EQ(lstat("/tmp/second", &stat_of), 0);
    CHECK(S_ISLNK(stat_of.st_mode));
    EQ(linkat(AT_FDCWD, "/tmp/link", AT_FDCWD, "/tmp/third", AT_SYMLINK_FOLLOW), 0);
    EQ(lstat("/tmp/third", &stat_of), 0);
    CHECK(S_ISREG(stat_of.st_mode));
    EQ(symlink("loop", "/tmp/loop"), 0);
    EQ(open("/tmp/loop", O_RDONLY), -1);
    EQ(errno, ELOOP);
    CHECK(realpath("/tmp/second", text) != NULL);
    CHECK(strcmp(text, "/tmp/target") == 0);
    EQ(unlink("/tmp/link") | unlink("/tmp/second") | unlink("/tmp/third") | unlink("/tmp/loop") |
           unlink("/tmp/target"),
       0);
}

static void modes_are_kept_and_heeded(void)
{
    struct stat stat_of;
    EQ(umask(027), 022);
    int fd = open("/tmp/moded", O_RDWR | O_CREAT | O_EXCL, 0666);
    EQ(umask(022), 027);
    EQ(fstat(fd, &stat_of), 0);
    EQ(stat_of.st_mode & 07777, 0640);
    EQ(fchmod(fd, 0400), 0);
    EQ(open("/tmp/moded", O_RDWR), -1);
    EQ(errno, EACCES);
    EQ(access("/tmp/moded", R_OK), 0);
    EQ(access("/tmp/moded", W_OK), -1);
    EQ(errno, EACCES);
    EQ(access("/tmp/moded", X_OK), -1);
    EQ(chmod("/tmp/moded", 0755), 0);
    EQ(access("/tmp/moded", R_OK | W_OK | X_OK), 0);
    EQ(access("/bin/posix_names", W_OK), -1);
    EQ(errno, EROFS);
    EQ(access("/bin/nothing", F_OK), -1);
    EQ(errno, ENOENT);
    EQ(chown("/tmp/moded", 7, (gid_t)-1), 0);
    EQ(stat("/tmp/moded", &stat_of), 0);
    EQ(stat_of.st_uid, 7);
    EQ(stat_of.st_gid, getgid());
    EQ(fchown(fd, getuid(), 8), 0);
    EQ(stat("/tmp/moded", &stat_of), 0);
    EQ(stat_of.st_gid, 8);
    EQ(mkdir("/tmp/private", 0700), 0);
    EQ(stat("/tmp/private", &stat_of), 0);
    EQ(stat_of.st_mode & 07777, 0700);
    EQ(chmod("/bin/posix_names", 0700), -1);
    CHECK(errno == EROFS || errno == EPERM);
    EQ(rmdir("/tmp/private") | unlink("/tmp/moded") | close(fd), 0);
}

static void times_are_set_and_move(void)
{
    struct stat stat_of;
    struct timespec times[2] = { { .tv_sec = 1000000000, .tv_nsec = 5 },
                                 { .tv_sec = 1100000000, .tv_nsec = 7 } };
    int fd = file_make("/tmp/timed", "x");
    EQ(futimens(fd, times), 0);
    EQ(stat("/tmp/timed", &stat_of), 0);
    EQ(stat_of.st_atim.tv_sec, 1000000000);
    EQ(stat_of.st_mtim.tv_sec, 1100000000);
    EQ(stat_of.st_mtim.tv_nsec, 7);
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    EQ(utimensat(AT_FDCWD, "/tmp/timed", times, 0), 0);
    EQ(stat("/tmp/timed", &stat_of), 0);
    EQ(stat_of.st_atim.tv_sec, 1000000000);
    CHECK(stat_of.st_mtim.tv_sec > 1600000000);
    times[1].tv_nsec = 2000000000;
    EQ(utimensat(AT_FDCWD, "/tmp/timed", times, 0), -1);
    EQ(errno, EINVAL);
    struct timespec before = stat_of.st_mtim;
    EQ(write(fd, "y", 1), 1);
    EQ(fstat(fd, &stat_of), 0);
    CHECK(stat_of.st_mtim.tv_sec > before.tv_sec ||
          (stat_of.st_mtim.tv_sec == before.tv_sec && stat_of.st_mtim.tv_nsec > before.tv_nsec));
    EQ(unlink("/tmp/timed") | close(fd), 0);
}

static void sizes_are_set_and_reserved(void)
{
    struct stat stat_of;
    struct statvfs system_of;
    int fd = file_make("/tmp/sized", "0123456789");
    EQ(truncate("/tmp/sized", 4), 0);
    EQ(fstat(fd, &stat_of), 0);
    EQ(stat_of.st_size, 4);
    EQ(posix_fallocate(fd, 0, 10000), 0);
    EQ(fstat(fd, &stat_of), 0);
    EQ(stat_of.st_size, 10000);
    EQ(posix_fallocate(fd, 0, 100), 0);
    EQ(fstat(fd, &stat_of), 0);
    EQ(stat_of.st_size, 10000);
    EQ(posix_fallocate(fd, -1, 100), EINVAL);
    EQ(posix_fallocate(fd, 0, 1ll << 40), ENOSPC);
    EQ(truncate("/bin/posix_names", 0), -1);
    CHECK(errno == EROFS || errno == EACCES);
    EQ(fstatvfs(fd, &system_of), 0);
    EQ(system_of.f_blocks * system_of.f_frsize, 8 << 20);
    CHECK(system_of.f_bfree < system_of.f_blocks);
    EQ(statvfs("/bin", &system_of), 0);
    CHECK(system_of.f_flag & ST_RDONLY);
    EQ(unlink("/tmp/sized") | close(fd), 0);
}

static void working_directory_follows_its_names(void)
{
    char path[PATH_MAX];
    EQ(mkdir("/tmp/old", 0755), 0);
    EQ(chdir("/tmp/old"), 0);
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/tmp/old") == 0);
    EQ(rename("/tmp/old", "/tmp/new"), 0);
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/tmp/new") == 0);
    EQ(close(open("../beside", O_RDWR | O_CREAT, 0600)), 0);
    EQ(access("/tmp/beside", F_OK), 0);
    CHECK(getcwd(path, 4) == NULL);
    EQ(errno, ERANGE);
    EQ(rmdir("/tmp/new"), 0);
    CHECK(getcwd(path, sizeof path) == NULL);
    EQ(errno, ENOENT);
    int fd = open("/bin", O_RDONLY | O_DIRECTORY);
    EQ(fchdir(fd), 0);
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/bin") == 0);
    EQ(access("posix_names", X_OK), 0);
    EQ(close(fd), 0);
    EQ(close(open("/tmp/from-bin", O_RDWR | O_CREAT, 0600)), 0);
    EQ(chdir("/"), 0);
    fd = open("/tmp/beside", O_RDONLY);
    EQ(fchdir(fd), -1);
    EQ(errno, ENOTDIR);
    EQ(close(fd) | unlink("/tmp/beside") | unlink("/tmp/from-bin"), 0);
}

/* Ways to one folder: names only, which is the short way of the kernel, and with ".", "..", "//" and a link, which is not. */
static const char *const ways[] = { "/tmp/ways", "/tmp/./ways", "/tmp/ways/../ways", "//tmp//ways",
                                    "/tmp/way" };

static const char *way_path(int way, const char *name)
{
    static char paths[2][64];
    static int which;
    which = !which;
    snprintf(paths[which], sizeof paths[which], "%s/%s", ways[way], name);
    return paths[which];
}

static void every_way_leads_to_the_same(void)
{
    enum { WAYS = sizeof ways / sizeof ways[0] };
    EQ(mkdir("/tmp/ways", 0755) | symlink("/tmp/ways", "/tmp/way"), 0);
    for (int way = 0; way < WAYS; way++) {
        EQ(close(open(way_path(way, "file"), O_WRONLY | O_CREAT | O_EXCL, 0400)), 0);
        EQ(access(way_path(way, "file"), R_OK), 0);
        EQ(access(way_path(way, "file"), W_OK), -1);
        EQ(errno, EACCES);
        EQ(access(way_path(way, "none"), F_OK), -1);
        EQ(errno, ENOENT);
        EQ(access(way_path(way, "file/under"), F_OK), -1);
        EQ(errno, ENOTDIR);
        for (int other = 0; other < WAYS; other++) {
            EQ(rename(way_path(way, "file"), way_path(other, "moved")), 0);
            EQ(access(way_path(way, "file"), F_OK), -1);
            EQ(rename(way_path(other, "moved"), way_path(way, "file")), 0);
            EQ(rename(way_path(way, "none"), way_path(other, "moved")), -1);
            EQ(errno, ENOENT);
            EQ(rename(way_path(way, "file"), way_path(other, "file/")), -1);
            EQ(errno, ENOTDIR);
        }
        EQ(rename(way_path(way, "file"), "/bin/file"), -1);
        CHECK(errno == EXDEV || errno == EROFS || errno == EACCES);
        EQ(unlink(way_path(way, "file")), 0);
    }
    EQ(unlink("/tmp/way") | rmdir("/tmp/ways"), 0);
}

static void *fifo_say(void *argument)
{
    int fd = open(argument, O_WRONLY);
    CHECK(fd >= 0);
    EQ(write(fd, "through", 7), 7);
    EQ(close(fd), 0);
    return NULL;
}

static void named_pipes_meet(void)
{
    static char path[] = "/tmp/pipe";
    struct stat stat_of;
    char text[16];
    pthread_t thread;
    EQ(mkfifo(path, 0644), 0);
    EQ(mkfifo(path, 0644), -1);
    EQ(errno, EEXIST);
    EQ(stat(path, &stat_of), 0);
    CHECK(S_ISFIFO(stat_of.st_mode));
    EQ(open(path, O_WRONLY | O_NONBLOCK), -1);
    EQ(errno, ENXIO);
    for (int round = 0; round < 20; round++) {
        EQ(pthread_create(&thread, NULL, fifo_say, path), 0);
        int fd = open(path, O_RDONLY);
        CHECK(fd >= 0);
        EQ(read(fd, text, sizeof text), 7);
        EQ(pthread_join(thread, NULL), 0);
        EQ(read(fd, text, sizeof text), 0);
        EQ(close(fd), 0);
    }
    int in = open(path, O_RDONLY | O_NONBLOCK);
    CHECK(in >= 0);
    EQ(read(in, text, sizeof text), 0); /* Nobody writes. */
    int out = open(path, O_WRONLY | O_NONBLOCK);
    CHECK(out >= 0);
    EQ(read(in, text, sizeof text), -1);
    EQ(errno, EAGAIN);
    EQ(write(out, "late", 4), 4);
    EQ(close(out), 0);
    EQ(read(in, text, sizeof text), 4);
    EQ(read(in, text, sizeof text), 0);
    EQ(close(in) | unlink(path), 0);
}

static void devices_are_there(void)
{
    struct stat stat_of;
    unsigned char bytes[64] = { 1 }, others[64];
    int fd = open("/dev/null", O_RDWR);
    CHECK(fd >= 0);
    EQ(write(fd, "gone", 4), 4);
    EQ(read(fd, bytes, 4), 0);
    EQ(fstat(fd, &stat_of), 0);
    CHECK(S_ISCHR(stat_of.st_mode));
    struct pollfd entry = { .fd = fd, .events = POLLIN | POLLOUT };
    EQ(poll(&entry, 1, -1), 1);
    EQ(close(fd), 0);
    fd = open("/dev/zero", O_RDWR);
    memset(bytes, 1, sizeof bytes);
    EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        CHECK(bytes[i] == 0);
    EQ(close(fd), 0);
    fd = open("/dev/full", O_WRONLY);
    EQ(write(fd, "x", 1), -1);
    EQ(errno, ENOSPC);
    EQ(close(fd), 0);
    fd = open("/dev/urandom", O_RDONLY);
    EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
    EQ(read(fd, others, sizeof others), sizeof others);
    CHECK(memcmp(bytes, others, sizeof bytes) != 0);
    EQ(close(fd), 0);
    EQ(open("/dev/nothing", O_RDWR | O_CREAT, 0600), -1);
    CHECK(errno == EROFS || errno == EACCES);
    EQ(unlink("/dev/null"), -1);
    CHECK(errno == EROFS || errno == EACCES);
    EQ(chdir("/dev"), 0);
    EQ(close(open("null", O_WRONLY | O_CREAT | O_TRUNC, 0666)), 0);
    EQ(chdir("/"), 0);
}

int main(void)
{
    CLAIM(links_are_further_names);
    CLAIM(what_is_there_is_not_made);
    CLAIM(symbolic_links_are_followed_or_read);
    CLAIM(modes_are_kept_and_heeded);
    CLAIM(times_are_set_and_move);
    CLAIM(sizes_are_set_and_reserved);
    CLAIM(working_directory_follows_its_names);
    CLAIM(every_way_leads_to_the_same);
    CLAIM(named_pipes_meet);
    CLAIM(devices_are_there);
    return claims_done();
}
