/* See smp.h. Each CPU gets a stack and an idle thread, enters head.S at secondary_start with its
 * struct cpu, and joins by marking itself online. */
#include <arch/smp.h>

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/trap.h>

#include "kernel/base/log.h"
#include "kernel/device/machine.h"
#include "kernel/mm/stack.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/timer.h"
#include <arch/boot.h>
#include <arch/gic.h>
#include <arch/psci.h>

#define START_TIMEOUT_NS 1000000000ull

static status_t start_cpu(struct cpu *cpu, uint64_t mpidr)
{
    void *stack = stack_alloc();
    if (stack == NULL)
        return STATUS_NO_MEMORY;
    cpu->mpidr = mpidr;
    cpu->kernel_stack_top = (uint64_t)stack + THREAD_STACK_SIZE - sizeof(struct trap_frame);
    schedule_init_cpu(cpu);
    thread_adopt_idle(cpu, stack);
    uint64_t entry = (uint64_t)secondary_start - IMAGE_BASE + image_physical();
    barrier_full();
    status_t status = psci_cpu_on(mpidr, entry, (uint64_t)cpu);
    if (status != STATUS_OK)
        return status;
    /* A CPU that was started has begun to use the stack: it is not taken back after a time-out. */
    time_ns_t deadline = clock_now() + START_TIMEOUT_NS;
    while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
        if (clock_now() > deadline)
            return STATUS_TIMED_OUT;
        preempt_point();
    }
    return STATUS_OK;
}

void smp_start_others(void)
{
    uint64_t own;
    __asm__("mrs %0, mpidr_el1" : "=r"(own));
    own &= 0xff00ffffffull;
    cpus[0].mpidr = own;
    uint32_t index = 1;
    for (uint32_t i = 0; i < machine.cpu_count && index < CPUS_MAX; i++) {
        if (machine.cpu_mpidr[i] == own)
            continue;
        struct cpu *cpu = &cpus[index];
        cpu->index = index;
        status_t status = start_cpu(cpu, machine.cpu_mpidr[i]);
        if (status == STATUS_OK)
            index++;
        else
            klog("cpu %u (mpidr %#llx) did not start: status %d", index,
                 (unsigned long long)machine.cpu_mpidr[i], status);
    }
    mmu_drop_identity();
}

_Noreturn void secondary_main(void)
{
    struct cpu *cpu = cpu_this();
    mmu_leave_identity();
    gic_init_cpu();
    timer_init_cpu(machine.timer_intid);
    __atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
    schedule_idle();
}
