/* Runs the test programs that use the C library (user/tests/support/posix_program.h). The last ones are
 * given their trees as a service is, under the names of grants, and numbers by one that has none itself. */
#include "user/tests/support/posix_program.h"

static const char *const programs[] = {
    "posix_stdio",      "posix_memory",     "posix_heap",        "posix_files",   "posix_threads",
    "posix_stacks",     "posix_conditions", "posix_clock",       "posix_stream",  "posix_signals",
    "posix_interrupts", "posix_cancel",     "posix_timers",      "posix_jobs",    "posix_process",
    "posix_names",      "posix_spawn",      "posix_local",       "posix_waiting", "posix_locks",
    "posix_passing",    "posix_terminal",   "posix_job_control", "posix_further", "posix_missing",
};

int main(int argc, char **argv)
{
    static struct posix_world world;
    struct test_claim claim;
    test_begin(&claim, "posix_trees_are_made");
    status_t status = posix_world_make(&world);
    TEST_EQ(&claim, status, STATUS_OK);
    test_end(&claim);
    for (size_t i = 0; status == STATUS_OK && i < sizeof programs / sizeof programs[0]; i++)
        posix_program_run(&world, &(struct posix_program){ .name = programs[i] });
    if (status == STATUS_OK) {
        posix_program_run(&world,
                          &(struct posix_program){ .name = "posix_trees", .has_trees = true });
        posix_program_run(&world,
                          &(struct posix_program){ .name = "posix_given", .has_numbers = true });
    }
    return test_done();
}
