/* A server's side of an endpoint: wait for a request, hand it to a protocol's dispatch, answer. The
 * answer to a short request leaves together with the wait for the next one, in one call. One
 * thread per server. */
#pragma once

#include <abi/ipc_parcel.h>

/* What a handler answers that has saved the call (reply_save) and will answer it later. */
#define IPC_ANSWER_LATER STATUS_IN_PROGRESS

struct ipc_server {
    handle_t endpoint; /* RECEIVE. */
    uint8_t *request_bytes;
    uint8_t *reply_bytes;
    size_t capacity; /* Of each of the two. */

    /* Serve one request: NAME_dispatch of a protocol, perhaps after a look at the badge. */
    status_t (*dispatch)(void *server, uint64_t badge, struct ipc_parcel *request,
                         struct ipc_parcel *reply);
    /* The last handle to a channel with this badge went. May be NULL. */
    void (*closed)(void *server, uint64_t badge);
    void *argument;
    struct ipc_answer {
        uint64_t words[8];
        uint64_t count;
        status_t status;
        bool is_due;
    } answer; /* To go with the next wait. */
};

/* Wait for one thing to happen at the endpoint and deal with it. The answer, if one is due, leaves
 * with the next call of this: make it before anything slow.
 * @return TIMED_OUT when nothing came; others: the endpoint is beyond use. */
[[nodiscard]] status_t ipc_server_next(struct ipc_server *server, time_ns_t deadline);

/* Serve what waits, so many requests at the most that callers cannot keep a loop from its other work, and
 * let the last answer go. More may wait then: watch the endpoint by level.
 * @return OK; others: the endpoint is beyond use. */
[[nodiscard]] status_t ipc_server_drain(struct ipc_server *server);
