/* A recording: what the service `tracer` of the guest sends and tools/trace reads. Every number is
 * little-endian. The conversation, on one connection:
 *
 *     host:  request              the kinds, for how long, how much at most
 *     guest: RECORDING_STARTED    8 bytes: from here on it records
 *     host:  shuts its writing    perhaps: stop now
 *     guest: header, processes, records; then it closes
 *
 * Records are struct trace_record (<abi/trace.h>) as the kernel made them, those of one CPU in order; where some
 * were lost, a record of the kind RECORDING_LOST says how many. Pure; any context. */
#pragma once

#include <abi/trace.h>
#include <abi/types.h>

#include "lib/base/bytes.h"

enum {
    RECORDING_PORT = 9110, /* TCP, of the guest. */
    RECORDING_REQUEST_SIZE = 24,
    RECORDING_HEADER_SIZE = 56,
    RECORDING_PROCESS_SIZE = 72,
    RECORDING_RECORD_SIZE = 32,
    RECORDING_NAME_SIZE = 32,
    RECORDING_CPUS_MAX = 64,
    RECORDING_PROCESSES_MAX = 4096,
    RECORDING_LOST = 0xffff, /* Kind. a: how many; ticks: of the next that was not. */
};

#define RECORDING_REQUEST_MAGIC 0x31716572736f7773ull /* "swosreq1" */
#define RECORDING_STARTED 0x31676e6972736f77ull       /* "wosring1" */
#define RECORDING_MAGIC 0x31636572736f7773ull         /* "swosrec1" */

struct recording_request {
    uint64_t mask; /* TRACE_BIT of each kind. */
    uint32_t duration_ms;
    uint32_t records_max;
};

enum { RECORDING_IS_FULL = 1u << 0 }; /* It ended early, at records_max or at the end of memory. */

struct recording_header {
    uint64_t ticks_hz;
    uint64_t begin_ticks;
    uint64_t end_ticks;
    uint64_t lost; /* Records, on all CPUs. */
    uint32_t cpu_count;
    uint32_t process_count;
    uint32_t record_count; /* With those of RECORDING_LOST. */
    uint32_t flags;
};

struct recording_process {
    uint64_t id;
    char name[RECORDING_NAME_SIZE]; /* NUL-ended. */
    char cell[RECORDING_NAME_SIZE];
};

/* @return INVALID for what is not a request, or for kinds that do not exist. */
status_t recording_request_read(const uint8_t bytes[RECORDING_REQUEST_SIZE],
                                struct recording_request *out_request);
void recording_request_write(uint8_t bytes[RECORDING_REQUEST_SIZE],
                             const struct recording_request *request);
void recording_header_write(struct writer *writer, const struct recording_header *header);
void recording_process_write(struct writer *writer, const struct recording_process *process);

/* A recording in memory, which must outlive this. */
struct recording {
    struct recording_header header;
    const uint8_t *processes;
    const uint8_t *records;
};

/* @return INVALID for what is not one, CORRUPT where its counts do not fit its length or its clock
 * cannot be. Names and records are not looked at. */
status_t recording_open(const void *bytes, size_t len, struct recording *out_recording);
/* The index-th; a name is cut where it has no end. */
struct recording_process recording_process_at(const struct recording *recording, uint32_t index);
/* The index-th, anything in it. */
struct trace_record recording_record_at(const struct recording *recording, uint32_t index);
