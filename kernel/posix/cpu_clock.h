/* CPU time of POSIX processes and their threads, up to this moment: what the scheduler has accounted, and the
 * stretch that is going on. The lock of the process's signals is held; any context. */
#pragma once

#include <abi/types.h>

struct posix_process;
struct thread;

/* Never goes back for one caller after the other. */
time_ns_t cpu_clock_process(struct posix_process *posix);
time_ns_t cpu_clock_thread(const struct thread *thread);
