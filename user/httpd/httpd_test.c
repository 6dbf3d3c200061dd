/* httpd against a world made here: clients with scripts whose bytes arrive in pieces and whose
 * windows open in pieces, two files, and a clock that moves only when httpd waits. */
#include "user/httpd/httpd.h"

#include <stdlib.h>

#include "lib/base/assert.h"
#include "tests/unit.h"

#define SECOND_NS 1000000000ull

enum {
    CLIENTS_MAX = 300,
    BIG_BYTES = 300000,
    OUT_BYTES_MAX = BIG_BYTES + 4096,
    FILE_HANDLE_FIRST = 1000,
};

struct client {
    const char *script;
    size_t script_at, arrived; /* Read so far; may be read. */
    size_t window;             /* May be written now. */
    size_t step_max;           /* How much arrives, and how far the window opens, at one wait. */
    bool ends;                 /* Closes its side after the script. */
    bool is_accepted, is_shut, is_closed, poked, is_broken;
    uint64_t key;
    size_t out_len;
    char *out;
};

static struct world {
    time_ns_t now_ns;
    unsigned client_count, accept_next, files_open, waits;
    unsigned accept_failures; /* The next accepts fail. */
    bool watch_fails, memory_fails, file_shrinks, is_idle, listener_poked, drain_poked;
    unsigned blocks; /* Of memory, taken and not given back. */
    char log[65536];
    size_t log_len;
    time_ns_t logged_ns; /* When lines went out last. */
    struct client clients[CLIENTS_MAX];
} world;

static struct httpd httpd;

static struct client *client_of(handle_t stream)
{
    ASSERT(stream.raw >= 1 && stream.raw <= world.client_count);
    struct client *client = &world.clients[stream.raw - 1];
    ASSERT(client->is_accepted && !client->is_closed);
    return client;
}

static time_ns_t world_now(void *io)
{
    return world.now_ns;
}

static int64_t world_wall_seconds(void *io)
{
    return 784111777 + (int64_t)(world.now_ns / SECOND_NS);
}

static status_t world_accept(void *io, struct http_peer *out_peer, handle_t *out_stream)
{
    if (world.accept_failures > 0) {
        world.accept_failures--;
        return STATUS_NO_SLOT;
    }
    if (world.accept_next == world.client_count)
        return STATUS_WOULD_BLOCK;
    world.clients[world.accept_next++].is_accepted = true;
    *out_peer = (struct http_peer){ .port = (uint16_t)world.accept_next };
    *out_stream = (handle_t){ world.accept_next };
    return STATUS_OK;
}

static status_t world_watch(void *io, handle_t stream, uint64_t key)
{
    client_of(stream)->key = key;
    return world.watch_fails ? STATUS_NO_MEMORY : STATUS_OK;
}

static status_t world_read(void *io, handle_t stream, struct span dst, size_t *out_actual)
{
    struct client *client = client_of(stream);
    size_t left = client->arrived - client->script_at;
    if (client->is_broken)
        return STATUS_RESET;
    if (left == 0 && client->ends && client->script[client->script_at] == 0) {
        *out_actual = 0;
        return STATUS_OK;
    }
    if (left == 0)
        return STATUS_WOULD_BLOCK;
    *out_actual = left < dst.len ? left : dst.len;
    memcpy(dst.data, client->script + client->script_at, *out_actual);
    client->script_at += *out_actual;
    return STATUS_OK;
}

/* Room for a write, taken from the window; 0: none. */
static size_t window_take(struct client *client, uint64_t len)
{
    ASSERT(!client->is_shut);
    size_t taken = len < client->window ? (size_t)len : client->window;
    client->window -= taken;
    REQUIRE(client->out_len + taken <= OUT_BYTES_MAX);
    return taken;
}

static status_t world_write(void *io, handle_t stream, struct const_span src, bool more,
                            size_t *out_actual)
{
    struct client *client = client_of(stream);
    size_t len = window_take(client, src.len);
    if (client->is_broken)
        return STATUS_PEER_CLOSED;
    if (len == 0)
        return STATUS_WOULD_BLOCK;
    memcpy(client->out + client->out_len, src.data, len);
    client->out_len += len;
    *out_actual = len;
    return STATUS_OK;
}

