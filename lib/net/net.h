/* The network engine: Ethernet, ARP, IPv4, ICMP, UDP, TCP, a DHCP client and a DNS client as one
 * pure state machine. Bytes and time go in, bytes, notices and the next deadline come out. It has
 * no clock, allocates nothing, calls nobody back, and keeps no state outside the memory that
 * net_engine_init was given. The caller owns the loop and is the only thread inside; it may be
 * netd, a host test, the simulator or a fuzzer.
 *
 * PAYLOAD IS NEVER COPIED. It lives in the pool, one memory area of equal chunks that the kernel's
 * streams, the caller and the network card share. The engine names payload by slices (offset,
 * length, partial checksum) and reads the pool only to parse headers, or to compute a checksum that
 * nobody computed before.
 *
 * WHO OWNS A CHUNK
 *   Received. A FRAME event gives the engine the chunk of each of its slices (one slice a chunk,
 *   one chunk in one frame). The engine gives each back exactly once, in this step or a later one:
 *     - by NET_NOTICE_DELIVER or NET_NOTICE_DATAGRAM, whose slice lies in the chunk: the payload now
 *       belongs to the caller, which frees the chunk when it is consumed;
 *     - by NET_NOTICE_RECYCLE, with the offset of the chunk: post it to the card again;
 *     - with an output frame that has NET_FRAME_GIVES_CHUNKS (an echo reply is sent from the buffer
 *       that held the request): free once that frame has left the card.
 *   Sent. The chunks behind a SEND stay the caller's. The engine refers to them until the bytes
 *   are acknowledged (NET_NOTICE_ACKED) or the connection has ended, and output frames given out
 *   before that refer to them until the card has sent them. So: consume acknowledged bytes
 *   only when every frame handed to the card before the notice has completed. The same for UDP_SEND,
 *   whose frame leaves in the same step.
 *   A slice with NET_SLICE_BORROWED (local traffic) stays the sender's: copy before the next step.
 *
 * The pool may be written by a driver in another process while the engine reads it. Each header
 * field is loaded once, and every length is checked against what the event said, not against memory. */
#pragma once

#include <abi/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

struct net_engine;

/* ---- Names ---------------------------------------------------------------------------------- */

/* An index below the table's size, and a generation: a stale name reaches nothing. 0: none. */
typedef struct {
    uint64_t raw;
} net_connection_t;

typedef struct {
    uint64_t raw;
} net_listener_t;

typedef struct {
    uint64_t raw;
} net_udp_t;

/* The slot behind a name, for a caller that keeps a table of its own of the same size. */
static inline uint32_t net_connection_index(net_connection_t connection)
{
    return (uint32_t)connection.raw;
}

/* ---- Payload -------------------------------------------------------------------------------- */

enum net_slice_flag {
    NET_SLICE_SUM = 1 << 0,      /* `sum` is valid. */
    NET_SLICE_BORROWED = 1 << 1, /* Valid until the next step, and not the receiver's to free. */
};

struct net_slice {
    uint32_t offset; /* Of the first byte, from the start of the pool. */
    uint32_t len;    /* At least 1; a slice never crosses the end of its chunk. */
    uint16_t sum;    /* Ones'-complement sum of the bytes (net_sum), not inverted. */
    uint16_t flags;  /* NET_SLICE_*. */
};
_Static_assert(sizeof(struct net_slice) == 12, "slices go through shared rings");

enum {
    NET_FRAME_SLICES = 34,  /* More than 64 KiB in chunks of 4 KiB: not every one is full. */
    NET_HEADER_MAX = 128,   /* Header bytes of a frame of the data path. */
    NET_FRAME_BYTES = 640,  /* The engine's own messages (DHCP, DNS, echo) are header alone. */
    NET_DNS_NAME_MAX = 253, /* Characters of a host name (RFC 1035, section 2.3.4). */
    NET_DNS_ADDRESSES = 8,  /* Addresses that one answer reports. */
    NET_DNS_SERVERS = 2,
    NET_STEP_NOTICES = 128, /* The most notices one step writes. */
    NET_STEP_FRAMES = 32,   /* The most frames one step writes. */
};

