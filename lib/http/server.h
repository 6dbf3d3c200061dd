/* The server's side of one HTTP/1.x connection that serves files, as a state machine without I/O:
 * it is told what happened and says the one thing to do next. A file's bytes never pass through
 * it; it says which range of which open file belongs on the stream, so that the caller can splice.
 *
 *     action = START
 *     forever:                                       step(event) -> action
 *       READ room          bytes came          READ n     (0: the peer sends no more)
 *       OPEN path          looked it up        OPENED     (with a status, and what it is)
 *       WRITE bytes        n of them went out  WROTE n
 *       SEND offset len    n of them went out  WROTE n    (of the open file)
 *       CLOSE_FILE         done                DONE
 *       LOG record         noted               DONE
 *       SHUTDOWN           no more to send     DONE
 *       CLOSE              the end: drop the stream, no further step
 *     at any time                              TIMER      (nothing happened; look at the clock)
 *                                              BROKEN     (reading, writing or sending failed)
 *
 * An action stays the same until it is answered, so a caller whose stream would block waits and
 * tries the same one again, or steps with TIMER when the deadline passes first. One step does work
 * bounded by HTTP_INPUT_BYTES and gives one action.
 *
 * Requests are answered in order; a pipelined one waits in the buffer until its turn. The caller
 * owns all memory and guards it; nothing here allocates or locks. Any context. */
#pragma once

#include "lib/http/range.h"
#include "lib/http/record.h"
#include "lib/http/request.h"

enum {
    HTTP_INPUT_BYTES = 8192,
    HTTP_OUTPUT_BYTES = 4096,
    HTTP_PATH_BYTES_MAX = 1024,          /* Decoded, with the index's name. */
    HTTP_SKIPPED_BODY_BYTES_MAX = 65536, /* A longer request body: 413. */
    HTTP_LINGER_BYTES_MAX = 262144,
};

/* What a server decides for all of its connections. Constant while they live. */
struct http_policy {
    time_ns_t idle_timeout_ns;   /* Between two requests, and before the first. */
    time_ns_t head_timeout_ns;   /* From a request's first byte to the end of its head and body. */
    time_ns_t stall_timeout_ns;  /* Without a byte of the response going out. */
    time_ns_t linger_timeout_ns; /* After the last byte, for the peer to close as well. */
    uint32_t retry_after_s;      /* Told to whom is refused for lack of room. */
    struct http_text index;      /* Name of the file that stands for its directory. */
};

extern const struct http_policy http_policy_default;

struct http_server {
    const struct http_policy *policy;
    bool draining;
};

enum http_file_kind {
    HTTP_FILE_REGULAR,
    HTTP_FILE_DIRECTORY,
    HTTP_FILE_OTHER, /* Exists, and is not served. */
};

struct http_file {
    enum http_file_kind kind;
    uint64_t size_bytes;
    int64_t modified_s; /* Since 1970; 0 when unknown. */
    uint64_t version;   /* Differs whenever the content does: the seed of the entity tag. */
};

struct http_clock {
    time_ns_t now_ns; /* Monotonic. */
    int64_t now_s;    /* Since 1970; 0 when unknown: no Date is sent then. */
};

enum http_event_kind {
    HTTP_EVENT_TIMER,
    HTTP_EVENT_READ,
    HTTP_EVENT_WROTE,
    HTTP_EVENT_OPENED,
    HTTP_EVENT_DONE,
    HTTP_EVENT_BROKEN,
};

struct http_event {
    enum http_event_kind kind;
    size_t len;            /* READ, WROTE: bytes; at most what the action allowed. */
    status_t status;       /* OPENED: OK, and then `file` says what it is. */
    struct http_file file; /* A file handle is held if and only if this is a regular file. */
};

enum http_action_kind {
    HTTP_ACTION_READ,
    HTTP_ACTION_OPEN,
    HTTP_ACTION_WRITE,
    HTTP_ACTION_SEND,
    HTTP_ACTION_CLOSE_FILE,
    HTTP_ACTION_LOG,
    HTTP_ACTION_SHUTDOWN,
    HTTP_ACTION_CLOSE,
};

