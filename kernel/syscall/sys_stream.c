/* Calls 96 to 101, 109, and 114 to 117: streams. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/stream_record.h"

enum {
    STREAM_RIGHTS_APPLICATION =
        RIGHT_READ | RIGHT_WRITE | RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT,
    STREAM_RIGHTS_TRANSPORT = RIGHT_CONTROL | RIGHT_TRANSFER | RIGHT_WAIT | RIGHT_INSPECT,
};

status_t syscall_stream_create(struct thread *caller, handle_t *out_first, handle_t *out_second)
{
    static const struct stream_params local = { .pool = NULL };
    struct stream *ends[2];
    status_t status = stream_create(caller->process->cell, &local, ends);
    if (status != STATUS_OK)
        return status;
    return handle_give_two(&caller->process->handles, &ends[0]->object, STREAM_RIGHTS_APPLICATION,
                           &ends[1]->object, STREAM_RIGHTS_APPLICATION, out_first, out_second);
}

/* What a call on an application's end begins with. */
static status_t end_begin(struct thread *caller, struct stream *stream)
{
    if (stream->is_net)
        return STATUS_WRONG_KIND;
    return stream_claim(stream, caller->process->cell);
}

static status_t bytes_begin(struct thread *caller, struct stream *stream)
{
    if (stream->pair->records)
        return STATUS_BAD_STATE;
    return end_begin(caller, stream);
}

static status_t records_begin(struct thread *caller, struct stream *stream)
{
    if (!stream->pair->records)
        return STATUS_BAD_STATE;
    return end_begin(caller, stream);
}

status_t syscall_stream_read(struct thread *caller, struct stream *stream, struct user_out dst,
                             uint32_t flags, time_ns_t deadline, size_t *out_actual)
{
    status_t status = bytes_begin(caller, stream);
    if (status != STATUS_OK)
        return status;
    return stream_read(stream, dst, flags, deadline, out_actual);
}

status_t syscall_stream_write(struct thread *caller, struct stream *stream, struct user_in src,
                              uint32_t flags, time_ns_t deadline, size_t *out_actual)
{
    status_t status = bytes_begin(caller, stream);
    if (status != STATUS_OK)
        return status;
    return stream_write(stream, src, flags, deadline, out_actual);
}

status_t syscall_stream_splice(struct thread *caller, struct stream *stream, struct file *file,
                               uint64_t offset, uint64_t len, uint32_t flags, time_ns_t deadline,
                               uint64_t *out_actual)
{
    status_t status = bytes_begin(caller, stream);
    if (status != STATUS_OK)
        return status;
    return stream_splice(stream, file, offset, len, flags, deadline, out_actual);
}

status_t syscall_stream_shutdown(struct thread *caller, struct stream *stream, uint32_t how)
{
    if (stream->is_net)
        return STATUS_WRONG_KIND;
    stream_shutdown(stream, how);
    return STATUS_OK;
}

status_t syscall_stream_info(struct thread *caller, struct stream *stream, struct user_out out_info)
{
    struct stream_info info;
    stream_info(stream, &info);
    return user_write(out_info.address, &info, sizeof info);
}

static bool limit_ok(uint32_t limit)
{
    return limit >= STREAM_LIMIT_MIN && limit <= STREAM_LIMIT_MAX;
}

/* One manner at most; and a record holds more than its header. */
static bool net_flags_ok(uint32_t flags, uint32_t fill)
{
    return (flags & ~(STREAM_NET_CONNECTING | STREAM_NET_UNSUMMED)) == 0 ||
           flags == STREAM_NET_LOCAL ||
           (flags == STREAM_NET_RECORDS && fill > STREAM_RECORD_HEADER);
}

status_t syscall_stream_create_net(struct thread *caller, struct pool *pool, struct user_in params,
                                   handle_t *out_app, handle_t *out_net)
{
    struct stream_net_params given;
    struct stream *ends[2];
    status_t status = user_read(&given, params.address, sizeof given);
    if (status != STATUS_OK)
        return status;
    if (!limit_ok(given.send_limit) || !limit_ok(given.receive_limit) || given.fill == 0 ||
        given.fill > STREAM_CHUNK_SIZE || !net_flags_ok(given.flags, given.fill))
        return STATUS_INVALID;
    bool is_local = (given.flags & STREAM_NET_LOCAL) != 0;
    struct stream_params made = {
        .pool = is_local ? NULL : pool,
        .limits = { given.send_limit, given.receive_limit },
        .chunk_fill = (uint16_t)given.fill,
        .connecting = (given.flags & STREAM_NET_CONNECTING) != 0,
        .unsummed = (given.flags & STREAM_NET_UNSUMMED) != 0,
        .records = (given.flags & STREAM_NET_RECORDS) != 0,
        .unclaimed = true,
        .addresses = { given.local, given.remote },
    };
    status = stream_create(caller->process->cell, &made, ends);
    if (status != STATUS_OK)
        return status;
    return handle_give_two(&caller->process->handles, &ends[0]->object, STREAM_RIGHTS_APPLICATION,
                           &ends[1]->object,
                           is_local ? (rights_t)STREAM_RIGHTS_APPLICATION
                                    : (rights_t)STREAM_RIGHTS_TRANSPORT,
                           out_app, out_net);
}

status_t syscall_stream_create_records(struct thread *caller, handle_t *out_first,
                                       handle_t *out_second)
{
    static const struct stream_params local = { .pool = NULL, .records = true };
    struct stream *ends[2];
    status_t status = stream_create(caller->process->cell, &local, ends);
    if (status != STATUS_OK)
        return status;
    return handle_give_two(&caller->process->handles, &ends[0]->object, STREAM_RIGHTS_APPLICATION,
                           &ends[1]->object, STREAM_RIGHTS_APPLICATION, out_first, out_second);
}

status_t syscall_stream_send(struct thread *caller, struct stream *stream, struct user_in src,
                             struct user_in to, uint32_t flags, time_ns_t deadline)
{
    struct socket_address address;
    status_t status = records_begin(caller, stream);
    if (status == STATUS_OK && to.len != 0)
        status = user_read(&address, to.address, sizeof address);
    if (status != STATUS_OK)
        return status;
    size_t actual;
    return stream_send(stream, &src, 1, to.len != 0 ? &address : NULL, flags, deadline, &actual);
}

status_t syscall_stream_receive(struct thread *caller, struct stream *stream, struct user_out dst,
                                struct user_out out_from, uint32_t flags, time_ns_t deadline,
                                size_t *out_actual, size_t *out_record_len)
{
    status_t status = records_begin(caller, stream);
    if (status != STATUS_OK)
        return status;
    return stream_receive(stream, &dst, 1, out_from, flags, deadline, out_actual, out_record_len);
}

status_t syscall_stream_connect(struct thread *caller, struct stream *stream, struct user_in peer)
{
    struct socket_address address;
    status_t status = records_begin(caller, stream);
    if (status == STATUS_OK && peer.len != 0)
        status = user_read(&address, peer.address, sizeof address);
    if (status != STATUS_OK)
        return status;
    return stream_connect(stream, peer.len != 0 ? &address : NULL);
}
