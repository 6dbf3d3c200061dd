/* tracer: records what the system does, for whoever connects (lib/trace/recording.h has the conversation). It
 * keeps everything in memory until the recording is over, so that sending it is not in it; what it
 * does meanwhile, waking up to empty the rings, is in it as its own process. One client at a time. */
#include <string.h>

#include <abi/objects.h>
#include <abi/service.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <ipc/notice_client.h>
#include <swos/syscalls.h>

#include "lib/base/format.h"
#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/rt/start.h"
#include "user/tracer/capture.h"

enum { DURATION_MS_MAX = 600000 };

#define MS_NS 1000000ull
#define REQUEST_WAIT_NS (5000 * MS_NS)
#define SEND_WAIT_NS (30000 * MS_NS)
#define DRAIN_MIN_NS (1 * MS_NS)
#define DRAIN_MAX_NS (16 * MS_NS)

static struct capture capture;

static status_t send_bytes(handle_t stream, const void *bytes, size_t len)
{
    time_ns_t deadline = clock_after(SEND_WAIT_NS);
    for (size_t sent = 0; sent < len;) {
        size_t actual = 0;
        status_t status = sys_stream_write(stream, (const uint8_t *)bytes + sent, len - sent, 0,
                                           deadline, &actual);
        if (status != STATUS_OK)
            return status;
        sent += actual;
    }
    return STATUS_OK;
}

/* @return INVALID for what is no request, or comes too slowly or not whole. */
static status_t take_request(handle_t stream, struct recording_request *out_request)
{
    uint8_t bytes[RECORDING_REQUEST_SIZE];
    time_ns_t deadline = clock_after(REQUEST_WAIT_NS);
    for (size_t have = 0; have < sizeof bytes;) {
        size_t actual = 0;
        status_t status =
            sys_stream_read(stream, bytes + have, sizeof bytes - have, 0, deadline, &actual);
        if (status != STATUS_OK || actual == 0)
            return STATUS_INVALID;
        have += actual;
    }
    return recording_request_read(bytes, out_request);
}

/* Empty the rings until the time is over, the client wants no more, or there is no room. The pause follows
 * what came in the last one, so that a ring is never close to full and an idle system is left alone. */
static void run(handle_t stream, time_ns_t end_ns)
{
    time_ns_t pause_ns = DRAIN_MIN_NS;
    while (clock_now() < end_ns && !(capture.header.flags & RECORDING_IS_FULL)) {
        uint32_t seen = 0;
        time_ns_t next_ns = clock_after(pause_ns);
        status_t status = sys_object_wait(stream,
                                          SIGNAL_READABLE | SIGNAL_READ_CLOSED |
                                              SIGNAL_PEER_CLOSED | SIGNAL_ERROR,
                                          next_ns < end_ns ? next_ns : end_ns, &seen);
        if (status != STATUS_TIMED_OUT)
            return;
        uint32_t count = capture_drain(&capture);
        if (count > 1024 && pause_ns > DRAIN_MIN_NS)
            pause_ns /= 2;
        else if (count < 256 && pause_ns < DRAIN_MAX_NS)
            pause_ns *= 2;
    }
}

static status_t send_recording(handle_t stream)
{
    uint8_t bytes[RECORDING_HEADER_SIZE + RECORDING_PROCESS_SIZE];
    struct writer writer = writer_of(bytes, sizeof bytes);
    recording_header_write(&writer, &capture.header);
    status_t status = send_bytes(stream, bytes, writer.at);
    for (uint32_t i = 0; i < capture.header.process_count && status == STATUS_OK; i++) {
        writer = writer_of(bytes, sizeof bytes);
        recording_process_write(&writer, &capture.processes[i]);
        status = send_bytes(stream, bytes, writer.at);
    }
    /* A little-endian machine has them in memory as they travel: struct trace_record has no padding. */
    if (status == STATUS_OK)
        status = send_bytes(stream, capture.records,
                            capture.header.record_count * sizeof capture.records[0]);
    return status;
}

static void serve(handle_t stream)
{
    struct recording_request request;
    uint64_t started = RECORDING_STARTED;
    status_t status = take_request(stream, &request);
    if (status == STATUS_OK)
        status = capture_begin(&capture, &request);
    if (status != STATUS_OK) {
        log_line("refused a request: status %u", status);
        return;
    }
    uint32_t duration_ms =
        request.duration_ms < DURATION_MS_MAX ? request.duration_ms : DURATION_MS_MAX;
    status = send_bytes(stream, &started, sizeof started);
    if (status == STATUS_OK)
        run(stream, clock_after(duration_ms * MS_NS));
    capture_end(&capture);
    if (status == STATUS_OK)
        status = send_recording(stream);
    log_line("recorded %u, lost %llu: status %u", capture.header.record_count,
             (unsigned long long)capture.header.lost, status);
}

int main(int argc, char **argv)
{
    char name[START_NAME_SIZE];
    format_text(name, sizeof name, "net:listen:tcp:%u", RECORDING_PORT);
    handle_t listener = start_handle_need(name, OBJECT_LISTENER);
    handle_t supervisor = start_handle(START_SUPERVISOR, OBJECT_CHANNEL);
    capture.trace = start_handle_need("trace:record", OBJECT_TRACE);
    capture.system = start_handle_need("system:inspect", OBJECT_SYSTEM);
    status_t status = capture_init(&capture);
    if (status == STATUS_OK && supervisor.raw != 0)
        status = notice_ready(supervisor);
    while (status == STATUS_OK) {
        struct socket_address peer;
        handle_t stream;
        status = sys_listener_accept(listener, &peer, 0, TIME_NEVER, &stream);
        if (status != STATUS_OK)
            break;
        serve(stream);
        status = sys_handle_close(stream.raw);
    }
    log_line("cannot go on: status %u", status);
    return EXIT_FAILED;
}