static char big_byte(uint64_t at)
{
    return (char)('a' + at % 23);
}

static status_t world_splice(void *io, handle_t stream, handle_t file, uint64_t offset_bytes,
                             uint64_t len_bytes, bool more, uint64_t *out_actual)
{
    struct client *client = client_of(stream);
    ASSERT(file.raw == FILE_HANDLE_FIRST && world.files_open > 0);
    ASSERT(offset_bytes + len_bytes <= BIG_BYTES);
    if (client->is_broken)
        return STATUS_PEER_CLOSED;
    if (world.file_shrinks && offset_bytes >= 1000) {
        *out_actual = 0;
        return STATUS_OK;
    }
    size_t len = window_take(client, len_bytes);
    if (len == 0)
        return STATUS_WOULD_BLOCK;
    for (size_t i = 0; i < len; i++)
        client->out[client->out_len++] = big_byte(offset_bytes + i);
    *out_actual = len;
    return STATUS_OK;
}

static status_t world_shutdown(void *io, handle_t stream)
{
    client_of(stream)->is_shut = true;
    return STATUS_OK;
}

static status_t world_open(void *io, struct http_text path, struct http_file *out_file,
                           handle_t *out_handle)
{
    bool is_small = http_text_equal(path, HTTP_TEXT("/index.html"));
    if (!is_small && !http_text_equal(path, HTTP_TEXT("/big")))
        return STATUS_NOT_FOUND;
    *out_file = (struct http_file){ HTTP_FILE_REGULAR, is_small ? 10 : BIG_BYTES, 1, 1 };
    *out_handle = (handle_t){ FILE_HANDLE_FIRST };
    world.files_open++;
    return STATUS_OK;
}

static void world_close(void *io, handle_t handle)
{
    if (handle.raw == FILE_HANDLE_FIRST) {
        ASSERT(world.files_open > 0);
        world.files_open--;
    } else {
        client_of(handle)->is_closed = true;
    }
}

/* Bytes arrive and windows open for whoever is connected; the key of a client comes when either
 * happened. */
static bool client_move(struct client *client)
{
    size_t arriving = strlen(client->script) - client->arrived;
    size_t step = 1 + (size_t)(unit_random() % client->step_max);
    bool was_open = client->window > 0;
    if (!client->is_accepted || client->is_closed)
        return false;
    client->arrived += step < arriving ? step : arriving;
    client->window += was_open ? 0 : step;
    bool poked = client->poked || arriving > 0 || !was_open;
    client->poked = false;
    return poked;
}

static status_t world_wait(void *io, time_ns_t deadline_ns, struct httpd_packet *packets,
                           size_t max, size_t *out_count)
{
    size_t count = 0;
    world.waits++;
    if (world.listener_poked)
        packets[count++].key = HTTPD_KEY_LISTENER;
    if (world.drain_poked)
        packets[count++].key = HTTPD_KEY_DRAIN;
    world.listener_poked = world.drain_poked = false;
    /* From somebody else each time, so that a full buffer starves nobody. */
    for (unsigned i = 0; i < world.client_count && count < max; i++) {
        struct client *client = &world.clients[(i + world.waits) % world.client_count];
        if (client_move(client))
            packets[count++].key = client->key;
    }
    world.is_idle = count == 0 && deadline_ns == TIME_NEVER;
    if (count == 0 && deadline_ns != TIME_NEVER && deadline_ns > world.now_ns)
        world.now_ns = deadline_ns;
    *out_count = count;
    return STATUS_OK;
}

static void world_log(void *io, struct const_span lines)
{
    REQUIRE(world.log_len + lines.len < sizeof world.log);
    memcpy(world.log + world.log_len, lines.data, lines.len);
    world.log_len += lines.len;
    world.logged_ns = world.now_ns;
    world.log[world.log_len] = 0;
}

