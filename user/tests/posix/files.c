/* Files in a scratch tree at /tmp, and the read-only tree at /bin. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static void stdio_writes_and_reads_a_file(void)
{
    char line[64];
    FILE *file = fopen("/tmp/numbers", "w");
    CHECK(file != NULL);
    for (int i = 0; i < 5000; i++)
        fprintf(file, "line %d\n", i);
    EQ(fclose(file), 0);
    file = fopen("/tmp/numbers", "r");
    CHECK(file != NULL);
    for (int i = 0; i < 5000; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "line %d\n", i);
        CHECK(fgets(line, sizeof line, file) != NULL && strcmp(line, expected) == 0);
    }
    CHECK(fgets(line, sizeof line, file) == NULL);
    EQ(fseek(file, 7, SEEK_SET), 0);
    CHECK(fgets(line, sizeof line, file) != NULL && strcmp(line, "line 1\n") == 0);
    EQ(fclose(file), 0);
    EQ(unlink("/tmp/numbers"), 0);
}

static void flags_of_open_are_kept(void)
{
    char text[16] = { 0 };
    EQ(open("/tmp/absent", O_RDONLY), -1);
    EQ(errno, ENOENT);
    int fd = open("/tmp/file", O_CREAT | O_EXCL | O_RDWR, 0644);
    CHECK(fd >= 0);
    EQ(open("/tmp/file", O_CREAT | O_EXCL | O_RDWR, 0644), -1);
    EQ(errno, EEXIST);
    EQ(write(fd, "hello", 5), 5);
    EQ(close(fd), 0);
    fd = open("/tmp/file", O_WRONLY | O_APPEND);
    EQ(write(fd, " you", 4), 4);
    EQ(read(fd, text, 1), -1);
    EQ(errno, EBADF);
    EQ(close(fd), 0);
    fd = open("/tmp/file", O_RDONLY);
    EQ(read(fd, text, sizeof text), 9);
    EQ(strcmp(text, "hello you"), 0);
    EQ(write(fd, "x", 1), -1);
    EQ(errno, EBADF);
    EQ(close(fd), 0);
    fd = open("/tmp/file", O_RDWR | O_TRUNC);
    EQ(lseek(fd, 0, SEEK_END), 0);
    EQ(close(fd), 0);
    EQ(close(fd), -1);
    EQ(errno, EBADF);
    EQ(unlink("/tmp/file"), 0);
}

static void positions_are_shared_by_dup_and_not_by_open(void)
{
    char byte;
    int fd = open("/tmp/shared", O_CREAT | O_RDWR, 0644);
    EQ(write(fd, "0123456789", 10), 10);
    int same = dup(fd), other = open("/tmp/shared", O_RDONLY);
    EQ(lseek(fd, 2, SEEK_SET), 2);
    CHECK(read(same, &byte, 1) == 1 && byte == '2');
    EQ(lseek(fd, 0, SEEK_CUR), 3);
    CHECK(read(other, &byte, 1) == 1 && byte == '0');
    CHECK(pread(fd, &byte, 1, 9) == 1 && byte == '9');
    EQ(pwrite(fd, "x", 1, 20), 1);
    EQ(lseek(fd, 0, SEEK_END), 21);
    CHECK(pread(fd, &byte, 1, 15) == 1 && byte == 0);
    EQ(lseek(fd, -30, SEEK_CUR), -1);
    EQ(errno, EINVAL);
    EQ(dup2(fd, 100), 100);
    EQ(close(fd), 0);
    EQ(lseek(100, 0, SEEK_CUR), 21);
    EQ(ftruncate(100, 4), 0);
    EQ(lseek(100, 0, SEEK_END), 4);
    EQ(close(100) + close(same) + close(other), 0);
    EQ(unlink("/tmp/shared"), 0);
}

static void vectors_are_read_and_written(void)
{
    char a[3], b[8] = { 0 };
    struct iovec out[] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
    struct iovec in[] = { { a, sizeof a }, { b, sizeof b } };
    int fd = open("/tmp/vector", O_CREAT | O_RDWR, 0644);
    EQ(writev(fd, out, 3), 8);
    EQ(lseek(fd, 0, SEEK_SET), 0);
    EQ(readv(fd, in, 2), 8);
    CHECK(memcmp(a, "abc", 3) == 0 && strcmp(b, "defgh") == 0);
    EQ(close(fd), 0);
    EQ(unlink("/tmp/vector"), 0);
}

/* What libraries copy files by: from the position of one to the position of the other. */
static void sendfile_copies_a_file(void)
{
    static char whole[50000], copied[50001];
    int from = open("/tmp/from", O_CREAT | O_RDWR, 0644),
        to = open("/tmp/to", O_CREAT | O_RDWR, 0644);
    for (size_t i = 0; i < sizeof whole; i++)
        whole[i] = (char)(i * 7 % 251);
    EQ(write(from, whole, sizeof whole), (long)sizeof whole);
    EQ(lseek(from, 0, SEEK_SET), 0);
    EQ(sendfile(to, from, NULL, sizeof whole + 100), (long)sizeof whole);
    EQ(lseek(from, 0, SEEK_CUR), (long)sizeof whole);
    EQ(sendfile(to, from, NULL, 100), 0);
    EQ(pread(to, copied, sizeof copied, 0), (long)sizeof whole);
    EQ(memcmp(copied, whole, sizeof whole), 0);
    off_t offset = 49990;
    EQ(sendfile(to, from, &offset, 100), 10);
    EQ(offset, 50000);
    EQ(lseek(to, 0, SEEK_CUR), 50010);
    EQ(close(from) + close(to), 0);
    from = open("/tmp/from", O_RDONLY);
    EQ(sendfile(from, from, NULL, 1), -1);
    EQ(errno, EBADF);
    EQ(close(from) + unlink("/tmp/from") + unlink("/tmp/to"), 0);
}

