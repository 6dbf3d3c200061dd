/* Writing: from user memory or a file's pages into chunks, one copy, summed in the same pass when
 * the segments go to a network.
 *
 *   take the turn and see how much fits   (lock)
 *   copy behind the last segment's bytes, if its chunk has room, then into new chunks   (no lock)
 *   add it all to the queue at once, give the turn back   (lock)
 *
 * So a write that fits is never mixed with another's, and a slow page fault delays only writers of
 * the same direction. */
#include <arch/spin_inline.h>

#include "kernel/mm/user_copy.h"
#include "kernel/sched/preempt.h"
#include "kernel/stream/letter.h"
#include "kernel/stream/stream_direct.h"
#include "kernel/stream/stream_feed.h"
#include "kernel/trace/counter.h"
#include "lib/base/sum.h"

/* At most this is copied in one turn. */
enum { WRITE_ROUND_MAX = 64 * 1024 };

/* What one round has copied and not yet added. */
struct stream_round {
    struct segment *tail; /* Grown, or NULL. */
    struct stream_piece tail_piece;
    struct list fresh; /* New segments. */
    uint32_t bytes;
    uint32_t granted;
};

static status_t feed_user(struct stream_feed *feed, uint8_t *dst, size_t len, bool needs_sum,
                          struct stream_piece *out_piece)
{
    status_t status = needs_sum ? user_read_sum(dst, feed->address, len, &out_piece->sum)
                                : user_read(dst, feed->address, len);
    if (status == STATUS_OK) {
        feed->address.raw += len;
        out_piece->len = (uint16_t)len;
    }
    return status;
}

/* Why nothing can be written at all, or OK. */
static status_t write_refusal(const struct stream_pair *pair, const struct stream_queue *queue)
{
    if (pair->state == STREAM_RESET)
        return pair->status;
    return queue->shut || queue->deaf ? STATUS_PEER_CLOSED : STATUS_OK;
}

/* Room for a write of which `left` bytes remain, or 0 when it should wait. A small write to a local
 * stream is put as a whole or not at all. */
static uint32_t write_grant(const struct stream_pair *pair, const struct stream_queue *queue,
                            uint64_t left)
{
    uint32_t room = pair->state == STREAM_CONNECTING ? 0 : queue_room(queue);
    if (pair->pool == NULL && left <= STREAM_ATOMIC_MAX && room < left)
        return 0;
    if (room > WRITE_ROUND_MAX)
        room = WRITE_ROUND_MAX;
    return room < left ? room : (uint32_t)left;
}

/* Sleep, with the lock held before and after, and always look again: OK is no promise. */
static status_t wait_again(struct stream_pair *pair, struct wait_queue *queue, time_ns_t deadline)
{
    status_t status = wait_sleep(queue, &pair->lock, deadline);
    spin_lock(&pair->lock);
    return status;
}

/* Bytes for a reader that sleeps for them go around the queue. The lock held before and after, and nobody has the
 * turn. @return whether any went. */
static bool write_directly(struct stream *stream, struct stream_feed *feed)
{
    const struct stream_pair *pair = stream->pair;
    if (feed->done + feed->left < STREAM_DIRECT_MIN || feed->copy != feed_user ||
        feed->letter != NULL || pair->pool != NULL || pair->state != STREAM_CONNECTED)
        return false;
    size_t len = stream_give(stream, (struct user_in){ feed->address, feed->left });
    feed->address.raw += len;
    feed->left -= len;
    feed->done += len;
    return len > 0;
}

/* The segment behind whose bytes a writer with a grant goes on, or NULL: in a chunk of its own. */
static struct segment *tail_to_fill(const struct stream_pair *pair, struct stream_queue *queue,
                                    uint32_t granted)
{
    if (list_is_empty(&queue->segments))
        return NULL;
    struct segment *tail = CONTAINER_OF(queue->segments.previous, struct segment, link);
    uint32_t end = (uint32_t)tail->offset + tail->len;
    if ((tail->flags & SEGMENT_SHOWN) || end >= segment_capacity(pair, tail))
        return NULL;
    if (tail->order != SEGMENT_SMALL || granted <= SEGMENT_SMALL_BYTES - end)
        return tail;
    if (tail->len == 0)
        list_remove(&tail->link); /* It would lie empty before what is read first. */
    return NULL;
}

/* Wait for the turn and for room. The lock held before and after. @return OK without a grant when it has all gone
 * another way. */
