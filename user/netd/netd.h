/* The network service: lib/net between a network driver's rings, the kernel's streams, and the
 * channels by which others ask for something. It decides nothing about protocols, which is the
 * engine's business, and touches no payload.
 *
 *   main.c      handles, memory, the loop            rings.c      frames to and from the driver
 *   engine.c    steps, and what comes out            streams.c    notices to stream_batch, results back
 *   buffers.c   chunks of the pool that are ours     listeners.c  gates where connections are posted
 *   connect.c   connections that are asked for       resolve.c    names, and what waits for them
 *   grants.c    what a caller may reach (reach.h)    datagrams.c  records to and from the engine
 *   control.c   protocol `net`                       report.c     counters and connections as text
 *   window.c    how much a peer may send
 *
 * One thread. A round takes what has come from everywhere, lets the engine run once, and sends what it
 * wants in one batch each way: no call is made for a packet (docs/design/network.md). */
#pragma once

#include <abi/objects.h>
#include <abi/stream.h>
#include <string.h>

#include "lib/net/net.h"
#include "lib/virtio/net_link.h"
#include "user/ipc/serve.h"
#include "user/netd/reach.h"
#include "user/netd/window.h"

enum {
    CONNECTIONS_MAX = 256,
    DATAGRAMS_MAX = 32,
    SLOTS_MAX = CONNECTIONS_MAX + DATAGRAMS_MAX, /* Streams that are served. */
    LISTENERS_MAX = 32,
    RECEIVE_CHUNKS = 128, /* Posted to the driver: 512 KiB. A power of two. */
    REORDER_CHUNKS = 192, /* At most that many wait for bytes before them. */
    OWN_CHUNKS = 512, /* Of the pool: these, headers, idle ones, and what streams hold a while. */
    TX_FRAMES = 256,
    TX_PIECES = 2048,
    HEADER_BLOCK_BYTES = 256, /* Headroom and the headers of a frame with payload. */
    SPARE_MAX = 512,
    OUTBOX_FRAMES = 48,
    OUTBOX_NOTICES = 512,
    OPERATIONS_MAX = 4096, /* What a few outboxes can ask for. */
    RESULTS_MAX = 512,
    ENDINGS_MAX = 1024,
    /* What a connection may write ahead; what it may leave unread: window.h. More for as many as there are when one is
     * made as the pool can bear: each fill of the stream is a wake-up of the writer, of netd and of the driver. */
    STREAM_BYTES = 256 * 1024,
    STREAM_BYTES_OF_FEW = 512 * 1024,
    CONNECTIONS_FEW = 32,
    DATAGRAM_BYTES = 128 * 1024, /* What a datagram socket may write ahead, or leave unread. */
    RECORDS_HELD_MAX = 16,       /* Records of one that wait to be sent. */
    PEERS_MAX = 32,              /* Whom a socket that listens may answer. */
    PEEK_MAX = 192,              /* Slices of a connection in one batch: all that a stream holds. */
    REQUESTS_MAX = 8,            /* Pings and questions that wait, each. */
    KNOWN_GRANTS = 32,
    WAITERS_MAX = 32,      /* Callers that wait for a name, or for an address of ours. */
    LISTENER_BACKLOG = 64, /* Handshakes at a time. */
    MESSAGE_BYTES = 20480,
};

/* Keys of port packets: what, and of which life of which slot. */
enum netd_key {
    KEY_RING = 1,
    KEY_ENDPOINT,
    KEY_STOP,
    KEY_CONNECTION,
    KEY_GATE,
};

