/* What to do when frames run out: ask those who keep what they could do without. Any context that
 * may allocate; never sleeps. */
#pragma once

#include <stdint.h>

/* Free about `frames` frames: clean cache pages, empty slabs. @return how many came free. */
uint64_t reclaim_frames(uint64_t frames);

/* A source: frees up to `frames`, says how many. Registered at boot, at most eight. */
void reclaim_register(uint64_t (*source)(uint64_t frames));
