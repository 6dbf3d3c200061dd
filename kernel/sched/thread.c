/* Threads: creation and end. A thread holds a reference to itself from its start until its stack is
 * left for the last time (thread_buried), so that it can run without anybody else keeping it. */
#include "kernel/sched/thread.h"

#include <arch/barrier.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#include "kernel/base/hot.h"
#include "kernel/cell/cell.h"
#include "kernel/ipc/call.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/stack.h"
#include "kernel/posix/posix.h"
#include "kernel/process/exit.h"
#include "kernel/process/process.h"
#include "kernel/sched/schedule.h"
#include "kernel/sched/wait_state.h"
#include "lib/base/assert.h"

enum { THREAD_CHARGE = sizeof(struct thread) + THREAD_STACK_SIZE };

HOT_DATA static struct threads {
    struct slab_cache cache;
    uint64_t next_id;
} threads;

static const struct object_ops thread_object_ops;

static status_t charge(struct cell *cell)
{
    status_t status = cell_charge(cell, CELL_THREADS, 1);
    if (status != STATUS_OK)
        return status;
    status = cell_charge(cell, CELL_MEMORY, THREAD_CHARGE);
    if (status != STATUS_OK)
        cell_uncharge(cell, CELL_THREADS, 1);
    return status;
}

static void uncharge(struct cell *cell)
{
    cell_uncharge(cell, CELL_MEMORY, THREAD_CHARGE);
    cell_uncharge(cell, CELL_THREADS, 1);
}

static status_t thread_alloc(struct cell *cell, struct thread **out_thread)
{
    status_t status = charge(cell);
    if (status != STATUS_OK)
        return status;
    struct thread *thread = slab_alloc(&threads.cache);
    void *stack = thread == NULL ? NULL : stack_alloc();
    if (stack == NULL) {
        if (thread != NULL)
            slab_free(&threads.cache, thread);
        uncharge(cell);
        return STATUS_NO_MEMORY;
    }
    object_init(&thread->object, &thread_object_ops, cell);
    signal_source_init(&thread->source, 0);
    list_init(&thread->process_link);
    list_init(&thread->run_link);
    list_init(&thread->waiter.link);
    list_init(&thread->signals.link);
    signal_set_init(&thread->signals.set);
    thread->signals.stack.flags = SIGNAL_STACK_DISABLED;
    thread->stack = stack;
    thread->state = THREAD_BLOCKED;
    thread->priority = THREAD_PRIORITY_DEFAULT;
    thread->interruptible = true;
    thread->affinity = UINT64_MAX;
    thread->id = __atomic_add_fetch(&threads.next_id, 1, __ATOMIC_RELAXED);
    *out_thread = thread;
    return STATUS_OK;
}

status_t thread_create_kernel(const char *name, void (*body)(void *), void *argument,
                              uint8_t priority, struct thread **out_thread)
{
    status_t status = thread_alloc(cell_root(), out_thread);
    if (status != STATUS_OK)
        return status;
    (*out_thread)->priority = priority;
    context_init_kernel(*out_thread, body, argument);
    thread_start(*out_thread);
    return STATUS_OK;
}

status_t thread_create_user(struct process *process, struct thread **out_thread)
{
    struct thread *thread;
    status_t status = thread_alloc(process->cell, &thread);
    if (status != STATUS_OK)
        return status;
    object_ref(&process->object);
    thread->process = process;
    thread->priority = process->priority;
    const struct thread *creator = thread_current();
    if (creator->process == process)
        thread->signals.mask = creator->signals.mask;
    spin_lock(&process->lock);
    bool ending = process->ending || process->exec_thread != NULL;
    if (!ending) {
        list_push_back(&process->threads, &thread->process_link);
        process->thread_count++;
        if (process->posix != NULL)
            signals_thread_enter(process->posix, thread);
    }
    spin_unlock(&process->lock);
    if (ending) {
        object_unref(&thread->object);
        return STATUS_DEAD;
    }
    *out_thread = thread;
    return STATUS_OK;
}

