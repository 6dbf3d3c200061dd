/* The test host; see net_host.h. The card's work on a frame is written from virtio 1.2, section 5.1.6. */
#include "tests/doubles/net_host.h"

#include <stdlib.h>

#include "lib/base/assert.h"
#include "lib/net/checksum.h"
#include "lib/net/ipv4.h"
#include "lib/net/link.h"

enum { HEADERS_MIN = 128, RUBBISH = 0xdd, SEQUENCE_AT = 4, FLAGS_AT = 13, CHECKSUM_AT = 16 };

struct net_config net_host_config(uint8_t last)
{
    struct net_config config = net_config_default();
    config.connections_max = 32;
    config.half_open_max = 8;
    config.slices_max = 4096;
    config.link.mac = (struct net_mac){ { 0x52, 0x54, 0, 0, 0, last } };
    config.address.address = net_host_address(last);
    config.address.prefix_len = NET_PREFIX_IPV4 + 24;
    config.address.gateway = net_host_address(254);
    return config;
}

void net_host_init(struct net_host *host, const struct net_config *config, uint32_t chunk_count,
                   uint64_t seed, time_ns_t now)
{
    memset(host, 0, sizeof *host);
    host->config = *config;
    host->chunk_count = chunk_count;
    host->config.pool_len = (size_t)chunk_count * config->chunk_size;
    host->pool = malloc(host->config.pool_len);
    host->owners = calloc(chunk_count, 1);
    ASSERT(host->pool != NULL && host->owners != NULL);
    memset(host->pool, RUBBISH, host->config.pool_len);
    host->config.pool = host->pool;
    store_le64(host->config.seed, seed);
    size_t size = net_engine_size(&host->config);
    ASSERT(size > 0);
    host->memory = aligned_alloc(64, (size + 63) & ~(size_t)63);
    ASSERT(host->memory != NULL);
    memset(host->memory, 0xa5, size); /* The engine must not rely on zeros. */
    status_t status = net_engine_init(host->memory, size, &host->config, now, &host->engine);
    ASSERT(status == STATUS_OK);
    host->frames_max = NET_STEP_FRAMES;
    host->now = now;
    host->deadline = now;
}

void net_host_sent_clear(struct net_host *host)
{
    for (uint32_t i = 0; i < host->sent_count; i++)
        free(host->sent[i].bytes);
    host->sent_count = 0;
}

void net_host_log_clear(struct net_host *host)
{
    host->log_count = 0;
}

void net_host_free(struct net_host *host)
{
    net_host_sent_clear(host);
    free(host->sent);
    free(host->log);
    free(host->memory);
    free(host->owners);
    free(host->pool);
}

/* ---- Chunks ---------------------------------------------------------------------------------- */

static uint8_t *owner_of(struct net_host *host, uint32_t offset)
{
    uint32_t chunk = offset / host->config.chunk_size;
    ASSERT(chunk < host->chunk_count);
    return &host->owners[chunk];
}

static uint32_t chunk_take(struct net_host *host, enum chunk_owner owner)
{
    for (uint32_t i = 0; i < host->chunk_count; i++) {
        uint32_t chunk = (host->chunk_hint + i) % host->chunk_count;
        if (host->owners[chunk] != CHUNK_FREE)
            continue;
        host->owners[chunk] = (uint8_t)owner;
        host->chunk_hint = chunk + 1;
        return chunk * host->config.chunk_size;
    }
    return UINT32_MAX;
}

static void chunk_release(struct net_host *host, uint32_t offset, enum chunk_owner owner)
{
    uint8_t *present = owner_of(host, offset);
    ASSERT(*present == owner);
    *present = CHUNK_FREE;
    uint32_t start = offset - offset % host->config.chunk_size;
    memset(host->pool + start, RUBBISH, host->config.chunk_size);
}

uint32_t net_host_chunk_take(struct net_host *host)
{
    return chunk_take(host, CHUNK_APPLICATION);
}

void net_host_chunk_free(struct net_host *host, uint32_t offset)
{
    chunk_release(host, offset, CHUNK_APPLICATION);
}

uint32_t net_host_chunks_used(const struct net_host *host, enum chunk_owner owner)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < host->chunk_count; i++)
        count += host->owners[i] == owner;
    return count;
}

/* ---- The card, sending ----------------------------------------------------------------------- */

