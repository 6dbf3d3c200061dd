/* See counter.h. */
#include "kernel/trace/counter.h"

#include <arch/cpu.h>

#include "kernel/base/hot.h"

HOT_DATA static uint64_t counters[CPUS_MAX][COUNTER_COUNT];

static const char *const names[COUNTER_COUNT] = {
#define COUNTER_NAME(identifier, name) name,
    COUNTER_TABLE(COUNTER_NAME)
#undef COUNTER_NAME
};

void counter_add(enum counter counter, uint64_t amount)
{
    counters[cpu_this()->index][counter] += amount;
}

uint64_t counter_sum(enum counter counter)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        sum += counters[i][counter];
    switch (counter) { /* Kept with the CPU, where the hot paths have them at hand. */
    case COUNTER_SYSCALLS:
        for (uint32_t i = 0; i < CPUS_MAX; i++)
            sum += cpus[i].syscalls;
        break;
    case COUNTER_SWITCHES:
        for (uint32_t i = 0; i < CPUS_MAX; i++)
            sum += cpus[i].switches;
        break;
    case COUNTER_INTERRUPTS:
        for (uint32_t i = 0; i < CPUS_MAX; i++)
            sum += cpus[i].interrupts;
        break;
    default: break;
    }
    return sum;
}

const char *counter_name(enum counter counter)
{
    return names[counter];
}
