/* Each role of roles.c that faults ends itself, with the class of its exception, and nothing else. */
#include <abi/process.h>
#include <swos/syscalls.h>

#include "user/rt/exit_codes.h"
#include "user/tests/kernel_memory/kernel_memory.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/child.h"

/* Exception classes: Arm ARM D19.2.37, ESR_EL1.EC. */
enum {
    CLASS_UNKNOWN = 0x00,
    CLASS_SYSTEM = 0x18,
    CLASS_INSTRUCTION = 0x20,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA = 0x24,
    CLASS_BREAKPOINT = 0x3c,
};

static const struct fault {
    const char *role;
    uint32_t code;
} faults[] = {
    { "read_null", EXIT_CRASHED + CLASS_DATA },
    { "write_null", EXIT_CRASHED + CLASS_DATA },
    { "read_kernel", EXIT_CRASHED + CLASS_DATA },
    { "write_text", EXIT_CRASHED + CLASS_DATA },
    { "write_constant", EXIT_CRASHED + CLASS_DATA },
    { "run_stack", EXIT_CRASHED + CLASS_INSTRUCTION },
    { "run_heap", EXIT_CRASHED + CLASS_INSTRUCTION },
    { "run_null", EXIT_CRASHED + CLASS_INSTRUCTION },
    { "run_kernel", EXIT_CRASHED + CLASS_INSTRUCTION },
    { "run_odd", EXIT_CRASHED + CLASS_PC_ALIGNMENT },
    { "undefined", EXIT_CRASHED + CLASS_UNKNOWN },
    { "breakpoint", EXIT_CRASHED + CLASS_BREAKPOINT },
    { "privileged", EXIT_CRASHED + CLASS_UNKNOWN },
    { "mask_interrupts", EXIT_CRASHED + CLASS_SYSTEM },
    { "hypervisor", EXIT_CRASHED + CLASS_UNKNOWN },
    { "secure_monitor", EXIT_CRASHED + CLASS_UNKNOWN },
    { "overflow_stack", EXIT_CRASHED + CLASS_DATA },
    { "unmap_self", EXIT_CRASHED + CLASS_INSTRUCTION },
    { "read_unmapped", EXIT_CRASHED + CLASS_DATA },
    { "write_protected", EXIT_CRASHED + CLASS_DATA },
    { "use_vectors", 0 },
};

static const struct fault *current;

static void fault_once(struct test_claim *claim)
{
    handle_t process;
    TEST_EQ(claim, child_start(current->role, NULL, 0, &process), STATUS_OK);
    if (!claim->failed)
        TEST_EQ(claim, child_wait(process), current->code);
}

/* A program that reaches over the place where others have their stack gets it elsewhere. */
static void large_program(void)
{
    struct test_claim claim;
    handle_t process = HANDLE_NONE;
    test_begin(&claim, "large_program");
    child_setup("bin/large");
    TEST_EQ(&claim, child_start("large", NULL, 0, &process), STATUS_OK);
    TEST_EQ(&claim, child_wait(process), EXIT_OK);
    child_setup("bin/kernel_memory");
    test_end(&claim);
}

void claims_faults(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct test_claim claim;
        current = &faults[i];
        test_begin(&claim, current->role);
        balance_hold(&claim, fault_once);
        test_end(&claim);
    }
    large_program();
}
