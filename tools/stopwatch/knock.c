/* See knock.h. */
#define _GNU_SOURCE
#include "tools/stopwatch/knock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

bool knock_is_ok(const char *answer, size_t len)
{
    static const char version[] = "HTTP/1.", status[] = " 200 ";
    const size_t status_at = sizeof version; /* One digit lies between. */
    return len >= status_at + sizeof status - 1 &&
           memcmp(answer, version, sizeof version - 1) == 0 &&
           memcmp(answer + status_at, status, sizeof status - 1) == 0;
}

static void knock_close(struct knock *knock)
{
    if (knock->state != KNOCK_OVER)
        close(knock->fd);
    knock->state = KNOCK_OVER;
}

void knocks_add(struct knocks *knocks)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(knocks->port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct knock *knock = &knocks->knocks[knocks->count++ % KNOCKS_MAX];
    knock_close(knock);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    *knock = (struct knock){ .fd = fd, .state = KNOCK_CONNECTING };
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        knock_close(knock); /* Nobody listens yet. */
}

void knocks_poll(const struct knocks *knocks, struct pollfd *out)
{
    for (size_t i = 0; i < KNOCKS_MAX; i++) {
        const struct knock *knock = &knocks->knocks[i];
        short events = knock->state == KNOCK_CONNECTING ? POLLOUT : POLLIN;
        out[i] = (struct pollfd){ knock->state == KNOCK_OVER ? -1 : knock->fd, events, 0 };
    }
}

static void knock_ask(struct knock *knock)
{
    if (send(knock->fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1)
        knock->state = KNOCK_ASKED;
    else
        knock_close(knock);
}

static bool knock_listen(struct knock *knock)
{
    ssize_t len = recv(knock->fd, knock->answer + knock->len, KNOCK_ANSWER_SIZE - knock->len, 0);
    if (len > 0)
        knock->len += (size_t)len;
    bool ok = knock_is_ok(knock->answer, knock->len);
    if (len <= 0 || knock->len == KNOCK_ANSWER_SIZE)
        knock_close(knock);
    return ok;
}

bool knocks_step(struct knocks *knocks, const struct pollfd *polls)
{
    bool ok = false;
    for (size_t i = 0; i < KNOCKS_MAX; i++) {
        struct knock *knock = &knocks->knocks[i];
        if (polls[i].revents == 0 || knock->state == KNOCK_OVER)
            continue;
        if (knock->state == KNOCK_ASKED)
            ok |= knock_listen(knock);
        else if (polls[i].revents & (POLLERR | POLLHUP))
            knock_close(knock);
        else
            knock_ask(knock);
    }
    return ok;
}

void knocks_close(struct knocks *knocks)
{
    for (size_t i = 0; i < KNOCKS_MAX; i++)
        knock_close(&knocks->knocks[i]);
}
