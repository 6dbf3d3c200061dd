/* System calls: what each refuses, and what those on handles, grants and cells do. Runs as the first
 * process; the machine needs an entropy device. */
#include <string.h>

#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/kernel_calls/kernel_calls.h"
#include "user/tests/kernel_calls/samples.h"
#include "user/tests/support/child.h"

int main(int argc, char **argv)
{
    if (argc > 1) {
        sample_process_main();
        return 1;
    }
    child_setup("bin/kernel_calls");
    claims_self();
    claims_cells();
    samples_make();
    claims_matrix();
    return test_done();
}
