/* Threads and processes: what begins must end, in every order, and nothing may be left. Runs as the
 * first process, and starts itself again in roles. */
#include "user/rt/start.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/child.h"

int main(int argc, char **argv)
{
    if (argc > 1)
        return role_run(argv[1]);
    child_setup("bin/kernel_threads");
    claims_threads();
    claims_schedule();
    claims_waits();
    claims_processes();
    return test_done();
}
