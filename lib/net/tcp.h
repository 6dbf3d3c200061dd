/* TCP inside the engine (RFC 9293, with RFC 5681, 5961, 6298, 6528, 6582, 6675, 7323).
 *
 *   tcp_table.c       connections: names, lookup, lists, end       tcp_listen.c   listeners, SYNs
 *   tcp_input.c       a segment arrives                            tcp_ack.c      its acknowledgement
 *   tcp_reorder.c     segments ahead of their turn                 tcp_sack.c     the sender's scoreboard
 *   tcp_output.c      what may be sent, and sends it               tcp_congestion.c  how much at a time
 *   tcp_timer.c       retransmission, probes, ends                 tcp_user.c     events from the caller
 *
 * A connection is plain data: indices, numbers, no pointers; `version` says which layout, so that a
 * planned upgrade can hand it over. All times are in nanoseconds, all windows in bytes.
 *
 * SEQUENCE SPACE OF THE SENDER
 *
 *     send_acked      retransmit_next   lost_end        send_next        send_end (+1 for FIN)
 *     |  (in flight again)  |  (lost)    |   (in flight)   |   (not sent)    |
 *     +---------------------+------------+-----------------+-----------------+
 *
 * sacked[] are islands between send_acked and send_next that the receiver has. What is not in one
 * is lost below lost_end (until it is sent again: below retransmit_next), and in flight otherwise. */
#pragma once

#include "lib/net/engine.h"

enum {
    TCP_RECORD_VERSION = 1,
    TCP_SACKED_MAX = 16, /* Islands remembered; more are forgotten, which only costs bandwidth. */
    TCP_DUPLICATE_THRESHOLD = 3,
    TCP_PORT_FIRST = 49152, /* RFC 6335, section 6. */
    TCP_SYN_TRIES = 6,
    TCP_RETRANSMIT_TRIES = 12,
    TCP_CHALLENGES_PER_SECOND = 100, /* RFC 5961, section 7. */
    TCP_RESETS_PER_SECOND = 200,
};
#define TCP_RTO_INITIAL_NS SECOND_NS
/* RFC 6298 asks for a second; every stack in use has gone to 200 ms since, with delayed
 * acknowledgements well below it. */
#define TCP_RTO_MIN_NS (200ull * MILLISECOND_NS)
#define TCP_RTO_MAX_NS (60 * SECOND_NS)
#define TCP_DELAYED_ACK_NS (40ull * MILLISECOND_NS)
#define TCP_FIN_WAIT_2_NS (60 * SECOND_NS)
#define TCP_IDLE_PAWS_NS (24 * 24 * 3600 * SECOND_NS) /* RFC 7323, section 5.5. */

struct tcp_listener {
    uint32_t generation;
    bool open;
    bool full;
    struct net_endpoint local;
    uint64_t cookie;
    uint32_t backlog;
    uint32_t half_open; /* Handshakes in progress. */
};

struct tcp_connection {
    uint16_t version;
    uint8_t state; /* enum net_tcp_state. */
    uint32_t generation;
    uint64_t cookie;
    struct net_endpoint local, remote;

    /* Links, all by index. */
    uint32_t hash_next;
    uint32_t list_next, list_previous; /* Half-open or TIME-WAIT, oldest first. */
    uint32_t ready_next;
    uint32_t listener; /* While it is half open: who wants it; else INDEX_NONE. */
    bool ready;        /* In the list of connections with something to do. */
    bool waiting;      /* Output waits for a neighbour. */
    bool starved;      /* SEND was cut short. */
    bool active;       /* We began it: CONNECTED, not ACCEPT, at the end of the handshake. */

    /* Options that hold for its life. */
    bool timestamps, sack, no_delay, keep_alive;
    bool peer_scales;                  /* Its SYN had the window scale option. */
    uint8_t send_scale, receive_scale; /* Shifts: of windows we read, and that we write. */
    uint16_t mss;                      /* Largest segment we send, options counted in. */
    uint32_t timestamp_offset;         /* Our clock's milliseconds are not for strangers. */