/* ---- Configuration -------------------------------------------------------------------------- */

enum net_offload {
    NET_OFFLOAD_TX_CHECKSUM = 1 << 0, /* The card completes the checksum (VIRTIO_NET_F_CSUM). */
    NET_OFFLOAD_TSO4 = 1 << 1,        /* The card cuts segments (HOST_TSO4); needs TX_CHECKSUM. */
};

/* What the link can do; may change when a driver is replaced. */
struct net_interface {
    struct net_mac mac;
    uint16_t mtu; /* Bytes of an IP packet: 576 to 65535. */
    bool up;
    uint32_t offloads; /* NET_OFFLOAD_*. */
};

/* An address of the interface, given by hand or learned by DHCP. */
struct net_interface_address {
    struct net_address address;              /* NONE: the interface has no address. */
    uint8_t prefix_len;                      /* Of 128 bits: 120 for an IPv4 /24. */
    struct net_address gateway;              /* NONE: only the local network is reached. */
    struct net_address dns[NET_DNS_SERVERS]; /* NONE where there is none. */
};

/* Each count is at least 1 and at most 65535, if not said otherwise. */
struct net_config {
    const uint8_t *pool;
    size_t pool_len;     /* A multiple of chunk_size, below 4 GiB. */
    uint32_t chunk_size; /* A power of two, 256 to 65536. */

    uint32_t connections_max; /* TCP connections of every state. */
    uint32_t half_open_max;   /* Of them, how many may be in SYN-RECEIVED (a SYN flood's share). */
    uint32_t listeners_max;
    uint32_t udp_max;
    uint32_t neighbours_max;
    uint32_t queries_max;     /* DNS questions at a time. */
    uint32_t pings_max;       /* Echo requests waiting for their replies. */
    uint32_t slices_max;      /* Slice descriptors for all send and reassembly queues: to 2^24. */
    uint32_t send_slices_max; /* Of them, at most this many in one connection's send queue. */
    uint32_t reorder_slices_max; /* Of them, at most this many in all reassembly queues together. */
    uint32_t loopback_max;       /* Frames on their way from this host to itself. */

    uint32_t receive_window; /* Window of a connection until its first WINDOW event, bytes. */
    uint8_t window_scale;    /* Offered shift, 0 to 14: the largest window is 65535 << scale. */

    time_ns_t keepalive_idle_ns;     /* Before the first probe (RFC 9293, 3.8.4), e.g. two hours. */
    time_ns_t keepalive_interval_ns; /* Between probes. */
    uint32_t keepalive_probes;       /* Unanswered ones that end a connection. */
    time_ns_t time_wait_ns;          /* 2 MSL. */

    struct net_interface link;
    struct net_interface_address address; /* May be none, with DHCP to follow. */
    struct net_address
        dns[NET_DNS_SERVERS]; /* Asked instead of those that DHCP tells. NONE: those. */
    uint8_t hostname_len;     /* 0 to 63; sent to the DHCP server. */
    char hostname[63];
    uint8_t seed[16]; /* From the entropy source: ISNs, ports, identifiers. Keep it secret. */
};

/* Sensible values for everything but pool, link, address and seed. */
struct net_config net_config_default(void);

/* Bytes that an engine of this configuration needs, aligned to 64; 0 if a value is out of range. */
size_t net_engine_size(const struct net_config *config);

/* Builds an engine at `memory` (aligned to 64, net_engine_size bytes, zeroed or not). It keeps no
 * reference to `config`, but keeps the pool's address. To end it, forget the memory: chunks that it
 * held from FRAME events are then the caller's to collect.
 * @return INVALID if the configuration is out of range or `size` too small. */
__attribute__((warn_unused_result)) status_t net_engine_init(void *memory, size_t size,
                                                             const struct net_config *config,
                                                             time_ns_t now,
                                                             struct net_engine **out_engine);

