/* Between the engine's notices and the kernel's streams. Notices become operations, all operations of a
 * round go in one stream_batch, and its results become events. What a connection needs beside that is
 * noted as work on its slot, so that a connection with much news costs one operation of each kind.
 *
 * FENCES. Frames refer to chunks of a stream until the card has sent them. Acknowledged bytes are
 * therefore consumed, and ended streams closed, only when every frame submitted before the notice has
 * been retired: usually at once, since acknowledgements come after completions. */
#include <abi/port.h>
#include <abi/signals.h>
#include <string.h>
#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "lib/base/seldom.h"
#include "user/netd/netd.h"
#include "user/rt/log.h"

enum { TCP_IP_HEADERS = 40, UDP_IP_HEADERS = 28 };

static struct connection *slot_of(struct netd *netd, net_connection_t name)
{
    struct connection *slot = &netd->connections[net_connection_index(name)];
    return slot->stream.raw != 0 && slot->name.raw == name.raw ? slot : NULL;
}

static uint32_t slot_index(const struct netd *netd, const struct connection *slot)
{
    return (uint32_t)(slot - netd->connections);
}

void streams_work(struct netd *netd, struct connection *slot, uint8_t work)
{
    slot->work |= work;
    if (slot->listed)
        return;
    slot->listed = true;
    netd->work[netd->work_count++] = slot_index(netd, slot);
}

/* `slot` is SLOTS_MAX for a stream that has none any more. */
static struct stream_operation *operation_add(struct netd *netd, uint32_t slot, handle_t stream,
                                              uint32_t kind)
{
    ASSERT(netd->operation_count < OPERATIONS_MAX);
    struct stream_operation *operation =
        &netd->operations[netd->operations_half][netd->operation_count];
    *operation = (struct stream_operation){
        .stream = stream,
        .cookie = (uint64_t)slot << 32 | netd->operation_count++,
        .kind = kind,
    };
    return operation;
}

struct stream_operation *streams_operation(struct netd *netd, const struct connection *slot,
                                           uint32_t kind)
{
    return operation_add(netd, slot_index(netd, slot), slot->stream, kind);
}

static void consume(struct netd *netd, uint32_t slot, handle_t stream, uint32_t bytes)
{
    struct stream_operation *operation = operation_add(netd, slot, stream, STREAM_OP_CONSUME);
    operation->len = bytes;
    operation->flags = STREAM_OP_QUIET;
}

/* ---- Fences ---------------------------------------------------------------------------------- */

static bool is_retired(const struct netd *netd, uint64_t fence)
{
    return netd->tx_retired >= fence;
}

void streams_consume(struct netd *netd, struct connection *slot, uint32_t bytes)
{
    if (slot->waits_for_room)
        streams_work(netd, slot, WORK_PEEK);
    slot->waits_for_room = false;
    if (slot->acked != 0) {
        slot->acked_next += bytes; /* In its turn: a fence that moved would never be reached. */
        return;
    }
    if (is_retired(netd, netd->tx_submitted)) {
        consume(netd, slot_index(netd, slot), slot->stream, bytes);
        return;
    }
    slot->acked = bytes;
    slot->fence = netd->tx_submitted;
    if (slot->consuming)
        return; /* Still listed for the slot's last connection: early, which only delays others. */
    slot->consuming = true;
    uint32_t place = (netd->consuming_first + netd->consuming_count++) % SLOTS_MAX;
    netd->consuming[place] = slot_index(netd, slot);
}

/* The oldest fence of the connections: they stand in the order of their fences. A slot whose
 * connection has ended meanwhile has nothing left to consume. */
static void consume_retired(struct netd *netd)
{
    while (netd->consuming_count > 0) {
        struct connection *slot = &netd->connections[netd->consuming[netd->consuming_first]];
        if (slot->acked != 0 && !is_retired(netd, slot->fence))
            return;
        netd->consuming_first = (netd->consuming_first + 1) % SLOTS_MAX;
        netd->consuming_count--;
        slot->consuming = false;
        uint32_t next = slot->acked_next;
        if (slot->acked != 0)
            consume(netd, slot_index(netd, slot), slot->stream, slot->acked);
        slot->acked = slot->acked_next = 0;
        if (next != 0)
            streams_consume(netd, slot, next);
    }
}

