/* How long until a listener answers: a new connection every few milliseconds, for one that a network which
 * is not there has swallowed comes back late. The first answer counts. */
#include <poll.h>
#include <stdio.h>

#include "tools/webload/webload.h"

enum { TRIES_MAX = 512, STEP_MS = 5 };

struct await {
    uint16_t port;
    const struct expectation *want;
    unsigned count;
    struct client clients[TRIES_MAX];
    struct pollfd polls[TRIES_MAX];
};

static void try_once_more(struct await *await)
{
    struct client *client = &await->clients[await->count];
    if (await->count == TRIES_MAX)
        return;
    await->count++;
    if (client_open(client, await->port))
        client_ask(client, await->want);
}

/* One step for all tries. @return true when one has its answer. */
static bool step(struct await *await)
{
    for (unsigned i = 0; i < await->count; i++) {
        struct client *client = &await->clients[i];
        if (client->state == CLIENT_FAILED)
            client_close(client);
        await->polls[i] = (struct pollfd){ client->fd, client_events(client), 0 };
    }
    if (poll(await->polls, await->count, STEP_MS) <= 0)
        return false;
    for (unsigned i = 0; i < await->count; i++)
        if (await->polls[i].revents != 0 && client_step(&await->clients[i]) == CLIENT_IDLE)
            return true;
    return false;
}

bool await_run(uint16_t port, unsigned within_ms, const struct site *site)
{
    static struct await await;
    uint64_t start_ns = client_now_ns(), next_ns = start_ns, now_ns = start_ns;
    bool answered = false;
    await.port = port;
    await.want = &site->files[0];
    while (!answered && now_ns - start_ns < within_ms * 1000000ull) {
        if (now_ns >= next_ns) {
            try_once_more(&await);
            next_ns = now_ns + STEP_MS * 1000000ull;
        }
        answered = step(&await);
        now_ns = client_now_ns();
    }
    for (unsigned i = 0; i < await.count; i++)
        client_close(&await.clients[i]);
    printf("%llu\n", (unsigned long long)(now_ns - start_ns) / 1000000);
    return answered;
}
