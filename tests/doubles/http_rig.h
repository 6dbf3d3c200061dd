/* A bench for one HTTP connection: a small tree of files, a client's bytes cut as one likes, and
 * everything the connection sends, collected. For the tests and the fuzzer of lib/http. */
#pragma once

#include "lib/http/server.h"

enum { HTTP_RIG_OUT_BYTES = 1 << 18, HTTP_RIG_RECORDS_MAX = 64 };

struct http_rig {
    struct http_server server;
    struct http_connection connection;
    struct http_clock clock;
    struct http_action action; /* What the connection waits for. */
    time_ns_t deadline_ns;
    const struct http_file *file; /* The open one, or NULL. */
    size_t read_max, write_max;   /* How much goes at once; 0: all. */
    bool is_shut, is_closed;
    unsigned statuses[HTTP_RIG_RECORDS_MAX]; /* Of the logged requests, in order. */
    unsigned record_count;
    struct http_record record; /* The last one; its texts are gone. */
    size_t out_len;            /* May pass the end of `out`: what does not fit is only counted. */
    char out[HTTP_RIG_OUT_BYTES + 1];
};

/* The tree: /index.html (18 bytes), /hello.txt (12 bytes, "hello, world"), /big.bin (100,000
 * bytes), /empty, /dir/ with an index, /bare/ without, /device (neither file nor directory),
 * /secret (no right), /broken (an I/O error). All were modified on 6 November 1994, 08:49:37. */
void http_rig_open(struct http_rig *rig, bool is_refusal);
/* Let the client send `len` bytes and carry out all actions until it has to send more or the
 * connection is closed. */
void http_rig_send(struct http_rig *rig, const void *bytes, size_t len);
void http_rig_send_string(struct http_rig *rig, const char *string);
/* The client closes its side. */
void http_rig_end(struct http_rig *rig);
/* Time passes. */
void http_rig_wait(struct http_rig *rig, time_ns_t duration_ns);
/* The stream breaks. */
void http_rig_break(struct http_rig *rig);
/* Byte `at` of /big.bin. */
char http_rig_big_byte(uint64_t at);
