/* A knock every few milliseconds, each on a connection of its own: one that a network which is not there has
 * swallowed comes back late, and says nothing about when the listener was there again. */
#include <poll.h>
#include <stdio.h>

#include "tools/webload/webload.h"

enum { TRIES_MAX = 512, STEP_MS = 5 };

struct knocks {
    uint16_t port;
    const struct expectation *want;
    unsigned count;
    struct client clients[TRIES_MAX];
    struct pollfd polls[TRIES_MAX];
};

static void try_once_more(struct knocks *knocks)
{
    struct client *client = &knocks->clients[knocks->count];
    if (knocks->count == TRIES_MAX)
        return;
    knocks->count++;
    if (client_open(client, knocks->port))
        client_ask(client, knocks->want);
}

/* One step for all tries. @return how many have got their answer in it. */
static unsigned step(struct knocks *knocks)
{
    unsigned answers = 0;
    for (unsigned i = 0; i < knocks->count; i++) {
        struct client *client = &knocks->clients[i];
        if (client->state == CLIENT_FAILED || client->state == CLIENT_IDLE)
            client_close(client);
        knocks->polls[i] = (struct pollfd){ client->fd, client_events(client), 0 };
    }
    if (poll(knocks->polls, knocks->count, STEP_MS) <= 0)
        return 0;
    for (unsigned i = 0; i < knocks->count; i++)
        if (knocks->polls[i].revents != 0)
            answers += client_step(&knocks->clients[i]) == CLIENT_IDLE;
    return answers;
}

bool knock_run(uint16_t port, unsigned for_ms, const struct site *site)
{
    static struct knocks knocks;
    uint64_t start_ns = client_now_ns(), next_ns = start_ns, now_ns = start_ns;
    unsigned answers = 0;
    knocks.port = port;
    knocks.want = &site->files[0];
    while (now_ns - start_ns < for_ms * 1000000ull) {
        if (now_ns >= next_ns) {
            try_once_more(&knocks);
            next_ns = now_ns + STEP_MS * 1000000ull;
        }
        answers += step(&knocks);
        now_ns = client_now_ns();
    }
    for (unsigned i = 0; i < knocks.count; i++)
        client_close(&knocks.clients[i]);
    printf("%u\n", answers);
    return answers > 0;
}
