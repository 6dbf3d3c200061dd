/* Pairs and their ends: how they come, what they signal, how they go. */
#include "kernel/stream/stream.h"

#include <string.h>

#include "kernel/cell/charge.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

static const struct object_ops stream_ops;

static void stream_end_begin(struct stream_pair *pair, struct cell *cell, uint8_t index,
                             bool is_net)
{
    struct stream *stream = &pair->parts[index];
    object_init(&stream->object, &stream_ops, cell);
    signal_source_init(&stream->source, 0);
    stream->pair = pair;
    stream->index = index;
    stream->is_net = is_net;
    pair->ends[index] = stream;
    pair->end_count++;
}

static struct slab_cache *pair_cache(bool is_plain)
{
    return is_plain ? &streams.plain_pairs : &streams.pairs;
}

static uint32_t limit_or_default(uint32_t limit)
{
    return limit == 0 ? STREAM_LIMIT_DEFAULT : limit;
}

static status_t pair_create(struct cell *cell, const struct stream_params *params,
                            struct stream_pair **out_pair)
{
    void *memory;
    bool is_plain = params->pool == NULL && !params->records;
    status_t status = charged_alloc(cell, pair_cache(is_plain), &memory);
    if (status != STATUS_OK)
        return status;
    struct stream_pair *pair = memory;
    spin_init(&pair->lock, LOCK_STREAM);
    pair->state = params->connecting ? STREAM_CONNECTING : STREAM_CONNECTED;
    pair->chunk_fill = params->pool == NULL ? PAGE_SIZE : params->chunk_fill;
    pair->records = params->records;
    pair->sums = params->pool != NULL && !params->unsummed;
    pair->plain = is_plain;
    pair->unclaimed = params->unclaimed;
    pair->watched = params->pool != NULL;
    pair->status = STATUS_OK;
    pair->pool = params->pool;
    pair->cell = cell;
    memcpy(pair->addresses, params->addresses, sizeof pair->addresses);
    queue_init(&pair->queues[0], limit_or_default(params->limits[0]));
    queue_init(&pair->queues[1], limit_or_default(params->limits[1]));
    for (uint32_t i = 0; is_plain && i < 2; i++)
        queue_begin_small(&pair->queues[i], &((struct stream_pair_plain *)memory)->small[i]);
    object_ref(&cell->object);
    if (pair->pool != NULL)
        object_ref(&pair->pool->object);
    *out_pair = pair;
    return STATUS_OK;
}

/* Both ends are gone. @param origin  who is charged for the pair. */
static void pair_free(struct stream_pair *pair, struct cell *origin)
{
    struct list garbage;
    list_init(&garbage);
    queue_purge(&pair->queues[0], &garbage);
    queue_purge(&pair->queues[1], &garbage);
    segments_free(pair, &garbage);
    ASSERT(list_is_empty(&pair->queues[0].segments) && list_is_empty(&pair->queues[1].segments));
    if (pair->pool != NULL)
        object_unref(&pair->pool->object);
    object_unref(&pair->cell->object);
    charged_free(origin, pair_cache(pair->plain), pair);
}

status_t stream_create(struct cell *cell, const struct stream_params *params,
                       struct stream *out_ends[2])
{
    struct stream_pair *pair = NULL;
    status_t status = pair_create(cell, params, &pair);
    if (status != STATUS_OK)
        return status;
    stream_end_begin(pair, cell, 0, false);
    stream_end_begin(pair, cell, 1, params->pool != NULL);
    pair->ends[1]->room_told = pair->queues[1].limit;
    spin_lock(&pair->lock);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    out_ends[0] = pair->ends[0];
    out_ends[1] = pair->ends[1];
    return STATUS_OK;
}

/* ---- Signals ---- */

/* WRITABLE comes when half the queue is free and goes when less than an undivided write fits, so
 * that a poller is not woken for crumbs. */