static void wire_append(struct net_host *host, uint8_t *bytes, uint32_t len, uint8_t flags,
                        uint16_t segment_size)
{
    if (host->sent_count == host->sent_capacity) {
        host->sent_capacity = host->sent_capacity == 0 ? 64 : 2 * host->sent_capacity;
        host->sent = realloc(host->sent, host->sent_capacity * sizeof *host->sent);
        ASSERT(host->sent != NULL);
    }
    host->sent[host->sent_count++] = (struct wire_packet){ bytes, len, flags, segment_size };
}

/* The frame in one piece, from malloc. */
static uint8_t *flatten(const struct net_host *host, const struct net_frame *frame)
{
    uint32_t at = frame->header_len;
    uint8_t *bytes = malloc(frame->header_len + frame->payload_len);
    ASSERT(bytes != NULL);
    memcpy(bytes, frame->header, frame->header_len);
    for (unsigned i = 0; i < frame->slice_count; i++) {
        struct net_slice slice = frame->slices[i];
        ASSERT(slice.len > 0 && slice.offset < host->config.pool_len &&
               slice.len <= host->config.pool_len - slice.offset);
        memcpy(bytes + at, host->pool + slice.offset, slice.len);
        at += slice.len;
    }
    ASSERT(at == frame->header_len + frame->payload_len);
    return bytes;
}

static void checksum_complete(uint8_t *bytes, uint32_t len, uint16_t start, uint16_t offset)
{
    uint16_t sum = net_sum(bytes + start, len - start);
    store_be16(bytes + start + offset, (uint16_t)~sum);
}

/* Cuts a large TCP frame into segments, as a card with TSO does. */
static void segment(struct net_host *host, const struct net_frame *frame, const uint8_t *whole)
{
    uint32_t done = 0, tcp_at = frame->csum_start;
    while (done < frame->payload_len) {
        uint32_t left = frame->payload_len - done;
        uint32_t len = left < frame->gso_size ? left : frame->gso_size;
        uint8_t *bytes = malloc(frame->header_len + len);
        ASSERT(bytes != NULL);
        memcpy(bytes, whole, frame->header_len);
        memcpy(bytes + frame->header_len, whole + frame->header_len + done, len);
        uint8_t *ip = bytes + ETHERNET_HEADER_LEN, *tcp = bytes + tcp_at;
        uint16_t transport_len = (uint16_t)(frame->header_len - tcp_at + len);
        store_be16(ip + 2, (uint16_t)(transport_len + IPV4_HEADER_LEN));
        store_be16(ip + 10, 0);
        store_be16(ip + 10, (uint16_t)~net_sum(ip, IPV4_HEADER_LEN));
        store_be32(tcp + SEQUENCE_AT, load_be32(tcp + SEQUENCE_AT) + done);
        if (len < left)
            tcp[FLAGS_AT] &= (uint8_t)~0x09; /* FIN and PSH belong to the last one. */
        struct net_address from = net_address_ipv4(load_be32(ip + 12));
        struct net_address to = net_address_ipv4(load_be32(ip + 16));
        store_be16(tcp + CHECKSUM_AT, ipv4_pseudo_sum(&from, &to, IP_PROTOCOL_TCP, transport_len));
        checksum_complete(bytes, frame->header_len + len, frame->csum_start, frame->csum_offset);
        wire_append(host, bytes, frame->header_len + len, 0, 0);
        done += len;
    }
}

