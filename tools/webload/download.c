/* One download through deaths of the driver. A place to strike is random within the first half of an equal
 * part of the file, so that a driver has time to come back before the next. */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/pattern.h"
#include "lib/base/sha256.h"
#include "tools/webload/webload.h"

enum { SILENCE_LIMIT_MS = 60000, RECEIVE_BYTES = 65536 };

struct download {
    const struct download_plan *plan;
    struct client client;
    int console;
    unsigned strikes;
};

static uint64_t place_of_strike(const struct download_plan *plan, uint64_t bytes, unsigned number)
{
    uint64_t part = bytes / plan->strikes;
    return part * number + pattern_word(plan->seed, number) % (part / 2 + 1);
}

static bool strike(struct download *download)
{
    const char *command =
        download->strikes % 2 == 0 ? download->plan->first : download->plan->second;
    size_t len = strlen(command);
    download->strikes++;
    return write(download->console, command, len) == (ssize_t)len &&
           write(download->console, "\r", 1) == 1;
}

static bool run(struct download *download, const struct expectation *want)
{
    struct client *client = &download->client;
    uint64_t bytes = want->last + 1;
    client_ask(client, want);
    while (client->state != CLIENT_IDLE && client->state != CLIENT_FAILED) {
        struct pollfd poll_fd = { client->fd, client_events(client), 0 };
        if (poll(&poll_fd, 1, SILENCE_LIMIT_MS) == 0) {
            snprintf(client->why, sizeof client->why, "silent for 60 s at byte %llu",
                     (unsigned long long)client->body_at);
            return false;
        }
        client_step(client);
        if (client->state == CLIENT_BODY && download->strikes < download->plan->strikes &&
            client->body_at >= place_of_strike(download->plan, bytes, download->strikes) &&
            !strike(download))
            return false;
    }
    return client->state == CLIENT_IDLE;
}

bool download_run(const struct download_plan *plan, const struct site *site)
{
    static struct download download;
    struct expectation want = site->files[0];
    uint64_t bytes = plan->bytes == 0 ? want.size : plan->bytes;
    uint8_t came[SHA256_BYTES], sent[SHA256_BYTES];
    struct sha256 sha;
    int small = RECEIVE_BYTES;
    if (bytes > want.size || bytes < 2ull * plan->strikes)
        return false;
    want.ranged = true;
    want.last = bytes - 1;
    download.plan = plan;
    download.console = plan->strikes == 0 ? -1 : open(plan->console, O_WRONLY | O_CLOEXEC);
    if ((plan->strikes > 0 && download.console < 0) || !client_open(&download.client, plan->port))
        return false;
    /* Little lies ready on the way, so that what is typed meets the transfer where it is. */
    (void)setsockopt(download.client.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    uint64_t start_ns = client_now_ns();
    sha256_begin(&sha);
    download.client.digest = &sha;
    bool good = run(&download, &want) && download.strikes == plan->strikes;
    uint64_t took_ns = client_now_ns() - start_ns;
    printf("@@count download_bytes %llu\n@@count download_ms %llu\n@@count longest_pause_ms %llu\n"
           "@@count strikes %u\n",
           (unsigned long long)bytes, (unsigned long long)took_ns / 1000000,
           (unsigned long long)download.client.silence_max_ns / 1000000, download.strikes);
    sha256_end(&sha, came);
    sha256_of(want.bytes, bytes, sent);
    good = good && memcmp(came, sent, sizeof came) == 0;
    if (good)
        printf("@@test pass download_is_whole\n");
    else
        printf("@@test fail download_is_whole after %u strikes: %s\n", download.strikes,
               download.client.why);
    client_close(&download.client);
    return good;
}
