/* Inside the engine: its state and what its files offer each other. Only lib/net includes this.
 *
 *   engine.c      memory, step, what is due          input.c      frames in, demultiplexing
 *   output.c      frames out, paths, checksums       neighbour.c  who is where on the link
 *   icmp.c        echo, errors                       udp.c        datagram sockets
 *   dhcp.c dns.c  the two clients                    tcp*.c       see tcp.h
 *
 * One step has a budget of frames and notices. Notices must not be lost, so whatever produces an
 * unbounded number of them (a reassembly queue, a purge) is continued in the next step; frames that
 * find no room are either held as state (TCP) or dropped and counted (replies). */
#pragma once

#include "lib/base/assert.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"
#include "lib/net/net.h"
#include "lib/net/slice.h"
#include "lib/net/tcp_header.h"
#include "lib/net/timer.h"

#define INDEX_NONE UINT32_MAX

enum {
    MILLISECOND_NS = 1000 * 1000,
    /* What one incoming frame may need at most: its slices, and the notices of one connection. */
    NOTICES_PER_FRAME = NET_FRAME_SLICES + 8,
    NOTICES_PER_TIMER = 8,
};
#define SECOND_NS (1000ull * MILLISECOND_NS)
_Static_assert(NET_STEP_NOTICES >= 2 * NOTICES_PER_FRAME, "a frame and what it sets in motion");

/* ---- State of the parts --------------------------------------------------------------------- */

/* Events in a second, for what strangers can make us send. */
struct net_limiter {
    time_ns_t last;
    uint32_t tokens;
};

enum neighbour_state {
    NEIGHBOUR_FREE,
    NEIGHBOUR_RESOLVING, /* Asked; no answer yet. */
    NEIGHBOUR_REACHABLE,
    NEIGHBOUR_STALE, /* Usable, being asked again. */
};

struct neighbour {
    struct net_address address;
    struct net_mac mac;
    uint8_t state;
    uint8_t asked_count;
    time_ns_t confirmed; /* When we last knew. */
    time_ns_t used;
};

enum { PARKED_MAX = 8, PARKED_SLICES_MAX = 1 };

/* A reply that waits for its neighbour (park.c). */
struct parked {
    bool used;
    struct net_address next_hop;
    time_ns_t since;
    uint32_t chunk; /* The descriptor of the chunk that it owns, or SLICE_NONE. */
    struct net_frame frame;
};

struct udp_socket {
    uint32_t generation;
    bool open;
    bool wants_room;
    struct net_endpoint local;
    uint64_t cookie;
};

struct ping {
    bool active;
    bool waiting; /* Not sent yet: the neighbour is being asked. */
    uint16_t payload_len;
    struct net_address remote;
    uint64_t cookie;
    uint16_t id;
    time_ns_t sent;
};

struct dns_query {
    bool active;
    bool waiting;   /* Not sent yet. */
    uint8_t server; /* Index of the server asked last. */
    uint8_t tries;
    uint8_t name_len;
    uint16_t id;
    uint16_t port;
    uint64_t cookie;
    char name[NET_DNS_NAME_MAX];
};

enum dhcp_state {
    DHCP_OFF,
    DHCP_SELECTING,
    DHCP_REQUESTING,
    DHCP_BOUND,
    DHCP_RENEWING,
    DHCP_REBINDING,
};

struct dhcp_client {
    uint8_t state;
    uint8_t tries;
    uint32_t transaction;
    struct net_address server;
    struct net_address offered;
    time_ns_t started;
    time_ns_t renew_at, rebind_at, expire_at;
};

struct loopback_frame {
    struct net_frame frame;
    uint32_t owner; /* Connection whose chunks it refers to, or INDEX_NONE. */
};

struct loopback {
    struct loopback_frame *frames;
    uint32_t capacity, first, count;
};

struct tcp_connection;
struct tcp_listener;

