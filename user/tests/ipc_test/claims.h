/* What the program claims, by subject. */
#pragma once

#include <abi/types.h>

void claims_calls(void);
/* Calls between two processes; `root` is where /bin/ipc_test is, `cell` where it may run. */
void claims_processes(handle_t root, handle_t cell);
void claims_ports(void);
void claims_streams(handle_t root);
void claims_network_streams(void);

/* The second process: serves on the endpoint that it was given, as its first argument says. */
int serve(const char *how);