static SELDOM void ending_finish(struct netd *netd, const struct ending *ending)
{
    if (ending->acked > 0)
        consume(netd, SLOTS_MAX, ending->stream, ending->acked);
    if (ending->why != STATUS_OK) {
        struct stream_operation *reset =
            operation_add(netd, SLOTS_MAX, ending->stream, STREAM_OP_RESET);
        reset->len = ending->why;
        reset->flags = STREAM_OP_QUIET;
    }
    ASSERT(netd->closing_count < ENDINGS_MAX);
    netd->closing[netd->closing_count++] = ending->stream;
}

void streams_retired(struct netd *netd)
{
    consume_retired(netd);
    while (netd->endings_count > 0 && netd->closing_count < ENDINGS_MAX &&
           netd->operation_count < OPERATIONS_MAX / 4) {
        const struct ending *oldest = &netd->endings[netd->endings_first];
        if (!is_retired(netd, oldest->fence))
            return;
        ending_finish(netd, oldest);
        netd->endings_first = (netd->endings_first + 1) % ENDINGS_MAX;
        netd->endings_count--;
    }
}

/* The connection is gone; its slot may be the next one's in the same round. */
SELDOM void streams_end(struct netd *netd, struct connection *slot, status_t why)
{
    ASSERT(netd->endings_count < ENDINGS_MAX);
    uint32_t place = (netd->endings_first + netd->endings_count++) % ENDINGS_MAX;
    netd->endings[place] = (struct ending){
        .stream = slot->stream,
        .fence = netd->tx_submitted,
        .acked = slot->acked + slot->acked_next,
        .why = why == STATUS_CANCELLED ? STATUS_RESET : why,
    };
    if (slot->connecting)
        netd->connecting_count--;
    if (slot->datagrams == NULL)
        netd->stream_count--;
    if (slot->unposted)
        (void)sys_handle_close(slot->application.raw);
    *slot = (struct connection){ .listed = slot->listed, .consuming = slot->consuming };
    streams_retired(netd);
}

/* ---- Opening --------------------------------------------------------------------------------- */

static uint64_t key_of(const struct netd *netd, const struct connection *slot)
{
    return slot->name.raw >> 32 << 32 | (uint64_t)slot_index(netd, slot) << 8 | KEY_CONNECTION;
}

/* Without offload, chunks are filled with whole segments: a chunk that held the half of one would make frames of
 * more pieces. */
static uint32_t fill_of(const struct netd *netd, uint16_t mss)
{
    if ((netd->device.features & NET_FEATURE_TX_TSO4) || mss > STREAM_CHUNK_SIZE)
        return STREAM_CHUNK_SIZE;
    return STREAM_CHUNK_SIZE / mss * mss;
}

/* Both ends or none. */
static status_t stream_make(struct netd *netd, struct connection *slot,
                            const struct stream_net_params *params)
{
    status_t status = sys_stream_create_net(netd->pool, params, &slot->application, &slot->stream);
    if (status != STATUS_OK)
        return status;
    status = sys_port_bind(netd->port, slot->stream, key_of(netd, slot),
                           SIGNAL_READABLE | SIGNAL_WRITABLE, PORT_EDGE);
    if (status != STATUS_OK) {
        (void)sys_handle_close(slot->application.raw);
        (void)sys_handle_close(slot->stream.raw);
        slot->stream = HANDLE_NONE;
    }
    return status;
}

static status_t connection_make(struct netd *netd, struct connection *slot,
                                const struct net_endpoint *local, uint16_t mss, uint32_t flags)
{
    slot->unsummed = (netd->device.features & NET_FEATURE_TX_CHECKSUM) != 0;
    struct stream_net_params params = {
        .local = socket_address_of(local, SOCKET_TCP),
        .remote = socket_address_of(&slot->remote, SOCKET_TCP),
        .send_limit = netd->stream_count < CONNECTIONS_FEW ? STREAM_BYTES_OF_FEW : STREAM_BYTES,
        .receive_limit = WINDOW_BYTES,
        .fill = fill_of(netd, mss),
        .flags = flags | (slot->unsummed ? STREAM_NET_UNSUMMED : 0),
    };
    status_t status = stream_make(netd, slot, &params);
    netd->stream_count += status == STATUS_OK;
    return status;
}