/* Connections, by index. Buckets and lists link by index too (tcp_table.c). */
struct tcp_table {
    struct tcp_connection *connections;
    struct tcp_listener *listeners;
    uint32_t *buckets; /* First connection of each hash value. */
    uint32_t bucket_count;
    uint32_t free_head, touched;
    uint32_t half_open_head, half_open_tail, half_open_count; /* Oldest first. */
    uint32_t time_wait_head, time_wait_tail;                  /* Oldest first. */
    uint32_t ready_head, ready_tail;
    uint32_t starved_count;
    uint32_t waiting_count; /* Connections whose output waits for a neighbour. */
    uint32_t port_count;    /* For RFC 6056, algorithm 3. */
};

struct net_engine {
    struct net_config config;
    struct net_interface link;
    struct net_interface_address address;
    struct net_counters counters;

    time_ns_t now;
    struct net_outbox *outbox; /* Of the running step. */
    uint32_t frames_left, notices_left;

    struct net_timers timers;
    struct slice_store slices;
    struct slice_queue recycle; /* Slices whose chunks go back when there is room for notices. */
    uint32_t reorder_count;     /* Slices in all reassembly queues. */

    struct neighbour *neighbours;
    uint32_t neighbour_hint; /* The last one found. */
    struct parked parked[PARKED_MAX];
    struct udp_socket *udp_sockets;
    bool udp_blocked; /* A sender waits for room in the outbox or the loopback queue. */
    struct ping *pings;
    struct dns_query *queries;
    struct dhcp_client dhcp;
    struct loopback loopback;
    struct tcp_table tcp;

    /* Of a datagram of the engine's own to this host, until the next step: it lies in no chunk. A second
     * one of the same step is lost. */
    uint8_t own_bytes[NET_FRAME_BYTES];
    bool own_bytes_used;

    struct net_limiter icmp_limiter, reset_limiter, challenge_limiter;
    uint64_t random_count;
};

/* ---- Timers: which number belongs to what ---------------------------------------------------- */

static inline uint32_t timer_of_connection(const struct net_engine *net, uint32_t index)
{
    return index;
}

static inline uint32_t timer_of_neighbour(const struct net_engine *net, uint32_t index)
{
    return net->config.connections_max + index;
}

static inline uint32_t timer_of_ping(const struct net_engine *net, uint32_t index)
{
    return net->config.connections_max + net->config.neighbours_max + index;
}

static inline uint32_t timer_of_query(const struct net_engine *net, uint32_t index)
{
    return timer_of_ping(net, net->config.pings_max) + index;
}

static inline uint32_t timer_of_dhcp(const struct net_engine *net)
{
    return timer_of_query(net, net->config.queries_max);
}

/* ---- engine.c -------------------------------------------------------------------------------- */

/* The next notice of the step. There is room: callers keep to the budget. */
struct net_notice *net_notice_add(struct net_engine *net, enum net_notice_kind kind,
                                  uint64_t cookie);

/* Gives the chunk of a received slice back: at once if the budget allows, else later. */
void net_recycle(struct net_engine *net, uint32_t descriptor);

/* Unpredictable bits: the n-th value of a keyed sequence. */
uint64_t net_random(struct net_engine *net);

/* Whether one more may be sent now, at `per_second` in the long run. */
bool net_limiter_pass(struct net_engine *net, struct net_limiter *limiter, uint32_t per_second);

/* NONE, or an address that a host may have, with a prefix. */
bool net_interface_is_valid(const struct net_interface_address *address);

/* The interface has another address (or none): DHCP, or by hand. */
void net_address_set(struct net_engine *net, const struct net_interface_address *address);

/* A neighbour was resolved or given up: whatever waits for one may try again. */
void net_path_changed(struct net_engine *net);

/* ---- input.c --------------------------------------------------------------------------------- */

/* A received packet on its way through the layers. `head` reads the contiguous bytes that hold all
 * headers; behind its end, the packet goes on in slices[1] to slices[count - 1]. slices[0] is the
 * slice of the head, or empty for a frame from this host, whose head is not in the pool. */
