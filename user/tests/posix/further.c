/* Calls that POSIX does not have and programs use all the same. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

static int file_make(const char *path, const char *text)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    EQ(write(fd, text, strlen(text)), strlen(text));
    EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void memory_is_a_file_without_a_name(void)
{
    struct stat stat;
    char text[8] = { 0 };
    int fd = memfd_create("anything at all", MFD_CLOEXEC);
    CHECK(fd >= 0);
    EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    EQ(ftruncate(fd, 8192), 0);
    char *first = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *second = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(first != MAP_FAILED && second != MAP_FAILED);
    strcpy(first + 5000, "seen");
    CHECK(strcmp(second + 5000, "seen") == 0);
    EQ(pread(fd, text, 5, 5000), 5);
    CHECK(strcmp(text, "seen") == 0);
    EQ(fstat(fd, &stat), 0);
    EQ(stat.st_size, 8192);
    EQ(stat.st_nlink, 0);
    EQ(close(fd), 0);
    strcpy(first, "it stays while it is mapped");
    EQ(second[26], 'd');
    EQ(munmap(first, 8192) | munmap(second, 8192), 0);
    EQ(memfd_create("x", 0x8000), -1);
    EQ(errno, EINVAL);
}

static void ranges_are_copied_from_file_to_file(void)
{
    char text[32] = { 0 };
    int fds[2], in = file_make("/tmp/from", "0123456789abcdef"), out = file_make("/tmp/to", "....");
    off_t at = 10;
    EQ(lseek(out, 4, SEEK_SET), 4);
    EQ(copy_file_range(in, &at, out, NULL, 100, 0), 6);
    EQ(at, 16);
    EQ(lseek(in, 0, SEEK_CUR), 0);
    EQ(lseek(out, 0, SEEK_CUR), 10);
    EQ(copy_file_range(in, NULL, out, NULL, 3, 0), 3);
    EQ(lseek(in, 0, SEEK_CUR), 3);
    EQ(pread(out, text, sizeof text, 0), 13);
    CHECK(strcmp(text, "....abcdef012") == 0);
    EQ(copy_file_range(in, &at, out, NULL, 1, 0), 0); /* The end. */
    EQ(copy_file_range(in, NULL, out, NULL, 3, 1), -1);
    EQ(errno, EINVAL);
    EQ(pipe(fds), 0);
    EQ(copy_file_range(in, NULL, fds[1], NULL, 3, 0), -1);
    EQ(errno, EINVAL);
    EQ(copy_file_range(in, NULL, 99, NULL, 3, 0), -1);
    EQ(errno, EBADF);
    int reader = open("/tmp/to", O_RDONLY);
    EQ(copy_file_range(in, NULL, reader, NULL, 3, 0), -1);
    EQ(errno, EBADF);
    EQ(lseek(in, 0, SEEK_CUR), 3); /* What could not be written was not read. */
    EQ(sync_file_range(out, 0, 4, 0) | syncfs(out) | readahead(in, 0, 4), 0);
    EQ(close(reader) | close(fds[0]) | close(fds[1]) | close(in) | close(out), 0);
    EQ(unlink("/tmp/from") | unlink("/tmp/to"), 0);
}

static void many_messages_come_at_once(void)
{
    enum { ROOM = 4 };
    char bytes[ROOM][8];
    int fds[2];
    struct iovec pieces[ROOM];
    struct mmsghdr messages[ROOM] = { 0 };
    for (int i = 0; i < ROOM; i++) {
        pieces[i] = (struct iovec){ .iov_base = bytes[i], .iov_len = sizeof bytes[i] };
        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &pieces[i], .msg_iovlen = 1 };
    }
    EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
    EQ(send(fds[0], "one", 3, 0), 3);
    EQ(send(fds[0], "three", 5, 0), 5);
    EQ(recvmmsg(fds[1], messages, ROOM, MSG_WAITFORONE, NULL), 2);
    EQ(messages[0].msg_len, 3);
    EQ(messages[1].msg_len, 5);
    CHECK(memcmp(bytes[1], "three", 5) == 0);
    EQ(recvmmsg(fds[1], messages, ROOM, MSG_DONTWAIT, NULL), -1);
    EQ(errno, EAGAIN);
    EQ(sendmmsg(fds[1], messages, 2, 0), 2);
    EQ(recv(fds[0], bytes[0], 8, 0), 8);
    EQ(close(fds[0]) | close(fds[1]), 0);
}

/* Programs give up what they have not, and ask who they are. */
static void identities_stay(void)
{
    uid_t real, effective, saved;
    EQ(getresuid(&real, &effective, &saved), 0);
    CHECK(real == getuid() && effective == real && saved == real);
    EQ(setuid(real), 0);
    EQ(setgid(getgid()), 0);
    EQ(setreuid((uid_t)-1, real), 0);
    EQ(setresgid(getgid(), getgid(), (gid_t)-1), 0);
    EQ(seteuid(real), 0);
    EQ(setuid(0), -1);
    EQ(errno, EPERM);
    EQ(setgroups(0, NULL), -1);
    EQ(errno, EPERM);
    EQ(getgroups(0, NULL), 0);
    EQ(setfsuid(0), real);
}

int main(int argc, char **argv)
{
    CLAIM(memory_is_a_file_without_a_name);
    CLAIM(ranges_are_copied_from_file_to_file);
    CLAIM(many_messages_come_at_once);
    CLAIM(identities_stay);
    return claims_done();
}
