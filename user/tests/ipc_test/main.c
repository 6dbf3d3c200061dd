/* Inter-process communication and streams inside the machine: what the host tests show of the parts
 * holds through the system calls, the scheduler and two address spaces. Runs as the first process,
 * or as one that was given a root directory and a cell; starts itself again as a server. */
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/ipc_test/claims.h"
#include "user/tests/support/balance.h"

static void (*claimed)(void);

static void claimed_body(struct test_claim *claim)
{
    claimed();
}

void claim_run(struct test_claim *claim, const char *name, void (*body)(void))
{
    test_begin(claim, name);
    claimed = body;
    balance_hold(claim, claimed_body);
    test_end(claim);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return serve(argv[1]);
    handle_t root = start_handle_need("root", OBJECT_DIRECTORY);
    handle_t cell = start_handle_need("cell", OBJECT_CELL);
    claims_calls();
    claims_ports();
    claims_streams(root);
    claims_network_streams();
    claims_processes(root, cell);
    return test_done();
}
