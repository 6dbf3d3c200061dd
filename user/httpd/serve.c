/* Carrying out what a connection asks for: each action of lib/http becomes one operation of io.h,
 * and its outcome the next event. A turn is bounded, so that one fast reader of a large file cannot
 * hold up the others. */
#include "lib/base/assert.h"
#include "user/httpd/httpd_internal.h"

#define WALL_AGE_MAX_NS 1000000000ull

enum {
    ACTIONS_PER_TURN = 64,
    SPLICE_BYTES_MAX = 256 * 1024,
};

/* What became of one action. */
enum outcome {
    OUTCOME_NEXT,   /* There is another action. */
    OUTCOME_BLOCK,  /* A packet will say when to try again. */
    OUTCOME_CLOSED, /* The connection is gone. */
};

void httpd_clock_read(struct httpd *httpd)
{
    httpd->clock.now_ns = httpd->ops->now(httpd->io);
    if (httpd->wall_read_ns != 0 && httpd->clock.now_ns - httpd->wall_read_ns < WALL_AGE_MAX_NS)
        return;
    httpd->clock.now_s = httpd->ops->wall_seconds(httpd->io);
    httpd->wall_read_ns = httpd->clock.now_ns;
}

static void slot_step(struct httpd *httpd, struct httpd_slot *slot, struct http_event event)
{
    slot->deadline_ns =
        http_connection_step(slot->connection, &event, &httpd->clock, &slot->action);
    if (slot->deadline_ns < httpd->deadline_bound_ns)
        httpd->deadline_bound_ns = slot->deadline_ns;
}

void httpd_serve_begin(struct httpd *httpd, struct httpd_slot *slot, const struct http_peer *peer)
{
    slot->file = HANDLE_NONE;
    http_connection_open(slot->connection, &httpd->server, peer, slot->is_refusal,
                         httpd->clock.now_ns);
    httpd_serve_timer(httpd, slot);
}

void httpd_serve_timer(struct httpd *httpd, struct httpd_slot *slot)
{
    slot_step(httpd, slot, (struct http_event){ .kind = HTTP_EVENT_TIMER });
    httpd_table_ready(&httpd->table, slot);
}

/* The event that an operation on the stream becomes; WOULD_BLOCK is no event. */
static enum outcome stream_outcome(struct httpd *httpd, struct httpd_slot *slot, status_t status,
                                   enum http_event_kind kind, uint64_t len)
{
    if (status == STATUS_WOULD_BLOCK)
        return OUTCOME_BLOCK;
    struct http_event event = { .kind = kind, .len = (size_t)len };
    if (status != STATUS_OK)
        event = (struct http_event){ .kind = HTTP_EVENT_BROKEN };
    slot_step(httpd, slot, event);
    return OUTCOME_NEXT;
}

static enum outcome do_read(struct httpd *httpd, struct httpd_slot *slot)
{
    size_t actual = 0;
    status_t status = httpd->ops->read(httpd->io, slot->stream, slot->action.room, &actual);
    return stream_outcome(httpd, slot, status, HTTP_EVENT_READ, actual);
}

static enum outcome do_write(struct httpd *httpd, struct httpd_slot *slot)
{
    size_t actual = 0;
    status_t status =
        httpd->ops->write(httpd->io, slot->stream, slot->action.bytes, slot->action.more, &actual);
    return stream_outcome(httpd, slot, status, HTTP_EVENT_WROTE, actual);
}

static enum outcome do_send(struct httpd *httpd, struct httpd_slot *slot)
{
    const struct http_action *action = &slot->action;
    uint64_t actual = 0;
    uint64_t len =
        action->len_bytes < SPLICE_BYTES_MAX ? action->len_bytes : (uint64_t)SPLICE_BYTES_MAX;
    status_t status = httpd->ops->splice(httpd->io, slot->stream, slot->file, action->offset_bytes,
                                         len, action->more || len < action->len_bytes, &actual);
    /* The file has become shorter than its Content-Length said: only cutting tells the client. */
    if (status == STATUS_OK && actual == 0)
        status = STATUS_CORRUPT;
    return stream_outcome(httpd, slot, status, HTTP_EVENT_WROTE, actual);
}

static enum outcome do_open(struct httpd *httpd, struct httpd_slot *slot)
{
    struct http_event event = { .kind = HTTP_EVENT_OPENED };
    ASSERT(slot->file.raw == 0);
    event.status = httpd->ops->open(httpd->io, slot->action.path, &event.file, &slot->file);
    slot_step(httpd, slot, event);
    return OUTCOME_NEXT;
}

static enum outcome do_close(struct httpd *httpd, struct httpd_slot *slot)
{
    ASSERT(slot->file.raw == 0);
    httpd->ops->close(httpd->io, slot->stream);
    httpd_table_give(httpd, slot);
    return OUTCOME_CLOSED;
}

/* The actions that cannot fail. */
static enum outcome do_simple(struct httpd *httpd, struct httpd_slot *slot)
{
    if (slot->action.kind == HTTP_ACTION_CLOSE_FILE) {
        httpd->ops->close(httpd->io, slot->file);
        slot->file = HANDLE_NONE;
    } else {
        httpd_log_record(httpd, &slot->action.record);
    }
    slot_step(httpd, slot, (struct http_event){ .kind = HTTP_EVENT_DONE });
    return OUTCOME_NEXT;
}

static enum outcome do_action(struct httpd *httpd, struct httpd_slot *slot)
{
    switch (slot->action.kind) {
    case HTTP_ACTION_READ: return do_read(httpd, slot);
    case HTTP_ACTION_OPEN: return do_open(httpd, slot);
    case HTTP_ACTION_WRITE: return do_write(httpd, slot);
    case HTTP_ACTION_SEND: return do_send(httpd, slot);
    case HTTP_ACTION_CLOSE_FILE:
    case HTTP_ACTION_LOG: return do_simple(httpd, slot);
    case HTTP_ACTION_SHUTDOWN:
        return stream_outcome(httpd, slot, httpd->ops->shutdown(httpd->io, slot->stream),
                              HTTP_EVENT_DONE, 0);
    case HTTP_ACTION_CLOSE: return do_close(httpd, slot);
    }
    return OUTCOME_BLOCK;
}

void httpd_serve(struct httpd *httpd, struct httpd_slot *slot)
{
    enum outcome outcome = OUTCOME_NEXT;
    uint64_t sent_before = slot->connection->response.body_bytes;
    for (int i = 0; i < ACTIONS_PER_TURN && outcome == OUTCOME_NEXT; i++) {
        bool was_send = slot->action.kind == HTTP_ACTION_SEND;
        outcome = do_action(httpd, slot);
        if (was_send && outcome == OUTCOME_NEXT && slot->action.kind == HTTP_ACTION_SEND &&
            slot->connection->response.body_bytes - sent_before >= SPLICE_BYTES_MAX)
            break;
    }
    if (outcome == OUTCOME_NEXT)
        httpd_table_ready(&httpd->table, slot);
}
