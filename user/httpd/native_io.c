/* The native calls under httpd; see native_io.h. All bindings are edges: the loop tries until it is
 * told WOULD_BLOCK, and the next edge comes after that. */
#include "user/httpd/native_io.h"

#include <string.h>

#include <abi/file.h>
#include <abi/objects.h>
#include <abi/port.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/base/seldom.h"
#include "user/rt/arena.h"
#include "user/rt/clock.h"
#include "user/rt/log.h"

#define SECOND_NS 1000000000ull

enum { PACKETS_MAX = 64, LOG_PART_MAX = 216 };

static time_ns_t native_now(void *io)
{
    return clock_now();
}

static int64_t native_wall_seconds(void *io)
{
    const struct native_io *native = io;
    uint64_t wall_ns = 0;
    if (native->clock.raw == 0 || sys_clock_wall(native->clock, &wall_ns) != STATUS_OK)
        return 0;
    return (int64_t)(wall_ns / SECOND_NS);
}

static status_t native_accept(void *io, struct http_peer *out_peer, handle_t *out_stream)
{
    const struct native_io *native = io;
    struct socket_address peer;
    status_t status =
        sys_listener_accept(native->listener, &peer, STREAM_NO_WAIT, TIME_NOW, out_stream);
    if (status != STATUS_OK)
        return status;
    out_peer->port = peer.port;
    memcpy(out_peer->address, peer.address, sizeof out_peer->address);
    return STATUS_OK;
}

static status_t native_watch(void *io, handle_t stream, uint64_t key)
{
    const struct native_io *native = io;
    return sys_port_bind(native->port, stream, key,
                         SIGNAL_READABLE | SIGNAL_WRITABLE | SIGNAL_READ_CLOSED |
                             SIGNAL_PEER_CLOSED | SIGNAL_ERROR,
                         PORT_EDGE);
}

static status_t native_read(void *io, handle_t stream, struct span dst, size_t *out_actual)
{
    return sys_stream_read(stream, dst.data, dst.len, STREAM_NO_WAIT, TIME_NOW, out_actual);
}

/* Whether more follows changes nothing: a segment is filled as long as nobody has taken it. An answer of the site has one such
 * write, its head, so this is also where tools/qemucount tells one request from the next (mark 14). */
static status_t native_write(void *io, handle_t stream, struct const_span src, bool more,
                             size_t *out_actual)
{
    __asm__ volatile("hint #0x7e" ::: "memory");
    return sys_stream_write(stream, src.data, src.len, STREAM_NO_WAIT, TIME_NOW, out_actual);
}

static status_t native_splice(void *io, handle_t stream, handle_t file, uint64_t offset_bytes,
                              uint64_t len_bytes, bool more, uint64_t *out_actual)
{
    return sys_stream_splice(stream, file, offset_bytes, len_bytes, STREAM_NO_WAIT, TIME_NOW,
                             out_actual);
}

static status_t native_shutdown(void *io, handle_t stream)
{
    return sys_stream_shutdown(stream, STREAM_SHUT_WRITE);
}

static enum http_file_kind kind_of(const struct file_stat *stat)
{
    switch (stat->kind) {
    case FILE_REGULAR: return HTTP_FILE_REGULAR;
    case FILE_DIRECTORY: return HTTP_FILE_DIRECTORY;
    default: return HTTP_FILE_OTHER;
    }
}

/* A file is another one, or has another time, when its content is another. */
static uint64_t version_of(const struct file_stat *stat)
{
    return (stat->number ^ stat->filesystem << 40) * 0x9e3779b97f4a7c15ull ^ stat->modified_ns;
}

