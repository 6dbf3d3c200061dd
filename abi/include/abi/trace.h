/* Tracepoints: fixed records in a ring a CPU, taken with trace_read. Which kinds record is a mask of
 * TRACE_BIT(kind) given to trace_control. What begins and ends has a kind for each, and the pairs of one thread
 * (of one CPU, for interrupts) nest. */
#pragma once

#include <stdint.h>

enum trace_kind {
    TRACE_SWITCH = 0,        /* a: the next thread; b: its process, 0: the kernel, TRACE_IDLE. */
    TRACE_SYSCALL_ENTER = 1, /* a: number of the call; b: its first argument. */
    TRACE_SYSCALL_EXIT = 2,  /* a: number; b: status. */
    TRACE_FAULT = 3,         /* a: address; b: access. */
    TRACE_IRQ = 4,           /* a: interrupt id. */
    TRACE_IPC = 5,           /* A call: a: badge; b: number of words, 0: a long message. */
    TRACE_BLOCK = 6,         /* A request begins: a: sector; b: operation and bytes, see below. */
    TRACE_NET = 7,           /* Of the network service on a stream: a: STREAM_OP_*; b: bytes. */
    TRACE_DEVICE = 8,        /* a: id of the device; b: its new state. */
    TRACE_FAULT_EXIT = 9,    /* a: address; b: status. */
    TRACE_IRQ_EXIT = 10,     /* a: interrupt id. */
    TRACE_BLOCK_EXIT = 11,   /* A request is complete: a: sector; b: operation and status. */
    TRACE_WAKE = 12,         /* a: the thread that may run now. */
    TRACE_PROCESS = 13,      /* A new process: a: its id; b: the first 8 bytes of its name. */
    TRACE_THREAD_END = 14,   /* The thread that runs never runs again. */
    TRACE_KINDS = 15,
};

#define TRACE_BIT(kind) (1ull << (kind))
#define TRACE_IDLE UINT64_MAX /* As a process: the thread that runs when nobody else does. */

/* b of the two: the operation in the upper half (0 read, 1 write, 2 flush), bytes or status in the lower. */
enum { TRACE_BLOCK_OPERATION_SHIFT = 32 };

struct trace_record {
    uint64_t ticks; /* Of the counter that CNTVCT_EL0 reads. */
    uint16_t kind;  /* enum trace_kind */
    uint16_t cpu;
    uint32_t thread; /* Low half of the thread's number; 0: none. */
    uint64_t a;
    uint64_t b;
};
_Static_assert(sizeof(struct trace_record) == 32, "two to a cache line");
