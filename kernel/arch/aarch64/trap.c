/* Exceptions by kind: system calls go to the dispatcher (syscall/dispatch.c), user faults to the
 * address space or to the end of the process, interrupts to the controller. Every way back to user
 * mode passes trap_exit, which does what was asked of this thread in the meantime. */
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <arch/signal_frame.h>
#include <arch/trap.h>

#include "kernel/base/epoch.h"
#include "kernel/base/log.h"
#include "kernel/mm/aspace.h"
#include "kernel/posix/signal_deliver.h"
#include "kernel/process/exit.h"
#include "kernel/process/process.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/thread.h"
#include "kernel/trace/counter.h"
#include "kernel/trace/tracepoint.h"
#include <arch/traps.h>

/* Exception classes: Arm ARM D19.2.37, ESR_EL1.EC. */
enum {
    EC_FP = 0x07,
    EC_BTI = 0x0d,
    EC_INSTRUCTION_ABORT_USER = 0x20,
    EC_DATA_ABORT_USER = 0x24,
    EC_DATA_ABORT_KERNEL = 0x25,
};

enum {
    ESR_EC_SHIFT = 26,
    ESR_WRITE = 1 << 6,     /* ISS.WnR of a data abort. */
    ESR_CACHE = 1 << 8,     /* ISS.CM: cache maintenance counts as a read. */
    ESR_STATUS_MASK = 0x3c, /* Fault status without the level. */
    STATUS_TRANSLATION = 0x04,
    STATUS_ACCESS_FLAG = 0x08,
    STATUS_PERMISSION = 0x0c,
};

/* user_copy.S */
extern const uint8_t user_copy_begin[], user_copy_end[], user_copy_fault[];
extern const uint8_t user_now_begin[], user_now_end[];

/* Kernel stacks of last resort: a page for each CPU, for the report of an overflow. */
uint8_t emergency_stacks[CPUS_MAX][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

struct trap_frame *trap_user_frame(const struct thread *thread)
{
    uint64_t top = (uint64_t)thread->stack + THREAD_STACK_SIZE;
    return (struct trap_frame *)(top - sizeof(struct trap_frame));
}

/* Before user mode: end if asked to, release what was retired, give way if somebody more urgent is ready, deal with signals. Each may
 * bring new work. */
void trap_exit(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    do {
        if (thread_has_work(thread, THREAD_WORK_END))
            thread_exit();
        if (thread_has_work(thread, THREAD_WORK_RELEASE))
            epoch_release_here();
        if (cpu_this()->need_resched)
            schedule_yield();
        if (thread_has_work(thread, ~(uint32_t)(THREAD_WORK_END | THREAD_WORK_RELEASE)))
            signals_deliver(thread, trap_user_frame(thread));
        cpu = cpu_this();
    } while (thread->work != 0 || cpu->need_resched);
    schedule_share_work();
}

static bool trap_has_work(const struct cpu *cpu)
{
    return cpu->current->work != 0 || cpu->need_resched || schedule_has_surplus(cpu);
}

_Noreturn void trap_resume(void)
{
    struct cpu *cpu = cpu_this();
    struct trap_frame *frame = trap_user_frame(cpu->current);
    if (trap_has_work(cpu))
        trap_exit(cpu);
    trap_return_to(frame);
}

static bool is_resolvable(uint64_t esr)
{
    uint64_t status = esr & ESR_STATUS_MASK;
    return status == STATUS_TRANSLATION || status == STATUS_PERMISSION ||
           status == STATUS_ACCESS_FLAG;
}

static uint32_t access_of(uint64_t esr)
{
    if (esr >> ESR_EC_SHIFT == EC_INSTRUCTION_ABORT_USER)
        return MAP_EXECUTE;
    return (esr & ESR_WRITE) && !(esr & ESR_CACHE) ? MAP_WRITE : MAP_READ;
}

static status_t resolve(uint64_t esr, uint64_t address)
{
    struct process *process = process_current();
    if (process == NULL || !is_resolvable(esr) || address >= USER_TOP)
        return STATUS_FAULT;
    counter_add(COUNTER_PAGE_FAULTS, 1);
    process->faults++;
    trace(TRACE_FAULT, address, access_of(esr));
    /* Signals may interrupt the call in which this happens, but not what it needs to go on. */
    struct thread *thread = thread_current();
    uint8_t call_flags = thread->call_flags;
    thread->call_flags = 0;
    status_t status = aspace_fault(process->aspace, address, access_of(esr));
    thread->call_flags = call_flags;
    trace(TRACE_FAULT_EXIT, address, (uint64_t)status);
    return status;
}

/* What cannot be resolved is a signal where there are signals, else the end. */
static void fault_tell(struct trap_frame *frame, uint64_t esr, uint64_t address, status_t status)
{
    struct thread *thread = thread_current();
    if (thread->process->posix == NULL) {
        process_crash(frame, esr, address, status, EXIT_CRASHED + (uint32_t)(esr >> ESR_EC_SHIFT));
        return;
    }
    const struct signal_fault fault = {
        .esr = esr,
        .address = address,
        .status = status,
        .there = aspace_look(thread->process->aspace, address),
    };
    struct signal_information information = signal_of_fault(frame, &fault);
    if (!signal_force(thread, &information))
        process_crash(frame, esr, address, status, EXIT_SIGNAL + information.number);
}

void trap_user_sync(struct trap_frame *frame, uint64_t esr, uint64_t address)
{
    struct cpu *cpu = cpu_this();
    uint64_t class = esr >> ESR_EC_SHIFT;
    status_t status = STATUS_FAULT;
    if (class == EC_FP) {
        fp_enable();
        return;
    }
    if (class == EC_DATA_ABORT_USER || class == EC_INSTRUCTION_ABORT_USER)
        status = resolve(esr, address);
    if (status != STATUS_OK)
        fault_tell(frame, esr, address, status);
    cpu = cpu_this();
    if (trap_has_work(cpu))
        trap_exit(cpu);
}

void trap_user_irq(struct trap_frame *frame)
{
    irq_dispatch();
    struct cpu *cpu = cpu_this();
    if (trap_has_work(cpu))
        trap_exit(cpu);
}

/* In an irq_window of the kernel: idle, or a preempt_point. */
void trap_kernel_irq(struct trap_frame *frame)
{
    irq_dispatch();
}

void trap_kernel_sync(struct trap_frame *frame, uint64_t esr, uint64_t address)
{
    bool in_copy = frame->pc >= (uint64_t)user_copy_begin && frame->pc < (uint64_t)user_copy_end;
    bool in_now = frame->pc >= (uint64_t)user_now_begin && frame->pc < (uint64_t)user_now_end;
    bool is_access = esr >> ESR_EC_SHIFT == EC_DATA_ABORT_KERNEL && (in_copy || in_now);
    if (!is_access || address >= USER_TOP)
        panic_trap(frame, esr, address, "kernel fault");
    if (in_now || epoch_is_open() || resolve(esr, address) != STATUS_OK)
        frame->pc = (uint64_t)user_copy_fault;
}

_Noreturn void trap_bad(struct trap_frame *frame, uint64_t esr, uint64_t address)
{
    panic_trap(frame, esr, address, "unexpected exception");
}

_Noreturn void trap_stack_overflow(uint64_t sp, uint64_t pc)
{
    panic("kernel stack overflow: sp %#llx, pc %#llx", (unsigned long long)sp,
          (unsigned long long)pc);
}

/* A user thread's first way out of the kernel. */
void trap_first_return(void)
{
    struct cpu *cpu = cpu_this();
    if (trap_has_work(cpu))
        trap_exit(cpu);
}
