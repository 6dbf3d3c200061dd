/* Reading: from chunks into user memory, one copy, without a lock. The reader whose turn it is owns
 * the segments at the head: they are consumed by it alone, and a purge waits for it.
 *
 * What lies in one chunk of a local stream, and goes to memory that is there, needs no turn: it is copied and
 * consumed under the lock. */
#include <arch/spin_inline.h>

#include "kernel/mm/user_copy.h"
#include "kernel/sched/preempt.h"
#include "kernel/stream/stream.h"
#include "kernel/stream/stream_direct.h"

/* Runs of bytes that are copied between two looks at the queue. */
enum { READ_RUNS = 16 };

struct read_run {
    const uint8_t *data;
    uint32_t len;
};

/* One reading. */
struct read_request {
    struct user_out dst;
    uint32_t flags;
    enum letter_mode mode;
    size_t done;
    struct list garbage;
};

/* Take what is asked for if it is all in the first chunk. The lock held, and the turn free. @return false: it is not,
 * or has to be copied the long way; nothing has happened. */
static inline __attribute__((always_inline)) bool take_at_once(struct stream *stream,
                                                               struct stream_queue *queue,
                                                               struct user_out dst,
                                                               struct list *garbage,
                                                               size_t *out_done)
{
    struct stream_pair *pair = stream->pair;
    size_t len = dst.len < queue->bytes ? dst.len : queue->bytes;
    struct segment *head = CONTAINER_OF(queue->segments.next, struct segment, link);
    if (len > head->len || !list_is_empty(&queue->letters) ||
        user_write_now(dst.address, head->data + head->offset, len) != STATUS_OK)
        return false;
    queue_consume_one(queue, (uint32_t)len, true, garbage);
    *out_done = len;
    if (queue->bytes > 0)
        stream_wake(pair, &queue->readers);
    stream_tell_writers(pair, 1 - stream->index);
    stream_refresh(pair);
    return true;
}

/* The same after a sleep, apart. */
static __attribute__((noinline)) bool take_after_sleep(struct stream *stream,
                                                       struct stream_queue *queue,
                                                       struct read_request *request)
{
    return take_at_once(stream, queue, request->dst, &request->garbage, &request->done);
}

inline bool stream_read_now(struct stream *stream, struct user_out dst, size_t *out_actual)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[1 - stream->index];
    struct list garbage;
    /* Mostly there is nothing yet, and the lock need not be taken to see that. */
    if (!pair->plain || dst.len == 0 || __atomic_load_n(&queue->bytes, __ATOMIC_RELAXED) == 0 ||
        __atomic_load_n(&pair->unclaimed, __ATOMIC_RELAXED))
        return false;
    list_init(&garbage);
    spin_lock_inline(&pair->lock);
    bool is_done = !queue->read_turn && queue->bytes > 0 &&
                   take_at_once(stream, queue, dst, &garbage, out_actual);
    spin_unlock(&pair->lock);
    if (!list_is_empty(&garbage))
        segments_free(pair, &garbage);
    return is_done;
}

/* The lock held before and after. */
static status_t turn_sleep(struct stream_pair *pair, struct stream_queue *queue, time_ns_t deadline)
{
    status_t status = wait_sleep(&queue->turns, &pair->lock, deadline);
    spin_lock(&pair->lock);
    return status;
}

/* Sleep until there are bytes, or a writer has put them where they are wanted (stream_direct.h). The lock held before
 * and after. */
static status_t read_sleep(struct stream_pair *pair, struct stream_queue *queue,
                           struct read_request *request, time_ns_t deadline)
{
    struct stream_sleeper sleeper = { .dst = request->dst };
    bool is_open = pair->pool == NULL && !(request->flags & STREAM_PEEK) &&
                   request->dst.len >= STREAM_DIRECT_MIN;
    status_t status =
        wait_sleep_keyed(&queue->readers, &pair->lock, is_open ? (uint64_t)&sleeper : 0, deadline);
    spin_lock_inline(&pair->lock);
    request->done = sleeper.done;
    return status;
}

/* Wait for the turn and for something to answer. The lock held before and after. @return OK with the
 * turn and *out_is_over false, or OK with *out_is_over true and no turn: request->done is the answer. */
static status_t read_begin(struct stream *stream, struct stream_queue *queue,
                           struct read_request *request, time_ns_t deadline, bool *out_is_over)
{
    struct stream_pair *pair = stream->pair;
    for (;;) {
        *out_is_over = queue->deaf || request->done > 0;
        if (*out_is_over)
            return STATUS_OK;
        if (!queue->read_turn && queue->bytes > 0) {
            *out_is_over = pair->plain && !(request->flags & STREAM_PEEK) &&
                           take_after_sleep(stream, queue, request);
            queue->read_turn = !*out_is_over;
            return STATUS_OK;
        }
        if (!queue->read_turn && (queue->shut || pair->state == STREAM_RESET)) {
            *out_is_over = queue->shut;
            return queue->shut ? STATUS_OK : pair->status;
        }
        if (!queue->read_turn && (request->flags & STREAM_NO_WAIT))
            return STATUS_WOULD_BLOCK;
        status_t status = queue->read_turn ? turn_sleep(pair, queue, deadline)
                                           : read_sleep(pair, queue, request, deadline);
        if (status != STATUS_OK)
            return status;
    }
}