static status_t native_open(void *io, struct http_text path, struct http_file *out_file,
                            handle_t *out_handle)
{
    const struct native_io *native = io;
    handle_t handle;
    uint32_t kind;
    struct file_stat stat;
    status_t status =
        sys_file_open(native->root, path.data, path.len, 0, RIGHT_READ, &handle, &kind);
    if (status != STATUS_OK)
        return status;
    status = sys_file_stat(handle, &stat);
    if (status == STATUS_OK)
        *out_file = (struct http_file){
            .kind = kind_of(&stat),
            .size_bytes = stat.size_bytes,
            .modified_s = (int64_t)(stat.modified_ns / SECOND_NS),
            .version = version_of(&stat),
        };
    if (status == STATUS_OK && out_file->kind == HTTP_FILE_REGULAR)
        *out_handle = handle;
    else
        (void)sys_handle_close(handle.raw);
    return status;
}

static void native_close(void *io, handle_t handle)
{
    status_t status = sys_handle_close(handle.raw);
    ASSERT(status == STATUS_OK);
}

static status_t native_wait(void *io, time_ns_t deadline_ns, struct httpd_packet *packets,
                            size_t max, size_t *out_count)
{
    const struct native_io *native = io;
    struct port_packet arrived[PACKETS_MAX];
    size_t count = 0;
    status_t status = sys_port_wait(native->port, arrived, max < PACKETS_MAX ? max : PACKETS_MAX,
                                    deadline_ns, &count);
    if (status != STATUS_OK && status != STATUS_TIMED_OUT && status != STATUS_CANCELLED)
        return status;
    if (status != STATUS_OK)
        count = 0;
    for (size_t i = 0; i < count; i++)
        packets[i].key = arrived[i].key;
    *out_count = count;
    return STATUS_OK;
}

/* A line of the system's log, with the time and the name before it, is shorter than one of ours may be:
 * it goes on in lines that begin with a plus, which no line of either form does. */
static SELDOM void log_in_parts(const char *line, size_t len)
{
    (void)sys_debug_write(line, LOG_PART_MAX);
    for (size_t at = LOG_PART_MAX; at < len; at += LOG_PART_MAX) {
        size_t part = len - at < LOG_PART_MAX ? len - at : (size_t)LOG_PART_MAX;
        log_line("+%.*s", (int)part, line + at);
    }
}

static void native_log(void *io, struct const_span lines)
{
    const struct native_io *native = io;
    const char *line = (const char *)lines.data;
    const char *end = line + lines.len;
    while (native->logs && line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t len = newline == NULL ? (size_t)(end - line) : (size_t)(newline - line);
        if (len <= LOG_PART_MAX)
            (void)sys_debug_write(line, len);
        else
            log_in_parts(line, len);
        line += len + 1;
    }
}

static void *native_memory_take(void *io, size_t size)
{
    void *memory = NULL;
    return pages_take(size, &memory) == STATUS_OK ? memory : NULL;
}

static void native_memory_give(void *io, void *memory, size_t size)
{
    status_t status = sys_memory_unmap((uintptr_t)memory, size);
    ASSERT(status == STATUS_OK);
}

status_t native_io_open(struct native_io *native)
{
    status_t status = sys_port_create(&native->port);
    if (status == STATUS_OK)
        status = sys_port_bind(native->port, native->listener, HTTPD_KEY_LISTENER, SIGNAL_READABLE,
                               PORT_EDGE);
    if (status == STATUS_OK && native->stop.raw != 0)
        status =
            sys_port_bind(native->port, native->stop, HTTPD_KEY_DRAIN, SIGNAL_EVENT, PORT_EDGE);
    return status;
}

const struct httpd_io_ops native_io_ops = {
    .name = "native",
    .now = native_now,
    .wall_seconds = native_wall_seconds,
    .accept = native_accept,
    .watch = native_watch,
    .read = native_read,
    .write = native_write,
    .splice = native_splice,
    .shutdown = native_shutdown,
    .open = native_open,
    .close = native_close,
    .wait = native_wait,
    .log = native_log,
    .memory_take = native_memory_take,
    .memory_give = native_memory_give,
};
