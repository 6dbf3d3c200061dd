/* The guest book, an example of a native service: `guestbook`. Whoever connects to its port says a name and is
 * greeted; whoever has the channel `ipc:call:guestbook` reads the names. Everything that it waits for is bound to
 * one port: new connections, visitors, calls, and the wish that it ends. */
#include <string.h>

#include <abi/port.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <ipc/guestbook.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "user/examples/guestbook/book.h"
#include "user/ipc/serve.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

#define PATIENCE_NS 10000000000ull /* For a visitor's line. */

/* Keys of the port: these, and below them the place of a visitor. */
enum { VISITORS_MAX = 16, KEY_LISTENER = VISITORS_MAX, KEY_ENDPOINT, KEY_STOP };
enum { PACKETS = 8, MESSAGE_SIZE = 128, LINE_SIZE = BOOK_NAME_MAX + 2 };

struct visitor {
    handle_t stream; /* HANDLE_NONE: the place is free. */
    time_ns_t deadline;
    size_t len;
    char line[LINE_SIZE];
};

static struct guestbook {
    struct book book;
    handle_t port;
    handle_t listener;
    struct ipc_server server;
    struct visitor visitors[VISITORS_MAX];
} guestbook;

/* --- visitors --- */

/* Closing takes the stream from the port as well; what was written is still sent. */
static void visitor_leave(struct visitor *visitor)
{
    (void)sys_handle_close(visitor->stream.raw);
    *visitor = (struct visitor){ .stream = HANDLE_NONE };
}

/* The answer is shorter than a fresh stream's room, so it needs no waiting. */
static void visitor_answer(struct visitor *visitor, const char *text, size_t len)
{
    size_t written;
    (void)sys_stream_write(visitor->stream, text, len, STREAM_NO_WAIT, TIME_NOW, &written);
    visitor_leave(visitor);
}

static void visitor_read(struct visitor *visitor)
{
    static const char refusal[] = "that is no name\n";
    char greeting[BOOK_GREETING_SIZE];
    size_t len = 0, name_len = 0;
    status_t status =
        sys_stream_read(visitor->stream, visitor->line + visitor->len,
                        sizeof visitor->line - visitor->len, STREAM_NO_WAIT, TIME_NOW, &len);
    if (status == STATUS_WOULD_BLOCK)
        return;
    if (status != STATUS_OK || len == 0) {
        visitor_leave(visitor); /* Gone without a name. */
        return;
    }
    visitor->len += len;
    status = book_line_read(visitor->line, visitor->len, &name_len);
    if (status == STATUS_INVALID)
        visitor_answer(visitor, refusal, sizeof refusal - 1);
    if (status != STATUS_OK)
        return;
    len = book_enter(&guestbook.book, visitor->line, name_len, greeting);
    log_line("visitor %llu", (unsigned long long)guestbook.book.total);
    visitor_answer(visitor, greeting, len);
}

static struct visitor *visitor_place(void)
{
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (guestbook.visitors[i].stream.raw == 0)
            return &guestbook.visitors[i];
    return NULL;
}

/* As long as there are places; then new ones wait in the listener's queue. Its binding is an edge, so this is tried
 * again whenever a place may have become free. */
static void visitors_accept(void)
{
    struct visitor *visitor;
    struct socket_address peer;
    while ((visitor = visitor_place()) != NULL) {
        if (sys_listener_accept(guestbook.listener, &peer, STREAM_NO_WAIT, TIME_NOW,
                                &visitor->stream) != STATUS_OK)
            return;
        visitor->deadline = clock_after(PATIENCE_NS);
        if (sys_port_bind(guestbook.port, visitor->stream, (uint64_t)(visitor - guestbook.visitors),
                          SIGNAL_READABLE | SIGNAL_READ_CLOSED | SIGNAL_PEER_CLOSED | SIGNAL_ERROR,
                          0) != STATUS_OK)
            visitor_leave(visitor);
    }
}

