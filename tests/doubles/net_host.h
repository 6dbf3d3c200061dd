/* A host for the network engine in tests: a pool whose chunks have known owners, an engine, an outbox
 * that is emptied after each step, and a card that does what virtio cards do (completes checksums,
 * cuts large frames, merges receive buffers). It checks the ownership rules of lib/net/net.h: a chunk
 * that is given back twice, or touched after it was given away, fails the test. */
#pragma once

#include "lib/net/net.h"

enum chunk_owner { CHUNK_FREE, CHUNK_ENGINE, CHUNK_APPLICATION };

/* A frame on the wire, its bytes in one piece. */
struct wire_packet {
    uint8_t *bytes; /* From malloc. */
    uint32_t len;
    uint8_t flags;         /* NET_RECEIVE_*. */
    uint16_t segment_size; /* Of a merged frame. */
};

struct net_host {
    struct net_config config;
    uint8_t *pool;
    uint8_t *owners; /* enum chunk_owner, by chunk. */
    uint32_t chunk_count, chunk_hint;
    void *memory;
    struct net_engine *engine;
    time_ns_t now, deadline;

    uint32_t frames_max; /* Of the outbox, 1 to NET_STEP_FRAMES: how much the card takes at once. */
    bool card_stuck;     /* The card takes nothing. */
    bool card_merges;    /* Large frames and partial checksums go to the peer as they are. */
    bool splits_buffers; /* Received frames are spread over several chunks. */
    struct net_frame frames[NET_STEP_FRAMES];
    struct net_notice notices[NET_STEP_NOTICES];
    struct net_outbox outbox;

    struct wire_packet *sent; /* Grows; the test takes them and sets the count to 0. */
    uint32_t sent_count, sent_capacity;
    struct net_notice *log; /* Likewise. */
    uint32_t log_count, log_capacity;
};

/* Starts a host; `config` without pool and, if seed is 0, without a good seed. */
void net_host_init(struct net_host *host, const struct net_config *config, uint32_t chunk_count,
                   uint64_t seed, time_ns_t now);
void net_host_free(struct net_host *host);

/* One event, and then polls until nothing is due at once. Returns the answer to the event. The outbox's
 * other answers stay in host->outbox. */
status_t net_host_step(struct net_host *host, const struct net_event *event, time_ns_t now);
void net_host_poll(struct net_host *host, time_ns_t now);

/* Gives a frame to the engine. False if the pool has no chunks left: the card drops it. */
bool net_host_receive(struct net_host *host, const struct wire_packet *packet, bool more,
                      time_ns_t now);

/* A chunk for the application, or UINT32_MAX. The offset of its first byte. */
uint32_t net_host_chunk_take(struct net_host *host);

/* Frees it, and fills it with rubbish, so that whoever still sends it is found out. */
void net_host_chunk_free(struct net_host *host, uint32_t offset);
uint32_t net_host_chunks_used(const struct net_host *host, enum chunk_owner owner);

void net_host_sent_clear(struct net_host *host);
void net_host_log_clear(struct net_host *host);

/* An IPv4 configuration 10.0.0.`last`/24 with everything small, for tests to change. */
struct net_config net_host_config(uint8_t last);
static inline struct net_address net_host_address(uint8_t last)
{
    return net_address_ipv4(0x0a000000u | last);
}
