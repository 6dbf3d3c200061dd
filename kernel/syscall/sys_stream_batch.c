/* Call 110: many operations of the transport in one crossing. Operations are read and results are
 * written in blocks, so that neither user memory nor a lock is touched once an operation; each
 * operation is checked by itself, and one that fails does not stop the rest. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/mm/user_copy.h"
#include "kernel/process/process.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/thread.h"
#include "kernel/stream/stream_net.h"
#include "kernel/trace/tracepoint.h"

enum {
    OPERATION_BLOCK = 16,
    RESULT_BLOCK = 32,
};

/* Results on their way to user memory. */
struct result_sink {
    struct stream_result block[RESULT_BLOCK];
    size_t count;   /* In the block. */
    size_t written; /* In user memory. */
    size_t room;    /* Results that user memory holds. */
    uaddr_t address;
};

static status_t sink_flush(struct result_sink *sink)
{
    status_t status =
        user_write((uaddr_t){ sink->address.raw + sink->written * sizeof sink->block[0] },
                   sink->block, sink->count * sizeof sink->block[0]);
    if (status == STATUS_OK) {
        sink->written += sink->count;
        sink->count = 0;
    }
    return status;
}

static size_t sink_left(const struct result_sink *sink)
{
    return sink->room - sink->written - sink->count;
}

static status_t sink_add(struct result_sink *sink, const struct stream_result *result)
{
    sink->block[sink->count++] = *result;
    return sink->count == RESULT_BLOCK ? sink_flush(sink) : STATUS_OK;
}

/* Show as many new segments as asked for and as results fit, one place kept for the state. */
static status_t batch_peek(struct stream *stream, const struct stream_operation *operation,
                           struct result_sink *sink)
{
    struct stream_slice slices[RESULT_BLOCK];
    size_t left = sink_left(sink) - 1;
    status_t status = STATUS_OK;
    if (operation->len < left)
        left = operation->len;
    while (status == STATUS_OK && left > 0) {
        size_t count =
            stream_net_peek(stream, slices, left < RESULT_BLOCK ? left : (size_t)RESULT_BLOCK);
        for (size_t i = 0; i < count && status == STATUS_OK; i++)
            status = sink_add(sink, &(struct stream_result){
                                        .cookie = operation->cookie,
                                        .kind = STREAM_OP_PEEK | STREAM_RESULT_SLICE,
                                        .offset = slices[i].offset,
                                        .len = slices[i].len,
                                        .sum = slices[i].sum,
                                    });
        left = count < RESULT_BLOCK ? 0 : left - count;
    }
    return status;
}

/* All but PEEK. */
static status_t batch_act(struct stream *stream, const struct stream_operation *operation)
{
    switch (operation->kind) {
    case STREAM_OP_CONSUME: return stream_net_consume(stream, operation->len);
    case STREAM_OP_PUSH: return stream_net_push(stream, operation->offset, operation->len);
    case STREAM_OP_STATE: return STATUS_OK;
    case STREAM_OP_CLOSE_WRITE: stream_net_close_write(stream); return STATUS_OK;
    case STREAM_OP_RESET:
        if (operation->len == STATUS_OK || operation->len >= STATUS_COUNT)
            return STATUS_INVALID;
        if (stream->pair->records)
            stream_net_report(stream, (status_t)operation->len,
                              (operation->flags & STREAM_OP_OF_PEER) != 0);
        else
            stream_net_reset(stream, (status_t)operation->len);
        return STATUS_OK;
    case STREAM_OP_FILL: return stream_net_fill(stream, operation->len);
    case STREAM_OP_CONNECTED: stream_net_connected(stream); return STATUS_OK;
    default: return STATUS_INVALID;
    }
}

/* One operation on its stream. @return only the sink's trouble; the operation's goes into its
 * result. */
static status_t batch_operate(struct stream *stream, const struct stream_operation *operation,
                              struct result_sink *sink)
{
    status_t status = STATUS_OK, acted = STATUS_OK;
    if (operation->kind == STREAM_OP_PEEK)
        status = batch_peek(stream, operation, sink);
    else
        acted = batch_act(stream, operation);
    if (status != STATUS_OK || (acted == STATUS_OK && (operation->flags & STREAM_OP_QUIET)))
        return status;
    struct stream_net_state state = stream_net_state(stream);
    return sink_add(sink, &(struct stream_result){
                              .cookie = operation->cookie,
                              .kind = operation->kind,
                              .status = (uint32_t)acted,
                              .len = state.room,
                              .sum = state.held,
                              .flags = state.flags,
                          });
}

static status_t batch_one(struct thread *caller, struct pool *pool,
                          const struct stream_operation *operation, struct result_sink *sink)
{
    struct object *object = NULL;
    status_t status = handle_resolve(&caller->process->handles, operation->stream, OBJECT_STREAM,
                                     RIGHT_CONTROL, &object);
    if (status == STATUS_OK) {
        struct stream *stream = (struct stream *)object;
        bool is_ours = stream->is_net && stream->pair->pool == pool;
        trace(TRACE_NET, operation->kind, operation->len);
        if (is_ours)
            status = batch_operate(stream, operation, sink);
        object_unref(object);
        if (is_ours)
            return status;
        status = STATUS_WRONG_KIND;
    }
    return sink_add(sink, &(struct stream_result){
                              .cookie = operation->cookie,
                              .kind = operation->kind,
                              .status = (uint32_t)status,
                          });
}

/* Whether an operation's results are sure to fit: a peek wants at least one slice and its state. */
static bool sink_fits(const struct result_sink *sink, const struct stream_operation *operation)
{
    return sink_left(sink) >= (operation->kind == STREAM_OP_PEEK ? 2u : 1u);
}

status_t syscall_stream_batch(struct thread *caller, struct pool *pool, struct user_in operations,
                              struct user_out results, size_t *out_done, size_t *out_used)
{
    struct stream_operation block[OPERATION_BLOCK];
    struct result_sink sink = { .address = results.address };
    size_t total = operations.len / sizeof block[0], done = 0;
    bool is_full = false;
    status_t status = STATUS_OK;
    sink.room = results.len / sizeof sink.block[0];
    while (done < total && !is_full && status == STATUS_OK) {
        size_t count = total - done < OPERATION_BLOCK ? total - done : (size_t)OPERATION_BLOCK;
        status = user_read(block, (uaddr_t){ operations.address.raw + done * sizeof block[0] },
                           count * sizeof block[0]);
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            is_full = !sink_fits(&sink, &block[i]);
            if (is_full)
                break;
            status = batch_one(caller, pool, &block[i], &sink);
            done++;
        }
        preempt_point();
    }
    if (status == STATUS_OK)
        status = sink_flush(&sink);
    if (status != STATUS_OK)
        return status;
    *out_done = done;
    *out_used = sink.written;
    return STATUS_OK;
}
