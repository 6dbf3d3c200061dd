/* A ring in shared memory: one producer, one consumer, descriptors of a fixed size, and a "notify
 * me" index in each direction, as in virtio. For two parties that do not trust each other, such as
 * netd and a driver: each keeps its own indices in private memory; the other's index is read once
 * and checked, and an impossible one poisons this end for good; descriptors are copied out before
 * anybody looks at them. What a descriptor says is the user's to check, on the copy.
 *
 * Indices run freely over 32 bits. Whoever creates the memory formats it and opens its end from
 * what it knows; the other attaches, which checks the header. An epoch number in the header tells
 * one life of a ring from the next: see ring_format.
 *
 * Any context; one thread an end at a time. No call waits: a true from ring_publish or ring_release
 * means "tell the peer", a true from ring_*_may_sleep means "it will tell you".
 */
#pragma once

#include <abi/types.h>

enum {
    RING_MAGIC = 0x474e4952, /* "RING" */
    RING_VERSION = 1,
    RING_DEPTH_MAX = 65536,
    RING_DESCRIPTOR_BYTES_MAX = 64,
    RING_LINE_BYTES = 64, /* What the two sides write lies on cache lines of their own. */
};

/* The start of the shared memory; descriptors follow. Little endian, as the machine. */
struct ring_shared {
    uint32_t magic; /* Written last by ring_format. */
    uint16_t version;
    uint16_t descriptor_bytes;
    uint32_t depth;
    uint32_t epoch;
    uint8_t padding_0[RING_LINE_BYTES - 16];
    /* The producer's line. */
    uint32_t produced;      /* Descriptors below this index may be read. */
    uint32_t producer_wake; /* Tell the producer when `consumed` passes this. */
    uint8_t padding_1[RING_LINE_BYTES - 8];
    /* The consumer's line. */
    uint32_t consumed;      /* Places below this index may be overwritten. */
    uint32_t consumer_wake; /* Tell the consumer when `produced` passes this. */
    uint8_t padding_2[RING_LINE_BYTES - 8];
};
_Static_assert(sizeof(struct ring_shared) == 3 * RING_LINE_BYTES, "three lines");
_Static_assert(offsetof(struct ring_shared, produced) == RING_LINE_BYTES, "its own line");
_Static_assert(offsetof(struct ring_shared, consumed) == 2 * RING_LINE_BYTES, "its own line");
_Static_assert(offsetof(struct ring_shared, padding_2) == 136, "the last field");

struct ring_producer {
    struct ring_shared *shared;
    uint32_t depth;
    uint32_t descriptor_bytes;
    uint32_t next;          /* Where the next descriptor goes. */
    uint32_t published;     /* What the consumer has been shown. */
    uint32_t consumed_seen; /* The consumer's index when last read. */
    bool poisoned;
};

struct ring_consumer {
    struct ring_shared *shared;
    uint32_t depth;
    uint32_t descriptor_bytes;
    uint32_t next;          /* The next descriptor to copy out. */
    uint32_t released;      /* What the producer has been given back. */
    uint32_t produced_seen; /* The producer's index when last read. */
    bool poisoned;
};

/* Bytes that such a ring takes; a multiple of RING_LINE_BYTES. */
size_t ring_size(uint32_t depth, uint32_t descriptor_bytes);

/* Make an empty ring of the memory, which is aligned to RING_LINE_BYTES. Neither end may be in use:
 * the peer of a former life is known to be dead or detached. depth is a power of two up to
 * RING_DEPTH_MAX, descriptor_bytes a multiple of 8 up to RING_DESCRIPTOR_BYTES_MAX; other values
 * are a mistake of the caller. */
void ring_format(void *memory, uint32_t depth, uint32_t descriptor_bytes, uint32_t epoch);

/* Open an end on memory that this side has formatted itself. */
void ring_producer_open(struct ring_producer *producer, void *memory, uint32_t depth,
                        uint32_t descriptor_bytes);
void ring_consumer_open(struct ring_consumer *consumer, void *memory, uint32_t depth,
                        uint32_t descriptor_bytes);

/* Open an end on memory that the peer has formatted and nobody has used yet.
 * @return CORRUPT when the header is none, when the depth is invalid or does not fit the memory, or
 *         when the descriptors have another size; BAD_STATE for another epoch or a used ring. */
__attribute__((warn_unused_result)) status_t ring_producer_attach(struct ring_producer *producer,
                                                                  void *memory, size_t memory_bytes,
                                                                  uint32_t descriptor_bytes,
                                                                  uint32_t epoch);
__attribute__((warn_unused_result)) status_t ring_consumer_attach(struct ring_consumer *consumer,
                                                                  void *memory, size_t memory_bytes,
                                                                  uint32_t descriptor_bytes,
                                                                  uint32_t epoch);

/* How many descriptors can be pushed now: `wanted` or more if there is that much room, without a
 * look at the shared index where the last one suffices. 0 when poisoned. */
uint32_t ring_room(struct ring_producer *producer, uint32_t wanted);

/* Write one descriptor, not yet visible. @return WOULD_BLOCK when full, CORRUPT when poisoned. */
__attribute__((warn_unused_result)) status_t ring_push(struct ring_producer *producer,
                                                       const void *descriptor);

/* Show what was pushed. @return true when the consumer must be told. */
__attribute__((warn_unused_result)) bool ring_publish(struct ring_producer *producer);

/* Ask to be told when `room` places are free (1 to depth), then look again.
 * @return true when there is less room now, so that a notice will follow. A poisoned end answers
 *         false: push tells. */
__attribute__((warn_unused_result)) bool ring_producer_may_sleep(struct ring_producer *producer,
                                                                 uint32_t room);

/* Copy the next descriptor out. Its place is given back by ring_release only.
 * @return WOULD_BLOCK when empty, CORRUPT when the producer's index is impossible. */
__attribute__((warn_unused_result)) status_t ring_pop(struct ring_consumer *consumer,
                                                      void *out_descriptor);

/* Give back the places of what was popped. @return true when the producer must be told. */
__attribute__((warn_unused_result)) bool ring_release(struct ring_consumer *consumer);

/* Ask to be told of the next descriptor, then look again. @return true when there is none now. */
__attribute__((warn_unused_result)) bool ring_consumer_may_sleep(struct ring_consumer *consumer);
