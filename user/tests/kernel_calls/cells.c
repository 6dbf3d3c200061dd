/* Cells: what their limits stop, what their end takes along, and that their accounts come out even. */
#include <string.h>

#include <abi/memory.h>
#include <abi/signals.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/kernel_calls/kernel_calls.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/child.h"

enum { DEPTH_TRIED = 64, CHILDREN = 4 };

#define UNMAPPED ((void *)0x1000)

static struct cell_params unlimited(const char *name)
{
    struct cell_params params = { 0 };
    memcpy(params.name, name, strlen(name));
    for (int i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    return params;
}

static handle_t own_cell(void)
{
    return start_handle_need("cell", OBJECT_CELL);
}

static void test_create_errors(struct test_claim *claim)
{
    handle_t cell;
    struct cell_params params = unlimited("x");
    memset(params.name, 'x', sizeof params.name);
    TEST_EQ(claim, sys_cell_create(own_cell(), &params, &cell), STATUS_INVALID);
    params.name[0] = 0;
    TEST_EQ(claim, sys_cell_create(own_cell(), &params, &cell), STATUS_INVALID);
    TEST_EQ(claim, sys_cell_create(own_cell(), UNMAPPED, &cell), STATUS_BAD_ADDRESS);
    static const struct identity nobody[] = {
        { 0, 5 }, { 5, 0 }, { UINT32_MAX, 5 }, { 5, UINT32_MAX }
    };
    params = unlimited("x");
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        params.identity = nobody[i];
        TEST_EQ(claim, sys_cell_create(own_cell(), &params, &cell), STATUS_INVALID);
    }
    TEST_EQ(claim, sys_cell_info(own_cell(), UNMAPPED), STATUS_BAD_ADDRESS);
}

