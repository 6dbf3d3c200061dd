/* Endpoints and channels. An endpoint is where a server receives; a channel is a calling end with
 * a badge, by which the server knows the caller. The endpoint signals READABLE while something is
 * queued, a channel PEER_CLOSED once the last handle to the endpoint is gone. When the last handle to
 * a channel goes, the server hears of it in the queue (IPC_FLAG_CLOSED and the badge).
 *
 * Lock order: endpoint.lock (LOCK_CHANNEL) > ipc_thread.lock (LOCK_CALL) > LOCK_OBJECT. */
#pragma once

#include "kernel/ipc/call.h"
#include "kernel/object/object.h"

struct endpoint {
    struct object object;        /* OBJECT_ENDPOINT. */
    struct signal_source source; /* SIGNAL_READABLE. */
    struct spinlock lock;        /* LOCK_CHANNEL: all below. */
    bool closed;                 /* The last handle went. */
    uint32_t letter_count;       /* Queued, or being written: IPC_QUEUE_MAX at most. */
    struct list queue;           /* struct ipc_item, oldest first. */
    struct list receivers;       /* struct ipc_thread, the latest first: its cache is warm. */
    struct list channels;        /* struct channel. */
};

struct channel {
    struct object object;        /* OBJECT_CHANNEL. */
    struct signal_source source; /* SIGNAL_PEER_CLOSED. */
    struct endpoint *endpoint;   /* One reference. */
    uint64_t badge;
    struct list endpoint_link;   /* endpoint->channels. */
    struct ipc_item closed_note; /* Holds one reference to the channel while queued. */
};

/* @return NO_MEMORY, LIMIT. */
status_t endpoint_create(struct cell *cell, struct endpoint **out_endpoint);
/* A calling end. @return NO_MEMORY, LIMIT. */
status_t channel_create(struct cell *cell, struct endpoint *endpoint, uint64_t badge,
                        struct channel **out_channel);

/* Wait for the next item, after waking (or, while waiting, running) `woken`, which may be NULL.
 * The item's words are in the thread's frame then. @return PEER_CLOSED when the endpoint's last
 * handle went meanwhile, TIMED_OUT, CANCELLED. */
status_t endpoint_receive(struct endpoint *endpoint, struct ipc_thread *server,
                          struct thread *woken, time_ns_t deadline);

/* Room for one letter, to be filled by endpoint_post or given back. @return WOULD_BLOCK,
 * PEER_CLOSED. */
status_t endpoint_reserve(struct endpoint *endpoint);
void endpoint_unreserve(struct endpoint *endpoint);
/* Queue a letter in reserved room, or hand it to a waiting server. The endpoint owns it then; with
 * PEER_CLOSED it remains the caller's. */
status_t endpoint_post(struct endpoint *endpoint, struct ipc_letter *letter);

/* A letter without a payload. @return NO_MEMORY, LIMIT. */
status_t letter_create(struct cell *cell, uint64_t badge, struct ipc_letter **out_letter);
/* Free the letter alone; whoever has its payload goes on with that. Any context. */
void letter_free(struct ipc_letter *letter);

/* The latest waiting receiver, claimed, or NULL. The endpoint's lock held. */
struct ipc_thread *endpoint_claim_receiver(struct endpoint *endpoint);
/* Queue an item and say so. The endpoint's lock held. */
void endpoint_enqueue(struct endpoint *endpoint, struct ipc_item *item);
