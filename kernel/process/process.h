/* Processes: an address space, a handle table, threads. Created empty, filled by the
 * creator (spawn does it in one call), ended by exit, kill or the end of their last thread; the
 * object stays for whoever waits. */
#pragma once

#include <abi/process.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/object/handle.h"

struct posix_process;

struct process {
    struct object object;        /* OBJECT_PROCESS. */
    struct signal_source source; /* SIGNAL_TERMINATED. */
    struct spinlock lock;        /* LOCK_PROCESS: threads, state, exit status. */
    struct list cell_link;       /* In cell->processes. */
    struct cell *cell;
    struct aspace *aspace;
    struct handle_table handles;
    struct posix_process *posix; /* kernel/posix/posix.h; NULL until it is needed. */
    struct list threads;
    uint32_t thread_count;
    uint64_t id; /* Never reused. */
    char name[32];
    struct list all_link; /* Of all processes. */
    struct thread
        *exec_thread; /* The one that replaces the program: no thread is added, others leave. */
    struct wait_queue alone; /* It waits for them; `lock` is the guard. */
    uint8_t priority;        /* Of new threads. */
    bool ending;             /* No thread is added any more. */
    bool ended;
    int32_t exit_code;
    uint64_t cpu_ticks;
    uint64_t cpu_ticks_taken; /* So many of them the cell has been told. */
    uint64_t syscalls;
    uint64_t faults;
    uint64_t pages_max; /* Most entries that its tables had, up to its end or last exec. */
};

struct process *process_current(void);

/* An empty process in a cell. The caller gets the one reference.
 * @return LIMIT, NO_MEMORY, DEAD when the cell is being destroyed. */
status_t process_create(struct cell *cell, const char *name, struct process **out_process);
/* Ask every thread to end; it is gone when its last thread has left. The first code stands. */
void process_end(struct process *process, uint32_t code);
/* End all other threads than the calling one, which is about to replace the program, and wait until they have
 * left; none is added before process_replace_space, which may not fail any more: it gives the process an address space, whose reference it takes, and
 * a name, and drops the old space. @return DEAD when the process ends or another thread was first. May sleep. */
status_t process_become_alone(struct process *process);
void process_replace_space(struct process *process, struct aspace *aspace, const char *name);
/* Bound the address space, and those that take its place: more is not mapped, what is mapped already stays. Any context, with
 * locks above LOCK_PROCESS or none. */
void process_limit_space(struct process *process, uint64_t limit_bytes);
void process_describe(struct process *process, struct process_info *out_info);
void process_for_each(void (*visit)(struct process *process, void *argument), void *argument);

/* Boot. */
void process_setup(void);

/* Find a process that is not gone by its number; a reference for the caller, or NULL. */
struct process *process_find(uint64_t id);
