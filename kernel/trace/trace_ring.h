/* A ring of trace records with one writer, its CPU, and one reader at a time, anywhere. The writer
 * never waits: when the reader is slow the oldest records are lost, and the reader learns how many.
 * Both sides count records since the ring was made; a record's place is its number modulo the size. */
#pragma once

#include <abi/trace.h>

#include <stddef.h>

enum { TRACE_RING_RECORDS = 8190 }; /* The ring is a little less than 256 KiB. */

struct trace_ring {
    uint64_t written; /* The writer's; the record before it is complete. */
    uint64_t taken;   /* The reader's; guarded by whoever owns the readers. */
    struct trace_record records[TRACE_RING_RECORDS];
};

/* Writer: the ring's CPU with interrupts masked. A record's bytes are in place before it counts. */
static inline void trace_ring_put(struct trace_ring *ring, const struct trace_record *record)
{
    uint64_t number = ring->written;
    ring->records[number % TRACE_RING_RECORDS] = *record;
    __atomic_store_n(&ring->written, number + 1, __ATOMIC_RELEASE);
}

/* Reader: copy up to `count` records, oldest first. *out_lost is how many were overwritten before
 * they could be taken. @return how many were copied. */
size_t trace_ring_take(struct trace_ring *ring, struct trace_record *out_records, size_t count,
                       uint64_t *out_lost);
