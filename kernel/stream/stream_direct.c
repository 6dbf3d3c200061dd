/* See stream_direct.h. Whoever claims a sleeping thread decides when it goes on, so the reader's memory and what it
 * has on its stack stay as they are until it is woken; a deadline or a signal that comes meanwhile is too late.
 *
 *   claim the reader, take the turn to write   (lock)
 *   copy into its memory                       (no lock; nothing in here sleeps)
 *   count the bytes, wake it                   (lock)
 *
 * When its memory is not there, it is woken with nothing and does as if bytes had come: it looks at the queue. */
#include "kernel/stream/stream_direct.h"

#include "kernel/mm/user_reach.h"
#include "kernel/sched/handoff.h"
#include "kernel/trace/counter.h"

/* The longest waiter, claimed and out of the list, or NULL. The lock held. */
static struct waiter *reader_claim(struct stream_queue *queue)
{
    if (list_is_empty(&queue->readers.waiters))
        return NULL;
    struct waiter *waiter = CONTAINER_OF(queue->readers.waiters.next, struct waiter, link);
    if (waiter->key == 0 || !handoff_claim(waiter->thread))
        return NULL;
    list_remove(&waiter->link);
    return waiter;
}

size_t stream_give(struct stream *stream, struct user_in src)
{
    struct stream_pair *pair = stream->pair;
    struct stream_queue *queue = &pair->queues[stream->index];
    if (queue->bytes > 0 || queue->read_turn)
        return 0;
    struct waiter *waiter = reader_claim(queue);
    if (waiter == NULL)
        return 0;
    struct stream_sleeper *sleeper = (struct stream_sleeper *)waiter->key;
    size_t len = src.len < sleeper->dst.len ? src.len : sleeper->dst.len;
    queue->write_turn = true;
    spin_unlock(&pair->lock);
    size_t done = user_reach_write(waiter->thread, sleeper->dst.address, src.address, len);
    counter_add(COUNTER_STREAM_BYTES, done);
    spin_lock(&pair->lock);
    queue->write_turn = false;
    queue->bytes_in += done;
    queue->bytes_out += done;
    sleeper->done = done;
    handoff_wake(waiter->thread);
    stream_wake(pair, &queue->turns);
    return done;
}