static status_t write_begin(struct stream *stream, struct stream_feed *feed, uint32_t flags,
                            time_ns_t deadline, struct stream_round *round)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    for (;;) {
        status_t status = write_refusal(pair, queue);
        if (status != STATUS_OK)
            return status;
        if (!queue->write_turn && write_directly(stream, feed)) {
            if (feed->left == 0)
                return STATUS_OK;
            continue; /* The lock was released: look at everything again. */
        }
        round->granted = queue->write_turn ? 0 : write_grant(pair, queue, feed->left);
        if (round->granted > 0)
            break;
        if (queue->write_turn) {
            status = wait_again(pair, &queue->turns, deadline);
        } else if (flags & STREAM_NO_WAIT) {
            stream->writable = false; /* So that room makes an edge. */
            stream_refresh(pair);
            return STATUS_WOULD_BLOCK;
        } else {
            status = wait_again(pair, &queue->writers, deadline);
        }
        if (status != STATUS_OK)
            return status;
    }
    queue->write_turn = true;
    list_init(&round->fresh);
    round->tail = tail_to_fill(pair, queue, round->granted);
    if (round->tail != NULL)
        round->tail->flags |= SEGMENT_FILLING;
    return STATUS_OK;
}

/* Copy behind the tail's bytes. It keeps its place: readers only move its start. */
static status_t copy_to_tail(struct stream_pair *pair, struct stream_feed *feed,
                             struct stream_round *round, uint32_t end, uint32_t capacity)
{
    uint32_t room = capacity - end;
    size_t len = room < round->granted ? room : round->granted;
    return feed->copy(feed, round->tail->data + end, len, pair->sums, &round->tail_piece);
}

static status_t copy_to_fresh(struct stream_pair *pair, struct stream_feed *feed,
                              struct stream_round *round, uint16_t *out_len)
{
    uint32_t left = round->granted - round->bytes;
    struct stream_piece piece = { .len = 0 };
    struct segment *segment = NULL;
    status_t status = segment_create(pair, left, &segment);
    if (status != STATUS_OK)
        return status;
    uint32_t fill = segment_capacity(pair, segment);
    status = feed->copy(feed, segment->data, fill < left ? fill : left, pair->sums, &piece);
    if (status != STATUS_OK || piece.len == 0) {
        segment_free(pair, segment);
        return status;
    }
    segment->len = piece.len;
    segment->sum = piece.sum;
    list_push_back(&round->fresh, &segment->link);
    *out_len = piece.len;
    return STATUS_OK;
}

/* No lock held. What was copied when it fails still counts. */
static status_t write_copy(struct stream_pair *pair, struct stream_feed *feed,
                           struct stream_round *round, uint32_t tail_end)
{
    status_t status = STATUS_OK;
    /* Looked up once: of a network stream it may change at any time. */
    uint32_t capacity = round->tail == NULL ? 0 : segment_capacity(pair, round->tail);
    if (tail_end < capacity) {
        status = copy_to_tail(pair, feed, round, tail_end, capacity);
        round->bytes += round->tail_piece.len;
    }
    while (status == STATUS_OK && round->bytes < round->granted && !feed->is_over) {
        uint16_t len = 0;
        preempt_point();
        status = copy_to_fresh(pair, feed, round, &len);
        round->bytes += len;
    }
    return status;
}

/* The first bytes of a feed are about to be added. A reader that has left takes no letters. */
static void letter_add(struct stream *stream, struct stream_queue *queue, struct stream_feed *feed)
{
    struct stream_letter *letter = feed->letter;
    feed->letter = NULL;
    letter->position = queue->bytes_in;
    if (queue->deaf) {
        letter->ops->discarded(letter);
        return;
    }
    list_push_back(&queue->letters, &letter->link);
    letter->ops->entered(letter, stream->pair->ends[1 - stream->index]);
}

/* Add a round to the queue and give the turn on. The lock held. */
static void write_commit(struct stream *stream, struct stream_feed *feed,
                         struct stream_round *round, struct list *garbage)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    if (feed->letter != NULL && round->bytes > 0)
        letter_add(stream, queue, feed);
    bool is_shown_later = pair->pool != NULL;
    struct list *node;
    if (round->tail != NULL) {
        struct segment *tail = round->tail;
        size_t sum_len = (size_t)tail->offset + tail->len; /* A filled segment starts at 0. */
        tail->flags &= (uint8_t)~SEGMENT_FILLING;
        tail->sum = sum_append(tail->sum, sum_len, round->tail_piece.sum);
        queue_grow(queue, tail, round->tail_piece.len, is_shown_later);
    }
    while ((node = list_pop_front(&round->fresh)) != NULL)
        queue_append(queue, CONTAINER_OF(node, struct segment, link), is_shown_later);
    queue->write_turn = false;
    if (queue->deaf)
        queue_purge(queue, garbage); /* The reader left while we copied. */
    stream_wake(pair, &queue->turns);
    if (queue->bytes > 0)
        stream_tell_readers(pair, stream->index);
    if (queue_room(queue) > 0)
        stream_tell_writers(pair, stream->index);
    stream_refresh(pair);
}

