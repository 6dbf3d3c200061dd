/* The end of memory, of a cell and of the machine: who asked for more is refused or ended, others go
 * on, and what was taken comes back. */
#include <string.h>

#include <abi/process.h>
#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/child.h"

#define CELL_SIZE (2ull << 20)
#define CLASS_DATA 0x24

static void cell_limit(struct test_claim *claim)
{
    struct cell_params params = { .name = "small" };
    struct cell_info info = { 0 };
    handle_t cell, process;
    for (int i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    params.limits[CELL_MEMORY] = CELL_SIZE;
    TEST_EQ(claim, sys_cell_create(start_handle_need("cell", OBJECT_CELL), &params, &cell),
            STATUS_OK);
    TEST_EQ(claim, child_start_in(cell, "eat_memory", NULL, 0, &process), STATUS_OK);
    if (!claim->failed) {
        uint32_t code = child_wait(process);
        TEST_CHECK(claim, code == EXIT_CRASHED + CLASS_DATA || code == 52);
    }
    TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
    TEST_CHECK(claim, info.peaks[CELL_MEMORY] <= CELL_SIZE);
    TEST_CHECK(claim, info.peaks[CELL_MEMORY] > CELL_SIZE - 16 * PAGE);
    TEST_EQ(claim, sys_cell_destroy(cell), STATUS_OK);
    TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
    TEST_EQ(claim, info.used[CELL_MEMORY], 0);
    TEST_EQ(claim, sys_handle_close(cell.raw), STATUS_OK);
}

static void test_cell_limit(struct test_claim *claim)
{
    balance_hold(claim, cell_limit);
}

/* Nothing but the machine ends it. This program still has what it needs, and a child can be started at
 * once. */
static void machine_limit(struct test_claim *claim)
{
    handle_t process;
    TEST_EQ(claim, child_start("eat_memory", NULL, 0, &process), STATUS_OK);
    if (claim->failed)
        return;
    uint32_t code = child_wait(process);
    TEST_CHECK(claim, code == EXIT_CRASHED + CLASS_DATA || code == 52);
    TEST_EQ(claim, child_start("use_vectors", NULL, 0, &process), STATUS_OK);
    if (!claim->failed)
        TEST_EQ(claim, child_wait(process), 0);
}

static void test_machine_limit(struct test_claim *claim)
{
    balance_hold(claim, machine_limit);
}

static const struct test_case cases[] = {
    { "limit.cell", test_cell_limit },
    { "limit.machine", test_machine_limit },
};

void claims_limits(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