/* The slot of a connection that is new. */
static struct connection *slot_begin(struct netd *netd, net_connection_t name)
{
    struct connection *slot = &netd->connections[net_connection_index(name)];
    ASSERT(slot->stream.raw == 0);
    *slot = (struct connection){
        .name = name,
        .listed = slot->listed,
        .consuming = slot->consuming,
    };
    return slot;
}

/* The gate is full: the connection keeps until there is room, and no further one is completed. */
static void slot_post(struct netd *netd, struct connection *slot)
{
    status_t status = listener_gate_post(netd, slot->listener, slot->application, &slot->remote);
    slot->unposted = status == STATUS_LIMIT;
    if (status == STATUS_OK)
        return;
    if (status == STATUS_LIMIT) {
        listener_is_full(netd, slot->listener);
        return;
    }
    (void)sys_handle_close(slot->application.raw);
    streams_work(netd, slot, WORK_ABORT);
}

SELDOM void streams_accept(struct netd *netd, const struct net_notice *notice)
{
    struct connection *slot = slot_begin(netd, notice->connection);
    slot->remote = notice->remote;
    slot->listener = (uint32_t)notice->cookie;
    status_t status = connection_make(netd, slot, &notice->local, notice->mss, 0);
    if (status != STATUS_OK) {
        log_line("a connection finds no stream: status %d", status);
        streams_work(netd, slot, WORK_ABORT);
        return;
    }
    streams_work(netd, slot, WORK_OPTIONS);
    slot_post(netd, slot);
}

SELDOM status_t streams_connect(struct netd *netd, net_connection_t name,
                                const struct net_endpoint *local, const struct connect_wish *wish,
                                handle_t *out_application)
{
    struct connection *slot = slot_begin(netd, name);
    slot->remote = wish->remote;
    uint16_t mss = (uint16_t)(netd->config.link.mtu - TCP_IP_HEADERS); /* Until it is known. */
    status_t status = connection_make(netd, slot, local, mss, STREAM_NET_CONNECTING);
    if (status != STATUS_OK) {
        streams_work(netd, slot, WORK_ABORT);
        return status;
    }
    slot->connecting = true;
    slot->connect_until = wish->until;
    netd->connecting_count++;
    if (wish->until < netd->connecting_until)
        netd->connecting_until = wish->until;
    *out_application = slot->application;
    return STATUS_OK;
}

static SELDOM void connected(struct netd *netd, struct connection *slot, uint16_t mss)
{
    ASSERT(slot->connecting);
    slot->connecting = false;
    netd->connecting_count--;
    struct stream_operation *fill = streams_operation(netd, slot, STREAM_OP_FILL);
    fill->len = fill_of(netd, mss);
    fill->flags = STREAM_OP_QUIET;
    streams_operation(netd, slot, STREAM_OP_CONNECTED)->flags = STREAM_OP_QUIET;
    streams_work(netd, slot, WORK_OPTIONS);
}

SELDOM void streams_give_up(struct netd *netd, struct connection *slot)
{
    slot->gave_up = true;
    slot->connect_until = TIME_NEVER;
    streams_work(netd, slot, WORK_ABORT);
}

SELDOM status_t streams_records(struct netd *netd, uint32_t index, uint32_t life,
                                const struct net_endpoint *local, struct datagrams *datagrams,
                                handle_t *out_application)
{
    net_connection_t name = { (uint64_t)life << 32 | index };
    struct connection *slot = slot_begin(netd, name);
    struct stream_net_params params = {
        .local = socket_address_of(local, SOCKET_UDP),
        .remote = { .protocol = SOCKET_UDP },
        .send_limit = DATAGRAM_BYTES,
        .receive_limit = DATAGRAM_BYTES,
        .fill = netd->config.link.mtu - UDP_IP_HEADERS + STREAM_RECORD_HEADER,
        .flags = STREAM_NET_RECORDS,
    };
    status_t status = stream_make(netd, slot, &params);
    if (status != STATUS_OK)
        return status;
    slot->datagrams = datagrams;
    *out_application = slot->application;
    return STATUS_OK;
}

