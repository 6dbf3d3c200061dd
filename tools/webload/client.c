/* See client.h. */
#include "tools/webload/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 65536, SILENCE_LIMIT_MS = 30000 };

uint64_t client_now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static enum client_state fail(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum client_state fail(struct client *client, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(client->why, sizeof client->why, format, args);
    va_end(args);
    client->state = CLIENT_FAILED;
    return CLIENT_FAILED;
}

bool client_open(struct client *client, uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    int one = 1;
    client->state = CLIENT_IDLE;
    client->served = 0;
    client->silence_max_ns = 0;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return fail(client, "socket: %s", strerror(errno)) != CLIENT_FAILED;
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS)
        return fail(client, "connect: %s", strerror(errno)) != CLIENT_FAILED;
    return true;
}

void client_close(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

void client_ask(struct client *client, const struct expectation *expectation)
{
    char range[80] = "";
    if (expectation->ranged)
        snprintf(range, sizeof range, "Range: bytes=%llu-%llu\r\n",
                 (unsigned long long)expectation->first, (unsigned long long)expectation->last);
    int len =
        snprintf(client->out, sizeof client->out, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n",
                 expectation->target, range, client->asks_once ? "Connection: close\r\n" : "");
    client->expectation = expectation;
    client->out_len = (size_t)len;
    client->out_at = 0;
    client->head_len = 0;
    client->state = CLIENT_ASKING;
    client->asked_ns = client->heard_ns = client_now_ns();
    if (client->out_len >= sizeof client->out)
        fail(client, "%s: too long to ask", expectation->target);
}

short client_events(const struct client *client)
{
    return client->state == CLIENT_ASKING ? POLLOUT : POLLIN;
}

static enum client_state send_request(struct client *client)
{
    ssize_t len = send(client->fd, client->out + client->out_at, client->out_len - client->out_at,
                       MSG_NOSIGNAL);
    if (len < 0)
        return errno == EAGAIN ? client->state : fail(client, "send: %s", strerror(errno));
    client->out_at += (size_t)len;
    if (client->out_at == client->out_len)
        client->state = CLIENT_HEAD;
    return client->state;
}

/* The head is what the expectation says. */
static bool head_is_right(struct client *client)
{
    const struct expectation *want = client->expectation;
    const struct answer *got = &client->answer;
    uint64_t first = want->ranged ? want->first : 0;
    uint64_t end = want->ranged ? want->last + 1 : want->size;
    if (got->status != (want->ranged ? 206 : 200))
        return fail(client, "%s: status %u", want->target, got->status) != CLIENT_FAILED;
    if (got->body_bytes != end - first)
        return fail(client, "%s: %llu bytes, not %llu", want->target,
                    (unsigned long long)got->body_bytes,
                    (unsigned long long)(end - first)) != CLIENT_FAILED;
    if (want->ranged && (!got->has_range || got->first != first || got->last + 1 != end ||
                         got->file_size != want->size))
        return fail(client, "%s: another range", want->target) != CLIENT_FAILED;
    client->body_at = first;
    client->body_end = end;
    client->state = CLIENT_BODY;
    return true;
}

static enum client_state take_body(struct client *client, const char *bytes, size_t len)
{
    if (len > client->body_end - client->body_at)
        return fail(client, "%s: bytes after the body", client->expectation->target);
    if (memcmp(client->expectation->bytes + client->body_at, bytes, len) != 0)
        return fail(client, "%s: other bytes in the %zu at %llu", client->expectation->target, len,
                    (unsigned long long)client->body_at);
    if (client->digest != NULL)
        sha256_add(client->digest, bytes, len);
    client->body_at += len;
    if (client->body_at < client->body_end)
        return client->state;
    client->served++;
    client->state = CLIENT_IDLE;
    if (client->answer.closes)
        client_close(client);
    return client->state;
}

static enum client_state take_head(struct client *client, const char *bytes, size_t len)
{
    size_t before = client->head_len, head_len;
    if (len > sizeof client->head - before)
        len = sizeof client->head - before;
    memcpy(client->head + before, bytes, len);
    client->head_len += len;
    switch (answer_parse(client->head, client->head_len, &client->answer, &head_len)) {
    case ANSWER_MORE:
        return client->head_len < sizeof client->head ? client->state
                                                      : fail(client, "a head without an end");
    case ANSWER_BAD: return fail(client, "%s: no HTTP head", client->expectation->target);
    case ANSWER_WHOLE: break;
    }
    if (!head_is_right(client))
        return client->state;
    return take_body(client, client->head + head_len, client->head_len - head_len);
}

static enum client_state receive(struct client *client)
{
    char bytes[READ_BYTES];
    /* A head is read in small pieces, so that none of a body is cut off with it. */
    size_t room =
        client->state == CLIENT_HEAD ? sizeof client->head - client->head_len : sizeof bytes;
    ssize_t len = recv(client->fd, bytes, room, 0);
    if (len < 0)
        return errno == EAGAIN ? client->state : fail(client, "recv: %s", strerror(errno));
    if (len == 0)
        return fail(client, "%s: the connection ended at byte %llu", client->expectation->target,
                    (unsigned long long)(client->state == CLIENT_BODY ? client->body_at : 0));
    uint64_t now_ns = client_now_ns();
    if (now_ns - client->heard_ns > client->silence_max_ns)
        client->silence_max_ns = now_ns - client->heard_ns;
    client->heard_ns = now_ns;
    return client->state == CLIENT_HEAD ? take_head(client, bytes, (size_t)len)
                                        : take_body(client, bytes, (size_t)len);
}

enum client_state client_step(struct client *client)
{
    switch (client->state) {
    case CLIENT_ASKING: return send_request(client);
    case CLIENT_HEAD:
    case CLIENT_BODY: return receive(client);
    default: return client->state;
    }
}

bool client_finish(struct client *client, int limit_ms)
{
    while (client->state != CLIENT_IDLE && client->state != CLIENT_FAILED) {
        struct pollfd poll_fd = { client->fd, client_events(client), 0 };
        int count = poll(&poll_fd, 1, limit_ms);
        if (count == 0)
            fail(client, "%s: silent for %d ms", client->expectation->target, limit_ms);
        else if (count > 0)
            client_step(client);
    }
    return client->state == CLIENT_IDLE;
}

bool client_get(struct client *client, uint16_t port, const struct expectation *expectation)
{
    if (client->fd < 0 && !client_open(client, port))
        return false;
    client_ask(client, expectation);
    return client_finish(client, SILENCE_LIMIT_MS);
}
