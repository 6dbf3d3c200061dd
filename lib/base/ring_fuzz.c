/* A hostile peer: the input drives one end of a ring and scribbles over all of the shared memory in
 * between. No access may leave the memory (the sanitizer watches), an end may never hold more than
 * the depth, and a poisoned end stays so. */
#include "lib/base/ring.h"

#include <stdlib.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"

enum { DEPTH = 4, DESCRIPTOR_BYTES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scribble(struct reader *reader, uint8_t *memory, size_t memory_bytes)
{
    uint8_t at = reader_u8(reader);
    uint32_t value = reader_le32(reader);
    /* Mostly at the words that matter, in small steps. */
    size_t offset = at < 128 ? 64 + (at % 2) * 64 + (at / 2 % 2) * 4 : at;
    if (offset + 4 <= memory_bytes)
        memcpy(memory + offset, &value, 4);
}

static void drive_producer(struct ring_producer *producer, uint8_t operation)
{
    uint64_t descriptor[DESCRIPTOR_BYTES / 8] = { operation, 1 };
    bool poisoned = producer->poisoned;
    switch (operation % 4) {
    case 0: (void)ring_push(producer, descriptor); break;
    case 1: (void)ring_publish(producer); break;
    case 2: (void)ring_room(producer, operation % (producer->depth + 1)); break;
    default:
        (void)ring_publish(producer);
        if (!producer->poisoned)
            (void)ring_producer_may_sleep(producer, 1 + operation / 4 % producer->depth);
        break;
    }
    ASSERT(producer->next - producer->consumed_seen <= DEPTH);
    ASSERT(producer->published - producer->consumed_seen <= DEPTH);
    ASSERT(producer->poisoned || !poisoned);
}

static void drive_consumer(struct ring_consumer *consumer, uint8_t operation)
{
    uint64_t descriptor[DESCRIPTOR_BYTES / 8];
    bool poisoned = consumer->poisoned;
    switch (operation % 3) {
    case 0: (void)ring_pop(consumer, descriptor); break;
    case 1: (void)ring_release(consumer); break;
    default: (void)ring_consumer_may_sleep(consumer); break;
    }
    ASSERT(consumer->produced_seen - consumer->released <= DEPTH);
    ASSERT(consumer->next - consumer->released <= DEPTH);
    ASSERT(consumer->poisoned || !poisoned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t memory_bytes = ring_size(DEPTH, DESCRIPTOR_BYTES);
    uint8_t *memory = aligned_alloc(RING_LINE_BYTES, memory_bytes);
    struct reader reader = reader_of(data, size);
    ring_format(memory, DEPTH, DESCRIPTOR_BYTES, 1);
    for (uint8_t lies = reader_u8(&reader) % 4; lies > 0; lies--) {
        uint8_t offset = reader_u8(&reader) % 24;
        memory[offset] = reader_u8(&reader);
    }
    struct ring_producer producer;
    struct ring_consumer consumer;
    bool produces = reader_u8(&reader) % 2 == 0;
    status_t status =
        produces ? ring_producer_attach(&producer, memory, memory_bytes, DESCRIPTOR_BYTES, 1)
                 : ring_consumer_attach(&consumer, memory, memory_bytes, DESCRIPTOR_BYTES, 1);
    while (status == STATUS_OK && reader_left(&reader) > 0) {
        uint8_t operation = reader_u8(&reader);
        if (operation >= 192)
            scribble(&reader, memory, memory_bytes);
        else if (produces)
            drive_producer(&producer, operation);
        else
            drive_consumer(&consumer, operation);
    }
    free(memory);
    return 0;
}
