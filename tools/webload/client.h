/* One HTTP connection of the load, without blocking: ask, then step whenever poll says so. The body must
 * equal the bytes that the asker expects, which are compared as they come. Times are CLOCK_MONOTONIC in
 * nanoseconds. One thread. */
#pragma once

#include "lib/base/sha256.h"
#include "tools/webload/answer.h"

enum { CLIENT_HEAD_BYTES = 8192, CLIENT_ASK_BYTES = 4096 };

/* What to ask for, and what must come of it. */
struct expectation {
    const char *target; /* Percent-encoded. */
    const uint8_t *bytes;
    uint64_t size;
    bool ranged; /* Only first to last, inclusive. */
    uint64_t first;
    uint64_t last;
};

enum client_state { CLIENT_IDLE, CLIENT_ASKING, CLIENT_HEAD, CLIENT_BODY, CLIENT_FAILED };

struct client {
    int fd; /* -1: not connected. */
    enum client_state state;
    uint64_t served; /* Requests on this connection. */
    bool asks_once;  /* Each request says that it is the last of its connection. */
    const struct expectation *expectation;
    uint64_t asked_ns;
    uint64_t heard_ns; /* The last byte, or the request. */
    uint64_t silence_max_ns;
    size_t out_len;
    size_t out_at;
    size_t head_len;
    uint64_t body_at; /* In the expectation's bytes. */
    uint64_t body_end;
    struct sha256 *digest; /* Of the bodies, for who wants it; NULL. */
    struct answer answer;
    char why[256]; /* When it failed. */
    char out[CLIENT_ASK_BYTES];
    char head[CLIENT_HEAD_BYTES];
};

uint64_t client_now_ns(void);
/* Begin to connect to a port of the loopback. False: `why` says it. */
bool client_open(struct client *client, uint16_t port);
void client_close(struct client *client);
/* Begin a request; the client is IDLE and connected. The expectation stays the caller's. */
void client_ask(struct client *client, const struct expectation *expectation);
/* POLLIN or POLLOUT: what it waits for. */
short client_events(const struct client *client);
/* After poll. @return the state: IDLE when the answer is there and right. */
enum client_state client_step(struct client *client);
/* From asking to IDLE or FAILED, with at most `limit_ms` of silence. */
bool client_finish(struct client *client, int limit_ms);
/* Connect when it is not, ask, finish. */
bool client_get(struct client *client, uint16_t port, const struct expectation *expectation);
