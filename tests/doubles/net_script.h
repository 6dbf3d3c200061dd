/* TCP tests as lines. A script drives one engine through the test host and plays its peer by hand:
 *
 *   listen                          port 80, backlog 4        connect          to the peer's port 80
 *   < S seq 0 win 1000 mss 1460     a segment from the peer; fields: seq ack win len mss ws sackok
 *                                   ts N/N sack A-B, and `port N` for another port of the peer
 *   > SA seq 0 ack 1                the next segment that the engine sent has these fields
 *   > nothing                       it sent nothing more
 *   ! ACCEPT                        the next notice is this; fields: why STATUS, len N (DELIVER, ACKED)
 *   ! nothing
 *   + 200                           time passes, in milliseconds
 *   send 100 | shutdown | close | abort | window 0 | nodelay | keepalive | full | room
 *   forget                          the engine's next SYN begins another connection
 *
 * Sequence numbers are relative to the first of each side, so a SYN is 0; timestamps are absolute for
 * the peer's. What was delivered is read at once, so the window stays open unless `window` says
 * otherwise. Every connection is the last one that was begun or accepted. */
#pragma once

#include "tests/doubles/net_host.h"

struct net_script {
    struct net_host host;
    net_connection_t connection;
    net_listener_t listener;
    uint16_t peer_port, own_port;
    bool iss_known;
    uint32_t iss;                         /* The engine's first sequence number, absolute. */
    uint32_t sent_at, arp_at, noticed_at; /* Read so far of host.sent (twice) and host.log. */
    struct net_slice sending[256];
    uint32_t sending_count;
};

enum { SCRIPT_PEER_ISS = 5000, SCRIPT_PEER = 2 };

/* A host with default options; `change` may alter them. */
void net_script_begin(struct net_script *script, void (*change)(struct net_config *config));

/* Runs lines, separated by newlines. A line that does not come true fails the test with its text. */
void net_script_run(struct net_script *script, const char *lines);

/* Ends it: aborts nothing, but checks that no chunk is missing once the connection is gone. */
void net_script_end(struct net_script *script);