/* ---- Events: what goes in ------------------------------------------------------------------- */

enum net_event_kind {
    NET_EVENT_POLL, /* Nothing new: run timers and output that waited. */
    NET_EVENT_FRAME,
    NET_EVENT_INTERFACE,
    NET_EVENT_ADDRESS,
    NET_EVENT_DHCP,
    NET_EVENT_LISTEN,
    NET_EVENT_LISTENER_FULL,
    NET_EVENT_UNLISTEN,
    NET_EVENT_CONNECT,
    NET_EVENT_COOKIE,
    NET_EVENT_SEND,
    NET_EVENT_WINDOW,
    NET_EVENT_OPTIONS,
    NET_EVENT_SHUTDOWN,
    NET_EVENT_CLOSE,
    NET_EVENT_ABORT,
    NET_EVENT_UDP_OPEN,
    NET_EVENT_UDP_SEND,
    NET_EVENT_UDP_CLOSE,
    NET_EVENT_PING,
    NET_EVENT_RESOLVE,
    NET_EVENT_COUNT,
};

enum net_receive_flag {
    NET_RECEIVE_CHECKSUM_OK = 1 << 0,      /* Checked by the card (DATA_VALID). */
    NET_RECEIVE_CHECKSUM_PARTIAL = 1 << 1, /* From this machine, not summed yet (NEEDS_CSUM). */
};

/* A received Ethernet frame, from the destination address on, without FCS and virtio header. The
 * first slice holds all headers (at least the first 128 bytes or the whole frame); a frame that
 * the host merged from many segments goes up to 64 KiB. */
struct net_event_frame {
    const struct net_slice *slices;
    uint16_t slice_count;  /* 1 to NET_FRAME_SLICES; others are recycled unread as far as that. */
    uint8_t flags;         /* NET_RECEIVE_*. */
    uint16_t segment_size; /* gso_size of a merged frame, or 0. A hint for acknowledgements. */
};

/* Answers OK and names the listener, IN_USE if the address and port are taken, LIMIT. */
struct net_event_listen {
    struct net_endpoint local; /* Address NONE: any. */
    uint64_t cookie;           /* Comes back with each ACCEPT. */
    uint32_t backlog;          /* Handshakes at a time: the rest of the SYNs are dropped. */
};

/* Nobody can take a connection now (or can again): SYNs and last ACKs are dropped meanwhile, so that
 * peers try again. Answers OK or NOT_FOUND. */
struct net_event_listener_full {
    net_listener_t listener;
    bool full;
};

/* Answers OK and names the connection (CONNECTED or an end comes later), INVALID, UNREACHABLE with
 * no address or route, IN_USE if the local port is given and taken, LIMIT. */
struct net_event_connect {
    struct net_endpoint local; /* Port 0: choose one (RFC 6056). Address NONE: the interface's. */
    struct net_endpoint remote;
    uint64_t cookie;
};

/* What later notices of an accepted connection shall carry. OK or NOT_FOUND. */
struct net_event_cookie {
    net_connection_t connection;
    uint64_t cookie;
};

/* More bytes to send. Answers OK with `taken`, the slices accepted from the front (fewer than
 * slice_count when descriptors ran out: offer the rest again after the next ACKED or SEND_ROOM of
 * this connection), NOT_FOUND, PEER_CLOSED after SHUTDOWN or CLOSE, INVALID if a slice lies outside
 * the pool (none is taken). */
struct net_event_send {
    net_connection_t connection;
    const struct net_slice *slices;
    uint32_t slice_count;
};

/* How many bytes the receiver can take now, once everything that was DELIVERed up to the end of the
 * previous step is counted in. OK or NOT_FOUND. */
struct net_event_window {
    net_connection_t connection;
    uint32_t free_bytes;
};

struct net_event_options {
    net_connection_t connection;
    bool no_delay;   /* Nagle's algorithm off (RFC 9293, 3.7.4). */
    bool keep_alive; /* Probe an idle peer. Off at first. */
};