/* Who says nothing does not keep a place. */
static void visitors_expire(void)
{
    time_ns_t now = clock_now();
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (guestbook.visitors[i].stream.raw != 0 && guestbook.visitors[i].deadline <= now)
            visitor_leave(&guestbook.visitors[i]);
}

/* When the next one's time is over. */
static time_ns_t visitors_deadline(void)
{
    time_ns_t next = TIME_NEVER;
    for (size_t i = 0; i < VISITORS_MAX; i++)
        if (guestbook.visitors[i].stream.raw != 0 && guestbook.visitors[i].deadline < next)
            next = guestbook.visitors[i].deadline;
    return next;
}

/* --- calls --- */

static status_t read(void *server, uint64_t badge, const struct guestbook_read_request *request,
                     struct guestbook_read_reply *out_reply)
{
    const struct book_name *name;
    status_t status = book_find(&guestbook.book, request->number, &name);
    if (status != STATUS_OK)
        return status;
    out_reply->total = guestbook.book.total;
    out_reply->name_len = name->len;
    memcpy(out_reply->name, name->text, name->len);
    return STATUS_OK;
}

static status_t erase(void *server, uint64_t badge, const struct guestbook_erase_request *request,
                      struct guestbook_erase_reply *out_reply)
{
    out_reply->erased = book_erase(&guestbook.book);
    return STATUS_OK;
}

static const struct guestbook_ops ops = { .read = read, .erase = erase };

static status_t dispatch(void *server, uint64_t badge, struct ipc_parcel *request,
                         struct ipc_parcel *reply)
{
    return guestbook_dispatch(&ops, server, badge, request, reply);
}

/* --- the loop --- */

static status_t begin(void)
{
    static uint8_t bytes[2][MESSAGE_SIZE] __attribute__((aligned(8)));
    guestbook.listener = start_handle_need("net:listen:tcp:7000", OBJECT_LISTENER);
    guestbook.server = (struct ipc_server){
        .endpoint = start_handle_need("ipc:serve:guestbook", OBJECT_ENDPOINT),
        .request_bytes = bytes[0],
        .reply_bytes = bytes[1],
        .capacity = MESSAGE_SIZE,
        .dispatch = dispatch,
    };
    status_t status = sys_port_create(&guestbook.port);
    if (status == STATUS_OK)
        status = sys_port_bind(guestbook.port, guestbook.server.endpoint, KEY_ENDPOINT,
                               SIGNAL_READABLE, 0);
    if (status == STATUS_OK)
        status = sys_port_bind(guestbook.port, start_handle_need(START_STOP, OBJECT_EVENT),
                               KEY_STOP, SIGNAL_EVENT, 0);
    if (status == STATUS_OK)
        status = sys_port_bind(guestbook.port, guestbook.listener, KEY_LISTENER, SIGNAL_READABLE,
                               PORT_EDGE);
    if (status == STATUS_OK)
        status = notice_ready(start_handle_need(START_SUPERVISOR, OBJECT_CHANNEL));
    return status;
}

static void take_packet(const struct port_packet *packet)
{
    if (packet->key == KEY_STOP)
        program_exit(EXIT_OK);
    if (packet->key == KEY_ENDPOINT && ipc_server_drain(&guestbook.server) != STATUS_OK)
        program_exit(EXIT_FAILED); /* The supervisor keeps the endpoint; this cannot be. */
    if (packet->key < VISITORS_MAX && guestbook.visitors[packet->key].stream.raw != 0)
        visitor_read(&guestbook.visitors[packet->key]);
}

int main(int argc, char **argv)
{
    status_t status = begin();
    while (status == STATUS_OK || status == STATUS_TIMED_OUT) {
        struct port_packet packets[PACKETS];
        size_t count = 0;
        visitors_expire();
        visitors_accept();
        status = sys_port_wait(guestbook.port, packets, PACKETS, visitors_deadline(), &count);
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            take_packet(&packets[i]);
    }
    log_line("cannot go on: status %u", status);
    return EXIT_FAILED;
}