static void *world_memory_take(void *io, size_t size)
{
    if (world.memory_fails)
        return NULL;
    world.blocks++;
    return malloc(size);
}

static void world_memory_give(void *io, void *memory, size_t size)
{
    memset(memory, 0xaa, size); /* Nobody may look at it any more. */
    free(memory);
    world.blocks--;
}

static const struct httpd_io_ops world_ops = {
    .name = "world",
    .now = world_now,
    .wall_seconds = world_wall_seconds,
    .accept = world_accept,
    .watch = world_watch,
    .read = world_read,
    .write = world_write,
    .splice = world_splice,
    .shutdown = world_shutdown,
    .open = world_open,
    .close = world_close,
    .wait = world_wait,
    .log = world_log,
    .memory_take = world_memory_take,
    .memory_give = world_memory_give,
};

static void world_begin(uint32_t connections_max)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        free(world.clients[i].out);
    for (unsigned i = 0; i < HTTPD_BLOCKS; i++)
        free(httpd.table.blocks[i].memory);
    memset(&world, 0, sizeof world);
    world.now_ns = SECOND_NS;
    struct httpd_config config = httpd_config_default;
    config.connections_max = connections_max;
    config.log_form = HTTPD_LOG_COMMON;
    httpd_init(&httpd, &config, &world_ops, NULL);
}

static struct client *client_add(const char *script, size_t step_max, bool ends)
{
    struct client *client = &world.clients[world.client_count++];
    *client = (struct client){ .script = script, .step_max = step_max, .ends = ends };
    client->out = calloc(1, OUT_BYTES_MAX + 1);
    world.listener_poked = true;
    return client;
}

/* Until nothing can happen any more. */
static void world_run(void)
{
    world.is_idle = false;
    for (int i = 0; i < 2000000 && !world.is_idle; i++)
        if (httpd_step(&httpd) != STATUS_OK)
            return;
    EXPECT(world.is_idle);
}

static void expect_nothing_left(void)
{
    EXPECT_EQ(world.files_open, 0);
    EXPECT_EQ(httpd.table.served + httpd.table.refusals, 0);
    EXPECT(world.blocks <= 1);
    for (unsigned i = 0; i < world.client_count; i++)
        EXPECT(world.clients[i].is_closed);
}

static bool is_whole_big_file(const struct client *client)
{
    const char *body = strstr(client->out, "\r\n\r\n");
    if (body == NULL || client->out_len != (size_t)(body + 4 - client->out) + BIG_BYTES)
        return false;
    for (size_t i = 0; i < BIG_BYTES; i++)
        if (body[4 + i] != big_byte(i))
            return false;
    return true;
}

#define GET_BIG "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
#define GET_SMALL "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

TEST(many_slow_clients_all_get_everything)
{
    world_begin(HTTPD_CONNECTIONS_MAX);
    for (int i = 0; i < 60; i++)
        client_add(GET_BIG, 1000 + (size_t)(unit_random() % 20000), true);
    for (int i = 0; i < 60; i++)
        client_add(GET_SMALL GET_SMALL "GET /none HTTP/1.0\r\n\r\n", 1 + unit_random() % 40, true);
    world_run();
    expect_nothing_left();
    for (int i = 0; i < 60; i++)
        EXPECT(is_whole_big_file(&world.clients[i]));
    EXPECT_EQ(httpd.counters.requests, 60 + 60 * 3);
    EXPECT_EQ(httpd.counters.answers[2], 60 + 60 * 2);
    EXPECT_EQ(httpd.counters.answers[4], 60);
    EXPECT_EQ(httpd.counters.cut, 0);
    EXPECT_EQ(httpd.counters.log_lines_lost, 0);
}

