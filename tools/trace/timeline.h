/* From records to what happened: spans that begin and end, nested on the track they belong to. The tracks are
 * CPUs (which thread runs, interrupts) and threads (calls, faults, and within both the time off the CPU).
 * Events come out in the order of time, every begin has its end, and ends are in the reverse order of begins, also where
 * the recording has begun in the midst of things or lost records: what is then open is ended. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/trace/recording.h"

#define TIMELINE_IDLE TRACE_IDLE
#define TIMELINE_UNKNOWN (UINT64_MAX - 1) /* Of a thread that was never switched to. */

enum timeline_phase { TIMELINE_BEGIN, TIMELINE_END, TIMELINE_INSTANT };

enum timeline_what {
    TIMELINE_RUN,       /* On a CPU's track: thread and process. */
    TIMELINE_INTERRUPT, /* On a CPU's track: a: its id. */
    TIMELINE_CALL,      /* On a thread's: a: number, b: first argument; at the end status. */
    TIMELINE_FAULT,     /* a: address; b: access, at the end status. */
    TIMELINE_OFF,       /* Another thread runs, or none. */
    TIMELINE_IPC,       /* Instants, as in <abi/trace.h>: */
    TIMELINE_NET,
    TIMELINE_WAKE,
    TIMELINE_DEVICE,
    TIMELINE_PROCESS,
    TIMELINE_BLOCK, /* Begins and ends on no track, in any order: a: sector; b: as recorded. */
};

struct timeline_event {
    enum timeline_phase phase;
    enum timeline_what what;
    uint64_t ticks;
    uint16_t cpu;
    uint32_t thread;
    uint64_t process;
    uint64_t a;
    uint64_t b;
    uint64_t span_ticks; /* At an end: how long it was, */
    uint64_t off_ticks;  /* and how much of that the thread was off the CPU. */
    bool is_nested;      /* At an end of a fault: within a call. */
    bool is_cut;         /* At an end: it was not seen, but must have been before this. */
};

struct timeline_counts {
    uint64_t lost;      /* Records, as the recording says. */
    uint64_t unmatched; /* Ends without a begin: what was open when it began. */
    uint64_t cut;       /* Ends that were not seen. */
};

/* Tell `take` all of a recording. @return INVALID when a record cannot be one (a CPU or kind that does not
 * exist), NO_MEMORY. Cost: n log n in records. */
status_t timeline_run(const struct recording *recording,
                      void (*take)(void *context, const struct timeline_event *event),
                      void *context, struct timeline_counts *out_counts);