/* A connection of the engine, in the slot of its index there. */
struct connection {
    net_connection_t name;
    handle_t stream;     /* Its transport's end; HANDLE_NONE: free. */
    uint8_t work;        /* WORK_*; listed while it is not 0. */
    bool listed;         /* In netd.work; and */
    bool consuming;      /* in netd.consuming: both may outlast the connection. */
    bool unsummed;       /* Its stream makes no sums: when it was made, the card made checksums. */
    bool shut, closed;   /* The engine has been told. */
    bool waits_for_room; /* PEEK is due once the engine takes slices again. */
    uint32_t listener;   /* Slot, while it is not posted in the gate. */
    bool unposted;
    bool connecting, gave_up; /* Asked for, and not answered yet; for longer than was wished. */
    time_ns_t connect_until;  /* TIME_NEVER: as TCP says. */
    struct datagrams
        *datagrams;       /* Of a datagram socket; and its name is of this process's making. */
    handle_t application; /* The other end, while it is not posted. */
    struct net_endpoint remote;
    uint64_t pushed_bytes;      /* Into the stream. */
    uint32_t acked, acked_next; /* Bytes to consume: after `fence`, and after the next one. */
    uint64_t fence;
};

/* What a datagram socket has beside its stream. */
struct datagrams {
    bool used;
    net_udp_t name;
    struct reach reach;
    uint32_t held_count; /* Records that were shown and cannot be sent yet, oldest first. */
    struct net_slice held[RECORDS_HELD_MAX];
    uint32_t peer_next; /* Of a socket that listens: from whom something has come. */
    struct net_endpoint peers[PEERS_MAX];
};

static inline struct socket_address socket_address_of(const struct net_endpoint *endpoint,
                                                      enum socket_protocol protocol)
{
    struct socket_address address = { .port = endpoint->port, .protocol = (uint16_t)protocol };
    memcpy(address.address, endpoint->address.bytes, sizeof address.address);
    return address;
}

enum connection_work {
    WORK_PEEK = 1 << 0,
    WORK_STATE = 1 << 1,
    WORK_ABORT = 1 << 2,
    WORK_OPTIONS = 1 << 3,
};

/* A stream whose connection has ended. It is closed when no frame refers to its chunks any more: they
 * would be somebody else's, and their bytes would go out under the old connection's name. */
struct ending {
    handle_t stream;
    uint64_t fence;
    uint32_t acked;
    status_t why; /* OK: both sides had finished. */
};

/* A frame with the driver. */
struct tx_slot {
    bool done;
    uint32_t block;       /* Of its headers; in the pool. */
    uint32_t large_chunk; /* Offset of a chunk of its own, for long messages; UINT32_MAX: none. */
    uint8_t given_count;  /* Chunks that are ours again when it is done. */
    uint32_t given[NET_FRAME_SLICES];
};

/* Tokens of listeners that were asked for have this; those of the supervisor are small numbers. */
#define LISTENER_TOKEN_OWN (1ull << 63)

struct listener {
    bool used;
    bool full, told_full; /* The gate; what the engine knows. */
    uint64_t token;
    uint32_t generation;
    net_listener_t name;
    handle_t gate;
    struct net_endpoint local;
};

/* A caller of ping that waits for its answer. */
struct request {
    handle_t reply; /* HANDLE_NONE: free. */
};

/* Where somebody wants to connect to. */
struct connect_wish {
    struct net_endpoint remote;
    uint16_t local_port; /* 0: any. */
    time_ns_t until;     /* TIME_NEVER: as TCP says. */
};

/* A caller that waits for a name: to be told its addresses, or to connect under a grant for it. */
struct waiter {
    handle_t reply; /* HANDLE_NONE: free. */
    uint32_t entry; /* Of netd.names; and its */
    uint32_t life;
    bool is_connect; /* Else it has asked for the addresses. */
    bool is_parked;  /* It is to connect once there is an address; no name is waited for. */
    bool is_due;     /* The answer is there: */
    status_t status; /* this one. */
    uint64_t badge;
    struct connect_wish wish;
};

/* What a badge stands for; 0 is none that is used. */
struct known_grant {
    uint64_t badge;
    struct reach reach;
};

/* In the order in which a round touches it, since after a switch each page that is touched costs: what every round
 * looks at; tables of which it takes the first few entries; tables in which each connection or frame has a place of
 * its own; and what is seldom asked for. */