static void stat_tells_what_a_file_is(void)
{
    struct stat stat_buffer;
    EQ(stat("/bin/posix_files", &stat_buffer), 0);
    CHECK(S_ISREG(stat_buffer.st_mode) && stat_buffer.st_size > 10000);
    EQ(stat("/bin", &stat_buffer), 0);
    CHECK(S_ISDIR(stat_buffer.st_mode));
    EQ(stat("/bin/none", &stat_buffer), -1);
    EQ(errno, ENOENT);
    EQ(stat("/bin/posix_files/below", &stat_buffer), -1);
    EQ(errno, ENOTDIR);
    EQ(fstat(1, &stat_buffer), 0);
    EQ(access("/bin/posix_files", R_OK | X_OK), 0);
    EQ(open("/bin/new", O_CREAT | O_WRONLY, 0644), -1);
    CHECK(errno == EROFS || errno == EACCES);
}

static int folder_count(const char *path, const char *wanted, bool *out_found)
{
    int count = 0;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL; count++)
        *out_found = *out_found || strcmp(entry->d_name, wanted) == 0;
    if (folder != NULL)
        EQ(closedir(folder), 0);
    return count;
}

static void folders_are_made_listed_and_removed(void)
{
    char path[64];
    bool found = false;
    EQ(mkdir("/tmp/folder", 0755), 0);
    EQ(mkdir("/tmp/folder", 0755), -1);
    EQ(errno, EEXIST);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof path, "/tmp/folder/a file with number %d", i);
        int fd = open(path, O_CREAT | O_WRONLY, 0644);
        CHECK(fd >= 0 && close(fd) == 0);
    }
    EQ(folder_count("/tmp/folder", "a file with number 299", &found), 300);
    CHECK(found);
    EQ(rmdir("/tmp/folder"), -1);
    EQ(errno, ENOTEMPTY);
    EQ(rename("/tmp/folder/a file with number 0", "/tmp/moved"), 0);
    EQ(unlink("/tmp/moved"), 0);
    for (int i = 1; i < 300; i++) {
        snprintf(path, sizeof path, "/tmp/folder/a file with number %d", i);
        EQ(unlink(path), 0);
    }
    EQ(rmdir("/tmp/folder"), 0);
}

static void working_directory_is_kept(void)
{
    char path[256];
    struct stat stat_buffer;
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/") == 0);
    EQ(mkdir("/tmp/deep", 0755), 0);
    EQ(chdir("/tmp"), 0);
    EQ(chdir("deep/../deep"), 0);
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/tmp/deep") == 0);
    int fd = open("here", O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0 && close(fd) == 0);
    EQ(stat("/tmp/deep/here", &stat_buffer), 0);
    EQ(stat("../../bin/posix_files", &stat_buffer), 0);
    EQ(unlink("here"), 0);
    EQ(chdir(".."), 0);
    EQ(rmdir("deep"), 0);
    EQ(chdir("none"), -1);
    EQ(errno, ENOENT);
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/tmp") == 0);
    EQ(chdir(".."), 0);
    EQ(chdir(".."), 0); /* Nothing is above the root. */
    CHECK(getcwd(path, sizeof path) != NULL && strcmp(path, "/") == 0);
    EQ(stat("bin", &stat_buffer), 0);
}

static void openat_works_from_a_directory(void)
{
    int folder = open("/tmp", O_RDONLY | O_DIRECTORY);
    CHECK(folder >= 0);
    int fd = openat(folder, "made", O_CREAT | O_RDWR, 0644);
    CHECK(fd >= 0);
    EQ(close(fd), 0);
    EQ(faccessat(folder, "made", F_OK, 0), 0);
    EQ(unlinkat(folder, "made", 0), 0);
    EQ(read(folder, &fd, 1), -1);
    EQ(errno, EISDIR);
    EQ(close(folder), 0);
}

static void descriptors_are_lowest_first_and_bounded(void)
{
    int first = open("/bin", O_RDONLY);
    CHECK(first >= 3);
    EQ(fcntl(first, F_GETFD), 0);
    EQ(fcntl(first, F_SETFD, FD_CLOEXEC), 0);
    EQ(fcntl(first, F_GETFD), FD_CLOEXEC);
    int last = first;
    for (int fd; (fd = dup(first)) >= 0;) {
        EQ(fd, last + 1);
        last = fd;
    }
    EQ(errno, EMFILE);
    EQ(last, 1023);
    for (int fd = first; fd <= last; fd++)
        EQ(close(fd), 0);
    EQ(dup(first), -1);
    EQ(errno, EBADF);
}

static void temporary_names_differ(void)
{
    char name[] = "/tmp/temp-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0 && close(fd) == 0);
    EQ(unlink(name), 0);
}

int main(void)
{
    CLAIM(stdio_writes_and_reads_a_file);
    CLAIM(flags_of_open_are_kept);
    CLAIM(positions_are_shared_by_dup_and_not_by_open);
    CLAIM(vectors_are_read_and_written);
    CLAIM(sendfile_copies_a_file);
    CLAIM(stat_tells_what_a_file_is);
    CLAIM(folders_are_made_listed_and_removed);
    CLAIM(working_directory_is_kept);
    CLAIM(openat_works_from_a_directory);
    CLAIM(descriptors_are_lowest_first_and_bounded);
    CLAIM(temporary_names_differ);
    return claims_done();
}
