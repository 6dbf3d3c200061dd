/* The state machine of a connection; see server.h for the border, answer.c for what is answered.
 *
 *     HEAD -> [CONTINUE] -> [BODY] -> OPEN* -> WRITE -> (SEND -> WRITE)* -> [CLOSE_FILE] -> LOG
 *      ^                                                                                   |
 *      +------------------ the connection persists -----------------------------------------+
 *                                                     otherwise: SHUTDOWN -> LINGER -> CLOSE
 *
 * A step first takes the event, which may move the state on; then it looks at the clock; then it
 * moves on as far as the bytes at hand allow; then it says what the state needs. */
#include "lib/http/server.h"

#include "lib/base/assert.h"
#include "lib/http/response.h"
#include "lib/http/server_internal.h"

#define SECOND_NS 1000000000ull

const struct http_policy http_policy_default = {
    .idle_timeout_ns = 15 * SECOND_NS,
    .head_timeout_ns = 10 * SECOND_NS,
    .stall_timeout_ns = 30 * SECOND_NS,
    .linger_timeout_ns = 2 * SECOND_NS,
    .retry_after_s = 2,
    .index = HTTP_TEXT("index.html"),
};

void http_server_drain(struct http_server *server)
{
    server->draining = true;
}

static time_ns_t after(time_ns_t now_ns, time_ns_t timeout_ns)
{
    time_ns_t at;
    return __builtin_add_overflow(now_ns, timeout_ns, &at) ? TIME_NEVER : at;
}

/* Go to a state that must show progress within `timeout_ns`. */
static void enter(struct http_connection *connection, enum http_state state, time_ns_t now_ns,
                  time_ns_t timeout_ns)
{
    connection->state = state;
    connection->deadline_ns = after(now_ns, timeout_ns);
}

/* Wait for the next request. Bytes already here are the start of it. */
static void request_begin(struct http_connection *connection, time_ns_t now_ns)
{
    const struct http_policy *policy = connection->server->policy;
    http_request_begin(&connection->request);
    memset(&connection->response, 0, sizeof connection->response);
    connection->path_len = 0;
    connection->began_ns = now_ns;
    enter(connection, HTTP_STATE_HEAD, now_ns,
          connection->input_len > 0 ? policy->head_timeout_ns : policy->idle_timeout_ns);
}

void http_connection_open(struct http_connection *connection, const struct http_server *server,
                          const struct http_peer *peer, bool is_refusal, time_ns_t now_ns)
{
    connection->server = server;
    connection->peer = *peer;
    connection->is_refusal = is_refusal;
    connection->close_after = false;
    connection->has_file = false;
    connection->request_count = 0;
    connection->input_len = 0;
    request_begin(connection, now_ns);
}

/* Take bytes out of the buffer, behind the head that stays. */
static void input_drop(struct http_connection *connection, uint32_t at, uint32_t len)
{
    ASSERT(at + len <= connection->input_len);
    memmove(connection->input + at, connection->input + at + len, connection->input_len - at - len);
    connection->input_len -= len;
}

static bool is_head_read(const struct http_connection *connection)
{
    return connection->request.phase == HTTP_PHASE_DONE;
}

/* The stream is of no use any more: give everything back, log what was under way, close. */
static void connection_break(struct http_connection *connection)
{
    bool answering = connection->state == HTTP_STATE_WRITE || connection->state == HTTP_STATE_SEND;
    connection->close_after = true;
    connection->deadline_ns = TIME_NEVER;
    if (connection->state == HTTP_STATE_CLOSE_FILE || connection->state == HTTP_STATE_LOG) {
        connection->response.is_cut = true; /* They go on, and then it closes. */
        return;
    }
    connection->response.is_cut = answering;
    connection->state = !answering             ? HTTP_STATE_CLOSE
                        : connection->has_file ? HTTP_STATE_CLOSE_FILE
                                               : HTTP_STATE_LOG;
}

/* Nothing more of this response: on to giving back the file. */
static void response_end(struct http_connection *connection)
{
    connection->state = connection->has_file ? HTTP_STATE_CLOSE_FILE : HTTP_STATE_LOG;
    connection->deadline_ns = TIME_NEVER;
}

