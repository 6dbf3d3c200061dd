/* Faults of user code as signals: arch/signal_frame.h. */
#include <arch/signal_frame.h>
#include <arch/trap.h>

/* Exception classes and fault status codes: Arm ARM, ESR_EL1.EC and ISS.DFSC. */
enum {
    EC_INSTRUCTION_ABORT = 0x20,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT = 0x24,
    EC_SP_ALIGNMENT = 0x26,
    EC_FLOATING_POINT = 0x2c,
    EC_BREAKPOINT = 0x30,
    EC_STEP = 0x32,
    EC_WATCHPOINT = 0x34,
    EC_BRK = 0x3c,
    ESR_EC_SHIFT = 26,
    ESR_STATUS_MASK = 0x3f,
    ESR_STATUS_ALIGNMENT = 0x21,
};

static struct signal_information information_of(uint32_t number, int32_t code, uint64_t address)
{
    return (struct signal_information){ .number = number,
                                        .code = code,
                                        .fault = { .address = address } };
}

/* An access that failed: for want of a mapping, of the right to it, or of what is behind it. */
static struct signal_information of_abort(const struct signal_fault *fault)
{
    if ((fault->esr & ESR_STATUS_MASK) == ESR_STATUS_ALIGNMENT)
        return information_of(POSIX_SIGBUS, SIGNAL_CODE_ALIGNMENT, fault->address);
    if (fault->status != STATUS_FAULT || fault->there == ASPACE_BEYOND)
        return information_of(POSIX_SIGBUS, SIGNAL_CODE_NO_OBJECT, fault->address);
    return information_of(POSIX_SIGSEGV,
                          fault->there == ASPACE_MAPPED ? SIGNAL_CODE_NO_ACCESS
                                                        : SIGNAL_CODE_NOT_MAPPED,
                          fault->address);
}

struct signal_information signal_of_fault(const struct trap_frame *frame,
                                          const struct signal_fault *fault)
{
    switch (fault->esr >> ESR_EC_SHIFT) {
    case EC_INSTRUCTION_ABORT:
    case EC_DATA_ABORT: return of_abort(fault);
    case EC_PC_ALIGNMENT:
        return information_of(POSIX_SIGBUS, SIGNAL_CODE_ALIGNMENT, fault->address);
    case EC_SP_ALIGNMENT: return information_of(POSIX_SIGBUS, SIGNAL_CODE_ALIGNMENT, frame->sp);
    case EC_FLOATING_POINT: return information_of(POSIX_SIGFPE, 0, frame->pc);
    case EC_BREAKPOINT:
    case EC_STEP:
    case EC_WATCHPOINT:
    case EC_BRK: return information_of(POSIX_SIGTRAP, SIGNAL_CODE_BREAKPOINT, frame->pc);
    default: return information_of(POSIX_SIGILL, SIGNAL_CODE_ILLEGAL_OPCODE, frame->pc);
    }
}
