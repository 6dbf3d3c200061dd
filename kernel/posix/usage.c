/* Accounts of a process and what its exit code means to POSIX. */
#include "kernel/cell/cell.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/posix.h"
#include "kernel/process/process.h"
#include "kernel/sched/timer.h"

/* Exception classes: Arm ARM D19.2.37. */
enum { CLASS_UNKNOWN = 0x00, CLASS_BREAKPOINT = 0x3c };

void family_usage(const struct posix_process *posix, struct process_usage *out_usage)
{
    const struct process *process = posix->process;
    *out_usage = (struct process_usage){
        .cpu_ns = clock_from_ticks(__atomic_load_n(&process->cpu_ticks, __ATOMIC_RELAXED)),
        .faults = process->faults,
        .pages_max = process->pages_max,
    };
}

void family_children_usage(const struct posix_process *posix, struct process_usage *out_usage)
{
    struct spinlock *lock = &posix->process->cell->posix.lock;
    spin_lock(lock);
    *out_usage = posix->family.children_usage;
    spin_unlock(lock);
}

void usage_add(struct process_usage *sum, const struct process_usage *more)
{
    sum->cpu_ns += more->cpu_ns;
    sum->faults += more->faults;
    if (more->pages_max > sum->pages_max)
        sum->pages_max = more->pages_max;
}

static uint32_t crash_signal(uint32_t class)
{
    switch (class) {
    case CLASS_UNKNOWN: return POSIX_SIGILL;
    case CLASS_BREAKPOINT: return POSIX_SIGTRAP;
    default: return POSIX_SIGSEGV;
    }
}

void family_end_event(const struct posix_process *posix, uint32_t *out_event, uint32_t *out_detail)
{
    uint32_t code = (uint32_t)posix->process->exit_code;
    uint32_t low = code & 0xff;
    *out_event = PROCESS_EVENT_KILLED;
    switch (code & ~0xffu) {
    case EXIT_SIGNAL: *out_detail = low; break;
    case EXIT_KILLED: *out_detail = POSIX_SIGKILL; break;
    case EXIT_CRASHED: *out_detail = crash_signal(low); break;
    default:
        *out_event = PROCESS_EVENT_EXITED;
        *out_detail = low;
        break;
    }
}