void thread_start(struct thread *thread)
{
    object_ref(&thread->object); /* Its own, until thread_buried. */
    schedule_ready(thread);
}

/* Where it runs in user mode, it would not look before its next call: an interrupt makes it look. The
 * switch that puts a thread on a CPU says so before it looks (schedule_switch), we ask in the
 * reverse order, so one of the two sees the other. */
static void thread_ask(struct thread *thread, uint32_t work, uint32_t kind, status_t result)
{
    thread_add_work(thread, work);
    barrier_full();
    thread_wake_kind(thread, kind, result);
    if (!__atomic_load_n(&thread->on_cpu, __ATOMIC_ACQUIRE))
        return;
    struct cpu *cpu = __atomic_load_n(&thread->cpu, __ATOMIC_RELAXED);
    if (cpu != cpu_this())
        ipi_send(cpu->index, IPI_RESCHEDULE);
}

void thread_interrupt(struct thread *thread)
{
    thread_ask(thread, THREAD_WORK_END, WAIT_ENDS, STATUS_CANCELLED);
}

void thread_notify(struct thread *thread)
{
    thread_ask(thread, THREAD_WORK_SIGNALS, WAIT_SIGNALS, STATUS_INTERRUPTED);
}

bool thread_is_asleep(const struct thread *thread)
{
    uint32_t state = __atomic_load_n(&thread->wait_state, __ATOMIC_ACQUIRE) & WAIT_STATE_MASK;
    return state == WAIT_WAITING || state == WAIT_BLOCKED;
}

bool thread_is_deaf(const struct thread *thread)
{
    uint32_t state = __atomic_load_n(&thread->wait_state, __ATOMIC_RELAXED);
    return (state & WAIT_STATE_MASK) == WAIT_BLOCKED && !(state & WAIT_SIGNALS);
}

_Noreturn void thread_exit(void)
{
    struct thread *thread = thread_current();
    if (thread->process != NULL && thread->process->posix != NULL)
        signals_thread_end(thread->process->posix, thread);
    thread->call_flags = 0;
    thread->interruptible = false; /* From here on it may sleep again, for the last steps. */
    ipc_thread_exit(thread);
    if (thread->process != NULL)
        thread->was_last = process_thread_exit(thread);
    schedule_exit();
}

/* Its own reference goes first and the ends are told after, so that who was told finds, after an
 * epoch_drain, nothing left of it. The section keeps what is touched. */
void thread_buried(struct thread *thread)
{
    epoch_begin();
    object_unref(&thread->object);
    if (thread->was_last)
        process_buried(thread->process);
    signal_change(&thread->source, 0, SIGNAL_TERMINATED);
    epoch_end();
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = (struct thread *)object;
    struct cell *cell = object->cell;
    if (thread->process != NULL) {
        process_thread_withdrawn(thread); /* One that never started is still in the list. */
        object_unref(&thread->process->object);
    }
    ipc_thread_free(thread);
    stack_free(thread->stack);
    slab_free(&threads.cache, thread);
    uncharge(cell);
}

static struct signal_source *thread_signals(struct object *object)
{
    return &((struct thread *)object)->source;
}

/* The boot flow of control of a CPU becomes its idle thread. `stack` has room for the frame rules. */
void thread_adopt_idle(struct cpu *cpu, void *stack)
{
    static struct thread idle_threads[CPUS_MAX];
    struct thread *idle = &idle_threads[cpu->index];
    object_init(&idle->object, &thread_object_ops, NULL);
    signal_source_init(&idle->source, 0);
    list_init(&idle->run_link);
    idle->stack = stack;
    idle->state = THREAD_RUNNABLE;
    idle->affinity = 1ull << cpu->index;
    idle->on_cpu = true;
    idle->cpu = cpu;
    cpu->idle = idle;
    cpu->current = idle;
}

void thread_setup(void)
{
    slab_cache_init(&threads.cache, "thread", sizeof(struct thread));
}

static const struct object_ops thread_object_ops = {
    .kind = OBJECT_THREAD,
    .version = 1,
    .name = "thread",
    .destroy = thread_destroy,
    .signals = thread_signals,
};
