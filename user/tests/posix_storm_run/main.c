/* The storms of POSIX programs, and what they leave behind: nothing. Each runs in a cell of its own, which is
 * destroyed afterwards; then memory, objects and charges are what they were. So do the programs of posix_run
 * that are about races, again and again. Then fork, exec and spawn at every
 * limit of memory, page by page, from where the program hardly starts to where all goes well. */
#include <string.h>

#include <abi/system.h>
#include <swos/syscalls.h>

#include "user/rt/start.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/posix_program.h"

enum {
    PAGE_BYTES = 4096,
    SWEEP_STEPS_MAX = 512, /* Pages. */
    GOOD_IN_A_ROW = 4,
};

static struct storm {
    struct posix_world world;
    char rounds[16];
    const struct posix_program *program;
} storm;

/* These repeat themselves: their argument says how often. */
static const char *const storms[] = { "posix_storm", "posix_descriptor_storm",
                                      "posix_signal_storm" };
static const char *const races[] = {
    "posix_threads", "posix_signals", "posix_interrupts", "posix_cancel",
    "posix_timers",  "posix_jobs",    "posix_process",    "posix_spawn",
    "posix_waiting", "posix_locks",   "posix_local",      "posix_passing",
};

static void number_format(uint64_t number, char *out_text)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    for (size_t i = 0; i < count; i++)
        out_text[i] = digits[count - 1 - i];
    out_text[count] = 0;
}

static status_t cell_make(uint64_t memory_bytes, handle_t *out_cell)
{
    struct cell_params params = { .name = "storm" };
    for (int i = 0; i < CELL_RESOURCES; i++)
        params.limits[i] = CELL_NO_LIMIT;
    params.limits[CELL_MEMORY] = memory_bytes;
    return sys_cell_create(start_handle_need("cell", OBJECT_CELL), &params, out_cell);
}

/* Nothing of the cell's is used when its processes are gone, but for what waits for the end of its epoch; the
 * destruction waits for that. */
static void cell_end(struct test_claim *claim, handle_t cell)
{
    struct cell_info info;
    TEST_EQ(claim, sys_cell_destroy(cell), STATUS_OK);
    TEST_EQ(claim, sys_cell_info(cell, &info), STATUS_OK);
    for (int i = 0; i < CELL_RESOURCES; i++)
        TEST_EQ(claim, info.used[i], 0);
    (void)sys_handle_close(cell.raw);
}

/* Run it once in a cell of that much memory. @return its exit code, or UINT32_MAX when it did not start. */
static uint32_t frugal_run(struct test_claim *claim, uint64_t memory_bytes,
                           const struct posix_program *program)
{
    handle_t process;
    uint32_t code = UINT32_MAX;
    TEST_EQ(claim, cell_make(memory_bytes, &storm.world.cell), STATUS_OK);
    status_t status = posix_program_start(&storm.world, program, HANDLE_NONE, &process);
    if (status == STATUS_OK)
        code = posix_program_end(process);
    else
        TEST_CHECK(claim, status == STATUS_LIMIT || status == STATUS_NO_MEMORY);
    cell_end(claim, storm.world.cell);
    return code;
}

/* --- Storms ---------------------------------------------------------------------------------- */

/* What this program, and the kernel for good, touch for the first time is no leak: a run of the same kind
 * comes first. */
static void warm_up(void)
{
    struct posix_program program = { .name = "posix_clock" };
    if (posix_world_make(&storm.world) == STATUS_OK)
        posix_program_run(&storm.world, &program);
    posix_world_end(&storm.world);
}

/* In a world and a cell that are gone afterwards. */
static void storm_run(const struct posix_program *program, uint64_t times)
{
    static struct balance before;
    struct test_claim claim;
    balance_take(&before);
    status_t status = posix_world_make(&storm.world);
    if (status == STATUS_OK)
        status = cell_make(CELL_NO_LIMIT, &storm.world.cell);
    if (status == STATUS_OK)
        posix_program_repeat(&storm.world, program, times);
    test_begin(&claim, "storm.nothing_is_left");
    TEST_EQ(&claim, status, STATUS_OK);
    posix_world_end(&storm.world);
    cell_end(&claim, storm.world.cell);
    balance_check(&claim, &before);
    test_end(&claim);
}

static void storms_run(void)
{
    for (size_t i = 0; i < sizeof storms / sizeof storms[0]; i++)
        storm_run(&(struct posix_program){ .name = storms[i], .argument = storm.rounds }, 1);
}

static void races_run(uint64_t times)
{
    for (size_t i = 0; i < sizeof races / sizeof races[0]; i++)
        storm_run(&(struct posix_program){ .name = races[i], .is_brief = true }, times);
}

/* --- Limits ---------------------------------------------------------------------------------- */

static void sweep_once(struct test_claim *claim)
{
    uint32_t good = 0, refused = 0, pages = 1;
    for (; pages < SWEEP_STEPS_MAX && good < GOOD_IN_A_ROW; pages++) {
        uint32_t code = frugal_run(claim, (uint64_t)pages * PAGE_BYTES, storm.program);
        good = code == 0 ? good + 1 : 0;
        refused += code == 1;
        TEST_CHECK(claim, code != 2);
    }
    TEST_EQ(claim, good, GOOD_IN_A_ROW);
    TEST_CHECK(claim, refused > 0);
}

static void sweep(struct test_claim *claim, const char *what)
{
    struct posix_program program = { .name = "posix_frugal", .argument = what };
    storm.program = &program;
    balance_hold(claim, sweep_once);
}

static void fork_fits_or_fails(struct test_claim *claim)
{
    sweep(claim, "fork");
}

static void exec_fits_or_fails(struct test_claim *claim)
{
    sweep(claim, "exec");
}

static void spawn_fits_or_fails(struct test_claim *claim)
{
    sweep(claim, "spawn");
}

static const struct test_case limits[] = {
    { "limit.fork_fits_or_fails", fork_fits_or_fails },
    { "limit.exec_fits_or_fails", exec_fits_or_fails },
    { "limit.spawn_fits_or_fails", spawn_fits_or_fails },
};

int main(int argc, char **argv)
{
    struct test_claim claim;
    number_format(test_rounds("posix.storm", 2, 100), storm.rounds);
    warm_up();
    storms_run();
    races_run(test_rounds("posix.races", 1, 100));
    test_begin(&claim, "storm.trees_are_made");
    TEST_EQ(&claim, posix_world_make(&storm.world), STATUS_OK);
    test_end(&claim);
    test_run(limits, sizeof limits / sizeof limits[0]);
    return test_done();
}
