/* Datagram sockets: streams of records on one side, UDP of the engine on the other. A record is an
 * address and its payload in one chunk (STREAM_RECORD_HEADER), so nothing is copied: what is received gets
 * its sender's address written in front of it, over headers that were read, and what is sent is the
 * slice behind the address. What each record may do is checked here, one by one.
 *
 * Records leave in order. One that cannot go yet, since the next hop is being asked for, is held, and
 * those behind it with it; when RECORDS_HELD_MAX are, the stream keeps the rest. */
#include "user/netd/netd.h"

#include "lib/base/assert.h"
#include "lib/base/sum.h"

static struct connection *slot_of_cookie(struct netd *netd, uint64_t cookie)
{
    uint32_t index = (uint32_t)cookie;
    ASSERT(index >= CONNECTIONS_MAX && index < SLOTS_MAX);
    struct connection *slot = &netd->connections[index];
    return slot->stream.raw != 0 && slot->name.raw == cookie ? slot : NULL;
}

/* A socket whose slot still has operations of the last one under way would mix them up: its stream's
 * handle tells them apart, so any slot without a stream will do. */
static uint32_t slot_choose(const struct netd *netd)
{
    for (uint32_t i = 0; i < DATAGRAMS_MAX; i++)
        if (!netd->datagrams[i].used)
            return i;
    return DATAGRAMS_MAX;
}

status_t datagrams_open(struct netd *netd, const struct reach *reach,
                        const struct net_endpoint *local, handle_t *out_application)
{
    uint32_t number = slot_choose(netd), life = ++netd->datagrams_lives;
    if (number == DATAGRAMS_MAX)
        return STATUS_LIMIT;
    uint32_t slot = CONNECTIONS_MAX + number;
    struct datagrams *datagrams = &netd->datagrams[number];
    struct net_event event = { .kind = NET_EVENT_UDP_OPEN, .more = true };
    event.udp_open.local = *local;
    event.udp_open.cookie = (uint64_t)life << 32 | slot;
    status_t status = engine_step(netd, &event);
    if (status != STATUS_OK)
        return status;
    *datagrams = (struct datagrams){ .used = true, .name = netd->outbox.udp, .reach = *reach };
    struct net_endpoint named = { local->address, netd->outbox.local_port };
    status = streams_records(netd, slot, life, &named, datagrams, out_application);
    if (status != STATUS_OK) {
        event.kind = NET_EVENT_UDP_CLOSE;
        event.udp_close.socket = datagrams->name;
        (void)engine_step(netd, &event);
        datagrams->used = false;
    } else if (reach->host == REACH_NAME) {
        resolve_ahead(netd, reach->name);
    }
    return status;
}

static void datagrams_close(struct netd *netd, struct connection *slot)
{
    struct net_event event = { .kind = NET_EVENT_UDP_CLOSE, .more = true };
    event.udp_close.socket = slot->datagrams->name;
    (void)engine_step(netd, &event);
    slot->datagrams->used = false;
    streams_end(netd, slot, STATUS_OK);
}

static void report(struct netd *netd, const struct connection *slot, status_t status, bool of_peer)
{
    struct stream_operation *reset = streams_operation(netd, slot, STREAM_OP_RESET);
    reset->len = status;
    reset->flags = STREAM_OP_QUIET | (of_peer ? STREAM_OP_OF_PEER : 0);
}

/* ---- Out ------------------------------------------------------------------------------------- */

static bool is_peer(const struct datagrams *datagrams, const struct net_endpoint *remote)
{
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (net_endpoint_equal(&datagrams->peers[i], remote))
            return true;
    return false;
}

static status_t may_send(struct netd *netd, const struct datagrams *datagrams,
                         const struct net_endpoint *remote)
{
    const struct reach *reach = &datagrams->reach;
    if (remote->port == 0)
        return STATUS_INVALID;
    if (reach->kind == GRANT_NET_LISTEN)
        return is_peer(datagrams, remote) ? STATUS_OK : STATUS_NO_RIGHT;
    status_t status = reach_check(reach, GRANT_UDP, remote, &netd->names, netd->now);
    if (status == STATUS_WOULD_BLOCK)
        resolve_ahead(netd, reach->name); /* This one is lost, as datagrams may be. */
    return status == STATUS_WOULD_BLOCK ? STATUS_TIMED_OUT : status;
}