/* The next runs, from `skip` bytes after the head on, `want` bytes at most. The lock held. */
static size_t read_collect(const struct stream_queue *queue, uint64_t skip, uint64_t want,
                           struct read_run *runs)
{
    size_t count = 0;
    LIST_FOR_EACH (node, &queue->segments) {
        const struct segment *segment = CONTAINER_OF(node, struct segment, link);
        if (skip >= segment->len) {
            skip -= segment->len;
            continue;
        }
        uint64_t len = segment->len - skip;
        runs[count].data = segment->data + segment->offset + skip;
        runs[count].len = (uint32_t)(len < want ? len : want);
        want -= runs[count].len;
        skip = 0;
        if (++count == READ_RUNS || want == 0)
            break;
    }
    return count;
}

/* No lock held, the turn is ours. *inout_done counts what was copied, failure or not. */
static status_t read_copy(const struct read_run *runs, size_t count, struct user_out dst,
                          size_t *inout_done)
{
    for (size_t i = 0; i < count; i++) {
        status_t status =
            user_write((uaddr_t){ dst.address.raw + *inout_done }, runs[i].data, runs[i].len);
        if (status != STATUS_OK)
            return status;
        *inout_done += runs[i].len;
        preempt_point();
    }
    return STATUS_OK;
}

static struct stream_letter *letter_at(struct list *link)
{
    return CONTAINER_OF(link, struct stream_letter, link);
}

/* How much of `want` may be read in a mode. The lock held. */
static size_t letters_limit(const struct stream_queue *queue, enum letter_mode mode, size_t want)
{
    struct list *link = queue->letters.next;
    if (mode == LETTERS_IGNORE || link == &queue->letters)
        return want;
    if (mode == LETTERS_TAKE && letter_at(link)->position == queue->bytes_out)
        link = link->next;
    if (link == &queue->letters)
        return want;
    uint64_t limit = letter_at(link)->position - queue->bytes_out;
    return limit < want ? (size_t)limit : want;
}

/* The letters of the `len` bytes that are about to be taken out. The lock held. */
static struct stream_letter *letters_pass(struct stream_queue *queue, enum letter_mode mode,
                                          uint32_t len)
{
    struct stream_letter *taken = NULL;
    if (len == 0 || list_is_empty(&queue->letters))
        return NULL;
    struct stream_letter *first = letter_at(queue->letters.next);
    if (mode == LETTERS_TAKE && first->position == queue->bytes_out) {
        list_remove(&first->link);
        first->ops->left(first);
        taken = first;
    }
    queue_discard_letters(queue, queue->bytes_out + len);
    return taken;
}

/* Give the turn on, after taking `len` bytes out. The lock held. */
static void read_end(struct stream *stream, struct stream_queue *queue, uint32_t len,
                     struct list *garbage)
{
    struct stream_pair *pair = stream->pair;
    queue_consume(queue, len, pair->pool == NULL, garbage);
    queue->read_turn = false;
    if (queue->deaf)
        queue_purge(queue, garbage); /* This end was closed while we copied. */
    stream_wake(pair, &queue->turns);
    if (queue->bytes > 0)
        stream_wake(pair, &queue->readers);
    stream_tell_writers(pair, 1 - stream->index);
    stream_refresh(pair);
}

/* The turn is ours, and the lock held, before; neither after. Apart, so that a small read needs no room for this. */
__attribute__((noinline)) static status_t read_in_turn(struct stream *stream,
                                                       struct stream_queue *queue,
                                                       struct read_request *request,
                                                       struct stream_letter **out_letter)
{
    struct stream_pair *pair = stream->pair;
    struct read_run runs[READ_RUNS];
    struct user_out dst = request->dst;
    status_t status;
    size_t done = 0, count = 0;
    dst.len = letters_limit(queue, request->mode, dst.len);
    if (dst.len == 0) {
        read_end(stream, queue, 0, &request->garbage);
        spin_unlock(&pair->lock);
        return STATUS_WOULD_BLOCK;
    }
    do {
        count = read_collect(queue, done, dst.len - done, runs);
        spin_unlock(&pair->lock);
        status = read_copy(runs, count, dst, &done);
        spin_lock(&pair->lock);
    } while (status == STATUS_OK && count == READ_RUNS && done < dst.len);
    bool is_peek = (request->flags & STREAM_PEEK) != 0 || status != STATUS_OK;
    *out_letter = letters_pass(queue, request->mode, is_peek ? 0 : (uint32_t)done);
    read_end(stream, queue, is_peek ? 0 : (uint32_t)done, &request->garbage);
    spin_unlock(&pair->lock);
    request->done = done;
    return status;
}

status_t stream_read_letter(struct stream *stream, struct user_out dst, uint32_t flags,
                            time_ns_t deadline, enum letter_mode mode, size_t *out_actual,
                            struct stream_letter **out_letter)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[1 - stream->index];
    struct read_request request = { .dst = dst, .flags = flags, .mode = mode };
    bool is_over = false;
    list_init(&request.garbage);
    *out_letter = NULL;
    if (dst.len == 0) {
        *out_actual = 0;
        return STATUS_OK;
    }
    spin_lock_inline(&pair->lock);
    status_t status = read_begin(stream, queue, &request, deadline, &is_over);
    if (status == STATUS_OK && !is_over)
        status = read_in_turn(stream, queue, &request, out_letter);
    else
        spin_unlock(&pair->lock);
    if (!list_is_empty(&request.garbage))
        segments_free(pair, &request.garbage);
    if (status == STATUS_OK)
        *out_actual = request.done;
    return status;
}

status_t stream_read(struct stream *stream, struct user_out dst, uint32_t flags, time_ns_t deadline,
                     size_t *out_actual)
{
    struct stream_letter *none;
    return stream_read_letter(stream, dst, flags, deadline, LETTERS_IGNORE, out_actual, &none);
}
