/* Many connections, kept alive, each asking for one file after the other. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/webload/webload.h"

enum { SILENCE_LIMIT_MS = 30000 };

struct load {
    const struct load_plan *plan;
    const struct site *site;
    struct client *clients;
    struct expectation *wants; /* One a client. */
    struct pollfd *polls;
    uint64_t *latencies_ns; /* One an answer. */
    unsigned asked;
    unsigned answered;
    unsigned wrong;
    unsigned opened;
    unsigned failures_shown;
};

static int order(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* The next file that is not too large; each third time a range of it. */
static void choose(struct load *load, struct expectation *want)
{
    size_t at = load->asked;
    while (load->site->files[at % load->site->count].size > load->plan->file_bytes_max)
        at++;
    *want = load->site->files[at % load->site->count];
    want->ranged = load->asked % 3 == 2 && want->size > 2;
    want->first = want->size / 3;
    want->last = want->size - 2;
}

static void note_failure(struct load *load, struct client *client)
{
    load->wrong++;
    if (load->failures_shown++ < 10)
        fprintf(stderr, "webload: %s (request %llu of its connection)\n", client->why,
                (unsigned long long)client->served + 1);
    client_close(client);
    client->state = CLIENT_IDLE;
}

/* Give an idle client its next request, over a new connection if the server has closed the last one. */
static void ask(struct load *load, unsigned number)
{
    struct client *client = &load->clients[number];
    if (client->state != CLIENT_IDLE || load->asked == load->plan->requests)
        return;
    choose(load, &load->wants[number]);
    load->asked++;
    if (client->fd < 0) {
        load->opened++;
        if (!client_open(client, load->plan->port)) {
            note_failure(load, client);
            return;
        }
    }
    client_ask(client, &load->wants[number]);
}

/* Open all connections, one after the other, each with a request: QEMU's user-mode network listens with a
 * backlog of 1, and the host drops what is beyond. */
static void open_all(struct load *load)
{
    for (unsigned i = 0; i < load->plan->connections && load->asked < load->plan->requests; i++) {
        uint64_t start_ns = client_now_ns();
        choose(load, &load->wants[i]);
        load->asked++;
        load->opened++;
        if (client_get(&load->clients[i], load->plan->port, &load->wants[i]))
            load->latencies_ns[load->answered++] = client_now_ns() - start_ns;
        else
            note_failure(load, &load->clients[i]);
    }
}

static void step(struct load *load, unsigned number)
{
    struct client *client = &load->clients[number];
    enum client_state state = client_step(client);
    if (state == CLIENT_FAILED)
        note_failure(load, client);
    else if (state == CLIENT_IDLE)
        load->latencies_ns[load->answered++] = client_now_ns() - client->asked_ns;
}

/* Wait for any client. @return how many are at work. */
static unsigned round_of(struct load *load)
{
    unsigned busy = 0, connections = load->plan->connections;
    for (unsigned i = 0; i < connections; i++) {
        struct client *client = &load->clients[i];
        ask(load, i);
        load->polls[i] = (struct pollfd){ client->state == CLIENT_IDLE ? -1 : client->fd,
                                          client_events(client), 0 };
        busy += client->state != CLIENT_IDLE;
    }
    if (busy == 0)
        return 0;
    int ready = poll(load->polls, connections, SILENCE_LIMIT_MS);
    for (unsigned i = 0; i < connections; i++) {
        if (load->polls[i].revents != 0) {
            step(load, i);
        } else if (ready == 0 && load->polls[i].fd >= 0) {
            snprintf(load->clients[i].why, sizeof load->clients[i].why, "silent for 30 s");
            note_failure(load, &load->clients[i]);
        }
    }
    return busy;
}

static void report(struct load *load, uint64_t took_ns)
{
    unsigned long long per_s =
        took_ns == 0 ? 0 : (unsigned long long)load->answered * 1000000000u / took_ns;
    qsort(load->latencies_ns, load->answered, sizeof *load->latencies_ns, order);
    printf("@@count load_requests %u\n@@count load_connections %u\n@@count load_per_s %llu\n",
           load->answered, load->opened, per_s);
    if (load->answered > 0)
        printf("@@count load_p50_us %llu\n@@count load_p99_us %llu\n@@count load_max_us %llu\n",
               (unsigned long long)load->latencies_ns[load->answered / 2] / 1000,
               (unsigned long long)load->latencies_ns[load->answered * 99ull / 100] / 1000,
               (unsigned long long)load->latencies_ns[load->answered - 1] / 1000);
    if (load->wrong > 0)
        printf("@@test fail load_is_served %u of %u went wrong\n", load->wrong, load->asked);
    else
        printf("@@test pass load_is_served\n");
}

bool load_run(const struct load_plan *plan, const struct site *site)
{
    struct load load = {
        .plan = plan,
        .site = site,
        .clients = calloc(plan->connections, sizeof *load.clients),
        .wants = calloc(plan->connections, sizeof *load.wants),
        .polls = calloc(plan->connections, sizeof *load.polls),
        .latencies_ns = calloc(plan->requests, sizeof *load.latencies_ns),
    };
    if (load.clients == NULL || load.wants == NULL || load.polls == NULL ||
        load.latencies_ns == NULL)
        return false;
    for (unsigned i = 0; i < plan->connections; i++)
        load.clients[i] = (struct client){ .fd = -1, .asks_once = plan->fresh };
    uint64_t start_ns = client_now_ns();
    open_all(&load);
    while (round_of(&load) > 0) {
    }
    report(&load, client_now_ns() - start_ns);
    for (unsigned i = 0; i < plan->connections; i++)
        client_close(&load.clients[i]);
    free(load.clients);
    free(load.wants);
    free(load.polls);
    free(load.latencies_ns);
    return load.wrong == 0;
}