void streams_post(struct netd *netd, uint32_t listener)
{
    for (uint32_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *slot = &netd->connections[i];
        if (slot->stream.raw != 0 && slot->unposted && slot->listener == listener)
            slot_post(netd, slot);
        if (slot->unposted && slot->listener == listener)
            return; /* Full again. */
    }
}

/* ---- Notices --------------------------------------------------------------------------------- */

static uint32_t chunk_of(uint32_t offset)
{
    return offset - offset % STREAM_CHUNK_SIZE;
}

/* Bytes of a local connection that could not be joined: they are still their sender's. @return where
 * they are now, or UINT32_MAX. */
static SELDOM uint32_t borrowed_copy(struct netd *netd, const struct net_slice *slice)
{
    uint32_t chunk = buffer_take(netd);
    if (chunk != UINT32_MAX)
        memcpy(netd->memory + chunk, netd->memory + slice->offset, slice->len);
    return chunk;
}

static void deliver(struct netd *netd, struct connection *slot, const struct net_slice *slice)
{
    bool is_borrowed = (slice->flags & NET_SLICE_BORROWED) != 0;
    uint32_t offset = slice->offset;
    if (slot == NULL) {
        if (!is_borrowed)
            buffer_give(netd, chunk_of(offset));
        return;
    }
    if (is_borrowed)
        offset = borrowed_copy(netd, slice);
    if (offset == UINT32_MAX) {
        streams_work(netd, slot, WORK_ABORT); /* The peer believes it delivered. */
        return;
    }
    struct stream_operation *push = streams_operation(netd, slot, STREAM_OP_PUSH);
    slot->pushed_bytes += slice->len;
    push->offset = offset;
    push->len = slice->len;
    push->flags = STREAM_OP_QUIET;
    /* The state that is asked for at the end of the batch says how much room is left after all. */
    streams_work(netd, slot, WORK_STATE);
}

void streams_notice(struct netd *netd, const struct net_notice *notice)
{
    if (notice->kind == NET_NOTICE_RECYCLE) {
        buffer_give(netd, notice->chunk_offset);
        return;
    }
    if (notice->kind == NET_NOTICE_ACCEPT) {
        streams_accept(netd, notice);
        return;
    }
    if (notice->kind > NET_NOTICE_RESET) {
        control_notice(netd, notice);
        return;
    }
    struct connection *slot = slot_of(netd, notice->connection);
    if (notice->kind == NET_NOTICE_DELIVER) {
        deliver(netd, slot, &notice->slice);
        return;
    }
    if (slot == NULL)
        return; /* No stream could be made for it. */
    switch (notice->kind) {
    case NET_NOTICE_ACKED: streams_consume(netd, slot, notice->acked_bytes); break;
    case NET_NOTICE_CONNECTED: connected(netd, slot, notice->mss); break;
    case NET_NOTICE_SEND_ROOM:
        slot->waits_for_room = false;
        streams_work(netd, slot, WORK_PEEK);
        break;
    case NET_NOTICE_PEER_FIN:
        streams_operation(netd, slot, STREAM_OP_CLOSE_WRITE)->flags = STREAM_OP_QUIET;
        break;
    case NET_NOTICE_CLOSED: streams_end(netd, slot, STATUS_OK); break;
    case NET_NOTICE_RESET:
        streams_end(netd, slot, slot->gave_up ? STATUS_TIMED_OUT : notice->why);
        break;
    default: break;
    }
}

void streams_signal(struct netd *netd, uint64_t key, uint32_t signals)
{
    uint32_t index = (uint32_t)(key >> 8) & 0xffffff;
    ASSERT(index < SLOTS_MAX);
    struct connection *slot = &netd->connections[index];
    if (slot->stream.raw == 0 || slot->name.raw >> 32 != key >> 32)
        return; /* Its connection has ended since. */
    if (signals & SIGNAL_READABLE)
        streams_work(netd, slot, WORK_PEEK);
    if (signals & SIGNAL_WRITABLE)
        streams_work(netd, slot, WORK_STATE);
}

/* ---- The batch ------------------------------------------------------------------------------- */