/* The pointers lead into the connection and are good until its next step. */
struct http_action {
    enum http_action_kind kind;
    bool more;                 /* WRITE, SEND: bytes of the same response follow at once. */
    struct span room;          /* READ: at least one byte. */
    struct http_text path;     /* OPEN: as http_path_resolve makes it; a final `/`: a directory. */
    struct const_span bytes;   /* WRITE: at least one byte. */
    uint64_t offset_bytes;     /* SEND. */
    uint64_t len_bytes;        /* SEND: at least 1. */
    struct http_record record; /* LOG. */
};

enum http_state {
    HTTP_STATE_HEAD,     /* Reading a request's head, or waiting for one. */
    HTTP_STATE_CONTINUE, /* Writing 100 (Continue). */
    HTTP_STATE_BODY,     /* Reading a body that nobody wants. */
    HTTP_STATE_OPEN,
    HTTP_STATE_WRITE, /* Writing what is in `output`. */
    HTTP_STATE_SEND,  /* Sending from the file. */
    HTTP_STATE_CLOSE_FILE,
    HTTP_STATE_LOG,
    HTTP_STATE_SHUTDOWN,
    HTTP_STATE_LINGER, /* Reading what still comes, so that no reset overtakes our last bytes. */
    HTTP_STATE_CLOSE,
};

/* What `path` is. */
enum http_lookup {
    HTTP_LOOKUP_NAMED,     /* What the client named. */
    HTTP_LOOKUP_INDEX,     /* The index of the directory that it named. */
    HTTP_LOOKUP_DIRECTORY, /* That directory, which has no index. */
};

/* The response under way. */
struct http_response {
    unsigned status;
    bool is_cut; /* The stream broke before its end. */
    bool is_multipart;
    bool has_trailer;      /* Of a multipart body; not yet written. */
    unsigned part;         /* Index into `ranges` of the one being sent. */
    uint32_t page_len;     /* How much of `output` is body. */
    uint64_t offset_bytes; /* SEND: where in the file, and how much of this range is left. */
    uint64_t left_bytes;
    uint64_t body_bytes; /* Sent so far. */
    uint64_t boundary;   /* Its digits divide the parts. */
    const char *type;
    struct http_ranges ranges;
};

struct http_connection {
    const struct http_server *server;
    enum http_state state;
    bool close_after; /* No request after this one. */
    bool is_refusal;  /* For want of room: 503 for whatever is asked. */
    bool has_file;
    enum http_lookup lookup;
    uint32_t request_count;
    uint32_t path_len;
    uint32_t input_len;
    uint32_t output_at, output_len;
    uint32_t linger_left_bytes;
    uint64_t body_left_bytes;
    time_ns_t deadline_ns;
    time_ns_t began_ns; /* First byte of the request. */
    struct http_peer peer;
    struct http_file file;
    struct http_request request;
    struct http_response response;
    char path[HTTP_PATH_BYTES_MAX];
    char output[HTTP_OUTPUT_BYTES];
    char input[HTTP_INPUT_BYTES]; /* The head under way stays at the front until it is logged. */
};

/* Begin. The first action is a READ.
 * @param is_refusal  answer the first request with 503 and close. */
void http_connection_open(struct http_connection *connection, const struct http_server *server,
                          const struct http_peer *peer, bool is_refusal, time_ns_t now_ns);
/* Tell what happened, get what to do. An event that does not answer the present action is our
 * caller's mistake and asserted against.
 * @return when to step with TIMER at the latest; TIME_NEVER: not at all. */
time_ns_t http_connection_step(struct http_connection *connection, const struct http_event *event,
                               const struct http_clock *clock, struct http_action *out_action);
/* From now on every response says `Connection: close`, and connections without a request close when
 * they are next stepped: the caller steps each once with TIMER, and accepts no more. */
void http_server_drain(struct http_server *server);