struct net_packet {
    struct reader head;
    uint32_t count;
    struct net_slice slices[NET_FRAME_SLICES + 1];
    uint64_t passed; /* Bit i: the chunk of slice i has a new owner. */
    size_t ip_at;    /* Where the IP header begins in the head. */
    bool in_pool;    /* The head is in the pool: else its payload cannot be passed on. */
    bool local;      /* From this host: slices are borrowed, sums are not filled in. */
    bool checksum_good;
    bool to_group; /* Sent to a broadcast or multicast address: never answered by an error. */
    uint16_t segment_size;
    struct net_mac link_source;
    struct ipv4_header ip;
};
_Static_assert(NET_FRAME_SLICES < 64, "one bit a slice");

void net_input_frame(struct net_engine *net, const struct net_event_frame *frame);
void net_input_loopback(struct net_engine *net, const struct net_frame *frame);

/* Whether it lies in the pool, within one chunk, and is not empty. */
bool net_slice_is_valid(const struct net_engine *net, const struct net_slice *slice);

/* Bytes from the head's position to the end of the packet. */
uint32_t packet_len(const struct net_packet *packet);

/* Sum of the packet from the head's position on. */
uint16_t packet_sum(const struct net_engine *net, const struct net_packet *packet);

/* Cuts the packet to `len` bytes from the head's position on; false if it is shorter. */
bool packet_truncate(struct net_packet *packet, uint32_t len);

/* Makes slices[0] what is left of the head behind its position: then the slices are the payload. */
void packet_payload_begin(struct net_packet *packet);

/* The slice leaves the packet with its chunk. */
static inline void packet_pass(struct net_packet *packet, uint32_t index)
{
    packet->passed |= 1ull << index;
}

/* ---- output.c -------------------------------------------------------------------------------- */

/* Where a packet to some address goes, and from which of our addresses. */
struct net_path {
    struct net_address source;
    struct net_address next_hop; /* NONE: it needs no neighbour. */
    struct net_mac mac;
    bool loopback;
    bool parked; /* Of net_reply_begin alone: the frame waits for the next hop. */
};

/* OK, UNREACHABLE (no address, no route, no answer), or WOULD_BLOCK: the neighbour is being asked, and all of the path
 * but its MAC is there. */
status_t net_path_find(struct net_engine *net, const struct net_address *destination,
                       struct net_path *out_path);

/* Whether the address is one of this host's, loopback included. */
bool net_is_own(const struct net_engine *net, const struct net_address *address);

/* Nothing in it yet. */
void net_frame_clear(struct net_frame *frame);

/* A frame to fill, or NULL if the outbox (or the loopback queue) has no room. It is not out until
 * net_frame_commit. */
struct net_frame *net_frame_begin(struct net_engine *net, bool loopback);

/* Writes Ethernet and IPv4 headers for `transport_len` bytes of header and payload behind them. */
struct writer net_frame_headers(struct net_engine *net, struct net_frame *frame,
                                const struct net_path *path, const struct net_address *source,
                                const struct net_address *destination, uint8_t protocol,
                                size_t transport_len);

/* Appends a slice that lies in the pool; the caller keeps to NET_FRAME_SLICES. */
void net_frame_slice(struct net_frame *frame, struct net_slice slice);

/* Completes the checksum of a TCP or UDP header that starts at `transport_at` of the frame's header,
 * in software or as the card wants it. `checksum_at` is its place from there. */
void net_frame_checksum(struct net_engine *net, struct net_frame *frame, uint16_t pseudo_sum,
                        uint16_t transport_at, uint16_t checksum_at, bool loopback);

/* `owner`: the connection whose chunks the slices are, or INDEX_NONE. */
void net_frame_commit(struct net_engine *net, struct net_frame *frame, bool loopback,
                      uint32_t owner);

/* Forgets local frames that refer to a connection's chunks: it has ended. */
void net_loopback_purge(struct net_engine *net, uint32_t owner);

/* Sum of part of a slice in the pool. */
uint16_t net_slice_sum(const struct net_engine *net, const struct net_slice *slice);

/* ---- neighbour.c ----------------------------------------------------------------------------- */

/* OK with the MAC, WOULD_BLOCK while it is being asked, UNREACHABLE if the table is full of
 * neighbours being asked. */
