/* Power: PSCI by the conduit that the device tree names (Arm DEN 0022, PSCI). */
#include <arch/psci.h>

#include <arch/cpu.h>

#include "kernel/base/log.h"

enum psci_function {
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_CPU_ON_64 = 0xc4000003,
};

static struct psci {
    bool use_smc;
    bool available;
} psci;

static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    if (psci.use_smc)
        __asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    else
        __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    return (int64_t)x0;
}

void psci_init(bool use_smc)
{
    psci.use_smc = use_smc;
    psci.available = true;
}

status_t psci_cpu_on(uint64_t mpidr, uint64_t entry_physical, uint64_t argument)
{
    if (!psci.available)
        return STATUS_NOT_SUPPORTED;
    return psci_call(PSCI_CPU_ON_64, mpidr, entry_physical, argument) == 0 ? STATUS_OK : STATUS_IO;
}

void cpu_power_off(void)
{
    if (psci.available)
        psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    cpu_halt();
}

void cpu_reset(void)
{
    if (psci.available)
        psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
    cpu_halt();
}

_Noreturn void cpu_halt(void)
{
    for (;;)
        __asm__ volatile("msr daifset, #0xf\n wfi" ::: "memory");
}