struct netd {
    handle_t port, pool, ring, endpoint, stop, supervisor, entropy;
    uint8_t *memory; /* The pool. */
    uint32_t pool_bytes;
    struct net_engine *engine;
    time_ns_t now, deadline;
    struct net_outbox outbox;
    struct net_link link;
    uint8_t *link_chunks;
    uint64_t tx_submitted, tx_retired; /* Frames ever; those before tx_retired are all done. */
    struct net_device_info device;
    bool device_up, dhcp_started, rings_broken;
    bool stepped;           /* Since the engine last ran to the end of a batch. */
    bool waits_for_address; /* From DHCP: no argument says what it is. */
    bool listeners_untold;  /* A gate is full, or not any more, and the engine does not know. */
    bool stopping;
    uint32_t waiters_due;
    uint32_t stream_count; /* Connections that have a stream. */
    uint32_t connecting_count;
    time_ns_t connecting_until; /* The first of their deadlines, or earlier. */
    time_ns_t
        parked_until;      /* For as long somebody waits for an address; TIME_NEVER: nobody does. */
    time_ns_t ready_until; /* When to be ready without an address; TIME_NEVER: it is ready. */
    uint32_t spare_count, work_count, operation_count, slice_count, closing_count;
    uint32_t consuming_first, consuming_count, endings_first, endings_count;
    uint32_t operations_half; /* Of `operations`: where the next one goes. */
    struct net_config config;

    uint32_t spare[SPARE_MAX];         /* Offsets of chunks that are ours and idle. */
    uint32_t work[SLOTS_MAX];          /* Slots with work. */
    struct net_slice slices[PEEK_MAX]; /* That one result after the other shows. */
    struct stream_result results[RESULTS_MAX];
    /* The next batch, and the one that runs: its results may ask for more operations. A cookie is the index of the
     * operation, and above it the slot whose it is; SLOTS_MAX: an ending's. */
    struct stream_operation operations[2][OPERATIONS_MAX];
    struct net_frame frames[OUTBOX_FRAMES];
    struct net_notice notices[OUTBOX_NOTICES];

    struct connection
        connections[SLOTS_MAX];    /* The engine's by their index, then datagram sockets. */
    uint32_t consuming[SLOTS_MAX]; /* Slots with acked bytes behind a fence, oldest first. */
    struct tx_slot tx[TX_FRAMES];
    struct net_link_frame link_frames[TX_FRAMES];
    struct net_tx pieces[TX_PIECES];
    struct ending endings[ENDINGS_MAX];
    handle_t closing[ENDINGS_MAX]; /* After the next batch. */

    struct datagrams datagrams[DATAGRAMS_MAX];
    uint32_t datagrams_lives;
    uint64_t datagrams_refused, datagrams_dropped; /* Not allowed; no room for them. */
    bool gathering, gather_failed;                 /* A datagram that comes in several pieces; */
    uint32_t gathered_chunk, gathered_len;         /* what there is of it. */
    struct listener listeners[LISTENERS_MAX];
    struct known_grant known_grants[KNOWN_GRANTS];
    struct manifest
        manifest; /* What badges of ROLE_NET are about; empty without the right to read it. */
    struct names names;
    struct waiter waiters[WAITERS_MAX];
    uint16_t port_next;       /* For the calling ends of local connections. */
    uint64_t listener_tokens; /* Given to listeners that were asked for. */
    struct request pings[REQUESTS_MAX];
    struct ipc_server control;
    uint8_t request_bytes[MESSAGE_BYTES], reply_bytes[MESSAGE_BYTES];
};

_Noreturn void netd_fail(const char *what, status_t status);

/* --- address.c --- */

/* ADDRESS/BITS. @return whether it is one; only address and prefix are written. */
bool address_read(const char *text, struct net_interface_address *out_address);
bool address_is_known(const struct netd *netd);

/* Tell the supervisor that the driver may attach; and later, in each round, that the service is ready, if
 * it is. */
