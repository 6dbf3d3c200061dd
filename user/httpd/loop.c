/* The loop of httpd: accept while there is room, let everybody who is ready have a turn, look at
 * the deadlines, and wait only when there is nothing else to do.
 *
 * Deadlines are kept as one lower bound of all of them. Most move later with every byte, so the
 * bound is reached seldom, and only then are all connections looked at: no timer list is kept in
 * order on every request. */
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/seldom.h"
#include "user/httpd/httpd_internal.h"

#define ACCEPT_RETRY_NS 100000000ull

enum { PACKETS_MAX = 64, ACCEPTS_PER_ROUND = 16 };

const struct httpd_config httpd_config_default = {
    .policy = {
        .idle_timeout_ns = 15000000000ull,
        .head_timeout_ns = 10000000000ull,
        .stall_timeout_ns = 30000000000ull,
        .linger_timeout_ns = 2000000000ull,
        .retry_after_s = 2,
        .index = HTTP_TEXT("index.html"),
    },
    .connections_max = HTTPD_CONNECTIONS_MAX,
    .log_form = HTTPD_LOG_JSON,
};

SELDOM void httpd_init(struct httpd *httpd, const struct httpd_config *config,
                       const struct httpd_io_ops *ops, void *io)
{
    ASSERT(config->connections_max >= 1 && config->connections_max <= HTTPD_CONNECTIONS_MAX);
    httpd->ops = ops;
    httpd->io = io;
    httpd->config = *config;
    httpd->server = (struct http_server){ .policy = &httpd->config.policy };
    httpd->wall_read_ns = 0;
    httpd->deadline_bound_ns = TIME_NEVER;
    httpd->accept_after_ns = 0;
    httpd->accept_pending = true; /* Some may have come before we watched. */
    httpd->counters = (struct httpd_counters){ 0 };
    httpd->log_len = 0;
    httpd->log_flushed_ns = 0;
    httpd->log_is_urgent = false;
    memset(httpd->log, 0, sizeof httpd->log); /* What it takes is taken now. */
    httpd_table_init(&httpd->table);
    httpd_clock_read(httpd);
}

/* Whether another connection can be taken, to be served or to be refused. */
static bool has_room(const struct httpd *httpd)
{
    return httpd->table.served < httpd->config.connections_max ||
           httpd->table.refusals < HTTPD_REFUSALS_MAX;
}

static bool may_accept(const struct httpd *httpd)
{
    return httpd->accept_pending && !httpd->server.draining && has_room(httpd) &&
           httpd->clock.now_ns >= httpd->accept_after_ns;
}

static SELDOM void connection_begin(struct httpd *httpd, const struct http_peer *peer,
                                    handle_t stream)
{
    bool is_refusal = httpd->table.served >= httpd->config.connections_max;
    struct httpd_slot *slot = httpd_table_take(httpd, is_refusal);
    if (slot == NULL) { /* No memory: has_room has seen a place. */
        httpd->counters.accept_errors++;
        httpd->ops->close(httpd->io, stream);
        return;
    }
    slot->stream = stream;
    slot->file = HANDLE_NONE;
    if (httpd->ops->watch(httpd->io, stream, httpd_table_key(&httpd->table, slot)) != STATUS_OK) {
        httpd->counters.accept_errors++;
        httpd->ops->close(httpd->io, stream);
        httpd_table_give(httpd, slot);
        return;
    }
    httpd->counters.accepted++;
    httpd->counters.refused += is_refusal;
    httpd_serve_begin(httpd, slot, peer);
}

static void accept_some(struct httpd *httpd)
{
    for (int i = 0; i < ACCEPTS_PER_ROUND && may_accept(httpd); i++) {
        struct http_peer peer;
        handle_t stream;
        status_t status = httpd->ops->accept(httpd->io, &peer, &stream);
        if (status == STATUS_OK) {
            connection_begin(httpd, &peer, stream);
        } else if (status == STATUS_WOULD_BLOCK) {
            httpd->accept_pending = false;
        } else {
            httpd->counters.accept_errors++;
            httpd->accept_after_ns = httpd->clock.now_ns + ACCEPT_RETRY_NS;
        }
    }
}

/* One turn for each that is ready now; who becomes ready meanwhile waits for the next round. */
static void serve_ready(struct httpd *httpd)
{
    struct list now;
    list_init(&now);
    for (struct list *link; (link = list_pop_front(&httpd->table.ready)) != NULL;)
        list_push_back(&now, link);
    for (struct list *link; (link = list_pop_front(&now)) != NULL;)
        httpd_serve(httpd, CONTAINER_OF(link, struct httpd_slot, ready_link));
}

/* Step everybody whose deadline has passed, and find the bound anew. */
static SELDOM void expire_some(struct httpd *httpd)
{
    httpd->deadline_bound_ns = TIME_NEVER;
    LIST_FOR_EACH (link, &httpd->table.active) {
        struct httpd_slot *slot = CONTAINER_OF(link, struct httpd_slot, link);
        if (slot->deadline_ns <= httpd->clock.now_ns)
            httpd_serve_timer(httpd, slot);
        else if (slot->deadline_ns < httpd->deadline_bound_ns)
            httpd->deadline_bound_ns = slot->deadline_ns;
    }
}

SELDOM void httpd_drain(struct httpd *httpd)
{
    http_server_drain(&httpd->server);
    LIST_FOR_EACH (link, &httpd->table.active)
        httpd_serve_timer(httpd, CONTAINER_OF(link, struct httpd_slot, link));
}

static void take_packet(struct httpd *httpd, uint64_t key)
{
    if (key == HTTPD_KEY_LISTENER) {
        httpd->accept_pending = true;
    } else if (key == HTTPD_KEY_DRAIN) {
        httpd_drain(httpd);
    } else {
        struct httpd_slot *slot = httpd_table_find(&httpd->table, key);
        if (slot != NULL)
            httpd_table_ready(&httpd->table, slot);
    }
}

/* Until when there is nothing to do but to wait. */
static time_ns_t wait_deadline(const struct httpd *httpd)
{
    if (!list_is_empty(&httpd->table.ready) || may_accept(httpd))
        return TIME_NOW;
    bool retries = httpd->accept_pending && !httpd->server.draining && has_room(httpd);
    if (retries && httpd->accept_after_ns < httpd->deadline_bound_ns)
        return httpd->accept_after_ns;
    return httpd->deadline_bound_ns;
}

status_t httpd_step(struct httpd *httpd)
{
    struct httpd_packet packets[PACKETS_MAX];
    size_t count = 0;
    httpd_clock_read(httpd);
    accept_some(httpd);
    serve_ready(httpd);
    if (httpd->clock.now_ns >= httpd->deadline_bound_ns)
        expire_some(httpd);
    if (httpd->server.draining && list_is_empty(&httpd->table.active)) {
        httpd_log_flush(httpd);
        httpd_table_end(httpd);
        return STATUS_DEAD;
    }
    if (httpd_log_due(httpd) <= httpd->clock.now_ns)
        httpd_log_flush(httpd);
    time_ns_t deadline_ns = wait_deadline(httpd), log_due_ns = httpd_log_due(httpd);
    if (log_due_ns < deadline_ns)
        deadline_ns = log_due_ns;
    status_t status = httpd->ops->wait(httpd->io, deadline_ns, packets, PACKETS_MAX, &count);
    if (status != STATUS_OK) {
        httpd_log_flush(httpd);
        return status;
    }
    httpd_clock_read(httpd);
    for (size_t i = 0; i < count; i++)
        take_packet(httpd, packets[i].key);
    return STATUS_OK;
}