/* SHUTDOWN: FIN after what is queued; receiving goes on. CLOSE: the same, and nobody reads any
 * more: later data is answered with RST (RFC 9293, 3.6.1) and FIN-WAIT-2 has a deadline. ABORT: RST
 * at once, queued bytes are dropped. Answer OK or NOT_FOUND. The end comes as a notice. */
struct net_event_connection {
    net_connection_t connection;
};

struct net_event_udp_open {
    struct net_endpoint local; /* Address NONE: any. Port 0: choose one. */
    uint64_t cookie;
};

/* One datagram. Answers OK (its frame is in the outbox), WOULD_BLOCK (the next hop is being
 * resolved or the outbox is full: again after UDP_ROOM), TOO_BIG, UNREACHABLE, NOT_FOUND, INVALID. */
struct net_event_udp_send {
    net_udp_t socket;
    struct net_endpoint remote;
    const struct net_slice *slices;
    uint32_t slice_count; /* 0 to NET_FRAME_SLICES. */
};

struct net_event_udp_close {
    net_udp_t socket;
};

/* An ICMP echo request with `payload_len` bytes of a pattern. Answers OK, LIMIT, UNREACHABLE,
 * INVALID; NET_NOTICE_PONG follows. */
struct net_event_ping {
    struct net_address remote;
    uint64_t cookie;
    uint16_t payload_len; /* At most 512. */
    time_ns_t timeout_ns;
};

/* Look up the IPv4 addresses of a host name. Answers OK, INVALID (not a host name), LIMIT,
 * UNREACHABLE without a server; NET_NOTICE_RESOLVED follows. */
struct net_event_resolve {
    const char *name;
    size_t name_len;
    uint64_t cookie;
};

struct net_event {
    enum net_event_kind kind;
    /* Another event follows at once: hold acknowledgements and output back, so that they can be
     * combined. The last event of a batch must not have it. */
    bool more;
    union {
        struct net_event_frame frame;
        struct net_interface link;            /* INTERFACE: the driver's side is new. */
        struct net_interface_address address; /* ADDRESS: set by hand; ends DHCP. */
        bool dhcp;                            /* DHCP: start (or stop, releasing the lease). */
        struct net_event_listen listen;
        struct net_event_listener_full listener_full;
        net_listener_t unlisten; /* Handshakes that are not complete end; connections stay. */
        struct net_event_connect connect;
        struct net_event_cookie cookie;
        struct net_event_send send;
        struct net_event_window window;
        struct net_event_options options;
        struct net_event_connection connection; /* SHUTDOWN, CLOSE, ABORT. */
        struct net_event_udp_open udp_open;
        struct net_event_udp_send udp_send;
        struct net_event_udp_close udp_close;
        struct net_event_ping ping;
        struct net_event_resolve resolve;
    };
};

/* ---- Outbox: what comes out ----------------------------------------------------------------- */

enum net_frame_flag {
    NET_FRAME_NEEDS_CHECKSUM = 1 << 0, /* As VIRTIO_NET_HDR_F_NEEDS_CSUM. */
    NET_FRAME_GIVES_CHUNKS = 1 << 1,   /* The chunks of its slices are free once it is sent. */
};

enum net_segmentation {
    NET_SEGMENTATION_NONE = 0,
    NET_SEGMENTATION_TCP4 = 1, /* As VIRTIO_NET_HDR_GSO_TCPV4. */
};

/* A frame to send: `header_len` bytes of `header`, then the slices. The offload fields are those of
 * struct virtio_net_hdr (virtio 1.2, section 5.1.6) without change. */
struct net_frame {
    uint16_t header_len;
    uint8_t slice_count;
    uint8_t flags; /* NET_FRAME_*. */
    uint8_t gso_type;
    uint16_t gso_size;    /* MSS when gso_type is set. */
    uint16_t csum_start;  /* With NEEDS_CHECKSUM: where the sum begins, */
    uint16_t csum_offset; /* and where it goes, from there. */
    uint32_t payload_len; /* Sum of the slices' lengths. */
    struct net_slice slices[NET_FRAME_SLICES];
    uint8_t header[NET_FRAME_BYTES];
};

