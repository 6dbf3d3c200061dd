/* See client.h. */
#include "tools/trace/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SILENCE_MS = 60000, /* Beyond the recording's own time. */
    RETRY_MS = 50,
    RECORDING_BYTES_MAX = 1 << 28,
};

static uint64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Wait until there is something to read. */
static bool readable(int fd, uint64_t until_ms)
{
    for (;;) {
        uint64_t now = now_ms();
        struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
        int count = poll(&poll_fd, 1, now < until_ms ? (int)(until_ms - now) : 0);
        if (count > 0)
            return true;
        if (count == 0 || errno != EINTR)
            return false;
    }
}

static bool read_all(int fd, void *bytes, size_t len, uint64_t until_ms)
{
    for (size_t have = 0; have < len;) {
        if (!readable(fd, until_ms))
            return false;
        ssize_t got = read(fd, (uint8_t *)bytes + have, len - have);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

/* Connect, ask, and hear that it has begun. A forwarded port takes connections before the guest listens, and closes
 * them: so only the answer counts. */
static int try_begin(const struct client_plan *plan, uint64_t until_ms)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(plan->port),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    uint8_t request[RECORDING_REQUEST_SIZE];
    uint64_t started = 0;
    if (plan->host != NULL && inet_pton(AF_INET, plan->host, &address.sin_addr) != 1)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    recording_request_write(request, &plan->request);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(fd, request, sizeof request) == (ssize_t)sizeof request &&
        read_all(fd, &started, sizeof started, until_ms) && started == RECORDING_STARTED)
        return fd;
    close(fd);
    return -1;
}

static int begin(const struct client_plan *plan)
{
    uint64_t until_ms = now_ms() + plan->connect_ms;
    for (;;) {
        int fd = try_begin(plan, until_ms);
        if (fd >= 0 || now_ms() >= until_ms)
            return fd;
        poll(NULL, 0, RETRY_MS); /* Between two tries at a port that nobody answers yet. */
    }
}

/* The command, while the recording goes on; it is told to end when the command has. */
static int run_command(const struct client_plan *plan, int fd)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", plan->command, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 127;
    shutdown(fd, SHUT_WR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool read_to_end(int fd, uint64_t until_ms, uint8_t **out_bytes, size_t *out_len)
{
    uint8_t *bytes = NULL;
    size_t len = 0, room = 0;
    for (;;) {
        if (len == room) {
            room = room == 0 ? 1 << 20 : room * 2;
            uint8_t *more = room > RECORDING_BYTES_MAX ? NULL : realloc(bytes, room);
            if (more == NULL)
                break;
            bytes = more;
        }
        if (!readable(fd, until_ms))
            break;
        ssize_t got = read(fd, bytes + len, room - len);
        if (got < 0)
            break;
        if (got == 0) {
            *out_bytes = bytes;
            *out_len = len;
            return true;
        }
        len += (size_t)got;
    }
    free(bytes);
    return false;
}

bool client_record(const struct client_plan *plan, uint8_t **out_bytes, size_t *out_len,
                   int *out_code)
{
    signal(SIGPIPE, SIG_IGN);
    int fd = begin(plan);
    if (fd < 0) {
        fprintf(stderr, "trace: nobody records at port %u: is the service `tracer` started?\n",
                plan->port);
        return false;
    }
    uint64_t until_ms = now_ms() + plan->request.duration_ms + SILENCE_MS;
    *out_code = plan->command == NULL ? 0 : run_command(plan, fd);
    bool good = read_to_end(fd, until_ms, out_bytes, out_len);
    if (!good)
        fprintf(stderr, "trace: the recording did not arrive\n");
    close(fd);
    return good;
}