static bool application_writable(const struct stream *end, const struct stream_queue *out)
{
    const struct stream_pair *pair = end->pair;
    uint32_t room = queue_room(out);
    if (pair->state != STREAM_CONNECTED)
        return pair->state == STREAM_RESET;
    if (room >= out->limit / 2)
        return true;
    return end->writable && room >= (pair->pool == NULL ? (uint32_t)STREAM_ATOMIC_MAX : 1u);
}

static uint32_t application_signals(struct stream *end)
{
    const struct stream_pair *pair = end->pair;
    const struct stream_queue *in = &pair->queues[1 - end->index];
    const struct stream_queue *out = &pair->queues[end->index];
    uint32_t signals = in->bytes > 0 ? SIGNAL_READABLE : 0;
    end->writable = application_writable(end, out);
    if (end->writable || out->deaf || out->shut)
        signals |= SIGNAL_WRITABLE;
    if (in->shut || in->deaf || pair->state == STREAM_RESET)
        signals |= SIGNAL_READABLE | SIGNAL_READ_CLOSED;
    if (pair->status != STATUS_OK)
        signals |= SIGNAL_ERROR | SIGNAL_READABLE | SIGNAL_WRITABLE;
    return signals;
}

/* The transport hears of news, once until it has looked: bytes, the end of bytes, the end of the
 * application, and room that has grown by a worthwhile amount since it was last told. */
static uint32_t transport_signals(const struct stream *end, bool is_peer_gone)
{
    const struct stream_pair *pair = end->pair;
    const struct stream_queue *in = &pair->queues[1 - end->index];
    const struct stream_queue *out = &pair->queues[end->index];
    bool has_bytes = in->unshown != NULL && !(in->unshown->flags & SEGMENT_FILLING);
    bool is_fin = in->shut && in->unshown == NULL && !in->write_turn;
    bool has_news = has_bytes || (is_fin && !end->fin_told) || (is_peer_gone && !end->closed_told);
    bool has_room = queue_room(out) >= end->room_told + out->limit / 4;
    return (has_news ? SIGNAL_READABLE : 0) | (has_room ? SIGNAL_WRITABLE : 0);
}

static void refresh_end(struct stream *end, const struct stream *peer)
{
    bool is_peer_gone = peer == NULL || peer->closed;
    uint32_t now = end->is_net ? transport_signals(end, is_peer_gone) : application_signals(end);
    if (is_peer_gone)
        now |= SIGNAL_PEER_CLOSED;
    if (now == end->signals)
        return;
    signal_change(&end->source, end->signals & ~now, now & ~end->signals);
    end->signals = now;
}

void stream_refresh_watched(struct stream_pair *pair)
{
    ASSERT(spin_held(&pair->lock));
    if (pair->ends[0] != NULL)
        refresh_end(pair->ends[0], pair->ends[1]);
    if (pair->ends[1] != NULL)
        refresh_end(pair->ends[1], pair->ends[0]);
}

void stream_pulse_reader(struct stream_pair *pair, uint32_t index)
{
    struct stream *reader = pair->ends[1 - index];
    /* More of what was there already is an edge for those who asked for edges. */
    if (reader != NULL && !reader->is_net && (reader->signals & SIGNAL_READABLE) &&
        !list_is_empty(&reader->source.observers))
        signal_pulse(&reader->source, SIGNAL_READABLE);
}

/* Mostly nobody waits. */
static void wake_all(struct stream_pair *pair, struct wait_queue *queue)
{
    if (!list_is_empty(&queue->waiters))
        wait_wake_all(queue, &pair->lock);
}

void stream_tell_all(struct stream_pair *pair)
{
    for (uint32_t i = 0; i < 2; i++) {
        wake_all(pair, &pair->queues[i].readers);
        wake_all(pair, &pair->queues[i].writers);
        wake_all(pair, &pair->queues[i].turns);
    }
}

/* ---- Ends ---- */

void stream_shutdown(struct stream *stream, uint32_t how)
{
    struct stream_pair *pair = stream->pair;
    struct list garbage;
    list_init(&garbage);
    spin_lock(&pair->lock);
    if (how & STREAM_SHUT_WRITE)
        pair->queues[stream->index].shut = true;
    if (how & STREAM_SHUT_READ) {
        pair->queues[1 - stream->index].deaf = true;
        queue_purge(&pair->queues[1 - stream->index], &garbage);
    }
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    segments_free(pair, &garbage);
}

