/* Whether to call for help again, learned from what the last help was worth. A CPU that came and found nothing, or was idle
 * again after less time than its coming takes on both sides, is not called again for a while, twice as long each time; one that
 * found more to do ends that:
 *
 *     worth it ----------------------------> no pause
 *     not worth it: pause 0.25 ms, 0.5, 1, ... 8 ms, and 8 ms from then on
 *
 * So one request at a time, which no second CPU makes faster, is left alone but for a few trials a second, and many at a
 * time are shared from the first trial on. Any CPU reads and writes it without a lock: a lost lesson is learned the next time. */
#pragma once

#include <abi/types.h>

struct reluctance {
    uint64_t pause_ns; /* After the last help; 0: it was worth it. */
    time_ns_t until;
};

/* @param helped_ns  how long the CPU that came was busy; 0: it found nothing. */
void reluctance_learn(struct reluctance *reluctance, uint64_t helped_ns, time_ns_t now);

/* Whether the pause lasts. */
static inline bool reluctance_holds(const struct reluctance *reluctance, time_ns_t now)
{
    return now < __atomic_load_n(&reluctance->until, __ATOMIC_RELAXED);
}
