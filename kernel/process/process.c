/* Processes: see process.h. States: running; ending (asked to end: threads leave one by one, none is
 * added; the last tears down address space and handles); ended (the last thread has left its stack:
 * SIGNAL_TERMINATED). The object lives on for whoever holds a handle. */
#include "kernel/process/process.h"

#include <arch/mmu.h>
#include <arch/trap.h>

#include <string.h>

#include "kernel/base/log.h"
#include "kernel/cell/charge.h"
#include "kernel/posix/posix.h"
#include "kernel/process/exit.h"
#include "kernel/sched/futex.h"
#include "kernel/sched/robust_list.h"
#include "kernel/sched/thread.h"
#include "kernel/sched/timer.h"
#include "kernel/trace/counter.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"

static struct processes {
    struct spinlock lock; /* LOCK_CELL: all of them, in order of creation. */
    struct list all;
    struct slab_cache cache;
    uint64_t next_id;
} processes;

static const struct object_ops process_object_ops;

struct process *process_current(void)
{
    struct thread *thread = thread_current();
    return thread == NULL ? NULL : thread->process;
}

static void process_register(struct process *process)
{
    spin_lock(&processes.lock);
    process->id = ++processes.next_id;
    list_push_back(&processes.all, &process->all_link);
    spin_unlock(&processes.lock);
}

static void trace_name(const struct process *process)
{
    uint64_t name;
    memcpy(&name, process->name, sizeof name);
    trace(TRACE_PROCESS, process->id, name);
}

status_t process_create(struct cell *cell, const char *name, struct process **out_process)
{
    status_t status = cell_charge(cell, CELL_PROCESSES, 1);
    if (status != STATUS_OK)
        return status;
    void *memory = NULL;
    status = charged_alloc(cell, &processes.cache, &memory);
    if (status != STATUS_OK)
        goto uncharge;
    struct process *process = memory;
    status = aspace_create(cell, &process->aspace);
    if (status != STATUS_OK)
        goto free_memory;
    object_init(&process->object, &process_object_ops, cell);
    signal_source_init(&process->source, 0);
    spin_init(&process->lock, LOCK_PROCESS);
    list_init(&process->threads);
    list_init(&process->cell_link);
    list_init(&process->all_link);
    wait_queue_init(&process->alone);
    handle_table_init(&process->handles, cell);
    process->cell = cell; /* object->cell holds the reference. */
    process->priority = THREAD_PRIORITY_DEFAULT;
    memcpy(process->name, name, strnlen(name, sizeof process->name - 1));
    process_register(process);
    status = cell_add_process(cell, process);
    if (status != STATUS_OK) {
        process_discard(process);
        return status;
    }
    counter_add(COUNTER_PROCESSES_STARTED, 1);
    trace_name(process);
    *out_process = process;
    return STATUS_OK;

free_memory:
    charged_free(cell, &processes.cache, memory);
uncharge:
    cell_uncharge(cell, CELL_PROCESSES, 1);
    return status;
}

void process_end(struct process *process, uint32_t code)
{
    spin_lock(&process->lock);
    if (!process->ending) {
        process->ending = true;
        process->exit_code = (int32_t)code;
    }
    LIST_FOR_EACH (node, &process->threads) {
        thread_interrupt(CONTAINER_OF(node, struct thread, process_link));
    }
    spin_unlock(&process->lock);
}

/* Put another space in the place of the process's and clear that: no thread of it runs but perhaps the
 * calling one, whose CPU goes over. */
static void set_space(struct process *process, struct aspace *aspace)
{
    struct aspace *old = process->aspace;
    if (old->mapped_pages_max > process->pages_max)
        process->pages_max = old->mapped_pages_max;
    spin_lock(&process->lock); /* Reports look at the address space under it. */
    if (aspace != NULL)
        aspace->limit_bytes = old->limit_bytes;
    process->aspace = aspace;
    spin_unlock(&process->lock);
    if (aspace != NULL)
        mmu_activate(aspace);
    aspace_clear(old);
    object_unref(&old->object);
}

/* The last thread: give everything back but the object itself. */
static void tear_down(struct process *process)
{
    posix_tear_down(process);
    handle_table_clear(&process->handles);
    set_space(process, NULL);
}

void process_limit_space(struct process *process, uint64_t limit_bytes)
{
    spin_lock(&process->lock);
    if (process->aspace != NULL)
        __atomic_store_n(&process->aspace->limit_bytes, limit_bytes, __ATOMIC_RELAXED);
    spin_unlock(&process->lock);
}

status_t process_become_alone(struct process *process)
{
    struct thread *thread = thread_current();
    spin_lock(&process->lock);
    if (process->ending || process->exec_thread != NULL) {
        spin_unlock(&process->lock);
        return STATUS_DEAD;
    }
    process->exec_thread = thread;
    LIST_FOR_EACH (node, &process->threads) {
        struct thread *other = CONTAINER_OF(node, struct thread, process_link);
        if (other != thread)
            thread_interrupt(other);
    }
    while (process->thread_count > 1) {
        /* Whoever ends the process ends those threads too, so this wait is over soon. */
        (void)wait_sleep_uninterrupted(&process->alone, &process->lock);
        spin_lock(&process->lock);
    }
    spin_unlock(&process->lock);
    return STATUS_OK;
}

