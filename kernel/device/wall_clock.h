/* Wall-clock time: what the real-time clock said when it was first asked, and the monotonic clock
 * since; corrected by clock_set (SNTP). Thread context.
 *
 * Until it is set it is up to a second late, and never early: the PL031 counts whole seconds (Arm DDI 0224,
 * 3.3.1). To wait until it counts on would cost a boot half a second, and to learn the rest from later looks would
 * make the clock jump under who measures with it. */
#pragma once

#include <abi/types.h>

/* Nanoseconds since 1970-01-01 UTC. Without a real-time clock, time since boot until it is set. */
uint64_t wall_clock_read(void);
void wall_clock_set(uint64_t wall_ns);
/* What it is at a monotonic time, after it has been read once. Any context. */
uint64_t wall_clock_at(time_ns_t monotonic_ns);
/* Sleep until it has come to a time, also when it is set meanwhile. @return OK, INTERRUPTED, CANCELLED. */
status_t wall_clock_sleep(uint64_t wall_ns);
