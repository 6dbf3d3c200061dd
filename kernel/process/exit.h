/* How processes end. Thread context, but for process_buried. */
#pragma once

#include <stdint.h>

#include <abi/types.h>

#include "kernel/process/process.h"

struct thread;
struct trap_frame;

/* A thread of the process leaves for good; with the last one the process is torn down. Called by the
 * thread itself. May sleep. @return whether it was the last one. */
[[nodiscard]] bool process_thread_exit(struct thread *thread);
/* A thread that goes without having been started is no thread of its process any more. */
void process_thread_withdrawn(struct thread *thread);
/* The last thread of a process has left its stack: the process has ended, and that is told. Any context
 * without locks. */
void process_buried(struct process *process);
/* End a process that never had a thread, and give up its creator's reference. Others may wait for its
 * end already: whoever destroys its cell. May sleep. */
void process_discard(struct process *process);
/* The current thread did what cannot be resolved: log it with its place and end the process. */
void process_crash(const struct trap_frame *frame, uint64_t esr, uint64_t address, status_t status,
                   uint32_t code);
/* The process of the current thread is ended by a signal of the kind that leaves a trace: a line in the log. */
void process_log_signal(const struct trap_frame *frame, uint32_t number);