void process_replace_space(struct process *process, struct aspace *aspace, const char *name)
{
    ASSERT(process->exec_thread == thread_current() && process->thread_count == 1);
    set_space(process, aspace);
    memset(process->name, 0, sizeof process->name);
    memcpy(process->name, name, strnlen(name, sizeof process->name - 1));
    trace_name(process);
    spin_lock(&process->lock);
    process->exec_thread = NULL;
    spin_unlock(&process->lock);
}

void process_buried(struct process *process)
{
    cell_remove_process(process);
    spin_lock(&processes.lock);
    list_remove(&process->all_link);
    spin_unlock(&processes.lock);
    process->ended = true;
    posix_buried(process);
    signal_change(&process->source, 0, SIGNAL_TERMINATED);
}

/* The lock is held. */
static void remove_thread(struct process *process, struct thread *thread)
{
    list_remove(&thread->process_link);
    if (!list_is_empty(&thread->signals.link))
        signals_thread_leave(process->posix, thread);
    process->thread_count--;
    if (process->exec_thread != NULL && process->thread_count == 1)
        wait_wake_all(&process->alone, &process->lock);
}

bool process_thread_exit(struct thread *thread)
{
    struct process *process = thread->process;
    robust_list_end(thread);
    if (thread->clear_on_exit.raw != 0)
        futex_clear_and_wake(thread->clear_on_exit);
    spin_lock(&process->lock);
    remove_thread(process, thread);
    bool last = process->thread_count == 0;
    if (last)
        process->ending = true;
    spin_unlock(&process->lock);
    if (last)
        tear_down(process);
    return last;
}

void process_thread_withdrawn(struct thread *thread)
{
    struct process *process = thread->process;
    spin_lock(&process->lock);
    if (!list_is_empty(&thread->process_link))
        remove_thread(process, thread);
    spin_unlock(&process->lock);
}

void process_log_signal(const struct trap_frame *frame, uint32_t number)
{
    struct process *process = process_current();
    counter_add(COUNTER_PROCESSES_CRASHED, 1);
    klog("crash: process %llu %s, cell %s: signal %u, pc %#llx, lr %#llx, sp %#llx",
         (unsigned long long)process->id, process->name, process->cell->name, number,
         (unsigned long long)frame->pc, (unsigned long long)frame->x[30],
         (unsigned long long)frame->sp);
}

void process_crash(const struct trap_frame *frame, uint64_t esr, uint64_t address, status_t status,
                   uint32_t code)
{
    struct process *process = process_current();
    counter_add(COUNTER_PROCESSES_CRASHED, 1);
    klog("crash: process %llu %s, cell %s: esr %#llx, address %#llx, pc %#llx, lr %#llx, sp %#llx, "
         "status %d",
         (unsigned long long)process->id, process->name, process->cell->name,
         (unsigned long long)esr, (unsigned long long)address, (unsigned long long)frame->pc,
         (unsigned long long)frame->x[30], (unsigned long long)frame->sp, status);
    process_end(process, code);
}

void process_describe(struct process *process, struct process_info *out_info)
{
    *out_info = (struct process_info){
        .id = process->id,
        .cell_id = process->cell->id,
        .cpu_ns = clock_from_ticks(process->cpu_ticks),
        .syscalls = process->syscalls,
        .faults = process->faults,
        .handles = process->handles.used,
        .threads = process->thread_count,
        .state = process->ended    ? PROCESS_ENDED
                 : process->ending ? PROCESS_ENDING
                                   : PROCESS_RUNNING,
        .exit_code = (uint32_t)process->exit_code,
    };
    memcpy(out_info->name, process->name, sizeof out_info->name);
    memcpy(out_info->cell_name, process->cell->name, sizeof out_info->cell_name);
    spin_lock(&process->lock);
    if (!process->ended && process->aspace != NULL)
        out_info->mapped_bytes = process->aspace->mapped_pages * PAGE_SIZE;
    spin_unlock(&process->lock);
}

void process_for_each(void (*visit)(struct process *process, void *argument), void *argument)
{
    spin_lock(&processes.lock);
    LIST_FOR_EACH (node, &processes.all) {
        visit(CONTAINER_OF(node, struct process, all_link), argument);
    }
    spin_unlock(&processes.lock);
}

struct process *process_find(uint64_t id)
{
    struct process *found = NULL;
    spin_lock(&processes.lock);
    LIST_FOR_EACH (node, &processes.all) {
        struct process *process = CONTAINER_OF(node, struct process, all_link);
        if (process->id == id && object_try_ref(&process->object)) {
            found = process;
            break;
        }
    }
    spin_unlock(&processes.lock);
    return found;
}

static struct signal_source *process_signals(struct object *object)
{
    return &((struct process *)object)->source;
}

void process_discard(struct process *process)
{
    spin_lock(&process->lock);
    process->ending = true;
    ASSERT(process->thread_count == 0);
    spin_unlock(&process->lock);
    tear_down(process);
    process_buried(process);
    object_unref(&process->object);
}

static void process_destroy(struct object *object)
{
    struct process *process = (struct process *)object;
    ASSERT(process->thread_count == 0 && process->ended);
    cell_remove_process(process);
    cell_uncharge(object->cell, CELL_PROCESSES, 1);
    posix_free(process);
    charged_free(object->cell, &processes.cache, process);
}

void process_setup(void)
{
    spin_init(&processes.lock, LOCK_CELL);
    list_init(&processes.all);
    slab_cache_init(&processes.cache, "process", sizeof(struct process));
}

static const struct object_ops process_object_ops = {
    .kind = OBJECT_PROCESS,
    .version = 1,
    .name = "process",
    .destroy = process_destroy,
    .signals = process_signals,
};