status_t neighbour_find(struct net_engine *net, const struct net_address *address,
                        struct net_mac *out_mac);

/* The address is at this MAC, somebody said. `create`: make an entry if there is none. */
void neighbour_learn(struct net_engine *net, const struct net_address *address,
                     const struct net_mac *mac, bool create);

void neighbour_timer(struct net_engine *net, uint32_t index);
void neighbours_forget(struct net_engine *net);

/* ARP, the way IPv4 asks (another family brings its own). */
void arp_input(struct net_engine *net, struct net_packet *packet);
void arp_request(struct net_engine *net, const struct net_address *target,
                 const struct net_mac *to);

/* ---- park.c ---------------------------------------------------------------------------------- */

/* A frame to fill that is a reply, kept nowhere else: for the outbox, or to wait for the neighbour, and then with
 * PARKED_SLICES_MAX slices at most, which must be chunks that it gives. NULL (and counted): it cannot be sent.
 * It must be committed in the same step. */
struct net_frame *net_reply_begin(struct net_engine *net, const struct net_address *to,
                                  struct net_path *out_path);
void net_reply_commit(struct net_engine *net, struct net_frame *frame, const struct net_path *path);

/* The next hop has told its MAC: what waits for it leaves. */
void park_send(struct net_engine *net, const struct net_address *next_hop,
               const struct net_mac *mac);
/* The next hop does not answer (NULL: no neighbour is what it was): what waits for it is dropped. */
void park_forget(struct net_engine *net, const struct net_address *next_hop);
/* Chunks that parked frames own. */
uint32_t park_chunks(const struct net_engine *net);

/* ---- icmp.c ---------------------------------------------------------------------------------- */

void icmp_input(struct net_engine *net, struct net_packet *packet);

/* Tells the sender of a packet that nobody takes it; `start` is its first IP byte. Rate limited. */
void icmp_unreachable(struct net_engine *net, const struct net_packet *packet, uint8_t code);
status_t icmp_ping(struct net_engine *net, const struct net_event_ping *event);
void icmp_ping_timer(struct net_engine *net, uint32_t index);
void icmp_room(struct net_engine *net);

/* ---- udp.c ----------------------------------------------------------------------------------- */

void udp_input(struct net_engine *net, struct net_packet *packet);
void udp_error(struct net_engine *net, const struct ipv4_header *quoted, struct reader *transport,
               status_t why);
status_t udp_open(struct net_engine *net, const struct net_event_udp_open *event);
status_t udp_send(struct net_engine *net, const struct net_event_udp_send *event);
status_t udp_close(struct net_engine *net, const struct net_event_udp_close *event);

/* There may be a path or room now: senders that were told WOULD_BLOCK may try again. */
void udp_room(struct net_engine *net);

/* A datagram of the engine's own, header and all in the frame. OK, WOULD_BLOCK, UNREACHABLE. */
status_t udp_send_inline(struct net_engine *net, const struct net_path *path,
                         const struct net_address *source, const struct net_address *destination,
                         uint16_t source_port, uint16_t destination_port, const uint8_t *payload,
                         size_t len);

/* Whether a socket or a client of the engine uses the local port. */
bool udp_port_used(const struct net_engine *net, uint16_t port);
uint16_t udp_port_choose(struct net_engine *net);

/* ---- dhcp.c, dns.c --------------------------------------------------------------------------- */

void dhcp_start(struct net_engine *net);
void dhcp_stop(struct net_engine *net);
void dhcp_input(struct net_engine *net, struct reader *message);
void dhcp_timer(struct net_engine *net);

status_t dns_resolve(struct net_engine *net, const struct net_event_resolve *event);

/* True if the datagram was for the DNS client, which has then dealt with it. */
bool dns_input(struct net_engine *net, const struct net_packet *packet,
               const struct udp_header *udp, struct reader *message);
void dns_timer(struct net_engine *net, uint32_t index);
void dns_room(struct net_engine *net);
bool dns_port_used(const struct net_engine *net, uint16_t port);
