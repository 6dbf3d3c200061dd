/* Wall-clock time: what the real-time clock said when it was first asked, and the monotonic clock
 * since; corrected by clock_set (SNTP). Thread context. */
#pragma once

#include <stdint.h>

/* Nanoseconds since 1970-01-01 UTC. Without a real-time clock, time since boot until it is set. */
uint64_t wall_clock_read(void);
void wall_clock_set(uint64_t wall_ns);
