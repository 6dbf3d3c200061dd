/* httpd: static files over HTTP/1.1. One thread, one event loop, a fixed table of connections, and
 * memory for them that is taken and given back in blocks. The protocol is lib/http, the machine is
 * behind io.h; here is who is served when.
 *
 * The owner allocates `struct httpd` and calls httpd_init, then httpd_step until it says that it is
 * done. Not thread-safe: one thread owns it. */
#pragma once

#include "lib/base/list.h"
#include "user/httpd/io.h"

enum {
    HTTPD_CONNECTIONS_MAX = 256,
    HTTPD_REFUSALS_MAX = 16, /* Connections beyond the limit that are told 503 at one time. */
    HTTPD_SLOTS = HTTPD_CONNECTIONS_MAX + HTTPD_REFUSALS_MAX,
    HTTPD_BLOCK_SLOTS = 8, /* Connections whose memory comes and goes together. */
    HTTPD_BLOCKS = HTTPD_SLOTS / HTTPD_BLOCK_SLOTS,
    HTTPD_LOG_BYTES = 8192,
    HTTPD_LOG_LINE_BYTES_MAX = 5120,
};

enum httpd_log_form {
    HTTPD_LOG_NONE,
    HTTPD_LOG_COMMON,
    HTTPD_LOG_JSON,
};

struct httpd_config {
    struct http_policy policy;
    uint32_t connections_max; /* 1 to HTTPD_CONNECTIONS_MAX. */
    enum httpd_log_form log_form;
};

extern const struct httpd_config httpd_config_default;

struct httpd_counters {
    uint64_t accepted;
    uint64_t refused; /* Accepted to be told 503. */
    uint64_t accept_errors;
    uint64_t requests;
    uint64_t answers[6]; /* By the first digit of the status. */
    uint64_t cut;        /* Responses whose stream broke before their end. */
    uint64_t body_bytes;
    uint64_t log_lines_lost;
};

_Static_assert(HTTPD_SLOTS % HTTPD_BLOCK_SLOTS == 0, "blocks are whole");

/* One place in the table. */
struct httpd_slot {
    struct list link;       /* In its block's `free`, or in `active`. */
    struct list ready_link; /* In `ready`, or in no list. */
    uint32_t generation;    /* Counts the connections that were here. */
    bool is_refusal;
    handle_t stream;
    handle_t file; /* HANDLE_NONE when none is open. */
    time_ns_t deadline_ns;
    struct http_action action;          /* What the connection waits for. */
    struct http_connection *connection; /* In the block's memory; NULL while it has none. */
};

struct httpd_block {
    struct list free;
    uint32_t used;
    struct http_connection *memory; /* NULL: none. */
};

struct httpd_table {
    struct list active;
    struct list ready; /* Active ones that may be able to go on. */
    uint32_t served;   /* Active, without the refusals. */
    uint32_t refusals;
    struct httpd_block blocks[HTTPD_BLOCKS];
    struct httpd_slot slots[HTTPD_SLOTS];
};

struct httpd {
    const struct httpd_io_ops *ops;
    void *io;
    struct httpd_config config;
    struct http_server server;
    struct http_clock clock;
    time_ns_t wall_read_ns;      /* When clock.now_s was read. */
    time_ns_t deadline_bound_ns; /* No connection's deadline is before this. */
    time_ns_t accept_after_ns;   /* After an error: not before this. */
    bool accept_pending;         /* The listener may have more. */
    struct httpd_counters counters;
    time_ns_t log_flushed_ns; /* When lines went out last. */
    bool log_is_urgent;       /* One of those in the buffer is to go out now. */
    uint32_t log_len;
    char log[HTTPD_LOG_BYTES];
    struct httpd_table table;
};

/* @param config  copied. */
void httpd_init(struct httpd *httpd, const struct httpd_config *config,
                const struct httpd_io_ops *ops, void *io);
/* One round: accept, serve who is ready, and if nobody is, wait.
 * @return OK to be called again; DEAD when drained: nothing is open any more; others: waiting
 *         failed, and the program cannot go on. */
status_t httpd_step(struct httpd *httpd);
/* Accept no more and finish what runs. A packet with HTTPD_KEY_DRAIN does the same. */
void httpd_drain(struct httpd *httpd);
