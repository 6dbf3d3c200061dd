/* A recording in memory: what the rings gave, and the names of the processes that were there. One thread. */
#pragma once

#include <abi/types.h>

#include "lib/trace/recording.h"

enum {
    CAPTURE_RECORDS_MAX = 1 << 20,  /* 32 MiB, touched as they come. */
    CAPTURE_PROCESSES_MAX = 1 << 9, /* Of which names are kept. */
    CAPTURE_PROCESSES_LISTED = 128, /* In one look at the system. */
};

struct capture {
    handle_t trace;
    handle_t system;
    struct trace_record *records; /* Of the tracer's lifetime: CAPTURE_RECORDS_MAX. */
    uint32_t records_max;         /* Of this recording. */
    struct recording_header header;
    struct recording_process processes[CAPTURE_PROCESSES_MAX];
};

/* Room for the records. @return NO_MEMORY, LIMIT. */
status_t capture_init(struct capture *capture);
/* Begin to record. What is in the rings from before is dropped. @return as trace_control. */
status_t capture_begin(struct capture *capture, const struct recording_request *request);
/* Take what there is. @return how many records: about as many will come until the next time. The header's
 * flag RECORDING_IS_FULL says that there is no room for more. */
uint32_t capture_drain(struct capture *capture);
/* End it: the header and processes are complete. */
void capture_end(struct capture *capture);