enum net_notice_kind {
    NET_NOTICE_RECYCLE,
    NET_NOTICE_DELIVER,
    NET_NOTICE_ACKED,
    NET_NOTICE_SEND_ROOM,
    NET_NOTICE_ACCEPT,
    NET_NOTICE_CONNECTED,
    NET_NOTICE_PEER_FIN,
    NET_NOTICE_CLOSED,
    NET_NOTICE_RESET,
    NET_NOTICE_DATAGRAM,
    NET_NOTICE_UDP_ROOM,
    NET_NOTICE_UDP_ERROR,
    NET_NOTICE_PONG,
    NET_NOTICE_RESOLVED,
    NET_NOTICE_ADDRESS,
};

/* A connection ends with exactly one CLOSED (both sides finished and everything sent was
 * acknowledged) or one RESET; its name is dead from then on. Status of a RESET: RESET by the peer,
 * REFUSED while connecting, TIMED_OUT, UNREACHABLE, CANCELLED for an ABORT of our own. */
struct net_notice {
    enum net_notice_kind kind;
    uint64_t cookie; /* Of the connection, socket, listener (ACCEPT), ping or question. */
    union {
        uint32_t chunk_offset; /* RECYCLE: of the chunk's first byte. */
        struct {
            net_connection_t connection;
            union {
                struct net_slice slice; /* DELIVER: the next bytes of the stream. */
                uint32_t acked_bytes;   /* ACKED: from the front of what was sent. */
                status_t why;           /* RESET. */
                struct {                /* ACCEPT, CONNECTED. */
                    struct net_endpoint local;
                    struct net_endpoint remote;
                    uint16_t mss; /* Payload of one segment: a good size for slices. */
                };
            };
        };
        struct { /* DATAGRAM: one notice a slice, in a row; no slice (len 0) if it is empty. */
            struct net_endpoint from;
            struct net_slice datagram;
            uint16_t slices_left; /* Further notices of the same datagram. */
            uint16_t
                own_len; /* Instead of a slice, of a question of the engine's own to this host: */
            const uint8_t *own_bytes; /* copy them before the next step. */
            status_t udp_status;      /* UDP_ERROR: REFUSED or UNREACHABLE, of `from`. */
        };
        struct { /* PONG: OK or TIMED_OUT. */
            status_t ping_status;
            time_ns_t round_trip_ns;
        };
        struct { /* RESOLVED: OK, NOT_FOUND, TIMED_OUT, IO (the servers could not say). */
            status_t dns_status;
            uint8_t address_count;
            uint32_t ttl_s;
            uint32_t ipv4[NET_DNS_ADDRESSES]; /* As for net_address_ipv4. */
        };
        struct { /* ADDRESS: DHCP has bound or lost (address NONE) the interface. */
            struct net_interface_address address;
            uint32_t lease_s;
        };
    };
};

/* The caller supplies the arrays, resets the counts to 0 when it has emptied them, and may let
 * several steps fill one outbox. */
struct net_outbox {
    struct net_frame *frames;
    uint32_t frames_max; /* May leave no room: output waits, and `frames_wanted` says so. */
    uint32_t frame_count;
    struct net_notice *notices;
    uint32_t notices_max; /* Before each step, room for NET_STEP_NOTICES. Asserted. */
    uint32_t notice_count;

    /* Of the last step: */
    bool frames_wanted; /* Frames wait only for room in this outbox. */
    status_t answer;    /* To an event that asks; OK for the others. */
    uint32_t taken;     /* SEND: slices accepted. */
    union {             /* What LISTEN, CONNECT and UDP_OPEN named. */
        net_connection_t connection;
        net_listener_t listener;
        net_udp_t udp;
    };
    uint16_t local_port; /* Of CONNECT and UDP_OPEN. */
};