/* Everything in `output` is out, or everything of a range: what comes next of the response? */
static void response_advance(struct http_connection *connection)
{
    struct http_response *response = &connection->response;
    struct writer writer = writer_of(connection->output, sizeof connection->output);
    if (response->left_bytes > 0) {
        connection->state = HTTP_STATE_SEND;
        return;
    }
    if (!response->has_trailer) {
        response_end(connection);
        return;
    }
    if (++response->part < response->ranges.count) {
        http_multipart_put_part(&writer, response, connection->file.size_bytes);
        response->offset_bytes = response->ranges.range[response->part].offset_bytes;
        response->left_bytes = response->ranges.range[response->part].len_bytes;
    } else {
        http_multipart_put_trailer(&writer, response);
        response->has_trailer = false;
    }
    ASSERT(!writer.overrun);
    response->page_len = (uint32_t)writer.at;
    connection->output_at = 0;
    connection->output_len = (uint32_t)writer.at;
    connection->state = HTTP_STATE_WRITE;
}

static void took_wrote(struct http_connection *connection, size_t len, time_ns_t now_ns)
{
    struct http_response *response = &connection->response;
    connection->deadline_ns = after(now_ns, connection->server->policy->stall_timeout_ns);
    if (connection->state == HTTP_STATE_SEND) {
        ASSERT(len <= response->left_bytes);
        response->offset_bytes += len;
        response->left_bytes -= len;
        response->body_bytes += len;
        if (response->left_bytes == 0)
            response_advance(connection);
        return;
    }
    ASSERT(connection->state == HTTP_STATE_WRITE || connection->state == HTTP_STATE_CONTINUE);
    ASSERT(len <= connection->output_len - connection->output_at);
    connection->output_at += (uint32_t)len;
    if (connection->output_at < connection->output_len)
        return;
    if (connection->state == HTTP_STATE_CONTINUE) {
        enter(connection, HTTP_STATE_BODY, now_ns, connection->server->policy->head_timeout_ns);
        return;
    }
    response->body_bytes += response->page_len;
    response->page_len = 0;
    response_advance(connection);
}

static void took_read(struct http_connection *connection, size_t len, time_ns_t now_ns)
{
    if (len == 0) {
        /* With a request half sent there is nobody left to answer. */
        connection->state = HTTP_STATE_CLOSE;
        return;
    }
    if (connection->state == HTTP_STATE_LINGER) {
        bool over = len >= connection->linger_left_bytes;
        connection->linger_left_bytes -= over ? connection->linger_left_bytes : (uint32_t)len;
        if (over)
            connection->state = HTTP_STATE_CLOSE;
        return;
    }
    ASSERT(connection->state == HTTP_STATE_HEAD || connection->state == HTTP_STATE_BODY);
    ASSERT(len <= sizeof connection->input - connection->input_len);
    if (connection->state == HTTP_STATE_HEAD && connection->input_len == 0) {
        connection->began_ns = now_ns;
        connection->deadline_ns = after(now_ns, connection->server->policy->head_timeout_ns);
    }
    connection->input_len += (uint32_t)len;
}

/* One of the actions that always succeed is done. */
static void took_done(struct http_connection *connection, time_ns_t now_ns)
{
    switch (connection->state) {
    case HTTP_STATE_CLOSE_FILE:
        connection->has_file = false;
        connection->state = HTTP_STATE_LOG;
        return;
    case HTTP_STATE_LOG:
        if (connection->response.is_cut) {
            connection->state = HTTP_STATE_CLOSE;
        } else if (connection->close_after) {
            connection->state = HTTP_STATE_SHUTDOWN;
        } else {
            input_drop(connection, 0, connection->request.head_len);
            request_begin(connection, now_ns);
        }
        return;
    case HTTP_STATE_SHUTDOWN:
        connection->linger_left_bytes = HTTP_LINGER_BYTES_MAX;
        enter(connection, HTTP_STATE_LINGER, now_ns, connection->server->policy->linger_timeout_ns);
        return;
    default: ASSERT(connection->state == HTTP_STATE_CLOSE); return;
    }
}

static void answer_refused(struct http_connection *connection, unsigned status,
                           const struct http_clock *clock)
{
    connection->close_after = true;
    http_answer_error(connection, status, NULL, clock);
}

