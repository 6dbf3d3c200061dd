/* Tracepoints: fixed records in a ring a CPU, taken with trace_read. Which kinds record is a mask of
 * TRACE_BIT(kind) given to trace_control. */
#pragma once

#include <stdint.h>

enum trace_kind {
    TRACE_SWITCH = 0,        /* a: the next thread; b: its process. */
    TRACE_SYSCALL_ENTER = 1, /* a: number of the call; b: its first argument. */
    TRACE_SYSCALL_EXIT = 2,  /* a: number; b: status. */
    TRACE_FAULT = 3,         /* a: address; b: access. */
    TRACE_IRQ = 4,           /* a: interrupt id. */
    TRACE_IPC = 5,           /* a: badge; b: bytes. */
    TRACE_BLOCK = 6,         /* a: sector; b: bytes. */
    TRACE_NET = 7,           /* a: segment; b: bytes. */
    TRACE_DEVICE = 8,        /* a: id of the device; b: its new state. */
    TRACE_KINDS = 9,
};

#define TRACE_BIT(kind) (1ull << (kind))

struct trace_record {
    uint64_t ticks; /* Of the counter that CNTVCT_EL0 reads. */
    uint16_t kind;  /* enum trace_kind */
    uint16_t cpu;
    uint32_t thread; /* Low half of the thread's number; 0: none. */
    uint64_t a;
    uint64_t b;
};
_Static_assert(sizeof(struct trace_record) == 32, "two to a cache line");