/* A peek asks for no more slices than the engine is sure to take, all peeks together included. */
static void peek_add(struct netd *netd, struct connection *slot, uint32_t *slices_left)
{
    uint32_t room = net_send_room(netd->engine, slot->name);
    if (room > *slices_left)
        room = *slices_left;
    if (room > PEEK_MAX)
        room = PEEK_MAX;
    if (room == 0) {
        slot->waits_for_room = true;
        return;
    }
    *slices_left -= room;
    struct stream_operation *peek = streams_operation(netd, slot, STREAM_OP_PEEK);
    peek->len = room;
}

/* Streams are filled by whole writes and looked at once a round, so small segments are rare; what
 * Nagle's algorithm would add is a wait for the peer's delayed acknowledgement. */
static SELDOM void options_set(struct netd *netd, const struct connection *slot)
{
    struct net_event event = { .kind = NET_EVENT_OPTIONS, .more = true };
    event.options = (struct net_event_options){ slot->name, .no_delay = true, .keep_alive = true };
    (void)engine_step(netd, &event);
}

static SELDOM void abort_slot(struct netd *netd, const struct connection *slot)
{
    struct net_event event = { .kind = NET_EVENT_ABORT, .more = true };
    event.connection.connection = slot->name;
    (void)engine_step(netd, &event); /* NOT_FOUND: it has ended by itself. */
}

/* Turns noted work into operations. Aborts are events, so they go to the engine here. */
static void work_collect(struct netd *netd)
{
    uint32_t slices_left = netd->config.slices_max - net_slices_used(netd->engine);
    uint32_t count = netd->work_count;
    netd->work_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct connection *slot = &netd->connections[netd->work[i]];
        uint8_t work = slot->work;
        slot->work = 0;
        slot->listed = false;
        if (work & WORK_ABORT) {
            abort_slot(netd, slot);
            continue;
        }
        if (slot->stream.raw == 0)
            continue;
        if (slot->datagrams != NULL) {
            datagrams_work(netd, slot);
            continue;
        }
        if (work & WORK_OPTIONS)
            options_set(netd, slot);
        if (work & WORK_PEEK)
            peek_add(netd, slot, &slices_left);
        else if (work & WORK_STATE)
            (void)streams_operation(netd, slot, STREAM_OP_STATE);
        /* A peek's own state says all that WORK_STATE asks for. */
        if ((work & WORK_PEEK) && (work & WORK_STATE) && slot->waits_for_room)
            (void)streams_operation(netd, slot, STREAM_OP_STATE);
    }
}

static void window_tell(struct netd *netd, const struct connection *slot, uint32_t room)
{
    struct net_event event = { .kind = NET_EVENT_WINDOW, .more = true };
    event.window = (struct net_event_window){ slot->name, room };
    (void)engine_step(netd, &event);
}

static void slices_send(struct netd *netd, struct connection *slot)
{
    struct net_event event = { .kind = NET_EVENT_SEND, .more = true };
    event.send = (struct net_event_send){ slot->name, netd->slices, netd->slice_count };
    status_t status = engine_step(netd, &event);
    /* Anything else would lose bytes: work_collect asked for no more than there is room for. */
    if (status != STATUS_NOT_FOUND && netd->outbox.taken != netd->slice_count) {
        log_line("send: status %d, %u of %u", status, netd->outbox.taken, netd->slice_count);
        streams_work(netd, slot, WORK_ABORT);
    }
}

/* The application has finished writing, or is gone. */
static SELDOM void end_tell(struct netd *netd, struct connection *slot, uint32_t flags)
{
    struct net_event event = { .more = true };
    event.connection.connection = slot->name;
    if ((flags & STREAM_RESULT_CLOSED) && !slot->closed) {
        slot->closed = slot->shut = true;
        event.kind = NET_EVENT_CLOSE;
    } else if ((flags & STREAM_RESULT_FIN) && !slot->shut) {
        slot->shut = true;
        event.kind = NET_EVENT_SHUTDOWN;
    } else {
        return;
    }
    (void)engine_step(netd, &event);
}

/* The state after an operation that succeeded. */
static void state_read(struct netd *netd, const struct stream_result *result,
                       struct connection *slot)
{
    net_connection_t name = slot->name;
    if (slot->datagrams != NULL) {
        datagrams_state(netd, slot, result->flags);
        return;
    }
    window_tell(netd, slot, window_free(slot->pushed_bytes, result->len));
    if (slot_of(netd, name) != slot)
        return;
    if (result->flags & STREAM_RESULT_MORE) {
        streams_work(netd, slot, WORK_PEEK);
        return;
    }
    /* FIN means that all is shown; a state that no peek went with may be older than the last one. */
    if (result->flags & (STREAM_RESULT_FIN | STREAM_RESULT_CLOSED))
        end_tell(netd, slot, result->flags);
}

