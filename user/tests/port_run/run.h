/* One test of a plan: a command in a cell of its own, with the image's trees, a fresh scratch tree at /tmp,
 * the clock and entropy, its standard output and error in streams that are read here. When it ends, or its time
 * is over, the cell is destroyed with all that it left. One thread. */
#pragma once

#include <abi/types.h>

#include "user/rt/test.h"
#include "user/tests/port_run/plan.h"

/* What every test is given. */
struct run_world {
    handle_t cell;  /* The parent of the cells. */
    handle_t image; /* The root of the base image. */
    handle_t clock;
    handle_t entropy;
};

/* What tests say of the cases that they consist of, in lines `passed N`, `known N` (they fail, as is written
 * down), `skipped N`. */
struct run_figures {
    uint64_t passed;
    uint64_t known;
    uint64_t skipped;
    uint64_t full; /* Tests of the plan that are for the full counts. */
};

/* Run the test and fail the claim where something is not as the plan says. What the program said is put in
 * the log when it fails; when it passes, its figures are added to the sum. */
void test_command_run(const struct run_world *world, const struct port_test *test,
                      struct test_claim *claim, struct run_figures *sum);