/* The head is complete: what about its body? A client that expects 100 gets it even when the body
 * has already come (RFC 9110, 10.1.1 allows to leave it out): so answers depend on the bytes
 * alone, not on when they came. */
static void head_end(struct http_connection *connection, const struct http_clock *clock)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct http_request *request = &connection->request;
    bool refused = connection->is_refusal || request->method >= HTTP_METHOD_KNOWN;
    connection->request_count++;
    connection->close_after = !request->keep_alive || connection->server->draining;
    connection->body_left_bytes = request->content_length;
    if (connection->body_left_bytes > HTTP_SKIPPED_BODY_BYTES_MAX) {
        answer_refused(connection, 413, clock);
        return;
    }
    connection->state = HTTP_STATE_BODY;
    if (!request->expects_continue || connection->body_left_bytes == 0)
        return;
    if (refused) {
        /* The client waits for a word before it sends the body: the answer is the word. Whether
         * it sends the body after that is not certain, so this is the last request. */
        connection->body_left_bytes = 0;
        connection->close_after = true;
        return;
    }
    memcpy(connection->output, go_on, sizeof go_on - 1);
    connection->output_at = 0;
    connection->output_len = sizeof go_on - 1;
    enter(connection, HTTP_STATE_CONTINUE, clock->now_ns,
          connection->server->policy->stall_timeout_ns);
}

/* Drop what has come of the body; the request behind it stays. */
static void body_skip(struct http_connection *connection)
{
    uint64_t len = connection->input_len - connection->request.head_len;
    if (len > connection->body_left_bytes)
        len = connection->body_left_bytes;
    input_drop(connection, connection->request.head_len, (uint32_t)len);
    connection->body_left_bytes -= len;
}

/* Move on as far as the bytes in the buffer allow. */
static void input_advance(struct http_connection *connection, const struct http_clock *clock)
{
    enum http_state before = connection->state;
    if (connection->state == HTTP_STATE_HEAD && connection->input_len > 0) {
        switch (
            http_request_parse(&connection->request, connection->input, connection->input_len)) {
        case HTTP_PARSE_MORE: break;
        case HTTP_PARSE_DONE: head_end(connection, clock); break;
        case HTTP_PARSE_REFUSED:
            answer_refused(connection, connection->request.refusal, clock);
            break;
        }
    }
    if (connection->state == HTTP_STATE_BODY) {
        body_skip(connection);
        if (connection->body_left_bytes == 0)
            http_answer_request(connection, clock);
    }
    if (before != connection->state && connection->state == HTTP_STATE_WRITE)
        connection->deadline_ns =
            after(clock->now_ns, connection->server->policy->stall_timeout_ns);
    if (connection->state == HTTP_STATE_HEAD && connection->input_len == 0 &&
        connection->server->draining)
        connection->state = HTTP_STATE_CLOSE;
}

static void deadline_pass(struct http_connection *connection, const struct http_clock *clock)
{
    switch (connection->state) {
    case HTTP_STATE_HEAD:
    case HTTP_STATE_BODY:
        if (connection->input_len == 0) {
            connection->state = HTTP_STATE_CLOSE;
            return;
        }
        answer_refused(connection, 408, clock);
        connection->deadline_ns =
            after(clock->now_ns, connection->server->policy->stall_timeout_ns);
        return;
    case HTTP_STATE_LINGER: connection->state = HTTP_STATE_CLOSE; return;
    default: connection_break(connection); return;
    }
}

static void take_event(struct http_connection *connection, const struct http_event *event,
                       const struct http_clock *clock)
{
    switch (event->kind) {
    case HTTP_EVENT_TIMER: break;
    case HTTP_EVENT_READ: took_read(connection, event->len, clock->now_ns); break;
    case HTTP_EVENT_WROTE: took_wrote(connection, event->len, clock->now_ns); break;
    case HTTP_EVENT_OPENED:
        ASSERT(connection->state == HTTP_STATE_OPEN);
        http_answer_opened(connection, event, clock);
        connection->deadline_ns =
            after(clock->now_ns, connection->server->policy->stall_timeout_ns);
        break;
    case HTTP_EVENT_DONE: took_done(connection, clock->now_ns); break;
    case HTTP_EVENT_BROKEN: connection_break(connection); break;
    }
}