static status_t write_round(struct stream *stream, struct stream_feed *feed, uint32_t flags,
                            time_ns_t deadline)
{
    struct stream_pair *pair = stream->pair;
    struct stream_round round = { .tail = NULL };
    struct list garbage;
    list_init(&garbage);
    spin_lock(&pair->lock);
    status_t status = write_begin(stream, feed, flags, deadline, &round);
    uint32_t tail_end = round.tail == NULL ? 0 : (uint32_t)round.tail->offset + round.tail->len;
    spin_unlock(&pair->lock);
    if (status != STATUS_OK || round.granted == 0)
        return status;
    status = write_copy(pair, feed, &round, tail_end);
    feed->left = feed->is_over ? 0 : feed->left - round.bytes;
    feed->done += round.bytes;
    counter_add(COUNTER_STREAM_BYTES, round.bytes);
    spin_lock(&pair->lock);
    write_commit(stream, feed, &round, &garbage);
    spin_unlock(&pair->lock);
    if (!list_is_empty(&garbage))
        segments_free(pair, &garbage);
    return status;
}

status_t stream_put(struct stream *stream, struct stream_feed *feed, uint32_t flags,
                    time_ns_t deadline)
{
    status_t status = STATUS_OK;
    while (status == STATUS_OK && feed->left > 0)
        status = write_round(stream, feed, flags, deadline);
    return feed->done > 0 ? STATUS_OK : status; /* The reason to stop comes again. */
}

/* A small write to a local stream whose last chunk has room for it: copied under the lock, in one step. */
inline bool stream_write_now(struct stream *stream, struct user_in src)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    bool is_done = false;
    if (!pair->plain || src.len == 0 || src.len > STREAM_ATOMIC_MAX ||
        __atomic_load_n(&pair->unclaimed, __ATOMIC_RELAXED))
        return false;
    spin_lock_inline(&pair->lock);
    struct segment *tail = CONTAINER_OF(queue->segments.previous, struct segment, link);
    bool is_ready = pair->state == STREAM_CONNECTED && !queue->shut && !queue->deaf &&
                    !queue->write_turn && !list_is_empty(&queue->segments) && tail->flags == 0 &&
                    src.len <= queue_room(queue);
    if (is_ready) {
        size_t end = (size_t)tail->offset + tail->len;
        is_done = src.len <= segment_capacity(pair, tail) - end &&
                  user_read_now(tail->data + end, src.address, src.len) == STATUS_OK;
    }
    if (is_done) {
        queue_grow(queue, tail, (uint16_t)src.len, false);
        counter_add(COUNTER_STREAM_BYTES, src.len);
        stream_tell_readers(pair, stream->index);
        stream_refresh(pair);
    }
    spin_unlock(&pair->lock);
    return is_done;
}

/* Apart, so that a small write needs no room for this. */
__attribute__((noinline)) static status_t write_in_rounds(struct stream *stream, struct user_in src,
                                                          uint32_t flags, time_ns_t deadline,
                                                          struct stream_letter **letter,
                                                          size_t *out_actual)
{
    struct stream_feed feed = {
        .copy = feed_user, .left = src.len, .address = src.address, .letter = *letter
    };
    status_t status = stream_put(stream, &feed, flags, deadline);
    *letter = feed.letter;
    if (status == STATUS_OK)
        *out_actual = feed.done;
    return status;
}

status_t stream_write_letter(struct stream *stream, struct user_in src, uint32_t flags,
                             time_ns_t deadline, struct stream_letter **letter, size_t *out_actual)
{
    if (*letter != NULL || !stream_write_now(stream, src))
        return write_in_rounds(stream, src, flags, deadline, letter, out_actual);
    *out_actual = src.len;
    return STATUS_OK;
}

status_t stream_write(struct stream *stream, struct user_in src, uint32_t flags, time_ns_t deadline,
                      size_t *out_actual)
{
    struct stream_letter *none = NULL;
    return stream_write_letter(stream, src, flags, deadline, &none, out_actual);
}