    /* Sending. */
    uint32_t send_start; /* ISS. */
    uint32_t send_acked; /* SND.UNA. */
    uint32_t send_next;  /* SND.NXT. */
    uint32_t send_end;   /* Behind the last byte queued. */
    bool fin_queued;     /* A FIN follows at send_end. */
    bool syn_due;        /* SYN (or SYN and ACK) shall be sent now. */
    bool reading_closed; /* Nobody takes data any more. */
    time_ns_t sent_at;   /* When new bytes last went out. */
    bool probe_due;      /* The window has been too small for long: ask, or send what fits. */
    bool keepalive_due;
    uint32_t send_window, send_window_max;
    uint32_t window_sequence, window_acknowledgement; /* SND.WL1, SND.WL2. */
    struct slice_queue send;                          /* From send_acked on. */
    uint32_t cursor, retransmit_cursor; /* Descriptors near send_next, retransmit_next. */
    uint32_t acked_pending;             /* Not yet told by ACKED. */

    /* Loss and congestion. */
    struct tcp_range sacked[TCP_SACKED_MAX]; /* In order, apart from each other. */
    uint8_t sacked_count;
    bool recovering;     /* Until recovery_end is acknowledged. */
    bool timed_out;      /* The recovery began with a timeout. */
    bool retransmit_now; /* The next retransmission need not wait for the window. */
    uint8_t backoff;     /* Timeouts (or probes) in a row. */
    uint32_t duplicate_acks;
    uint32_t retransmit_next, lost_end, recovery_end;
    uint32_t rescue_mark; /* send_next when retransmit_next was last restarted. */
    uint32_t cwnd, ssthresh, cwnd_credit;
    uint32_t cubic_window_max, cubic_origin;
    time_ns_t cubic_epoch;
    uint32_t cubic_k_ms;

    /* Round-trip time. */
    time_ns_t srtt, rttvar, rto;
    bool timing;
    uint32_t timed_sequence;
    time_ns_t timed_at;

    /* Receiving. */
    uint32_t receive_start; /* IRS. */
    uint32_t receive_next;  /* RCV.NXT. */
    uint32_t receive_edge;  /* Right edge of what we announced; never goes back. */
    uint32_t receive_free, receive_free_max;
    uint32_t receive_mss; /* The largest segment seen lately. */
    uint32_t ack_sent;    /* Last.ACK.sent. */
    uint32_t unacked;     /* Bytes received since then. */
    bool ack_now;
    bool fin_received; /* At fin_sequence, perhaps ahead of data. */
    uint32_t fin_sequence;
    uint32_t timestamp_recent;
    time_ns_t timestamp_recent_at;
    struct slice_queue reorder;
    uint32_t reorder_latest; /* Sequence number of the latest arrival, for the first SACK block. */

    /* Deadlines; TIME_NEVER: none. The connection's timer is armed at or before the earliest. */
    time_ns_t retransmit_at, probe_at, ack_at, keepalive_at, state_at;
    time_ns_t heard_at;
    uint8_t keepalive_sent;

    uint64_t bytes_in, bytes_out, retransmits;
};

static inline struct tcp_connection *tcp_at(const struct net_engine *net, uint32_t index)
{
    ASSERT(index < net->tcp.touched);
    return &net->tcp.connections[index];
}

static inline uint32_t tcp_index(const struct net_engine *net, const struct tcp_connection *tcp)
{
    return (uint32_t)(tcp - net->tcp.connections);
}

static inline net_connection_t tcp_name(const struct net_engine *net,
                                        const struct tcp_connection *tcp)
{
    return (net_connection_t){ (uint64_t)tcp->generation << 32 | tcp_index(net, tcp) };
}

/* Milliseconds for the timestamp option, as this connection's peer sees them. */
static inline uint32_t tcp_clock(const struct net_engine *net, const struct tcp_connection *tcp)
{
    return (uint32_t)(net->now / MILLISECOND_NS) + tcp->timestamp_offset;
}

/* Room for payload in a segment that carries no SACK blocks. */
static inline uint32_t tcp_payload_max(const struct tcp_connection *tcp)
{
    return tcp->mss - (tcp->timestamps ? (uint32_t)TCP_TIMESTAMP_LEN : 0);
}

static inline bool tcp_is_half_open(const struct tcp_connection *tcp)
{
    return tcp->state == NET_TCP_SYN_RECEIVED && !tcp->active;
}

/* ---- tcp_table.c ----------------------------------------------------------------------------- */

void tcp_table_init(struct net_engine *net);

/* The connection between these ends, or NULL. Cost: a keyed hash and a short chain. */
struct tcp_connection *tcp_find(const struct net_engine *net, const struct net_endpoint *local,
                                const struct net_endpoint *remote);