/* The limit of a process count, of an outer cell as of the own; the count goes down again. */
static void process_limit(struct test_claim *claim)
{
    handle_t outer, inner, processes[2], none;
    struct cell_params params = unlimited("outer");
    struct cell_info info;
    params.limits[CELL_PROCESSES] = 2;
    TEST_EQ(claim, sys_cell_create(own_cell(), &params, &outer), STATUS_OK);
    params = unlimited("inner");
    TEST_EQ(claim, sys_cell_create(outer, &params, &inner), STATUS_OK);
    TEST_EQ(claim, child_start_in(inner, "sample", NULL, 0, &processes[0]), STATUS_OK);
    TEST_EQ(claim, child_start_in(outer, "sample", NULL, 0, &processes[1]), STATUS_OK);
    TEST_EQ(claim, child_start_in(inner, "sample", NULL, 0, &none), STATUS_LIMIT);
    TEST_EQ(claim, sys_cell_info(outer, &info), STATUS_OK);
    TEST_EQ(claim, info.used[CELL_PROCESSES], 2);
    TEST_EQ(claim, info.peaks[CELL_PROCESSES], 2);
    for (int i = 0; i < 2; i++) {
        TEST_EQ(claim, sys_process_kill(processes[i], 0), STATUS_OK);
        TEST_EQ(claim, child_wait(processes[i]), EXIT_KILLED);
    }
    struct balance settled;
    balance_take(&settled);
    TEST_EQ(claim, sys_cell_info(outer, &info), STATUS_OK);
    TEST_EQ(claim, info.used[CELL_PROCESSES], 0);
    TEST_EQ(claim, info.used[CELL_THREADS], 0);
    TEST_EQ(claim, info.used[CELL_HANDLES], 0);
    TEST_EQ(claim, child_start_in(inner, "sample", NULL, 0, &none), STATUS_OK);
    TEST_EQ(claim, sys_cell_destroy(outer), STATUS_OK);
    TEST_EQ(claim, child_wait(none), EXIT_KILLED);
    TEST_EQ(claim, sys_handle_close(inner.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(outer.raw), STATUS_OK);
}

static void test_process_limit(struct test_claim *claim)
{
    balance_hold(claim, process_limit);
}

/* Every memory limit from nothing up to what a process needs: it starts, or it is refused, whole. */
static void memory_steps(struct test_claim *claim)
{
    uint32_t started = 0, refused = 0;
    for (uint64_t limit = 0; limit <= 160 * 1024 && !claim->failed; limit += 2048) {
        handle_t cell, process;
        struct cell_params params = unlimited("steps");
        struct cell_info info;
        params.limits[CELL_MEMORY] = limit;
        TEST_EQ(claim, sys_cell_create(own_cell(), &params, &cell), STATUS_OK);
        status_t status = child_start_in(cell, "sample", NULL, 0, &process);
        TEST_CHECK(claim, status == STATUS_OK || status == STATUS_LIMIT);
        started += status == STATUS_OK;
        refused += status == STATUS_LIMIT;
        TEST_EQ(claim, sys_cell_destroy(cell), STATUS_OK);
        if (status == STATUS_OK)
            (void)child_wait(process); /* Its code: it may have met the limit by itself. */
        TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
        TEST_EQ(claim, info.used[CELL_MEMORY], status == STATUS_OK ? info.used[CELL_MEMORY] : 0);
        TEST_CHECK(claim, info.peaks[CELL_MEMORY] <= limit);
        TEST_EQ(claim, sys_handle_close(cell.raw), STATUS_OK);
    }
    TEST_CHECK(claim, started > 0 && refused > 0);
}

static void test_memory_steps(struct test_claim *claim)
{
    balance_hold(claim, memory_steps);
}

/* What is made for another cell is charged to it, held to its limits, and lasts as long as its handles, the
 * cell being dead or not. */
static void charged_for(struct test_claim *claim)
{
    handle_t cell, vmo, tree, ends[2], none;
    struct cell_params params = unlimited("for");
    struct cell_info info;
    params.limits[CELL_MEMORY] = 1 << 20;
    TEST_EQ(claim, sys_cell_create(own_cell(), &params, &cell), STATUS_OK);
    TEST_EQ(claim, sys_vmo_create_for(cell, 64 << 12, VMO_CONTIGUOUS, &vmo), STATUS_OK);
    TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
    TEST_CHECK(claim, info.used[CELL_MEMORY] >= 64 << 12);
    TEST_EQ(claim, sys_vmo_create_for(cell, 200 << 12, VMO_CONTIGUOUS, &none), STATUS_LIMIT);
    TEST_EQ(claim, sys_ring_create_for(cell, 64 << 12, &ends[0], &ends[1]), STATUS_OK);
    TEST_EQ(claim, sys_tmpfs_create_for(cell, 1 << 20, &tree), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(tree.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(ends[0].raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(ends[1].raw), STATUS_OK);
    TEST_EQ(claim, sys_cell_destroy(cell), STATUS_OK);
    TEST_EQ(claim, sys_vmo_create_for(cell, 4096, 0, &none), STATUS_DEAD);
    TEST_EQ(claim, sys_ring_create_for(cell, 4096, &none, &none), STATUS_DEAD);
    TEST_EQ(claim, sys_tmpfs_create_for(cell, 4096, &none), STATUS_DEAD);
    TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
    TEST_CHECK(claim, info.used[CELL_MEMORY] >= 64 << 12);
    TEST_EQ(claim, sys_handle_close(vmo.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(cell.raw), STATUS_OK);
}

static void test_charged_for(struct test_claim *claim)
{
    balance_hold(claim, charged_for);
}

/* A cell that is destroyed takes all cells and processes below it along, and takes no more. */
static void destroy(struct test_claim *claim)
{
    handle_t outer, inner, processes[CHILDREN], none;
    struct cell_params params = unlimited("outer");
    struct cell_info info;
    uint32_t seen;
    TEST_EQ(claim, sys_cell_create(own_cell(), &params, &outer), STATUS_OK);
    TEST_EQ(claim, sys_cell_create(outer, &params, &inner), STATUS_OK);
    for (int i = 0; i < CHILDREN; i++)
        TEST_EQ(claim, child_start_in(i % 2 ? inner : outer, "sample", NULL, 0, &processes[i]),
                STATUS_OK);
    TEST_EQ(claim, sys_object_wait(outer, SIGNAL_TERMINATED, TIME_NOW, &seen), STATUS_TIMED_OUT);
    TEST_EQ(claim, sys_cell_destroy(outer), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(outer, SIGNAL_TERMINATED, TIME_NOW, &seen), STATUS_OK);
    for (int i = 0; i < CHILDREN; i++)
        TEST_EQ(claim, child_wait(processes[i]), EXIT_KILLED);
    TEST_EQ(claim, sys_cell_info(inner, &info), STATUS_OK);
    TEST_EQ(claim, info.used[CELL_THREADS], 0);
    TEST_EQ(claim, info.used[CELL_HANDLES], 0);
    TEST_EQ(claim, child_start_in(outer, "sample", NULL, 0, &none), STATUS_DEAD);
    TEST_EQ(claim, child_start_in(inner, "sample", NULL, 0, &none), STATUS_DEAD);
    TEST_EQ(claim, sys_cell_create(outer, &params, &none), STATUS_DEAD);
    TEST_EQ(claim, sys_cell_destroy(outer), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(inner.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(outer.raw), STATUS_OK);
}

static void test_destroy(struct test_claim *claim)
{
    balance_hold(claim, destroy);
}

/* Nesting has an end before the kernel's stack does. */
static void depth(struct test_claim *claim)
{
    handle_t cells[DEPTH_TRIED], none;
    struct cell_params params = unlimited("deep");
    int count = 0;
    handle_t parent = own_cell();
    while (count < DEPTH_TRIED && sys_cell_create(parent, &params, &cells[count]) == STATUS_OK)
        parent = cells[count++];
    TEST_CHECK(claim, count >= 8 && count < DEPTH_TRIED);
    TEST_EQ(claim, sys_cell_create(parent, &params, &none), STATUS_LIMIT);
    TEST_EQ(claim, sys_cell_destroy(cells[0]), STATUS_OK);
    for (int i = 0; i < count; i++)
        TEST_EQ(claim, sys_handle_close(cells[i].raw), STATUS_OK);
}

static void test_depth(struct test_claim *claim)
{
    balance_hold(claim, depth);
}

static void test_root(struct test_claim *claim)
{
    TEST_EQ(claim, sys_cell_destroy(own_cell()), STATUS_INVALID);
}

static const struct test_case cases[] = {
    { "cell.create_errors", test_create_errors },
    { "cell.process_limit", test_process_limit },
    { "cell.memory_steps", test_memory_steps },
    { "cell.charged_for", test_charged_for },
    { "cell.destroy", test_destroy },
    { "cell.depth", test_depth },
    { "cell.root", test_root },
};

void claims_cells(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