/* Who comes when the table is full is told so; who comes when even that is full waits. */
TEST(connections_beyond_the_limit_are_told_503_or_wait)
{
    world_begin(2);
    for (int i = 0; i < 2; i++)
        client_add("GET / HTTP/1.1\r\nHost: a\r\n", 100, false); /* Half a request: it stays. */
    for (int i = 0; i < HTTPD_REFUSALS_MAX + 3; i++)
        client_add(GET_SMALL, 100, true);
    for (int i = 0; i < 1000 && httpd.counters.requests < HTTPD_REFUSALS_MAX + 3; i++)
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    EXPECT_EQ(httpd.counters.refused, HTTPD_REFUSALS_MAX + 3);
    EXPECT_EQ(httpd.counters.answers[5], HTTPD_REFUSALS_MAX + 3);
    EXPECT(strstr(world.clients[2].out, "503 Service Unavailable") != NULL);
    EXPECT(!world.clients[0].is_closed && !world.clients[1].is_closed);
    world_run(); /* Time passes, the two are timed out, and there is room again. */
    expect_nothing_left();
    client_add(GET_SMALL, 100, true);
    world_run();
    EXPECT(strstr(world.clients[world.client_count - 1].out, "200 OK") != NULL);
}

/* Connections that come one after the other use one block of memory, and never give it back. */
TEST(places_are_used_again_before_new_ones)
{
    world_begin(HTTPD_CONNECTIONS_MAX);
    for (int i = 0; i < 20; i++) {
        client_add(GET_SMALL, 100, true);
        world_run();
    }
    EXPECT_EQ(world.blocks, 1);
    EXPECT(httpd.table.blocks[0].memory != NULL);
    EXPECT_EQ(httpd.counters.accepted, 20);
    expect_nothing_left();
}

/* When the last of many has gone, one block is left, whoever went first. */
TEST(memory_of_connections_is_given_back)
{
    world_begin(HTTPD_CONNECTIONS_MAX);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            client_add(unit_random() % 2 == 0 ? GET_BIG : GET_SMALL, 100 + unit_random() % 9000,
                       true);
        unsigned most = 0;
        for (int i = 0; i < 200; i++) {
            EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
            most = world.blocks > most ? world.blocks : most;
        }
        EXPECT(most > 1);
        world_run();
        expect_nothing_left();
        EXPECT(httpd.table.blocks[0].memory != NULL);
    }
}

/* A connection for which there is no memory is closed, and the next one is served. */
TEST(no_memory_costs_one_connection)
{
    world_begin(HTTPD_CONNECTIONS_MAX);
    world.memory_fails = true;
    client_add(GET_SMALL, 100, true);
    world_run();
    EXPECT(world.clients[0].is_closed);
    EXPECT_EQ(httpd.counters.accept_errors, 1);
    world.memory_fails = false;
    client_add(GET_SMALL, 100, true);
    world_run();
    EXPECT(strstr(world.clients[1].out, "200 OK") != NULL);
    expect_nothing_left();
}

/* A connection that does nothing is closed when its time is over, and not before. */
TEST(deadlines_pass_on_time)
{
    world_begin(8);
    client_add("", 1, false);
    client_add("GET", 100, false);
    world_run();
    expect_nothing_left();
    EXPECT_EQ(world.now_ns, SECOND_NS + httpd_config_default.policy.idle_timeout_ns);
    EXPECT_EQ(httpd.counters.requests, 1);
    EXPECT(strstr(world.clients[1].out, "408 ") != NULL);
}

TEST(drain_lets_a_download_end_and_then_stops)
{
    world_begin(8);
    struct client *client = client_add("GET /big HTTP/1.1\r\nHost: a\r\n\r\n", 10000, false);
    struct client *idle = client_add(GET_SMALL, 10000, false);
    while (client->out_len < 20000 || idle->out_len == 0)
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    world.drain_poked = true;
    status_t status = STATUS_OK;
    for (int i = 0; i < 10000 && status == STATUS_OK; i++)
        status = httpd_step(&httpd);
    EXPECT_EQ(status, STATUS_DEAD);
    EXPECT(is_whole_big_file(client));
    expect_nothing_left();
}