struct tcp_connection *tcp_named(const struct net_engine *net, net_connection_t name);

/* A connection with both ends set, in no state yet and without timers. When the table is full, the
 * oldest TIME-WAIT makes room; NULL if there is none. */
struct tcp_connection *tcp_create(struct net_engine *net, const struct net_endpoint *local,
                                  const struct net_endpoint *remote);

/* Ends a connection: gives back what it holds, with the notice that its end deserves (none if it was
 * half open or its end was told before), and frees the record. */
void tcp_end(struct net_engine *net, struct tcp_connection *tcp, status_t why);

/* Enters TIME-WAIT: for the caller this is the end. */
void tcp_enter_time_wait(struct net_engine *net, struct tcp_connection *tcp);
void tcp_restart_time_wait(struct net_engine *net, struct tcp_connection *tcp);

/* Half-open connections are listed by age, so that a flood evicts the oldest. */
void tcp_half_open_begin(struct net_engine *net, struct tcp_connection *tcp, uint32_t listener);
void tcp_half_open_end(struct net_engine *net, struct tcp_connection *tcp);

/* Asks for tcp_run. */
void tcp_make_ready(struct net_engine *net, struct tcp_connection *tcp);

/* Runs connections that are ready, each once at most. False if some are left for want of budget. */
bool tcp_run_ready(struct net_engine *net);
void tcp_neighbour_resolved(struct net_engine *net);
void tcp_neighbour_failed(struct net_engine *net, const struct net_address *address);

/* Arms the connection's timer for its earliest deadline. */
void tcp_arm(struct net_engine *net, struct tcp_connection *tcp);

/* ---- tcp_listen.c ---------------------------------------------------------------------------- */

status_t tcp_listen(struct net_engine *net, const struct net_event_listen *event);
status_t tcp_listener_full(struct net_engine *net, const struct net_event_listener_full *event);
status_t tcp_unlisten(struct net_engine *net, net_listener_t name);
struct tcp_listener *tcp_listener_for(struct net_engine *net, const struct net_endpoint *local);

/* A SYN for a listener: answers it with a half-open connection, or drops it. */
void tcp_listen_syn(struct net_engine *net, struct tcp_listener *listener,
                    const struct net_endpoint *local, const struct net_endpoint *remote,
                    const struct tcp_header *header);

/* The last ACK of a handshake: false if the listener cannot take the connection now. */
bool tcp_listen_complete(struct net_engine *net, struct tcp_connection *tcp);

/* The initial sequence number for these ends (RFC 6528). */
uint32_t tcp_initial_sequence(const struct net_engine *net, const struct net_endpoint *local,
                              const struct net_endpoint *remote);

/* Starts the sender's and the receiver's side of a new connection; takes over a SYN's options. */
void tcp_begin(struct net_engine *net, struct tcp_connection *tcp);
void tcp_take_options(struct net_engine *net, struct tcp_connection *tcp,
                      const struct tcp_header *syn);

/* What we announce: the largest segment that the link carries. */
uint16_t tcp_own_mss(const struct net_engine *net);

/* ---- tcp_input.c ----------------------------------------------------------------------------- */

void tcp_input(struct net_engine *net, struct net_packet *packet);

/* An ICMP error about a segment of ours. Only the start of a connection believes it; later it is a
 * hint at most (RFC 5927). */
void tcp_icmp_error(struct net_engine *net, const struct ipv4_header *quoted,
                    struct reader *transport, uint8_t code, uint16_t next_hop_mtu);

/* The next payload in order: DELIVER notices, RCV.NXT, acknowledgement due. */
void tcp_receive_in_order(struct net_engine *net, struct tcp_connection *tcp,
                          struct net_slice slice);

/* Acts on the FIN that was received, if its turn has come: PEER_FIN, perhaps TIME-WAIT. */
void tcp_receive_fin(struct net_engine *net, struct tcp_connection *tcp);

/* ---- tcp_ack.c, tcp_sack.c ------------------------------------------------------------------- */

/* The acknowledgement and window of an acceptable segment. False if the segment must be dropped. */
bool tcp_acknowledge(struct net_engine *net, struct tcp_connection *tcp,
                     const struct tcp_header *header, uint32_t payload_len);

