/* What the program claims, by subject. */
#pragma once

#include <abi/types.h>

struct test_claim;

/* Make a claim, several times over: a round must leave nothing behind, of anything that the machine
 * counts (user/tests/support/balance.h). */
void claim_run(struct test_claim *claim, const char *name, void (*body)(void));

void claims_calls(void);
/* Calls between two processes; the root is where /bin/ipc_test is, the cell where it may run. */
void claims_processes(handle_t root_directory, handle_t own_cell);
void claims_ports(void);
void claims_streams(handle_t root_directory);
void claims_network_streams(void);

/* The second process: serves on the endpoint that it was given, as its first argument says. */
int serve(const char *how);