TEST(a_packet_of_a_closed_connection_finds_nobody)
{
    world_begin(1);
    struct client *client = client_add(GET_SMALL, 1000, true);
    world_run();
    uint64_t old_key = client->key;
    struct client *next = client_add(GET_SMALL, 1000, false);
    time_ns_t start_ns = world.now_ns;
    while (httpd.counters.requests < 2 || !list_is_empty(&httpd.table.ready))
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    world.now_ns = start_ns; /* The last wait may have passed the time until it times out. */
    EXPECT(next->key != old_key && (uint32_t)next->key == (uint32_t)old_key);
    next->key = old_key; /* The world now sends the old key. */
    next->poked = true;
    next->is_broken = true;
    EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    EXPECT(list_is_empty(&httpd.table.ready));
    EXPECT(!next->is_closed);
}

TEST(a_failing_accept_is_tried_again_later)
{
    world_begin(8);
    world.accept_failures = 3;
    struct client *client = client_add(GET_SMALL, 1000, true);
    world_run();
    EXPECT_EQ(httpd.counters.accept_errors, 3);
    EXPECT(strstr(client->out, "200 OK") != NULL);
    EXPECT(world.now_ns >= SECOND_NS + 300000000);
    expect_nothing_left();
}

TEST(a_stream_that_cannot_be_watched_is_closed)
{
    world_begin(8);
    world.watch_fails = true;
    client_add(GET_SMALL, 1000, true);
    world_run();
    EXPECT_EQ(httpd.counters.accept_errors, 1);
    expect_nothing_left();
}

/* Too few bytes under a Content-Length can only be told by cutting the connection. */
TEST(a_file_that_shrinks_is_cut)
{
    world_begin(8);
    world.file_shrinks = true;
    client_add(GET_BIG, 600, true);
    world_run();
    EXPECT_EQ(httpd.counters.cut, 1);
    EXPECT(!world.clients[0].is_shut);
    expect_nothing_left();
}

TEST(a_reset_in_a_download_gives_everything_back)
{
    world_begin(8);
    struct client *client = client_add(GET_BIG, 1000, false);
    while (client->out_len < 5000)
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    client->is_broken = true;
    world_run();
    EXPECT_EQ(httpd.counters.cut, 1);
    expect_nothing_left();
}

TEST(the_log_has_a_line_for_each_request)
{
    world_begin(8);
    client_add("GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /big?x HTTP/1.0\r\n\r\n", 1000, true);
    world_run();
    EXPECT_STR(world.log, ":: - - [06/Nov/1994:08:49:38 +0000] \"GET / HTTP/1.1\" 200 10\n"
                          ":: - - [06/Nov/1994:08:49:38 +0000] \"HEAD /big?x HTTP/1.0\" 200 0\n");
}

/* Steps until that many requests are logged, in whatever buffer. */
static void steps_until_requests(uint64_t count)
{
    for (int i = 0; i < 1000 && httpd.counters.requests < count; i++)
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    EXPECT_EQ(httpd.counters.requests, count);
}

/* A line goes out before the next wait; those that follow it within a tenth of a second wait for each other. */
TEST(lines_of_the_log_go_out_together)
{
    world_begin(8);
    client_add(GET_SMALL GET_SMALL GET_SMALL, 10, false);
    steps_until_requests(1);
    EXPECT_EQ(world.log_len, strchr(world.log, '\n') + 1 - world.log);
    EXPECT_EQ(world.logged_ns, SECOND_NS);
    size_t first_len = world.log_len;
    steps_until_requests(3);
    EXPECT_EQ(world.log_len, first_len);
    EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    EXPECT_EQ(world.log_len, 3 * first_len);
    EXPECT_EQ(world.logged_ns, SECOND_NS + SECOND_NS / 10);
}

/* What went wrong is told at once. */
TEST(a_line_of_an_error_waits_for_nobody)
{
    world_begin(8);
    world.file_shrinks = true;
    httpd.log_flushed_ns = world.now_ns;
    client_add(GET_BIG, 100000, false);
    time_ns_t since_ns = world.now_ns;
    for (int i = 0; i < 1000 && world.log_len == 0; i++)
        EXPECT_EQ(httpd_step(&httpd), STATUS_OK);
    EXPECT_EQ(httpd.counters.cut, 1);
    EXPECT_EQ(world.logged_ns, since_ns);
}
