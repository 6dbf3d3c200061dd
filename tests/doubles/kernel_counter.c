/* trace/counter.h for host tests: one count for all threads. */
#include "kernel/trace/counter.h"

static uint64_t counters[COUNTER_COUNT];

void counter_add(enum counter counter, uint64_t amount)
{
    __atomic_add_fetch(&counters[counter], amount, __ATOMIC_RELAXED);
}

uint64_t counter_sum(enum counter counter)
{
    return __atomic_load_n(&counters[counter], __ATOMIC_RELAXED);
}
