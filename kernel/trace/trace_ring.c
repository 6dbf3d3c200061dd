/* The reading side: see trace_ring.h. What the writer may have overwritten during the copy is found by
 * looking at its count again afterwards; those records are dropped from the front of the copy. */
#include "kernel/trace/trace_ring.h"

#include <string.h>

/* The oldest record that is whole while `written` is the writer's count: the place of the one before
 * it may be written at this moment. */
static uint64_t oldest_whole(uint64_t written)
{
    return written < TRACE_RING_RECORDS ? 0 : written - TRACE_RING_RECORDS + 1;
}

size_t trace_ring_take(struct trace_ring *ring, struct trace_record *out_records, size_t count,
                       uint64_t *out_lost)
{
    uint64_t written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);
    uint64_t first = ring->taken;
    if (first < oldest_whole(written))
        first = oldest_whole(written);
    uint64_t end = written - first > count ? first + count : written;
    for (uint64_t at = first; at < end; at++)
        out_records[at - first] = ring->records[at % TRACE_RING_RECORDS];

    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    uint64_t oldest = oldest_whole(__atomic_load_n(&ring->written, __ATOMIC_RELAXED));
    uint64_t torn = oldest > first ? oldest - first : 0;
    if (torn > end - first)
        torn = end - first;
    memmove(out_records, out_records + torn, (size_t)(end - first - torn) * sizeof *out_records);
    *out_lost = first + torn - ring->taken;
    ring->taken = end;
    return (size_t)(end - first - torn);
}