/* The transport died, or let go. What it had not acknowledged is lost, so the application learns of a
 * reset, unless both directions had ended by themselves; what was received can still be read. */
static void transport_closed(struct stream *stream, struct list *garbage)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *sent = &pair->queues[1 - stream->index];
    struct stream_queue *received = &pair->queues[stream->index];
    bool has_ended = received->shut && sent->shut && sent->bytes == 0;
    if (!has_ended && pair->state != STREAM_RESET) {
        pair->state = STREAM_RESET;
        pair->status = STATUS_RESET;
    }
    sent->deaf = true;
    queue_purge(sent, garbage);
}

static void stream_last_handle_closed(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    struct stream_pair *pair = stream->pair;
    struct list garbage;
    list_init(&garbage);
    spin_lock(&pair->lock);
    if (__atomic_load_n(&object->handles, __ATOMIC_ACQUIRE) > 0) {
        spin_unlock(&pair->lock); /* It was opened anew meanwhile: stream_reopen. */
        return;
    }
    stream->closed = true;
    if (stream->is_net) {
        transport_closed(stream, &garbage);
    } else {
        pair->queues[stream->index].shut = true;
        pair->queues[1 - stream->index].deaf = true;
        queue_purge(&pair->queues[1 - stream->index], &garbage);
    }
    stream_tell_all(pair);
    stream_refresh(pair);
    spin_unlock(&pair->lock);
    segments_free(pair, &garbage);
}

void stream_reopen(struct stream *stream)
{
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    if (stream->closed) {
        stream->closed = false;
        pair->queues[stream->index].shut = false;
        pair->queues[1 - stream->index].deaf = false;
        stream_tell_all(pair);
        stream_refresh(pair);
    }
    spin_unlock(&pair->lock);
}

void stream_discard_letters(struct stream *stream,
                            bool (*matches)(const struct stream_letter *letter, const void *about),
                            const void *about)
{
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    LIST_FOR_EACH_SAFE (link, &pair->queues[1 - stream->index].letters) {
        struct stream_letter *letter = CONTAINER_OF(link, struct stream_letter, link);
        if (!matches(letter, about))
            continue;
        list_remove(link);
        letter->ops->discarded(letter);
    }
    spin_unlock(&pair->lock);
}

static void stream_destroy(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    struct stream_pair *pair = stream->pair;
    spin_lock(&pair->lock);
    queue_discard_letters(&pair->queues[1 - stream->index], UINT64_MAX);
    pair->ends[stream->index] = NULL;
    bool is_last = --pair->end_count == 0;
    spin_unlock(&pair->lock);
    if (is_last)
        pair_free(pair, object->cell);
}

/* Whoever asks for the signals wants to wait for them. */
static struct signal_source *stream_signals(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    struct stream_pair *pair = stream->pair;
    if (!__atomic_load_n(&pair->watched, __ATOMIC_ACQUIRE)) {
        spin_lock(&pair->lock);
        stream_refresh_watched(pair);
        __atomic_store_n(&pair->watched, true, __ATOMIC_RELEASE);
        spin_unlock(&pair->lock);
    }
    return &stream->source;
}

/* Who binds a port asks, and then sees whether there are handles; who closes the last one looks here after that. */
static struct signal_source *stream_signals_asked(struct object *object)
{
    struct stream *stream = (struct stream *)object;
    return __atomic_load_n(&stream->pair->watched, __ATOMIC_SEQ_CST) ? &stream->source : NULL;
}

static const struct object_ops stream_ops = {
    .kind = OBJECT_STREAM,
    .version = 1,
    .name = "stream",
    .destroy = stream_destroy,
    .signals = stream_signals,
    .signals_asked = stream_signals_asked,
    .last_handle_closed = stream_last_handle_closed,
};
