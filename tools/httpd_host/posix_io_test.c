/* httpd over real sockets: a child serves a folder on the loopback, this process is its clients. */
#include "tools/httpd_host/posix_io.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/doubles/http_malformed.h"
#include "tests/unit.h"
#include "user/httpd/httpd.h"

#define PAGE "<h1>It works</h1>\n"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

/* A page of the wire that never ends must fail the test, not hang it. */
enum { ANSWER_TIMEOUT_MS = 20000 };

static struct {
    pid_t pid;
    int port;
    int stop_fd; /* Closing it asks the child to drain. */
    char root[64];
} server;

static _Noreturn void serve(struct posix_io *posix)
{
    static struct httpd httpd;
    status_t status;
    httpd_init(&httpd, &httpd_config_default, &posix_io_ops, posix);
    do
        status = httpd_step(&httpd);
    while (status == STATUS_OK);
    posix_io_close(posix);
    _exit(status == STATUS_DEAD && httpd.table.served == 0 ? 0 : 1);
}

static void server_begin(void)
{
    struct posix_io posix;
    int stop[2];
    strcpy(server.root, "/tmp/httpd_test.XXXXXX");
    REQUIRE(mkdtemp(server.root) != NULL && pipe(stop) == 0);
    char path[96];
    snprintf(path, sizeof path, "%s/index.html", server.root);
    FILE *page = fopen(path, "w");
    REQUIRE(page != NULL && fputs(PAGE, page) >= 0 && fclose(page) == 0);
    server.port = posix_io_open(&posix, server.root, 0, stop[0], -1);
    REQUIRE(server.port > 0);
    server.stop_fd = stop[1];
    server.pid = fork();
    REQUIRE(server.pid >= 0);
    if (server.pid == 0) {
        close(stop[1]);
        serve(&posix);
    }
    close(stop[0]);
    posix_io_close(&posix);
}

/* The child must drain and end by itself with nothing open. */
static void server_end(void)
{
    int status = -1;
    char path[96];
    close(server.stop_fd);
    REQUIRE(waitpid(server.pid, &status, 0) == server.pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    snprintf(path, sizeof path, "%s/index.html", server.root);
    unlink(path);
    rmdir(server.root);
}

static int connection_open(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl(INADDR_LOOPBACK) },
                                   .sin_port = htons((uint16_t)server.port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        REQUIRE(sent > 0);
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Read until `len` bytes are there or the peer ends; returns how many came. */
static size_t receive(int fd, char *bytes, size_t len)
{
    size_t at = 0;
    while (at < len) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        REQUIRE(poll(&ready, 1, ANSWER_TIMEOUT_MS) == 1);
        ssize_t got = recv(fd, bytes + at, len - at, 0);
        REQUIRE(got >= 0);
        if (got == 0)
            break;
        at += (size_t)got;
    }
    return at;
}

/* The refusal reaches the client even though more of its bytes were on the way: no reset overtakes
 * it. And all the while the server keeps serving. */
TEST(malformed_requests_are_answered_over_sockets)
{
    static struct http_malformed table;
    static char answer[65536];
    int cases = 0;
    server_begin();
    REQUIRE(http_malformed_open(&table));
    for (; http_malformed_next(&table); cases++) {
        int fd = connection_open();
        send_all(fd, table.request, table.len);
        shutdown(fd, SHUT_WR);
        size_t len = receive(fd, answer, sizeof answer - 1);
        answer[len] = 0;
        unsigned status = len > 12 ? (unsigned)strtoul(answer + 9, NULL, 10) : 0;
        if (status != table.status)
            unit_fail("malformed.txt", table.line, "%u, not %u", status, table.status);
        close(fd);
    }
    EXPECT(cases >= 200);
    int fd = connection_open();
    send_all(fd, "GET / HTTP/1.0\r\n\r\n", 18);
    answer[receive(fd, answer, sizeof answer - 1)] = 0;
    EXPECT(strstr(answer, PAGE) != NULL);
    close(fd);
    server_end();
}

/* 64 connections, each with 8 pipelined requests at a time: all answers are the same, whole and in
 * order. */
TEST(sixty_four_connections_pipeline)
{
    enum { CONNECTIONS = 64, DEPTH = 8, ROUNDS = 10 };
    static char expected[1024], answer[DEPTH * sizeof expected];
    int fds[CONNECTIONS];
    server_begin();
    for (int i = 0; i < CONNECTIONS; i++)
        fds[i] = connection_open();
    send_all(fds[0], GET, sizeof GET - 1);
    size_t len = 0;
    while (strstr(expected, PAGE) == NULL)
        len += receive(fds[0], expected + len, 1);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CONNECTIONS * DEPTH; i++)
            send_all(fds[i % CONNECTIONS], GET, sizeof GET - 1);
        for (int i = 0; i < CONNECTIONS; i++) {
            REQUIRE(receive(fds[i], answer, DEPTH * len) == DEPTH * len);
            for (int part = 0; part < DEPTH; part++)
                EXPECT(strncmp(answer + (size_t)part * len, "HTTP/1.1 200 OK\r\n", 17) == 0 &&
                       memcmp(answer + (size_t)(part + 1) * len - strlen(PAGE), PAGE,
                              strlen(PAGE)) == 0);
        }
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close(fds[i]);
    server_end();
}
