/* Counters of the whole kernel, per CPU without locks, summed when read. Any context. */
#pragma once

#include <stdint.h>

/* X(identifier, "name in reports") */
#define COUNTER_TABLE(X)                                \
    X(PAGE_FAULTS, "page_faults_total")                 \
    X(SYSCALLS, "syscalls_total")                       \
    X(SWITCHES, "context_switches_total")               \
    X(INTERRUPTS, "interrupts_total")                   \
    X(PROCESSES_STARTED, "processes_started_total")     \
    X(PROCESSES_CRASHED, "processes_crashed_total")     \
    X(IPC_CALLS, "ipc_calls_total")                     \
    X(IPC_QUEUED_CALLS, "ipc_queued_calls_total")       \
    X(BLOCK_READS, "block_reads_total")                 \
    X(BLOCK_READ_BYTES, "block_read_bytes_total")       \
    X(BLOCK_WRITES, "block_writes_total")               \
    X(BLOCK_WRITTEN_BYTES, "block_written_bytes_total") \
    X(BLOCK_FLUSHES, "block_flushes_total")             \
    X(BLOCK_ERRORS, "block_errors_total")               \
    X(CACHE_HITS, "page_cache_hits_total")              \
    X(CACHE_MISSES, "page_cache_misses_total")          \
    X(CACHE_WAITS, "page_cache_waits_total")            \
    X(CACHE_PAGES_READ, "page_cache_pages_read_total")  \
    X(CACHE_FAILURES, "page_cache_failures_total")      \
    X(STREAM_BYTES, "stream_bytes_total")

/* Where it is not plain:
 *   IPC_CALLS         of channels; IPC_QUEUED_CALLS: those of them that found no waiting server
 *   CACHE_HITS        a page of a file was there when it was asked for; CACHE_MISSES: it had to be read
 *   CACHE_WAITS       a miss that found the page being read already
 *   CACHE_PAGES_READ  with those read ahead
 *   STREAM_BYTES      put into streams, by writers and by the network */
enum counter {
#define COUNTER_ENUM(identifier, name) COUNTER_##identifier,
    COUNTER_TABLE(COUNTER_ENUM)
#undef COUNTER_ENUM
        COUNTER_COUNT,
};

/* Cost: a handful of instructions on words of this CPU. */
void counter_add(enum counter counter, uint64_t amount);
uint64_t counter_sum(enum counter counter);
const char *counter_name(enum counter counter);
