/* See reluctance.h. */
#include "kernel/sched/reluctance.h"

#define WORTH_NS 100000ull
#define PAUSE_MIN_NS 250000ull
#define PAUSE_MAX_NS 8000000ull

static uint64_t pause_after(uint64_t pause_ns)
{
    if (pause_ns == 0)
        return PAUSE_MIN_NS;
    return pause_ns < PAUSE_MAX_NS / 2 ? pause_ns * 2 : PAUSE_MAX_NS;
}

void reluctance_learn(struct reluctance *reluctance, uint64_t helped_ns, time_ns_t now)
{
    uint64_t pause_ns = 0;
    if (helped_ns < WORTH_NS)
        pause_ns = pause_after(__atomic_load_n(&reluctance->pause_ns, __ATOMIC_RELAXED));
    __atomic_store_n(&reluctance->pause_ns, pause_ns, __ATOMIC_RELAXED);
    __atomic_store_n(&reluctance->until, now + pause_ns, __ATOMIC_RELAXED);
}
