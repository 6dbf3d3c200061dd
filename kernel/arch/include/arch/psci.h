/* Starting CPUs; power off and reset are in <arch/cpu.h>. Boot and panic contexts. */
#pragma once

#include <abi/types.h>

/* Say by which instruction the firmware is called. */
void psci_init(bool use_smc);
/* Start a CPU at a physical address with x0 = argument. @return NOT_SUPPORTED without PSCI, IO. */
status_t psci_cpu_on(uint64_t mpidr, uint64_t entry_physical, uint64_t argument);
