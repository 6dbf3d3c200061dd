/* The boot, in order, on one page. Each level is stamped; see boot_levels for the report. Entered
 * from head.S on the boot CPU with translation on, the image and the device tree mapped, and nothing
 * else. Ends as the boot CPU's idle thread. Whatever can wait (PCI, other CPUs, drivers, services)
 * comes after the first process. */
#include <arch/cpu.h>

#include "kernel/base/boot_level.h"
#include "kernel/base/epoch.h"
#include "kernel/base/log.h"
#include "kernel/base/log_read.h"
#include "kernel/base/stack_guard.h"
#include "kernel/cell/cell.h"
#include "kernel/device/machine.h"
#include "kernel/drivers/pl011.h"
#include "kernel/ipc/ipc.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/memory.h"
#include "kernel/posix/posix.h"
#include "kernel/process/first.h"
#include "kernel/process/process.h"
#include "kernel/process/services.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/timer.h"
#include "kernel/stream/streams.h"
#include "kernel/vfs/vfs.h"
#include <arch/boot.h>
#include <arch/gic.h>
#include <arch/smp.h>

extern uint8_t boot_stack[];

/* What runs once threads run: the rest of the boot that may sleep. The thread stays as the reaper, so nothing
 * that it is charged for goes while the first process looks at its account. */
static void boot_thread(void *argument)
{
    first_process_start();
    boot_level(BOOT_FIRST_PROCESS);
    smp_start_others();
    boot_level(BOOT_OTHER_CPUS);
    epoch_reap();
}

__attribute__((no_stack_protector)) _Noreturn void kernel_main(uint64_t tree, uint64_t image)
{
    struct cpu *cpu = cpu_this();
    cpu->online = true;
    clock_init();
    boot_level(BOOT_ENTRY);

    machine_read_tree(tree, image);
    boot_level(BOOT_TREE);

    stack_guard_init();
    mmu_leave_identity();
    memory_init();
    if (machine_argument("log").len > 0) /* log=console: every line as it comes. */
        log_set_echo(pl011_write_polled);
    boot_level(BOOT_MEMORY);

    schedule_init_cpu(cpu);
    thread_adopt_idle(cpu, boot_stack);
    gic_init(&machine.gic);
    timer_init_cpu(machine.timer_intid);
    boot_level(BOOT_INTERRUPTS);

    thread_setup();
    futex_setup();
    epoch_init();
    cell_setup();
    grant_setup();
    process_setup();
    posix_setup();
    vfs_init();
    ipc_init();
    streams_init();
    kernel_services_init();
    boot_level(BOOT_OBJECTS);

    struct thread *thread;
    if (thread_create_kernel("boot", boot_thread, NULL, THREAD_PRIORITY_DEFAULT, &thread) !=
        STATUS_OK)
        panic("no memory for the first thread");
    object_unref(&thread->object);
    schedule_idle();
}
