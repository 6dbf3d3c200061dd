/* Streams: flags of the calls, what stream_info tells, and the transport's batch. */
#pragma once

#include <abi/net.h>

enum {
    STREAM_NO_WAIT = 1 << 0, /* stream_read, stream_write, stream_splice, listener_accept. */
    STREAM_PEEK = 1 << 1,    /* stream_read: the bytes stay. */

    STREAM_SHUT_WRITE = 1 << 0, /* stream_shutdown. */
    STREAM_SHUT_READ = 1 << 1,

    STREAM_CHUNK_SIZE = 4096,         /* Of a pool. */
    STREAM_LIMIT_DEFAULT = 64 * 1024, /* Bytes each way. */
    STREAM_LIMIT_MIN = 8 * 1024,
    STREAM_LIMIT_MAX = 4 * 1024 * 1024,
    STREAM_ATOMIC_MAX = 4096, /* A write to a local stream of at most this is never split. */

    /* A record lies in one chunk, behind the address that it goes to or comes from (struct
     * socket_address, as stream_send and stream_receive tell it). */
    STREAM_RECORD_HEADER = 24,
    STREAM_RECORD_LOCAL_MAX = 4096 - STREAM_RECORD_HEADER,
};

/* stream_info.state */
enum stream_state {
    STREAM_CONNECTING,
    STREAM_CONNECTED,
    STREAM_RESET, /* `status` says why. */
};

struct stream_info {
    struct socket_address local; /* All zero for a local stream without addresses. */
    struct socket_address remote;
    uint32_t state;       /* enum stream_state. */
    uint32_t status;      /* What reads and writes answer: of a reset stream; once, of records. */
    uint32_t readable;    /* Bytes that can be read now. */
    uint32_t room;        /* Bytes that can be written now. */
    uint32_t unsent;      /* Written, and not yet taken by the other end (or not acknowledged). */
    uint32_t flags;       /* STREAM_INFO_*. */
    uint64_t read_bytes;  /* Ever. */
    uint64_t write_bytes; /* Ever. */
};
_Static_assert(sizeof(struct stream_info) == 88, "ABI");
_Static_assert(offsetof(struct stream_info, write_bytes) == 80, "ABI");

#define STREAM_INFO_READ_END (1u << 0)    /* Nothing will come after what is queued. */
#define STREAM_INFO_WRITE_SHUT (1u << 1)  /* This end has said that it writes no more. */
#define STREAM_INFO_PEER_CLOSED (1u << 2) /* Nobody holds the other end. */

/* What stream_create_net makes. */
struct stream_net_params {
    struct socket_address local;
    struct socket_address remote;
    uint32_t send_limit;    /* Bytes the application may have written and not acknowledged. */
    uint32_t receive_limit; /* Bytes the transport may have pushed and the application not read. */
    uint32_t fill;          /* Payload bytes a chunk: the segment size that the transport sends. */
    uint32_t flags;         /* STREAM_NET_*. */
};
_Static_assert(sizeof(struct stream_net_params) == 64, "ABI");

#define STREAM_NET_CONNECTING (1u << 0) /* Writes wait for STREAM_OP_CONNECTED. */
#define STREAM_NET_RECORDS (1u << 2)    /* Records; `fill` is the longest, with its header. */
#define STREAM_NET_UNSUMMED \
    (1u                     \
     << 3) /* The transport needs no sums of what is written: the card makes its checksums. Not with RECORDS, LOCAL. */
#define STREAM_NET_LOCAL \
    (1u << 1) /* Both ends are applications': a local stream that has
                                         * addresses; `net` answers the second end. */

/* One step of the transport on one of its ends. Where it says "offset", it is in bytes from the start
 * of the pool. */
enum stream_operation_kind {
    STREAM_OP_PEEK = 1,    /* Up to `len` (at least 1) new segments, each as a SLICE result. */
    STREAM_OP_CONSUME,     /* `len` acknowledged bytes leave the stream; their chunks are free. */
    STREAM_OP_PUSH,        /* `len` received bytes at `offset`: the chunk becomes the stream's. */
    STREAM_OP_STATE,       /* Only tell. */
    STREAM_OP_CLOSE_WRITE, /* The peer will send no more: the reader sees the end after the queue. */
    STREAM_OP_RESET,     /* The connection is gone; `len` is the status that users see. Of records:
                            * a report, which users see once. */
    STREAM_OP_FILL,      /* `len` is the new fill, for chunks not begun yet. */
    STREAM_OP_CONNECTED, /* The handshake is done; writes go on. */
};

struct stream_operation {
    handle_t stream; /* A net end. */
    uint64_t cookie; /* Comes back in the results. */
    uint32_t kind;   /* enum stream_operation_kind. */
    uint32_t flags;  /* STREAM_OP_QUIET. */
    uint32_t offset;
    uint32_t len;
};
_Static_assert(sizeof(struct stream_operation) == 32, "ABI");
_Static_assert(offsetof(struct stream_operation, len) == 28, "ABI");

#define STREAM_OP_QUIET (1u << 0)   /* No state result when the operation succeeds. */
#define STREAM_OP_OF_PEER (1u << 1) /* RESET of records: of no interest without a peer. */

/* A slice (kind PEEK | STREAM_RESULT_SLICE) or the state after the operation (kind as asked). */
struct stream_result {
    uint64_t cookie;
    uint32_t kind;
    uint32_t status; /* Of the operation. Slice: 0. */
    uint32_t offset; /* Slice: first byte. State: 0. */
    uint32_t len;    /* Slice: bytes. State: room in the receive direction, bytes. */
    uint32_t
        sum; /* Slice: ones'-complement sum of its bytes, 0 if UNSUMMED. State: bytes held for sending. */
    uint32_t flags; /* STREAM_RESULT_*. Slice: 0. */
};
_Static_assert(sizeof(struct stream_result) == 32, "ABI");
_Static_assert(offsetof(struct stream_result, flags) == 28, "ABI");

#define STREAM_RESULT_SLICE (1u << 31) /* In `kind`. */

#define STREAM_RESULT_MORE (1u << 0)   /* There are segments that PEEK has not shown. */
#define STREAM_RESULT_FIN (1u << 1)    /* Shown is all: the application has shut its writing. */
#define STREAM_RESULT_CLOSED (1u << 2) /* Nobody holds the application's end. */
#define STREAM_RESULT_DEAF (1u << 3)   /* The application reads no more: what comes is dropped. */
