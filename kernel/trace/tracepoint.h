/* Tracepoints: trace(kind, a, b) in a hot path costs two instructions while nobody records. A record
 * goes to the ring of the CPU that runs; rings are made when recording is first asked for.
 * Any context with interrupts masked, which is everywhere but in the idle loop's window. */
#pragma once

#include <abi/trace.h>
#include <abi/types.h>
#include <arch/tracepoint.h>

void trace_record(enum trace_kind kind, uint64_t a, uint64_t b);

/* `kind` is a constant. What a and b are made of should be at hand: it is evaluated only when it records
 * if it has no side effects. */
__attribute__((always_inline)) static inline void trace(enum trace_kind kind, uint64_t a,
                                                        uint64_t b)
{
    if (__builtin_expect(trace_is_on(kind), 0))
        trace_record(kind, a, b);
}

/* Choose the kinds that record. @return INVALID for a bit that no kind has, NO_MEMORY for the
 * rings: nothing has changed. May sleep. */
status_t trace_choose(uint64_t mask);
/* Take records of one CPU, oldest first. @return INVALID for a CPU that does not run. May sleep. */
status_t trace_take(uint32_t cpu, struct trace_record *out_records, size_t count, size_t *out_taken,
                    uint64_t *out_lost);

/* Boot. */
void trace_setup(void);
