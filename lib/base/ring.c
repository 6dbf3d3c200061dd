/* Both ends of the shared ring. The orderings, all of them here:
 *   - a release store of an index covers the descriptor writes (or reads) before it, and pairs with
 *     the acquire load at the other end;
 *   - an index must be out before the peer's wish is read, and a wish before the index is looked at
 *     for the last time. Both need a full fence, since each side stores one word and then loads
 *     another: without it both could decide to sleep. */
#include "lib/base/ring.h"

#include <string.h>

#include "lib/base/assert.h"

static uint32_t index_read(const uint32_t *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

static void index_publish(uint32_t *index, uint32_t value)
{
    __atomic_store_n(index, value, __ATOMIC_RELEASE);
}

static void order_own_store_before_peer_load(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Whether an index that moved from `from` to `to` passed the place at `wake`. */
static bool wake_is_due(const uint32_t *wake, uint32_t to, uint32_t from)
{
    order_own_store_before_peer_load();
    uint32_t at = __atomic_load_n(wake, __ATOMIC_RELAXED);
    return to - at - 1 < to - from;
}

static void wake_ask(uint32_t *wake, uint32_t at)
{
    __atomic_store_n(wake, at, __ATOMIC_RELAXED);
    order_own_store_before_peer_load();
}

static bool shape_is_valid(uint32_t depth, uint32_t descriptor_bytes)
{
    return depth != 0 && depth <= RING_DEPTH_MAX && (depth & (depth - 1)) == 0 &&
           descriptor_bytes != 0 && descriptor_bytes % 8 == 0 &&
           descriptor_bytes <= RING_DESCRIPTOR_BYTES_MAX;
}

size_t ring_size(uint32_t depth, uint32_t descriptor_bytes)
{
    size_t bytes = sizeof(struct ring_shared) + (size_t)depth * descriptor_bytes;
    return (bytes + RING_LINE_BYTES - 1) & ~(size_t)(RING_LINE_BYTES - 1);
}

void ring_format(void *memory, uint32_t depth, uint32_t descriptor_bytes, uint32_t epoch)
{
    ASSERT(shape_is_valid(depth, descriptor_bytes));
    ASSERT((uintptr_t)memory % RING_LINE_BYTES == 0);
    struct ring_shared *shared = memory;
    __atomic_store_n(&shared->magic, 0, __ATOMIC_RELAXED);
    memset(memory, 0, ring_size(depth, descriptor_bytes));
    shared->version = RING_VERSION;
    shared->descriptor_bytes = (uint16_t)descriptor_bytes;
    shared->depth = depth;
    shared->epoch = epoch;
    shared->producer_wake = UINT32_MAX; /* Not asked for; the consumer's 0 asks for the first. */
    __atomic_store_n(&shared->magic, RING_MAGIC, __ATOMIC_RELEASE);
}

void ring_producer_open(struct ring_producer *producer, void *memory, uint32_t depth,
                        uint32_t descriptor_bytes)
{
    ASSERT(shape_is_valid(depth, descriptor_bytes));
    *producer = (struct ring_producer){ .shared = memory,
                                        .depth = depth,
                                        .descriptor_bytes = descriptor_bytes };
}

void ring_consumer_open(struct ring_consumer *consumer, void *memory, uint32_t depth,
                        uint32_t descriptor_bytes)
{
    ASSERT(shape_is_valid(depth, descriptor_bytes));
    *consumer = (struct ring_consumer){ .shared = memory,
                                        .depth = depth,
                                        .descriptor_bytes = descriptor_bytes };
}

/* Check the peer's header; every field is read once. */
static status_t header_check(const struct ring_shared *shared, size_t memory_bytes,
                             uint32_t descriptor_bytes, uint32_t epoch, uint32_t *out_depth)
{
    if ((uintptr_t)shared % RING_LINE_BYTES != 0 || memory_bytes < sizeof *shared ||
        index_read(&shared->magic) != RING_MAGIC)
        return STATUS_CORRUPT;
    const volatile struct ring_shared *header = shared;
    uint32_t depth = header->depth;
    if (header->version != RING_VERSION || header->descriptor_bytes != descriptor_bytes ||
        !shape_is_valid(depth, descriptor_bytes) ||
        ring_size(depth, descriptor_bytes) > memory_bytes)
        return STATUS_CORRUPT;
    if (header->epoch != epoch)
        return STATUS_BAD_STATE;
    *out_depth = depth;
    return STATUS_OK;
}

status_t ring_producer_attach(struct ring_producer *producer, void *memory, size_t memory_bytes,
                              uint32_t descriptor_bytes, uint32_t epoch)
{
    uint32_t depth = 0;
    const struct ring_shared *shared = memory;
    status_t status = header_check(shared, memory_bytes, descriptor_bytes, epoch, &depth);
    if (status != STATUS_OK)
        return status;
    if (index_read(&shared->produced) != 0)
        return STATUS_BAD_STATE;
    ring_producer_open(producer, memory, depth, descriptor_bytes);
    return STATUS_OK;
}

status_t ring_consumer_attach(struct ring_consumer *consumer, void *memory, size_t memory_bytes,
                              uint32_t descriptor_bytes, uint32_t epoch)
{
    uint32_t depth = 0;
    const struct ring_shared *shared = memory;
    status_t status = header_check(shared, memory_bytes, descriptor_bytes, epoch, &depth);
    if (status != STATUS_OK)
        return status;
    if (index_read(&shared->consumed) != 0)
        return STATUS_BAD_STATE;
    ring_consumer_open(consumer, memory, depth, descriptor_bytes);
    return STATUS_OK;
}

/* Descriptors are whole 64-bit words; a volatile copy is made of each word exactly once, so that a
 * check of the copy stays true. */
static void words_copy(volatile uint64_t *target, const volatile uint64_t *source, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes / 8; i++)
        target[i] = source[i];
}

static volatile uint64_t *place_of(struct ring_shared *shared, uint32_t depth,
                                   uint32_t descriptor_bytes, uint32_t index)
{
    uint8_t *first = (uint8_t *)(shared + 1);
    return (volatile uint64_t *)(void *)(first + (size_t)(index & (depth - 1)) * descriptor_bytes);
}

/* Read the consumer's index: it lies between what it was and what was published. */
static void consumed_refresh(struct ring_producer *producer)
{
    uint32_t consumed = index_read(&producer->shared->consumed);
    if (producer->published - consumed > producer->published - producer->consumed_seen)
        producer->poisoned = true;
    else
        producer->consumed_seen = consumed;
}

static uint32_t room_known(const struct ring_producer *producer)
{
    return producer->poisoned ? 0 : producer->depth - (producer->next - producer->consumed_seen);
}

uint32_t ring_room(struct ring_producer *producer, uint32_t wanted)
{
    if (room_known(producer) < wanted)
        consumed_refresh(producer);
    return room_known(producer);
}

status_t ring_push(struct ring_producer *producer, const void *descriptor)
{
    if (ring_room(producer, 1) == 0)
        return producer->poisoned ? STATUS_CORRUPT : STATUS_WOULD_BLOCK;
    uint64_t words[RING_DESCRIPTOR_BYTES_MAX / 8];
    memcpy(words, descriptor, producer->descriptor_bytes);
    words_copy(place_of(producer->shared, producer->depth, producer->descriptor_bytes,
                        producer->next),
               words, producer->descriptor_bytes);
    producer->next++;
    return STATUS_OK;
}

bool ring_publish(struct ring_producer *producer)
{
    uint32_t from = producer->published;
    if (producer->next == from || producer->poisoned)
        return false;
    producer->published = producer->next;
    index_publish(&producer->shared->produced, producer->published);
    return wake_is_due(&producer->shared->consumer_wake, producer->published, from);
}

bool ring_producer_may_sleep(struct ring_producer *producer, uint32_t room)
{
    ASSERT(room > 0 && room <= producer->depth);
    ASSERT(producer->next == producer->published);
    /* `room` places are free once `consumed` reaches next - depth + room. */
    wake_ask(&producer->shared->producer_wake, producer->next - producer->depth + room - 1);
    consumed_refresh(producer);
    return !producer->poisoned && room_known(producer) < room;
}

/* Read the producer's index: it lies between what it was and a full ring. */
static void produced_refresh(struct ring_consumer *consumer)
{
    uint32_t produced = index_read(&consumer->shared->produced);
    uint32_t known = consumer->produced_seen - consumer->released;
    uint32_t ahead = produced - consumer->released;
    if (ahead > consumer->depth || ahead < known)
        consumer->poisoned = true;
    else
        consumer->produced_seen = produced;
}

status_t ring_pop(struct ring_consumer *consumer, void *out_descriptor)
{
    if (consumer->next == consumer->produced_seen && !consumer->poisoned)
        produced_refresh(consumer);
    if (consumer->poisoned)
        return STATUS_CORRUPT;
    if (consumer->next == consumer->produced_seen)
        return STATUS_WOULD_BLOCK;
    uint64_t words[RING_DESCRIPTOR_BYTES_MAX / 8];
    words_copy(words,
               place_of(consumer->shared, consumer->depth, consumer->descriptor_bytes,
                        consumer->next),
               consumer->descriptor_bytes);
    memcpy(out_descriptor, words, consumer->descriptor_bytes);
    consumer->next++;
    return STATUS_OK;
}

bool ring_release(struct ring_consumer *consumer)
{
    uint32_t from = consumer->released;
    if (consumer->next == from || consumer->poisoned)
        return false;
    consumer->released = consumer->next;
    index_publish(&consumer->shared->consumed, consumer->released);
    return wake_is_due(&consumer->shared->producer_wake, consumer->released, from);
}

bool ring_consumer_may_sleep(struct ring_consumer *consumer)
{
    wake_ask(&consumer->shared->consumer_wake, consumer->next);
    if (!consumer->poisoned)
        produced_refresh(consumer);
    return !consumer->poisoned && consumer->next == consumer->produced_seen;
}
