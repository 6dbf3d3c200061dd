/* Listeners: a bounded queue of stream ends that are ready to be used. It has two ends of its own:
 * the application's accepts, the transport's (or a local connector's) posts. Queued ends are held
 * as capabilities, so they survive the process that posted them: netd may die and the backlog
 * stays. When the last accepting handle goes, the queue is drained and posters are told.
 *
 * The accepting end signals READABLE while something is queued, PEER_CLOSED while nobody could post.
 * The posting end signals WRITABLE while there is room, PEER_CLOSED when nobody accepts any more. */
#pragma once

#include <abi/net.h>

#include "kernel/object/handle.h"
#include "kernel/object/object.h"

enum { LISTENER_BACKLOG_MAX = 1024, LISTENER_CLAIMS_MAX = 8 };

/* That somebody listens at the address (listener_claim.c). */
struct listener_claim {
    const void *holder; /* Compared alone; NULL: free. */
    struct socket_address address;
};

struct listener {
    struct object object; /* OBJECT_LISTENER. */
    struct signal_source source;
    struct listener_core *core;
    bool posts;  /* The posting end. */
    bool closed; /* The last handle went; core->lock. */
};

/* What both ends share; freed with the second. */
struct listener_core {
    struct spinlock lock;       /* LOCK_STREAM: all below. */
    struct listener *accepting; /* NULL once destroyed. */
    struct listener *posting;
    struct list arrivals; /* struct arrival, oldest first. */
    uint32_t arrival_count;
    uint32_t backlog;
    struct wait_queue accepters;
    struct socket_address address;
    struct listener_claim claims[LISTENER_CLAIMS_MAX];
};

/* A ready stream end in the queue. */
struct arrival {
    struct list link;
    struct capability capability; /* Of a stream. */
    struct socket_address peer;
    struct cell *cell; /* Charged; kept alive by the listener. */
};

/* The caller gets one reference to each end. @return INVALID (backlog 0 or above the most), NO_MEMORY,
 * LIMIT. */
status_t listener_create(struct cell *cell, const struct socket_address *address, uint32_t backlog,
                         struct listener **out_accepting, struct listener **out_posting);

/* Put a capability into the queue, which owns it with OK, and only then. Never sleeps.
 * @return LIMIT when the backlog is full, PEER_CLOSED when nobody accepts, NO_MEMORY. */
status_t listener_post(struct listener *posting, const struct capability *capability,
                       const struct socket_address *peer);

/* Take the oldest arrival; the caller owns it: arrival_free after using the capability, or
 * listener_return. @return WOULD_BLOCK (with no_wait), TIMED_OUT, CANCELLED, BAD_HANDLE (closed
 * meanwhile), PEER_CLOSED (nothing is queued, and nobody can post any more). */
status_t listener_take(struct listener *accepting, bool no_wait, time_ns_t deadline,
                       struct arrival **out_arrival);
/* Put an arrival back in front: it could not be delivered. */
void listener_return(struct listener *accepting, struct arrival *arrival);
/* Free the arrival alone. */
void arrival_free(struct arrival *arrival);

void listener_info(struct listener *listener, struct socket_address *out_address,
                   uint32_t *out_queued, uint32_t *out_backlog);

/* Say that `holder` listens, until it gives that up. Those who hold a listener share its queue and its right; that two
 * sockets do not listen at one address by mistake is what a claim is for. Addresses are equal or not.
 * @param address  copied. @return IN_USE: another holder has this address; LIMIT: LISTENER_CLAIMS_MAX are held. */
status_t listener_claim(struct listener *listener, const void *holder,
                        const struct socket_address *address);
/* Give up what the holder claims, if anything. Any context without locks of that class. */
void listener_unclaim(struct listener *listener, const void *holder);