static void frame_send(struct net_host *host, const struct net_frame *frame)
{
    uint8_t *bytes = flatten(host, frame);
    uint32_t len = frame->header_len + frame->payload_len;
    bool partial = frame->flags & NET_FRAME_NEEDS_CHECKSUM;
    ASSERT(frame->gso_type == NET_SEGMENTATION_NONE || partial);
    ASSERT(frame->gso_type != NET_SEGMENTATION_NONE ||
           len <= host->config.link.mtu + (uint32_t)ETHERNET_HEADER_LEN);
    ASSERT(frame->header_len <= NET_HEADER_MAX || frame->payload_len == 0);
    if (partial && host->card_merges) {
        wire_append(host, bytes, len, NET_RECEIVE_CHECKSUM_PARTIAL, frame->gso_size);
    } else if (frame->gso_type == NET_SEGMENTATION_TCP4) {
        segment(host, frame, bytes);
        free(bytes);
    } else {
        if (partial)
            checksum_complete(bytes, len, frame->csum_start, frame->csum_offset);
        wire_append(host, bytes, len, 0, 0);
    }
    if (frame->flags & NET_FRAME_GIVES_CHUNKS)
        for (unsigned i = 0; i < frame->slice_count; i++)
            chunk_release(host, frame->slices[i].offset, CHUNK_ENGINE);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void log_append(struct net_host *host, const struct net_notice *notice)
{
    if (host->log_count == host->log_capacity) {
        host->log_capacity = host->log_capacity == 0 ? 64 : 2 * host->log_capacity;
        host->log = realloc(host->log, host->log_capacity * sizeof *host->log);
        ASSERT(host->log != NULL);
    }
    host->log[host->log_count++] = *notice;
}

static void to_application(struct net_host *host, const struct net_slice *slice)
{
    if (slice->len == 0 || (slice->flags & NET_SLICE_BORROWED))
        return;
    uint8_t *owner = owner_of(host, slice->offset);
    ASSERT(*owner == CHUNK_ENGINE);
    *owner = CHUNK_APPLICATION;
}

static void notice_take(struct net_host *host, const struct net_notice *notice)
{
    switch (notice->kind) {
    case NET_NOTICE_RECYCLE:
        ASSERT(notice->chunk_offset % host->config.chunk_size == 0);
        chunk_release(host, notice->chunk_offset, CHUNK_ENGINE);
        return;
    case NET_NOTICE_DELIVER: to_application(host, &notice->slice); break;
    case NET_NOTICE_DATAGRAM: to_application(host, &notice->datagram); break;
    default: break;
    }
    log_append(host, notice);
}

static time_ns_t step_once(struct net_host *host, const struct net_event *event)
{
    host->outbox.frames = host->frames;
    host->outbox.frames_max = host->card_stuck ? 0 : host->frames_max;
    host->outbox.frame_count = 0;
    host->outbox.notices = host->notices;
    host->outbox.notices_max = NET_STEP_NOTICES;
    host->outbox.notice_count = 0;
    time_ns_t next = net_step(host->engine, event, host->now, &host->outbox);
    ASSERT(next >= host->now);
    for (uint32_t i = 0; i < host->outbox.notice_count; i++)
        notice_take(host, &host->notices[i]);
    for (uint32_t i = 0; i < host->outbox.frame_count; i++)
        frame_send(host, &host->frames[i]);
    return next;
}

void net_host_poll(struct net_host *host, time_ns_t now)
{
    struct net_event poll = { .kind = NET_EVENT_POLL };
    ASSERT(now >= host->now);
    host->now = now;
    for (int i = 0; i < 100000; i++) {
        host->deadline = step_once(host, &poll);
        if (host->deadline > now || (host->card_stuck && host->outbox.frames_wanted))
            return;
    }
    ASSERT(!"the engine asks to be called again for ever");
}

status_t net_host_step(struct net_host *host, const struct net_event *event, time_ns_t now)
{
    ASSERT(now >= host->now);
    host->now = now;
    host->deadline = step_once(host, event);
    struct net_outbox answers = host->outbox;
    if (host->deadline <= now && !event->more)
        net_host_poll(host, now);
    host->outbox = answers;
    return answers.answer;
}

/* ---- The card, receiving --------------------------------------------------------------------- */

bool net_host_receive(struct net_host *host, const struct wire_packet *packet, bool more,
                      time_ns_t now)
{
    struct net_slice slices[NET_FRAME_SLICES];
    uint32_t count = 0, chunk_size = host->config.chunk_size;
    for (uint32_t at = 0; at < packet->len; count++) {
        uint32_t offset = count == NET_FRAME_SLICES ? UINT32_MAX : chunk_take(host, CHUNK_ENGINE);
        if (offset == UINT32_MAX) {
            for (uint32_t i = 0; i < count; i++)
                chunk_release(host, slices[i].offset, CHUNK_ENGINE);
            return false;
        }
        uint32_t len = packet->len - at;
        if (len > chunk_size)
            len = chunk_size;
        bool splits = host->splits_buffers && len > HEADERS_MIN &&
                      packet->len < NET_FRAME_SLICES * (uint32_t)HEADERS_MIN;
        if (splits)
            len = HEADERS_MIN + (len - HEADERS_MIN) / 3;
        memcpy(host->pool + offset, packet->bytes + at, len);
        slices[count] = (struct net_slice){ .offset = offset, .len = len };
        at += len;
    }
    struct net_event event = {
        .kind = NET_EVENT_FRAME,
        .more = more,
        .frame = { slices, (uint16_t)count, packet->flags, packet->segment_size },
    };
    status_t status = net_host_step(host, &event, now);
    ASSERT(status == STATUS_OK);
    return true;
}