/* The sum of what follows the header, from the sum of both: the header's length is even. */
static uint16_t payload_sum(uint16_t sum, const struct socket_address *header)
{
    struct socket_address copy;
    return sum_append(sum, 0, (uint16_t)~sum_copy(&copy, header, sizeof copy));
}

/* @return WOULD_BLOCK: it must be held. Anything else is the end of it. */
static status_t record_send(struct netd *netd, const struct connection *slot,
                            const struct net_slice *record)
{
    struct socket_address header;
    memcpy(&header, netd->memory + record->offset, sizeof header);
    struct net_slice payload = { .offset = record->offset + STREAM_RECORD_HEADER,
                                 .len = record->len - STREAM_RECORD_HEADER,
                                 .sum = payload_sum(record->sum, &header),
                                 .flags = NET_SLICE_SUM };
    struct net_event event = { .kind = NET_EVENT_UDP_SEND, .more = true };
    event.udp_send.socket = slot->datagrams->name;
    event.udp_send.remote.port = header.port;
    memcpy(event.udp_send.remote.address.bytes, header.address, sizeof header.address);
    event.udp_send.slices = &payload;
    event.udp_send.slice_count = payload.len > 0 ? 1 : 0;
    const struct net_endpoint *remote = &event.udp_send.remote;
    status_t status = may_send(netd, slot->datagrams, remote);
    if (status != STATUS_OK) {
        netd->datagrams_refused++;
        if (status == STATUS_NO_RIGHT)
            report(netd, slot, status, false);
        return status;
    }
    if (connect_needs_address(netd, &remote->address))
        return STATUS_WOULD_BLOCK;
    status = engine_step(netd, &event);
    if (status == STATUS_UNREACHABLE)
        report(netd, slot, status, true);
    return status;
}

static void held_send(struct netd *netd, struct connection *slot)
{
    struct datagrams *datagrams = slot->datagrams;
    uint32_t done = 0;
    while (done < datagrams->held_count &&
           record_send(netd, slot, &datagrams->held[done]) != STATUS_WOULD_BLOCK)
        streams_consume(netd, slot, datagrams->held[done++].len);
    datagrams->held_count -= done;
    memmove(datagrams->held, datagrams->held + done,
            datagrams->held_count * sizeof datagrams->held[0]);
}

void datagrams_take(struct netd *netd, struct connection *slot, const struct net_slice *slices,
                    uint32_t count)
{
    struct datagrams *datagrams = slot->datagrams;
    ASSERT(count <= RECORDS_HELD_MAX - datagrams->held_count); /* As many as were asked for. */
    memcpy(datagrams->held + datagrams->held_count, slices, count * sizeof slices[0]);
    datagrams->held_count += count;
    held_send(netd, slot);
}

void datagrams_work(struct netd *netd, struct connection *slot)
{
    held_send(netd, slot);
    uint32_t room = RECORDS_HELD_MAX - slot->datagrams->held_count;
    if (room > 0)
        streams_operation(netd, slot, STREAM_OP_PEEK)->len = room;
}

void datagrams_state(struct netd *netd, struct connection *slot, uint32_t flags)
{
    bool is_idle = slot->datagrams->held_count == 0;
    if ((flags & STREAM_RESULT_MORE) && is_idle)
        streams_work(netd, slot, WORK_PEEK);
    else if ((flags & STREAM_RESULT_CLOSED) && !(flags & STREAM_RESULT_MORE) && is_idle)
        datagrams_close(netd, slot);
}

/* ---- In -------------------------------------------------------------------------------------- */

static uint32_t chunk_of(uint32_t offset)
{
    return offset - offset % STREAM_CHUNK_SIZE;
}

static void peer_remember(struct datagrams *datagrams, const struct net_endpoint *from)
{
    if (datagrams->reach.kind == GRANT_NET_LISTEN && !is_peer(datagrams, from))
        datagrams->peers[datagrams->peer_next++ % PEERS_MAX] = *from;
}

/* `offset` is that of the payload, with room for the header in front of it. */
static void record_push(struct netd *netd, struct connection *slot, const struct net_endpoint *from,
                        uint32_t offset, uint32_t len)
{
    struct socket_address header = socket_address_of(from, SOCKET_UDP);
    memcpy(netd->memory + offset - STREAM_RECORD_HEADER, &header, STREAM_RECORD_HEADER);
    peer_remember(slot->datagrams, from);
    struct stream_operation *push = streams_operation(netd, slot, STREAM_OP_PUSH);
    push->offset = offset - STREAM_RECORD_HEADER;
    push->len = len + STREAM_RECORD_HEADER;
    push->flags = STREAM_OP_QUIET;
}

