/* The table of malformed requests (tests/corpus/http_request), one connection each. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/doubles/http_malformed.h"
#include "tools/webload/webload.h"

enum { ANSWER_LIMIT_MS = 30000 };

static bool wait_for(int fd, short events)
{
    struct pollfd poll_fd = { fd, events, 0 };
    return poll(&poll_fd, 1, ANSWER_LIMIT_MS) > 0;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        if (!wait_for(fd, POLLOUT))
            return false;
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0)
            return false; /* It has closed already. */
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* Send it and the end of the stream, read until the server's end.
 * @return the status, 0 for an end without one, -1 for silence. */
static int outcome(struct client *client, const struct http_malformed *table)
{
    char head[CLIENT_HEAD_BYTES + 1];
    size_t len = 0;
    unsigned status = 0;
    (void)send_all(client->fd, table->request, table->len);
    (void)shutdown(client->fd, SHUT_WR);
    for (;;) {
        if (!wait_for(client->fd, POLLIN))
            return -1;
        ssize_t got = recv(client->fd, head + len, CLIENT_HEAD_BYTES - len, 0);
        if (got < 0 && errno == EAGAIN)
            continue;
        if (got <= 0 || len + (size_t)got == CLIENT_HEAD_BYTES)
            break;
        len += (size_t)got;
    }
    head[len] = 0;
    return sscanf(head, "HTTP/1.1 %3u ", &status) == 1 ? (int)status : 0;
}

bool malformed_run(uint16_t port, const struct site *site)
{
    static struct http_malformed table;
    static struct client client;
    unsigned count = 0, closed = 0, wrong = 0;
    if (!http_malformed_open(&table))
        return false;
    while (http_malformed_next(&table)) {
        if (!client_open(&client, port))
            return false;
        int status = outcome(&client, &table);
        client_close(&client);
        count++;
        closed += status == 0;
        if (status < 0 || (status > 0 && status < 400)) {
            wrong++;
            fprintf(stderr, "webload: malformed.txt:%d: status %d\n", table.line, status);
        }
    }
    client.fd = -1;
    bool serves = client_get(&client, port, &site->files[0]);
    client_close(&client);
    printf("@@count malformed %u\n@@count malformed_closed %u\n", count, closed);
    if (wrong > 0 || count < 200 || !serves)
        printf("@@test fail malformed_are_refused %u of %u wrong, serves afterwards: %d\n", wrong,
               count, serves);
    else
        printf("@@test pass malformed_are_refused\n");
    return wrong == 0 && count >= 200 && serves;
}
