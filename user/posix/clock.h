/* Clocks by the C library's numbers, for the functions of this layer. */
#pragma once

#include <abi/types.h>

#include <stdbool.h>

/* The wall clock, as far as it is granted: HANDLE_NONE. Without it, time since boot counts as wall time. */
handle_t clock_wall(void);
bool clock_is_wall(int clock);
bool clock_is_monotonic(int clock);
/* CPU time of a process (0: the caller's) or, with a thread, of that. */
bool clock_is_cpu(int clock, uint64_t *out_process, uint64_t *out_thread);
