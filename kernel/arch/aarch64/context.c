/* First contexts of threads, and FP: user code that never touches the 128-bit registers never pays for them. The
 * registers belong to the current thread while CPACR lets EL0 use them. The first use traps; the thread is then given
 * them at each switch for a while, since who used them uses them again and a trap costs more than a load; after that
 * its next use traps again, and shows whether it still does. */
#include <arch/barrier.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/trap.h>

#include <string.h>

#include "kernel/sched/thread.h"

enum {
    CPACR_FPEN_NONE = 1 << 20, /* EL0 traps; EL1 may (fp_save, fp_load). */
    CPACR_FPEN_ALL = 3 << 20,
    FP_EAGER_SWITCHES = 64,
};

void context_first_kernel(void);
void context_first_user(void);

void context_init_kernel(struct thread *thread, void (*entry)(void *), void *argument)
{
    uint64_t top = (uint64_t)thread->stack + THREAD_STACK_SIZE;
    thread->context = (struct arch_context){
        .x19_to_x28 = { (uint64_t)entry, (uint64_t)argument },
        .pc = (uint64_t)context_first_kernel,
        .sp = top - sizeof(struct trap_frame),
    };
}

void context_init_user(struct thread *thread, uint64_t pc, uint64_t sp, uint64_t argument,
                       uint64_t tls)
{
    struct trap_frame *frame = trap_user_frame(thread);
    *frame = (struct trap_frame){ .x = { argument }, .pc = pc, .sp = sp };
    thread->context = (struct arch_context){
        .pc = (uint64_t)context_first_user,
        .sp = (uint64_t)frame,
        .tls = tls,
    };
}

static uint64_t cpacr_read(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, cpacr_el1" : "=r"(value));
    return value;
}

static void cpacr_write(uint64_t value)
{
    __asm__ volatile("msr cpacr_el1, %0\n isb" ::"r"(value) : "memory");
}

static __attribute__((noinline)) void fp_exchange(struct thread *from, struct thread *to,
                                                  bool is_live)
{
    if (is_live)
        fp_save(&from->fp);
    if (to->fp.eager_switches > 0) {
        to->fp.eager_switches--;
        fp_load(&to->fp);
        if (!is_live)
            cpacr_write(CPACR_FPEN_ALL);
    } else if (is_live) {
        cpacr_write(CPACR_FPEN_NONE);
    }
}

/* In line in every switch, since mostly there is nothing to do. */
inline void fp_switch(struct thread *from, struct thread *to)
{
    bool is_live = from->fp.used && cpacr_read() == CPACR_FPEN_ALL;
    if (is_live || to->fp.eager_switches > 0)
        fp_exchange(from, to, is_live);
}

void fp_enable(void)
{
    struct thread *thread = cpu_current_thread();
    thread->fp.used = true; /* Its state begins as zeros: the structure was zeroed. */
    thread->fp.eager_switches = FP_EAGER_SWITCHES;
    fp_load(&thread->fp);
    cpacr_write(CPACR_FPEN_ALL);
}

bool fp_flush(struct thread *thread)
{
    if (thread->fp.used && cpacr_read() == CPACR_FPEN_ALL)
        fp_save(&thread->fp);
    return thread->fp.used;
}

void fp_detach(void)
{
    cpu_current_thread()->fp.eager_switches = 0;
    cpacr_write(CPACR_FPEN_NONE);
}

void fp_forget(struct thread *thread)
{
    memset(&thread->fp, 0, sizeof thread->fp);
    cpacr_write(CPACR_FPEN_NONE);
}

void context_init_fork(struct thread *thread)
{
    struct thread *from = cpu_current_thread();
    struct trap_frame *frame = trap_user_frame(thread);
    *frame = *trap_user_frame(from);
    thread->context = (struct arch_context){
        .pc = (uint64_t)context_first_user,
        .sp = (uint64_t)frame,
    };
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(thread->context.tls));
    if (fp_flush(from))
        thread->fp = from->fp;
}

void context_restart_user(uint64_t pc, uint64_t sp)
{
    struct thread *thread = cpu_current_thread();
    *trap_user_frame(thread) = (struct trap_frame){ .pc = pc, .sp = sp };
    __asm__ volatile("msr tpidr_el0, xzr");
    fp_forget(thread);
}
