/* See reclaim.h. Sources are asked in the order of registration until enough is free. */
#include "kernel/mm/reclaim.h"

#include "lib/base/assert.h"

enum { SOURCES_MAX = 8 };

static struct reclaim {
    uint64_t (*sources[SOURCES_MAX])(uint64_t frames);
    uint32_t count;
} reclaim;

void reclaim_register(uint64_t (*source)(uint64_t frames))
{
    ASSERT(reclaim.count < SOURCES_MAX);
    reclaim.sources[reclaim.count++] = source;
}

uint64_t reclaim_frames(uint64_t frames)
{
    uint64_t freed = 0;
    for (uint32_t i = 0; i < reclaim.count && freed < frames; i++)
        freed += reclaim.sources[i](frames - freed);
    return freed;
}
