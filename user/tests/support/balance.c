/* See balance.h. */
#include "user/tests/support/balance.h"

#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/clock.h"
#include "user/rt/start.h"

enum { LIST_MAX = 256 };

static struct {
    struct process_info processes[LIST_MAX];
    struct cell_info cells[LIST_MAX];
} lists;

static const char *const resources[CELL_RESOURCES] = {
    "memory", "processes", "threads", "handles", "scratch", "segments",
};

/* The record of a process that has ended goes with its last reference, which the drain waits for. */
void balance_take(struct balance *out_balance)
{
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    uint64_t dropped;
    status_t status = sys_system_drop_cache(system, &dropped);
    ASSERT(status == STATUS_OK);
    status = sys_system_memory(system, &out_balance->memory);
    ASSERT(status == STATUS_OK);
    status = sys_cell_info(start_handle_need("cell", OBJECT_CELL), &out_balance->cell);
    ASSERT(status == STATUS_OK);
    status = sys_system_processes(system, lists.processes, LIST_MAX, &out_balance->processes);
    ASSERT(status == STATUS_OK);
    status = sys_system_cells(system, lists.cells, LIST_MAX, &out_balance->cells);
    ASSERT(status == STATUS_OK);
}

static void same(struct test_claim *claim, const char *what, uint64_t before, uint64_t after)
{
    if (before != after)
        test_fail(claim, "%s: %llu before, %llu after", what, (unsigned long long)before,
                  (unsigned long long)after);
}

void balance_check(struct test_claim *claim, const struct balance *before)
{
    struct balance after;
    balance_take(&after);
    same(claim, "processes", before->processes, after.processes);
    same(claim, "cells", before->cells, after.cells);
    for (int i = 0; i < CELL_RESOURCES; i++)
        same(claim, resources[i], before->cell.used[i], after.cell.used[i]);
    same(claim, "handles of all tables", before->memory.handles, after.memory.handles);
    same(claim, "segments of all streams", before->memory.segments, after.memory.segments);
    same(claim, "retired objects", before->memory.retired_objects, after.memory.retired_objects);
    same(claim, "slab objects", before->memory.slab_objects, after.memory.slab_objects);
    same(claim, "cache frames", before->memory.cache_frames, after.memory.cache_frames);
    same(claim, "free frames", before->memory.free_frames, after.memory.free_frames);
}

/* Nothing tells of the end of a kernel's thread, so this looks until nothing changes any more. */
void balance_settle(void)
{
    struct balance before, now;
    balance_take(&now); /* Touches pages of its own the first time. */
    do {
        before = now;
        status_t status = sys_thread_sleep(clock_after(5000000));
        ASSERT(status == STATUS_OK);
        balance_take(&now);
    } while (before.cell.used[CELL_THREADS] != now.cell.used[CELL_THREADS] ||
             before.cell.used[CELL_MEMORY] != now.cell.used[CELL_MEMORY]);
}

void balance_hold(struct test_claim *claim, void (*body)(struct test_claim *claim))
{
    struct balance before;
    balance_take(&before);
    body(claim);
    balance_take(&before);
    body(claim);
    balance_check(claim, &before);
}
