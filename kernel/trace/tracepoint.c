/* See tracepoint.h. The rings stay once they are made: a writer on another CPU may be in one. */
#include "kernel/trace/tracepoint.h"

#include <arch/cpu.h>

#include "kernel/base/hot.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/wait.h"
#include "kernel/trace/trace_ring.h"

HOT_DATA uint32_t trace_mask;

static struct tracing {
    struct mutex lock; /* Readers, and the making of rings. */
    struct trace_ring *rings[CPUS_MAX];
} tracing;

void trace_record(enum trace_kind kind, uint64_t a, uint64_t b)
{
    struct cpu *cpu = cpu_this();
    struct trace_ring *ring = __atomic_load_n(&tracing.rings[cpu->index], __ATOMIC_ACQUIRE);
    if (ring == NULL)
        return; /* A CPU that came up since: the next trace_choose makes its ring. */
    const struct trace_record record = {
        .ticks = counter_read(),
        .kind = (uint16_t)kind,
        .cpu = (uint16_t)cpu->index,
        .thread = cpu->current == NULL ? 0 : (uint32_t)cpu->current->id,
        .a = a,
        .b = b,
    };
    trace_ring_put(ring, &record);
}

/* A ring for each CPU that runs and has none. */
static status_t make_rings(void)
{
    for (uint32_t i = 0; i < CPUS_MAX; i++) {
        if (!cpus[i].online || tracing.rings[i] != NULL)
            continue;
        struct trace_ring *ring = kmalloc(sizeof *ring);
        if (ring == NULL)
            return STATUS_NO_MEMORY;
        __atomic_store_n(&tracing.rings[i], ring, __ATOMIC_RELEASE);
    }
    return STATUS_OK;
}

status_t trace_choose(uint64_t mask)
{
    if (mask >= TRACE_BIT(TRACE_KINDS))
        return STATUS_INVALID;
    mutex_lock(&tracing.lock);
    status_t status = mask == 0 ? STATUS_OK : make_rings();
    if (status == STATUS_OK)
        __atomic_store_n(&trace_mask, (uint32_t)mask, __ATOMIC_RELAXED);
    mutex_unlock(&tracing.lock);
    return status;
}

status_t trace_take(uint32_t cpu, struct trace_record *out_records, size_t count, size_t *out_taken,
                    uint64_t *out_lost)
{
    if (cpu >= CPUS_MAX || !cpus[cpu].online)
        return STATUS_INVALID;
    *out_taken = 0;
    *out_lost = 0;
    mutex_lock(&tracing.lock);
    if (tracing.rings[cpu] != NULL)
        *out_taken = trace_ring_take(tracing.rings[cpu], out_records, count, out_lost);
    mutex_unlock(&tracing.lock);
    return STATUS_OK;
}

void trace_setup(void)
{
    mutex_init(&tracing.lock, LOCK_REGISTRY);
}
