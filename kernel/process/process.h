/* Processes: an address space, a handle table, a namespace, threads. Created empty, filled by the
 * creator (spawn does it in one call), ended by exit, kill or the end of their last thread; the
 * object stays for whoever waits. */
#pragma once

#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/object/handle.h"

struct namespace;

struct process {
    struct object object;        /* OBJECT_PROCESS. */
    struct signal_source source; /* SIGNAL_TERMINATED. */
    struct spinlock lock;        /* LOCK_PROCESS: threads, state, exit status. */
    struct list cell_link;       /* In cell->processes. */
    struct cell *cell;
    struct aspace *aspace;
    struct handle_table handles;
    struct namespace *namespace; /* Root view (vfs/namespace.h). One reference. */
    struct list threads;
    uint32_t thread_count;
    uint64_t id; /* Never reused. */
    char name[32];
    bool ending;
    int32_t exit_code;
    uint64_t cpu_ns;
    uint64_t syscalls;
    uint64_t faults;
};

struct process *process_current(void);
