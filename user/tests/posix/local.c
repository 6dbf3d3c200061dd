/* Sockets with a name in a tree of files. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/tests/posix/claim.h"

#define NAME "/tmp/local.socket"
enum { BACKLOG = 128 };

static int at(int (*call)(int, const struct sockaddr *, socklen_t), int fd, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, path, sizeof address.sun_path);
    return call(fd, (struct sockaddr *)&address, sizeof address);
}

static int listener_at(const char *path, int type)
{
    int fd = socket(AF_UNIX, type, 0);
    EQ(at(bind, fd, path), 0);
    EQ(listen(fd, 8), 0);
    return fd;
}

static void name_leads_to_a_listener(void)
{
    struct sockaddr_un peer;
    socklen_t len = sizeof peer;
    struct stat stat_of;
    char bytes[8];
    int listener = listener_at(NAME, SOCK_STREAM), client = socket(AF_UNIX, SOCK_STREAM, 0);
    EQ(stat(NAME, &stat_of), 0);
    CHECK(S_ISSOCK(stat_of.st_mode));
    EQ(open(NAME, O_RDWR), -1);
    EQ(errno, ENXIO);
    EQ(at(connect, client, NAME), 0);
    EQ(write(client, "hello", 5), 5);
    int server = accept(listener, (struct sockaddr *)&peer, &len);
    CHECK(server >= 0);
    EQ(peer.sun_family, AF_UNIX);
    EQ(read(server, bytes, sizeof bytes), 5);
    EQ(memcmp(bytes, "hello", 5), 0);
    EQ(at(connect, client, NAME), -1);
    EQ(errno, EISCONN);
    EQ(close(server) + close(client) + close(listener) + unlink(NAME), 0);
}

static void names_are_kept_apart(void)
{
    int listener = listener_at(NAME, SOCK_STREAM), other = socket(AF_UNIX, SOCK_STREAM, 0);
    EQ(at(bind, other, NAME), -1);
    EQ(errno, EADDRINUSE);
    EQ(at(bind, other, ""), -1);
    EQ(errno, EINVAL);
    EQ(at(bind, other, "/bin/local.socket"), -1);
    CHECK(errno == EROFS || errno == EACCES);
    EQ(at(connect, other, "/tmp/nobody"), -1);
    EQ(errno, ENOENT);
    int file = open("/tmp/file", O_CREAT | O_RDWR, 0644);
    EQ(at(connect, other, "/tmp/file"), -1);
    EQ(errno, ECONNREFUSED);
    EQ(rename(NAME, "/tmp/renamed"), 0);
    EQ(at(connect, other, "/tmp/renamed"), 0);
    EQ(close(listener), 0);
    int late = socket(AF_UNIX, SOCK_STREAM, 0);
    EQ(at(connect, late, "/tmp/renamed"), -1);
    EQ(errno, ECONNREFUSED);
    EQ(unlink("/tmp/renamed") + unlink("/tmp/file"), 0);
    EQ(at(connect, late, "/tmp/renamed"), -1);
    EQ(errno, ENOENT);
    EQ(close(other) + close(late) + close(file), 0);
}

static void packets_keep_their_bounds(void)
{
    char bytes[8];
    int listener = listener_at(NAME, SOCK_SEQPACKET), stream = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_SEQPACKET, 0), type = 0;
    socklen_t len = sizeof type;
    EQ(at(connect, stream, NAME), -1);
    EQ(errno, EPROTOTYPE);
    EQ(at(connect, client, NAME), 0);
    int server = accept(listener, NULL, NULL);
    EQ(getsockopt(server, SOL_SOCKET, SO_TYPE, &type, &len), 0);
    EQ(type, SOCK_SEQPACKET);
    EQ(send(client, "one", 3, 0) + send(client, "four", 4, 0), 7);
    EQ(recv(server, bytes, sizeof bytes, 0), 3);
    EQ(recv(server, bytes, sizeof bytes, 0), 4);
    EQ(close(client), 0);
    EQ(recv(server, bytes, sizeof bytes, 0), 0);
    EQ(close(server) + close(stream) + close(listener) + unlink(NAME), 0);
}

static void *connect_late(void *argument)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    EQ(at(connect, fd, NAME), 0);
    return (void *)(intptr_t)fd;
}

static void full_queue_is_waited_for(void)
{
    pthread_t thread;
    void *late;
    int clients[BACKLOG];
    int listener = listener_at(NAME, SOCK_STREAM);
    for (int i = 0; i < BACKLOG; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        EQ(at(connect, clients[i], NAME), 0);
    }
    int hasty = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    EQ(at(connect, hasty, NAME), -1);
    EQ(errno, EAGAIN);
    EQ(pthread_create(&thread, NULL, connect_late, NULL), 0);
    for (int i = 0; i <= BACKLOG; i++) {
        int server = accept(listener, NULL, NULL);
        CHECK(server >= 0);
        EQ(close(server), 0);
    }
    EQ(pthread_join(thread, &late), 0);
    for (int i = 0; i < BACKLOG; i++)
        EQ(close(clients[i]), 0);
    EQ(close((int)(intptr_t)late) + close(hasty) + close(listener) + unlink(NAME), 0);
}

static void child_run(void)
{
    char byte;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool good = at(connect, fd, NAME) == 0 && write(fd, "c", 1) == 1 && read(fd, &byte, 1) == 1;
    _exit(good && byte == 's' ? 0 : 1);
}

static void processes_meet_at_a_name(void)
{
    char byte;
    int status = 0;
    int listener = listener_at(NAME, SOCK_STREAM);
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            child_run();
    for (int i = 0; i < 4; i++) {
        int server = accept(listener, NULL, NULL);
        EQ(read(server, &byte, 1), 1);
        EQ(write(server, "s", 1), 1);
        EQ(close(server), 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(wait(&status) > 0);
        EQ(status, 0);
    }
    EQ(close(listener) + unlink(NAME), 0);
}

int main(void)
{
    CLAIM(name_leads_to_a_listener);
    CLAIM(names_are_kept_apart);
    CLAIM(packets_keep_their_bounds);
    CLAIM(full_queue_is_waited_for);
    CLAIM(processes_meet_at_a_name);
    return claims_done();
}