void ready_begin(struct netd *netd);
void ready_check(struct netd *netd);

/* --- engine.c --- */

void engine_open(struct netd *netd);

/* Give the engine an event; what it answers is in outbox. Not from within the handling of notices. */
status_t engine_step(struct netd *netd, const struct net_event *event);

/* Events were given with `more`: let the engine run to the end of the batch. */
void engine_run(struct netd *netd);

/* Take what has come out: frames to the rings, notices to the streams. */
void engine_collect(struct netd *netd);

/* Room in the outbox for another step. */
bool engine_has_room(const struct netd *netd);

/* --- rings.c --- */

void rings_open(struct netd *netd);

/* Look at the driver's record; tell the engine when something about it is new. */
void rings_check(struct netd *netd);

/* Take frames that were sent, and up to `budget` that were received. */
void rings_receive(struct netd *netd, uint32_t budget);

/* How many frames fit for sure. */
uint32_t rings_room(struct netd *netd);
void rings_send(struct netd *netd, const struct net_frame *frame);

/* Show the driver what was done. */
void rings_flush(struct netd *netd);

/* Whether the driver will tell of the next thing. */
bool rings_may_sleep(struct netd *netd);

/* The driver is dead and its device reset: the rings' next life. */
void rings_restart(struct netd *netd);

/* --- buffers.c --- */

/* An idle chunk of ours, or UINT32_MAX. */
uint32_t buffer_take(struct netd *netd);
void buffer_give(struct netd *netd, uint32_t offset);

/* Keep the driver supplied, and give the kernel back what is too much. */
void buffers_balance(struct netd *netd);

/* --- streams.c --- */

/* Do as the notice says, at the next batch. */
void streams_notice(struct netd *netd, const struct net_notice *notice);

/* Frames have completed: bytes that waited for that are consumed, streams closed. */
void streams_retired(struct netd *netd);

/* The transport's end of a slot has news. */
void streams_signal(struct netd *netd, uint64_t key, uint32_t signals);

/* Run the batch and tell the engine. @return whether anything was done. */
bool streams_run(struct netd *netd);

/* A connection was accepted: make its stream and post it in the listener's gate. */
void streams_accept(struct netd *netd, const struct net_notice *notice);

/* Try again to post what the gate refused. */
void streams_post(struct netd *netd, uint32_t listener);

/* A stream for a connection that was just asked for, connecting. @return the application's end. */
status_t streams_connect(struct netd *netd, net_connection_t name, const struct net_endpoint *local,
                         const struct connect_wish *wish, handle_t *out_application);

/* End a connection that was not made in time. */
void streams_give_up(struct netd *netd, struct connection *slot);

/* Note work (WORK_*) on a slot for the next batch. */
void streams_work(struct netd *netd, struct connection *slot, uint8_t work);

/* An operation of the next batch on a slot's stream. */
struct stream_operation *streams_operation(struct netd *netd, const struct connection *slot,
                                           uint32_t kind);

/* Bytes at the front of what was shown are done with, once no frame refers to them. */
void streams_consume(struct netd *netd, struct connection *slot, uint32_t bytes);

/* The slot's stream ends, and the slot is free. @param why  OK, or what its users see. */
void streams_end(struct netd *netd, struct connection *slot, status_t why);

/* A stream of records in a slot that is free. @return the application's end. */
status_t streams_records(struct netd *netd, uint32_t slot, uint32_t life,
                         const struct net_endpoint *local, struct datagrams *datagrams,
                         handle_t *out_application);

/* --- datagrams.c --- */

/* Open a socket at a local end, for what the grant reaches. @return as net.udp_open. */
status_t datagrams_open(struct netd *netd, const struct reach *reach,
                        const struct net_endpoint *local, handle_t *out_application);

/* Records that the stream has shown. */
void datagrams_take(struct netd *netd, struct connection *slot, const struct net_slice *slices,
                    uint32_t count);

/* Send what was held, and ask for more: the work of a slot. */
void datagrams_work(struct netd *netd, struct connection *slot);

