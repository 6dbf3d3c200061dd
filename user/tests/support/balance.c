/* See balance.h. */
#include "user/tests/support/balance.h"

#include <string.h>

#include <swos/syscalls.h>

#include "lib/base/assert.h"
#include "user/rt/log.h"
#include "user/rt/start.h"

enum { LIST_MAX = 256, ROUNDS_MAX = 4 };

static struct {
    bool touched;
    struct process_info processes[LIST_MAX];
    struct cell_info cells[LIST_MAX];
    struct balance before, after;
} taken;

static const char *const resources[CELL_RESOURCES] = {
    "memory", "processes", "threads", "handles", "scratch", "segments",
};

/* The record of a process that has ended goes with its last reference, which the drain waits for. */
void balance_take(struct balance *out_balance)
{
    /* Touch all that is written below, so that taking a balance does not change what it tells. */
    if (!taken.touched)
        memset(&taken, 1, sizeof taken);
    memset(out_balance, 0, sizeof *out_balance);
    handle_t system = start_handle_need("system", OBJECT_SYSTEM);
    uint64_t dropped;
    status_t status = sys_system_drop_cache(system, &dropped);
    ASSERT(status == STATUS_OK);
    status = sys_system_memory(system, &out_balance->memory);
    ASSERT(status == STATUS_OK);
    status = sys_cell_info(start_handle_need("cell", OBJECT_CELL), &out_balance->cell);
    ASSERT(status == STATUS_OK);
    status = sys_system_processes(system, taken.processes, LIST_MAX, &out_balance->processes);
    ASSERT(status == STATUS_OK);
    status = sys_system_cells(system, taken.cells, LIST_MAX, &out_balance->cells);
    ASSERT(status == STATUS_OK);
    status = sys_trace_counters(start_handle_need("trace", OBJECT_TRACE), out_balance->counters,
                                BALANCE_COUNTERS_SIZE, &out_balance->counters_len);
    ASSERT(status == STATUS_OK);
}

static bool differ(uint64_t before, uint64_t after, const char *what, const char **out_what)
{
    if (before == after)
        return false;
    *out_what = what;
    return true;
}

/* What differs between the two, the most telling first; NULL when nothing does. */
static const char *difference(const struct balance *a, const struct balance *b)
{
    const char *what = NULL;
    const struct memory_info *m = &a->memory, *n = &b->memory;
    if (differ(a->processes, b->processes, "processes", &what) ||
        differ(a->cells, b->cells, "cells", &what))
        return what;
    for (int i = 0; i < CELL_RESOURCES; i++)
        if (differ(a->cell.used[i], b->cell.used[i], resources[i], &what))
            return what;
    if (differ(m->handles, n->handles, "handles of all tables", &what) ||
        differ(m->segments, n->segments, "segments of all streams", &what) ||
        differ(m->retired_objects, n->retired_objects, "retired objects", &what) ||
        differ(m->slab_objects, n->slab_objects, "slab objects", &what) ||
        differ(m->cache_frames, n->cache_frames, "frames of the page cache", &what) ||
        differ(m->free_frames, n->free_frames, "free frames", &what))
        return what;
    return NULL;
}

static size_t line_len(const struct balance *balance, size_t at)
{
    size_t end = at;
    while (end < balance->counters_len && balance->counters[end] != '\n')
        end++;
    return end - at;
}

/* Counters of slabs that differ, to the log: the two reports have the same lines in the same order. */
static void log_slabs(const struct balance *a, const struct balance *b)
{
    size_t i = 0, j = 0;
    while (i < a->counters_len && j < b->counters_len) {
        size_t len = line_len(a, i), other = line_len(b, j);
        bool same = len == other && memcmp(a->counters + i, b->counters + j, len) == 0;
        if (!same && memcmp(a->counters + i, "slab_", 5) == 0)
            log_line("before: %.*s after: %.*s", (int)len, a->counters + i, (int)other,
                     b->counters + j);
        i += len + 1;
        j += other + 1;
    }
}

void balance_check(struct test_claim *claim, const struct balance *before)
{
    balance_take(&taken.after);
    const struct balance *after = &taken.after;
    const char *what = difference(before, after);
    if (what == NULL)
        return;
    log_slabs(before, after);
    test_fail(claim, "%s: memory %llu, then %llu; frames %llu, then %llu", what,
              (unsigned long long)before->cell.used[CELL_MEMORY],
              (unsigned long long)after->cell.used[CELL_MEMORY],
              (unsigned long long)before->memory.free_frames,
              (unsigned long long)after->memory.free_frames);
}

void balance_hold(struct test_claim *claim, void (*body)(struct test_claim *claim))
{
    body(claim);
    balance_take(&taken.before);
    for (int round = 1; round < ROUNDS_MAX; round++) {
        body(claim);
        balance_take(&taken.after);
        if (claim->failed || difference(&taken.before, &taken.after) == NULL)
            return;
        taken.before = taken.after;
    }
    body(claim);
    balance_check(claim, &taken.before);
}
