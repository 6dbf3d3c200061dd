/* What httpd asks of the system: the whole border between the program and the machine it runs on.
 * One constant table of functions is bound to the native calls, another to a test's double.
 *
 * Nothing here waits but `wait`. An operation that cannot go on now answers WOULD_BLOCK, and after
 * that a packet with the stream's key must come when it is worth trying again. Packets may come
 * too often, never too seldom: an edge-triggered port does it, and so does one that is armed at
 * every WOULD_BLOCK. */
#pragma once

#include "lib/http/server.h"

/* Keys of packets. Connections have keys with a generation in the upper half, so that a late
 * packet of a closed one finds nobody. */
#define HTTPD_KEY_LISTENER 0ull /* Connections wait to be accepted. */
#define HTTPD_KEY_DRAIN 1ull    /* Finish and end. */
#define HTTPD_KEY_FIRST 2ull    /* Connections: this and up, in the lower half. */

struct httpd_packet {
    uint64_t key;
};

struct httpd_io_ops {
    const char *name;
    time_ns_t (*now)(void *io);
    /* Seconds since 1970, or 0 when unknown. */
    int64_t (*wall_seconds)(void *io);
    /* Take a connection; the caller owns the stream.
     * WOULD_BLOCK: none is there. Others: none can be taken now; tried again later. */
    status_t (*accept)(void *io, struct http_peer *out_peer, handle_t *out_stream);
    /* Deliver packets with `key` for what happens to the stream, until it is closed. */
    status_t (*watch)(void *io, handle_t stream, uint64_t key);
    /* At least one byte, or 0: the peer sends no more. */
    status_t (*read)(void *io, handle_t stream, struct span dst, size_t *out_actual);
    /* At least one byte. `more`: others follow at once, a segment may wait for them. */
    status_t (*write)(void *io, handle_t stream, struct const_span src, bool more,
                      size_t *out_actual);
    /* Bytes of a file to the stream; 0: the file has none at that offset. */
    status_t (*splice)(void *io, handle_t stream, handle_t file, uint64_t offset_bytes,
                       uint64_t len_bytes, bool more, uint64_t *out_actual);
    /* No more will be written. */
    status_t (*shutdown)(void *io, handle_t stream);
    /* Look up `path` (absolute, normalised; a final slash names a directory) below the root that is
     * served. A handle is given out for a regular file and only then. */
    status_t (*open)(void *io, struct http_text path, struct http_file *out_file,
                     handle_t *out_handle);
    void (*close)(void *io, handle_t handle);
    /* Wait for packets until `deadline_ns`; both a passed deadline and a cancelled wait are OK with
     * 0 packets. */
    status_t (*wait)(void *io, time_ns_t deadline_ns, struct httpd_packet *packets, size_t max,
                     size_t *out_count);
    /* Whole lines of the access log. */
    void (*log)(void *io, struct const_span lines);
    /* Memory, aligned for anything; NULL: there is none. Its bytes may be anything. */
    void *(*memory_take)(void *io, size_t size);
    void (*memory_give)(void *io, void *memory, size_t size);
};