/* The state of the stream after an operation. */
void datagrams_state(struct netd *netd, struct connection *slot, uint32_t flags);

/* A datagram of the engine's own to this machine: must be called before the next step. */
void datagrams_own(struct netd *netd, struct net_notice *notice);
void datagrams_notice(struct netd *netd, const struct net_notice *notice);

/* --- connect.c --- */

/* Open a connection. @return OK with the application's end; else as net.connect. */
status_t connect_begin(struct netd *netd, const struct connect_wish *wish,
                       handle_t *out_application);

/* Whether the address is this machine's. */
bool connect_is_own(const struct netd *netd, const struct net_address *address);

/* Whether nobody can be connected to there because this machine has no address yet. */
bool connect_needs_address(const struct netd *netd, const struct net_address *remote);

/* The next of the ports for ends that ask for none (RFC 6335, section 6). */
uint16_t connect_port_next(struct netd *netd);

/* Give up those whose time is over. */
void connects_expire(struct netd *netd);

/* --- resolve.c --- */

/* The addresses of a name that can be told now: one in digits, of this machine, or one that holds.
 * @return the count; 0: it must be asked for. */
uint32_t resolve_now(struct netd *netd, struct const_span name,
                     struct net_address addresses[NET_DNS_ADDRESSES], uint32_t *out_ttl_s);

/* Save the call that is being served until the name is known, or known not to be. `waiter` says what
 * for. @return IPC_ANSWER_LATER, LIMIT, or as the event RESOLVE. */
status_t resolve_wait(struct netd *netd, struct const_span name, const struct waiter *waiter);

/* Have a name asked for, for nobody in particular. */
void resolve_ahead(struct netd *netd, struct const_span name);

/* Save the call until this machine has an address, or has had none for some seconds: right after a start
 * nobody is told UNREACHABLE. */
status_t resolve_park(struct netd *netd, const struct waiter *waiter);
void resolve_notice(struct netd *netd, const struct net_notice *notice);

/* Answer those whose names are known now. */
void resolve_answer_due(struct netd *netd);

/* --- grants.c --- */

/* Read the manifests, if that is granted. */
void grants_open(struct netd *netd);

/* What the caller may reach. @return NO_RIGHT when the badge names no grant of the network. */
status_t grant_reach(struct netd *netd, uint64_t badge, struct reach *out_reach);

/* --- listeners.c --- */

status_t listener_add(struct netd *netd, uint64_t token, const struct net_endpoint *local,
                      handle_t gate);
status_t listener_remove(struct netd *netd, uint64_t token);

/* A listener that somebody asked for. @return as net.listen. */
status_t listener_open(struct netd *netd, const struct socket_address *name, uint32_t backlog,
                       handle_t *out_listener);
void listeners_signal(struct netd *netd, uint64_t key, uint32_t signals);

/* The listener that a connection to the address goes to; NULL: none. */
struct listener *listener_for(struct netd *netd, const struct net_endpoint *local);

/* A port that nobody listens at. */
uint16_t listener_port_choose(struct netd *netd);

/* Put a stream's application end in the gate. @return as listener_post. */
status_t listener_gate_post(struct netd *netd, uint32_t listener, handle_t application,
                            const struct net_endpoint *remote);

/* The gate takes no more: watch for room. */
void listener_is_full(struct netd *netd, uint32_t listener);

/* Tell the engine which gates are full and which are not. */
void listeners_tell(struct netd *netd);

/* --- control.c --- */

void control_open(struct netd *netd);
void control_serve(struct netd *netd);
void control_notice(struct netd *netd, const struct net_notice *notice);

/* --- report.c --- */

enum { REPORT_COUNTERS = 1, REPORT_CONNECTIONS = 2 };

/* Lines from `cursor` on, as many as fit. @return the length; *cursor is 0 at the end. */
size_t report_write(struct netd *netd, uint32_t what, uint64_t *cursor, char *text, size_t size);