static SELDOM void failure_read(struct netd *netd, const struct stream_operation *operation,
                                const struct stream_result *result, struct connection *slot)
{
    if (operation->kind == STREAM_OP_PUSH)
        buffer_give(netd, chunk_of(operation->offset));
    else if (operation->kind != STREAM_OP_RESET)
        log_line("stream operation %u: status %u", operation->kind, result->status);
    if (slot != NULL && slot->datagrams != NULL) {
        netd->datagrams_dropped++; /* Nobody reads, or not fast enough. */
        return;
    }
    /* Bytes that the peer believes delivered cannot be: PEER_CLOSED (nobody reads), or no memory. */
    if (slot != NULL)
        streams_work(netd, slot, WORK_ABORT);
}

static void result_read(struct netd *netd, const struct stream_operation *operation,
                        uint32_t slot_number, const struct stream_result *result)
{
    if (result->kind & STREAM_RESULT_SLICE) {
        ASSERT(netd->slice_count < PEEK_MAX && slot_number < SLOTS_MAX);
        netd->slices[netd->slice_count++] = (struct net_slice){
            .offset = result->offset,
            .len = result->len,
            .sum = (uint16_t)result->sum,
            .flags = netd->connections[slot_number].unsummed ? 0 : NET_SLICE_SUM,
        };
        return;
    }
    /* The connection may have ended in an event that an earlier result brought about. */
    struct connection *slot = NULL;
    if (slot_number < SLOTS_MAX &&
        netd->connections[slot_number].stream.raw == operation->stream.raw)
        slot = &netd->connections[slot_number];
    if (result->status != STATUS_OK) {
        failure_read(netd, operation, result, slot);
    } else if (slot != NULL) {
        if (netd->slice_count > 0 && slot->datagrams != NULL)
            datagrams_take(netd, slot, netd->slices, netd->slice_count);
        else if (netd->slice_count > 0)
            slices_send(netd, slot);
        if (slot->stream.raw == operation->stream.raw)
            state_read(netd, result, slot);
    }
    netd->slice_count = 0;
}

/* Reading results may ask for more operations: they go to the other half. As long as none do, it is the same half
 * each time, so that a round touches the memory that the one before has touched. */
static void batch_run(struct netd *netd)
{
    uint32_t count = netd->operation_count, at = 0, half = netd->operations_half;
    const struct stream_operation *running = netd->operations[half];
    netd->slice_count = 0;
    netd->operations_half = 1 - half;
    netd->operation_count = 0;
    while (at < count) {
        size_t done = 0, used = 0;
        status_t status = sys_stream_batch(netd->pool, running + at, count - at, netd->results,
                                           RESULTS_MAX, &done, &used);
        if (status != STATUS_OK)
            netd_fail("stream_batch", status);
        for (size_t i = 0; i < used; i++) {
            uint64_t cookie = netd->results[i].cookie;
            ASSERT((uint32_t)cookie < count);
            result_read(netd, &running[(uint32_t)cookie], (uint32_t)(cookie >> 32),
                        &netd->results[i]);
        }
        at += (uint32_t)done;
    }
    if (netd->operation_count == 0)
        netd->operations_half = half;
}

bool streams_run(struct netd *netd)
{
    /* Pushes first: the room that is asked for after them must count them in. */
    streams_retired(netd);
    engine_collect(netd);
    work_collect(netd);
    bool any = netd->operation_count > 0;
    uint32_t closing_count = netd->closing_count;
    if (any)
        batch_run(netd);
    /* Their last operations are done. Those that were added since wait for the next batch. */
    for (uint32_t i = 0; i < closing_count; i++)
        (void)sys_handle_close(netd->closing[i].raw);
    netd->closing_count -= closing_count;
    memmove(netd->closing, netd->closing + closing_count,
            netd->closing_count * sizeof netd->closing[0]);
    return any;
}