static void record_fill(const struct http_connection *connection, const struct http_clock *clock,
                        struct http_record *out_record)
{
    const struct http_request *request = &connection->request;
    *out_record = (struct http_record){
        .peer = connection->peer,
        .status = connection->response.status,
        .minor_version = request->minor_version,
        .body_bytes = connection->response.body_bytes,
        .duration_ns = clock->now_ns - connection->began_ns,
        .now_s = clock->now_s,
        .is_cut = connection->response.is_cut,
    };
    if (!is_head_read(connection))
        return;
    out_record->method = http_slice_text(request->method_name, connection->input);
    out_record->target = http_slice_text(request->target, connection->input);
    out_record->referer = http_request_field(request, connection->input, HTTP_FIELD_REFERER);
    out_record->user_agent = http_request_field(request, connection->input, HTTP_FIELD_USER_AGENT);
}

/* Where the bytes of the next read go. A body is read no further than its end; what lingers is
 * thrown away. */
static struct span input_room(struct http_connection *connection)
{
    size_t room = sizeof connection->input - connection->input_len;
    if (connection->state == HTTP_STATE_LINGER)
        return span_of(connection->input, sizeof connection->input);
    if (connection->state == HTTP_STATE_BODY && connection->body_left_bytes < room)
        room = (size_t)connection->body_left_bytes;
    return span_of(connection->input + connection->input_len, room);
}

static void say_action(struct http_connection *connection, const struct http_clock *clock,
                       struct http_action *out_action)
{
    const struct http_response *response = &connection->response;
    *out_action = (struct http_action){ 0 };
    switch (connection->state) {
    case HTTP_STATE_HEAD:
    case HTTP_STATE_BODY:
    case HTTP_STATE_LINGER:
        out_action->kind = HTTP_ACTION_READ;
        out_action->room = input_room(connection);
        ASSERT(out_action->room.len > 0);
        return;
    case HTTP_STATE_OPEN:
        out_action->kind = HTTP_ACTION_OPEN;
        out_action->path = (struct http_text){ connection->path, connection->path_len };
        return;
    case HTTP_STATE_CONTINUE:
    case HTTP_STATE_WRITE:
        out_action->kind = HTTP_ACTION_WRITE;
        out_action->more = response->left_bytes > 0;
        out_action->bytes = const_span_of(connection->output + connection->output_at,
                                          connection->output_len - connection->output_at);
        return;
    case HTTP_STATE_SEND:
        out_action->kind = HTTP_ACTION_SEND;
        out_action->more = response->has_trailer;
        out_action->offset_bytes = response->offset_bytes;
        out_action->len_bytes = response->left_bytes;
        return;
    case HTTP_STATE_CLOSE_FILE: out_action->kind = HTTP_ACTION_CLOSE_FILE; return;
    case HTTP_STATE_LOG:
        out_action->kind = HTTP_ACTION_LOG;
        record_fill(connection, clock, &out_action->record);
        return;
    case HTTP_STATE_SHUTDOWN: out_action->kind = HTTP_ACTION_SHUTDOWN; return;
    case HTTP_STATE_CLOSE: out_action->kind = HTTP_ACTION_CLOSE; return;
    }
}

/* States in which only the caller, not the peer, can be slow. */
static bool is_timed(const struct http_connection *connection)
{
    switch (connection->state) {
    case HTTP_STATE_OPEN:
    case HTTP_STATE_CLOSE_FILE:
    case HTTP_STATE_LOG:
    case HTTP_STATE_SHUTDOWN:
    case HTTP_STATE_CLOSE: return false;
    default: return true;
    }
}

time_ns_t http_connection_step(struct http_connection *connection, const struct http_event *event,
                               const struct http_clock *clock, struct http_action *out_action)
{
    take_event(connection, event, clock);
    input_advance(connection, clock);
    if (is_timed(connection) && clock->now_ns >= connection->deadline_ns)
        deadline_pass(connection, clock);
    say_action(connection, clock, out_action);
    return is_timed(connection) ? connection->deadline_ns : TIME_NEVER;
}