/* Whether it can be passed on where it lies: all of it, in a chunk of ours, behind enough headers. */
static bool is_in_place(const struct netd *netd, const struct net_notice *notice)
{
    const struct net_slice *slice = &notice->datagram;
    return !netd->gathering && notice->slices_left == 0 && slice->len > 0 &&
           !(slice->flags & NET_SLICE_BORROWED) &&
           slice->offset % STREAM_CHUNK_SIZE >= STREAM_RECORD_HEADER;
}

/* Add a piece to the one chunk that a record has. @return whether there is room. */
static bool gather(struct netd *netd, const uint8_t *bytes, uint32_t len)
{
    uint32_t at = STREAM_RECORD_HEADER + netd->gathered_len;
    if (netd->gathered_chunk == UINT32_MAX || len > STREAM_CHUNK_SIZE - at)
        return false;
    memcpy(netd->memory + netd->gathered_chunk + at, bytes, len);
    netd->gathered_len += len;
    return true;
}

static void gather_begin(struct netd *netd)
{
    if (netd->gathering)
        return;
    netd->gathering = true;
    netd->gathered_chunk = buffer_take(netd);
    netd->gathered_len = 0;
    netd->gather_failed = netd->gathered_chunk == UINT32_MAX;
}

static void gather_end(struct netd *netd, struct connection *slot, const struct net_endpoint *from)
{
    uint32_t chunk = netd->gathered_chunk;
    netd->gathering = false;
    if (slot != NULL && !netd->gather_failed) {
        record_push(netd, slot, from, chunk + STREAM_RECORD_HEADER, netd->gathered_len);
        return;
    }
    netd->datagrams_dropped++;
    if (chunk != UINT32_MAX)
        buffer_give(netd, chunk);
}

/* Pieces of a datagram come in a row. When one has no room, the whole is dropped. */
static void datagram_gather(struct netd *netd, struct connection *slot,
                            const struct net_notice *notice)
{
    const struct net_slice *slice = &notice->datagram;
    gather_begin(netd);
    if (!gather(netd, netd->memory + slice->offset, slice->len))
        netd->gather_failed = true;
    if (slice->len > 0 && !(slice->flags & NET_SLICE_BORROWED))
        buffer_give(netd, chunk_of(slice->offset));
    if (notice->slices_left == 0)
        gather_end(netd, slot, &notice->from);
}

/* A question of the engine's own: its bytes are gone after this step, so they are put into a chunk, as
 * if they had come in it. */
void datagrams_own(struct netd *netd, struct net_notice *notice)
{
    uint32_t chunk = buffer_take(netd);
    if (chunk == UINT32_MAX)
        return; /* Then it is an empty datagram, which is as good as none. */
    notice->datagram =
        (struct net_slice){ .offset = chunk + STREAM_RECORD_HEADER, .len = notice->own_len };
    memcpy(netd->memory + notice->datagram.offset, notice->own_bytes, notice->own_len);
    notice->own_len = 0;
}

static void datagram_receive(struct netd *netd, const struct net_notice *notice)
{
    struct connection *slot = slot_of_cookie(netd, notice->cookie);
    if (slot != NULL && is_in_place(netd, notice))
        record_push(netd, slot, &notice->from, notice->datagram.offset, notice->datagram.len);
    else
        datagram_gather(netd, slot, notice);
}

/* There is an address: what waited for it may go. */
static void all_try(struct netd *netd)
{
    for (uint32_t i = CONNECTIONS_MAX; i < SLOTS_MAX; i++)
        if (netd->connections[i].stream.raw != 0)
            streams_work(netd, &netd->connections[i], WORK_PEEK);
}

void datagrams_notice(struct netd *netd, const struct net_notice *notice)
{
    struct connection *slot;
    switch (notice->kind) {
    case NET_NOTICE_DATAGRAM: datagram_receive(netd, notice); break;
    case NET_NOTICE_ADDRESS: all_try(netd); break;
    case NET_NOTICE_UDP_ROOM:
        slot = slot_of_cookie(netd, notice->cookie);
        if (slot != NULL)
            streams_work(netd, slot, WORK_PEEK);
        break;
    case NET_NOTICE_UDP_ERROR:
        slot = slot_of_cookie(netd, notice->cookie);
        if (slot != NULL)
            report(netd, slot, notice->udp_status, true);
        break;
    default: break;
    }
}