/* Enters the islands that the segment reports. True if one was news. */
bool tcp_sack_update(struct tcp_connection *tcp, const struct tcp_header *header);

/* Forgets islands below send_acked. */
void tcp_sack_trim(struct tcp_connection *tcp);

/* Bytes in [start, end) that the receiver has not reported. */
uint32_t tcp_sack_missing(const struct tcp_connection *tcp, uint32_t start, uint32_t end);

/* The first hole at or after `from`, ending at the next island or at `end`; empty: none. */
struct tcp_range tcp_sack_hole(const struct tcp_connection *tcp, uint32_t from, uint32_t end);

/* Below this, missing bytes count as lost (IsLost, RFC 6675, section 4). */
uint32_t tcp_sack_lost_end(const struct tcp_connection *tcp);

/* Bytes that are on their way as far as we know (SetPipe, RFC 6675). */
uint32_t tcp_in_flight(const struct tcp_connection *tcp);

/* ---- tcp_reorder.c --------------------------------------------------------------------------- */

/* Keeps a slice that is ahead of its turn. True: it is kept, with its chunk. */
bool tcp_reorder_add(struct net_engine *net, struct tcp_connection *tcp, struct net_slice slice,
                     uint32_t sequence);

/* Delivers what has become due, as far as the notices go. True if more is due. */
bool tcp_reorder_drain(struct net_engine *net, struct tcp_connection *tcp);
void tcp_reorder_clear(struct net_engine *net, struct tcp_connection *tcp);

/* Forgets what is kept at and after `end`: a FIN stands there, and nothing follows a FIN. */
void tcp_reorder_cut(struct net_engine *net, struct tcp_connection *tcp, uint32_t end);

/* Fills in the SACK blocks to report, latest first (RFC 2018, section 4). */
void tcp_reorder_blocks(const struct net_engine *net, const struct tcp_connection *tcp,
                        struct tcp_header *header);

/* ---- tcp_output.c ---------------------------------------------------------------------------- */

/* Sends what may be sent. True if something is left for want of frames. */
bool tcp_output(struct net_engine *net, struct tcp_connection *tcp);

/* A RST that answers a segment of no connection (RFC 9293, 3.10.7.1). Rate limited. */
void tcp_reset_reply(struct net_engine *net, const struct net_packet *packet,
                     const struct tcp_header *header, uint32_t payload_len);

/* A RST that ends this connection. */
void tcp_reset_send(struct net_engine *net, struct tcp_connection *tcp);

/* ACK now, unless too many unwanted segments were answered this second (RFC 5961). */
void tcp_challenge(struct net_engine *net, struct tcp_connection *tcp);

/* Whether a window update is worth a segment. */
bool tcp_window_update_due(const struct tcp_connection *tcp);

/* ---- tcp_congestion.c ------------------------------------------------------------------------ */

void tcp_congestion_init(struct tcp_connection *tcp);
void tcp_congestion_acked(struct net_engine *net, struct tcp_connection *tcp, uint32_t bytes);
void tcp_congestion_loss(struct net_engine *net, struct tcp_connection *tcp);
void tcp_congestion_timeout(struct net_engine *net, struct tcp_connection *tcp);
void tcp_congestion_idle(struct net_engine *net, struct tcp_connection *tcp);

/* ---- tcp_timer.c ----------------------------------------------------------------------------- */

void tcp_timer(struct net_engine *net, uint32_t index);
void tcp_rtt_sample(struct tcp_connection *tcp, time_ns_t rtt);

/* The retransmission timeout with its back-off: between probes, too. */
time_ns_t tcp_timeout(const struct tcp_connection *tcp);
void tcp_retransmit_arm(struct net_engine *net, struct tcp_connection *tcp);

/* ---- tcp_user.c ------------------------------------------------------------------------------ */

status_t tcp_connect(struct net_engine *net, const struct net_event_connect *event);
status_t tcp_cookie(struct net_engine *net, const struct net_event_cookie *event);
status_t tcp_send(struct net_engine *net, const struct net_event_send *event);
status_t tcp_window(struct net_engine *net, const struct net_event_window *event);
status_t tcp_options(struct net_engine *net, const struct net_event_options *event);
status_t tcp_shutdown(struct net_engine *net, net_connection_t name, bool reading_closed);
status_t tcp_abort(struct net_engine *net, net_connection_t name);
void tcp_starved_room(struct net_engine *net);
