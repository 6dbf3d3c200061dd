/* Memory: what maps, protects and unmaps make of an address space, and that faults and limits end no
 * more than the process that met them. Runs as the first process. */
#include <string.h>

#include "user/rt/start.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/child.h"

int main(int argc, char **argv)
{
    if (argc > 1)
        return role_run(argv[1]);
    child_setup("bin/kernel_memory");
    claims_maps();
    claims_model();
    claims_objects();
    claims_faults();
    claims_limits();
    claims_threads();
    return test_done();
}
