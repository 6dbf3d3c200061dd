/* Plain TCP in bulk, one program for both systems that are compared and for the host:
 *
 *   bulk serve PORT                     the guest: takes or gives, as each client wants, one after the other
 *   bulk to HOST PORT BYTES             the host: gives that many, and prints MB/s up to the answer for the last
 *   bulk from HOST PORT BYTES           takes that many
 *
 * A client begins with "to " or "fro" and the number in 16 hexadecimal digits. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_SIZE = 65536, HEAD_SIZE = 19 };

static char piece[PIECE_SIZE];

static int give(int fd, uint64_t bytes)
{
    while (bytes > 0) {
        ssize_t len = write(fd, piece, bytes < PIECE_SIZE ? (size_t)bytes : PIECE_SIZE);
        if (len <= 0)
            return -1;
        bytes -= (uint64_t)len;
    }
    return 0;
}

static int take(int fd, uint64_t bytes)
{
    while (bytes > 0) {
        ssize_t len = read(fd, piece, bytes < PIECE_SIZE ? (size_t)bytes : PIECE_SIZE);
        if (len <= 0)
            return -1;
        bytes -= (uint64_t)len;
    }
    return 0;
}

/* One client, to its end. */
static void answer(int fd)
{
    char head[HEAD_SIZE + 1] = { 0 };
    for (size_t at = 0; at < HEAD_SIZE;) {
        ssize_t len = read(fd, head + at, HEAD_SIZE - at);
        if (len <= 0)
            return;
        at += (size_t)len;
    }
    uint64_t bytes = strtoull(head + 3, NULL, 16);
    if (memcmp(head, "fro", 3) == 0) {
        (void)give(fd, bytes);
        (void)take(fd, 1);
    } else if (memcmp(head, "to ", 3) == 0 && take(fd, bytes) == 0) {
        (void)give(fd, 1);
    }
}

static int serve(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, 16) != 0) {
        perror("bulk");
        return 1;
    }
    for (;;) {
        int client = accept(fd, NULL, NULL);
        if (client < 0)
            continue;
        answer(client);
        close(client);
    }
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int ask(int is_to, const char *host, const char *port, const char *count)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    char head[HEAD_SIZE + 1];
    uint64_t bytes = strtoull(count, NULL, 10);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bytes == 0 || inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("bulk");
        return 1;
    }
    snprintf(head, sizeof head, "%s%016llx", is_to ? "to " : "fro", (unsigned long long)bytes);
    double start = now_s();
    if (write(fd, head, HEAD_SIZE) != HEAD_SIZE ||
        (is_to ? give(fd, bytes) != 0 || take(fd, 1) != 0 : take(fd, bytes) != 0)) {
        fprintf(stderr, "bulk: the connection ended early\n");
        return 1;
    }
    printf("%.2f\n", (double)bytes / 1e6 / (now_s() - start));
    (void)write(fd, "", 1);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]));
    if (argc == 5 && (strcmp(argv[1], "to") == 0 || strcmp(argv[1], "from") == 0))
        return ask(strcmp(argv[1], "to") == 0, argv[2], argv[3], argv[4]);
    fputs("usage: bulk serve PORT | bulk to|from HOST PORT BYTES\n", stderr);
    return 2;
}
