/* Counters of the whole kernel, per CPU without locks, summed when read. Any context. */
#pragma once

#include <stdint.h>

#include <arch/cpu.h>

/* X(identifier, "name in reports") */
#define COUNTER_TABLE(X)                            \
    X(PAGE_FAULTS, "page_faults_total")             \
    X(SYSCALLS, "syscalls_total")                   \
    X(SWITCHES, "context_switches_total")           \
    X(INTERRUPTS, "interrupts_total")               \
    X(PROCESSES_STARTED, "processes_started_total") \
    X(PROCESSES_CRASHED, "processes_crashed_total") \
    X(IPC_CALLS, "ipc_calls_total")                 \
    X(IPC_FAST, "ipc_fast_calls_total")             \
    X(BLOCK_READS, "block_reads_total")             \
    X(BLOCK_READ_BYTES, "block_read_bytes_total")   \
    X(CACHE_HITS, "page_cache_hits_total")          \
    X(CACHE_MISSES, "page_cache_misses_total")      \
    X(STREAM_BYTES, "stream_bytes_total")

enum counter {
#define COUNTER_ENUM(identifier, name) COUNTER_##identifier,
    COUNTER_TABLE(COUNTER_ENUM)
#undef COUNTER_ENUM
        COUNTER_COUNT,
};

extern uint64_t counters[CPUS_MAX][COUNTER_COUNT];

static inline void counter_add(enum counter counter, uint64_t amount)
{
    counters[cpu_this()->index][counter] += amount;
}

uint64_t counter_sum(enum counter counter);
const char *counter_name(enum counter counter);