/* Handle one event and say when to call again (TIME_NEVER: only when something arrives).
 * A step writes at most NET_STEP_FRAMES frames and NET_STEP_NOTICES notices; if more are due it
 * returns `now`, so that a flood cannot hold the caller inside. `now` must not run backwards. Cost:
 * O(log n) in armed timers, plus what it writes; without checksum offload, the sum of what it
 * sends from partial slices and receives. */
time_ns_t net_step(struct net_engine *net, const struct net_event *event, time_ns_t now,
                   struct net_outbox *outbox);

/* ---- Looking inside ------------------------------------------------------------------------- */

/* Monotonic counts since net_engine_init. */
struct net_counters {
    uint64_t frames_in, frames_out, bytes_in, bytes_out; /* Ethernet, headers included. */
    uint64_t frames_malformed, frames_foreign;           /* Not parsed; not for us. */
    uint64_t arp_in, arp_out, arp_dropped;
    uint64_t ipv4_in, ipv4_malformed, ipv4_checksum, ipv4_fragments, ipv4_unknown_protocol;
    uint64_t icmp_in, icmp_out, icmp_malformed, icmp_limited;
    uint64_t udp_in, udp_out, udp_malformed, udp_checksum, udp_no_socket;
    uint64_t tcp_in, tcp_out, tcp_malformed, tcp_checksum;
    uint64_t tcp_bytes_in, tcp_bytes_out; /* Payload in order; payload first sent. */
    uint64_t tcp_retransmits, tcp_fast_recoveries, tcp_timeouts, tcp_probes, tcp_keepalives;
    uint64_t tcp_out_of_order, tcp_duplicates, tcp_out_of_window, tcp_reorder_dropped;
    uint64_t tcp_paws, tcp_challenges, tcp_resets_in, tcp_resets_out, tcp_resets_limited;
    uint64_t tcp_opened, tcp_accepted, tcp_syn_dropped, tcp_half_open_evicted;
    uint64_t tcp_time_wait_recycled, tcp_ended;
    uint64_t dns_queries, dns_rejected, dhcp_in, dhcp_rejected;
    uint64_t output_dropped; /* Replies that found no room in the outbox or no neighbour. */
    uint64_t loopback_frames;
};

const struct net_counters *net_counters(const struct net_engine *net);

enum net_tcp_state {
    NET_TCP_FREE, /* No connection in this slot. */
    NET_TCP_SYN_SENT,
    NET_TCP_SYN_RECEIVED,
    NET_TCP_ESTABLISHED,
    NET_TCP_FIN_WAIT_1,
    NET_TCP_FIN_WAIT_2,
    NET_TCP_CLOSE_WAIT,
    NET_TCP_CLOSING,
    NET_TCP_LAST_ACK,
    NET_TCP_TIME_WAIT,
};

struct net_connection_info {
    net_connection_t connection;
    uint64_t cookie;
    struct net_endpoint local, remote;
    enum net_tcp_state state;
    uint32_t mss, cwnd, ssthresh, in_flight; /* Bytes. */
    uint32_t send_queued, send_window, receive_window, reordered;
    uint32_t srtt_us, rttvar_us, rto_us;
    uint64_t bytes_in, bytes_out, retransmits;
    bool sack, timestamps;
};

/* A snapshot of slot `index` (0 to connections_max - 1). False if the slot is free. */
bool net_connection_info(const struct net_engine *net, uint32_t index,
                         struct net_connection_info *out_info);

/* The interface's present address; NONE in it when there is none. */
const struct net_interface_address *net_interface_address(const struct net_engine *net);

/* Slices that a SEND on the connection would take now; 0 if there is no such connection. */
uint32_t net_send_room(const struct net_engine *net, net_connection_t connection);

/* Slice descriptors in use, for callers that share them out, and tests that count leaks. */
uint32_t net_slices_used(const struct net_engine *net);

/* Chunks from FRAME events that the engine holds now. */
uint32_t net_chunks_held(const struct net_engine *net);
