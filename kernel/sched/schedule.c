/* See schedule.h. The switch has two halves: schedule_switch leaves `previous`, and schedule_tail, on
 * the next thread's stack, says that previous's context is saved. Only then may another CPU run
 * it, so a thread that is preempted enters the run queue in the tail. */
#include "kernel/sched/schedule.h"

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/irq.h>
#include <arch/mmu.h>
#include <arch/spin_inline.h>

#include "kernel/base/epoch.h"
#include "kernel/base/hot.h"
#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/posix/signal_stop.h"
#include "kernel/process/process.h"
#include "kernel/sched/ipi.h"
#include "kernel/sched/preempt.h"
#include "kernel/sched/slice.h"
#include "kernel/sched/surplus.h"
#include "kernel/sched/wait_state.h"
#include "kernel/trace/counter.h"
#include "kernel/trace/tracepoint.h"
#include "lib/base/assert.h"

HOT_DATA struct cpu cpus[CPUS_MAX];
HOT_DATA uint32_t schedule_idle_cpus;
HOT_DATA_PER_CPU static struct run_queue run_queues[CPUS_MAX];

struct thread *thread_current(void)
{
    return cpu_current_thread();
}

uint32_t cpu_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        count += __atomic_load_n(&cpus[i].online, __ATOMIC_RELAXED);
    return count;
}

/* --- Run queues ------------------------------------------------------------------------------ */

static void queue_push(struct run_queue *queue, struct thread *thread)
{
    list_push_back(&queue->ready[thread->priority], &thread->run_link);
    queue->ready_mask |= 1u << thread->priority;
    queue->ready_count++;
}

static void queue_remove(struct run_queue *queue, struct thread *thread)
{
    list_remove(&thread->run_link);
    if (list_is_empty(&queue->ready[thread->priority]))
        queue->ready_mask &= ~(1u << thread->priority);
    if (--queue->ready_count == 0)
        queue->emptied++;
}

static struct thread *queue_pop(struct run_queue *queue)
{
    if (queue->ready_mask == 0)
        return NULL;
    uint32_t priority = 31 - (uint32_t)__builtin_clz(queue->ready_mask);
    struct thread *thread = CONTAINER_OF(queue->ready[priority].next, struct thread, run_link);
    queue_remove(queue, thread);
    return thread;
}

/* The most urgent thread of another CPU's queue that may run here. */
static struct thread *queue_steal(struct run_queue *queue, uint32_t cpu)
{
    for (uint32_t mask = queue->ready_mask; mask != 0;) {
        uint32_t priority = 31 - (uint32_t)__builtin_clz(mask);
        mask &= ~(1u << priority);
        LIST_FOR_EACH (node, &queue->ready[priority]) {
            struct thread *thread = CONTAINER_OF(node, struct thread, run_link);
            if (thread->affinity & 1ull << cpu) {
                queue_remove(queue, thread);
                return thread;
            }
        }
    }
    return NULL;
}

/* What has just become ready there is left to that CPU: surplus.h. */
static struct thread *steal(struct cpu *cpu)
{
    for (uint32_t i = 1; i < CPUS_MAX; i++) {
        uint32_t other = (cpu->index + i) % CPUS_MAX;
        struct run_queue *queue = &run_queues[other];
        if (__atomic_load_n(&queue->ready_count, __ATOMIC_RELAXED) == 0 ||
            !surplus_lasts(&cpus[other]))
            continue;
        spin_lock(&queue->lock);
        struct thread *thread = queue_steal(queue, cpu->index);
        spin_unlock(&queue->lock);
        if (thread != NULL)
            return thread;
    }
    return NULL;
}

static inline __attribute__((always_inline)) struct thread *pick(struct cpu *cpu)
{
    struct run_queue *queue = cpu->run_queue;
    spin_lock_inline(&queue->lock);
    struct thread *thread = queue_pop(queue);
    spin_unlock(&queue->lock);
    if (thread == NULL)
        thread = steal(cpu);
    return thread != NULL ? thread : cpu->idle;
}

/* Where a thread that becomes ready goes: here if it may, else where it may. */
static struct cpu *cpu_for(const struct thread *thread)
{
    struct cpu *here = cpu_this();
    if (thread->affinity & 1ull << here->index)
        return here;
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (cpus[i].online && thread->affinity & 1ull << i)
            return &cpus[i];
    return here;
}

void schedule_ready(struct thread *thread)
{
    ASSERT(!thread->on_cpu);
    struct cpu *cpu = cpu_for(thread);
    struct run_queue *queue = cpu->run_queue;
    thread->state = THREAD_RUNNABLE;
    trace(TRACE_WAKE, thread->id, 0);
    spin_lock_inline(&queue->lock);
    thread->cpu = cpu;
    queue_push(queue, thread);
    spin_unlock(&queue->lock);
    struct thread *current = __atomic_load_n(&cpu->current, __ATOMIC_RELAXED);
    if (cpu == cpu_this()) {
        barrier_full(); /* The queue's count, then who is idle: schedule_has_surplus. */
        if (thread->priority > current->priority)
            cpu->need_resched = true;
        else if (thread->priority == current->priority)
            slice_begin(cpu);
    } else if (thread->priority > current->priority) {
        ipi_send(cpu->index, IPI_RESCHEDULE);
    }
}

/* Moves the thread between lists when it waits to run. */
void schedule_set_priority(struct thread *thread, uint8_t priority)
{
    for (;;) {
        struct cpu *cpu = __atomic_load_n(&thread->cpu, __ATOMIC_ACQUIRE);
        if (cpu == NULL) {
            thread->priority = priority; /* It has never run and is not ready yet. */
            return;
        }
        struct run_queue *queue = cpu->run_queue;
        spin_lock(&queue->lock);
        if (thread->cpu == cpu) {
            bool queued = !list_is_empty(&thread->run_link);
            if (queued)
                queue_remove(queue, thread);
            thread->priority = priority;
            if (queued)
                queue_push(queue, thread);
            spin_unlock(&queue->lock);
            return;
        }
        spin_unlock(&queue->lock);
    }
}

/* --- Switching ------------------------------------------------------------------------------- */

static void account(struct thread *thread, uint64_t now)
{
    uint64_t ticks = now - thread->started_ticks;
    /* In this order, for whoever reads from another CPU: posix/cpu_clock.c. */
    __atomic_store_n(&thread->started_ticks, now, __ATOMIC_RELAXED);
    __atomic_store_n(&thread->cpu_ticks, thread->cpu_ticks + ticks, __ATOMIC_RELEASE);
    if (thread->process != NULL)
        __atomic_fetch_add(&thread->process->cpu_ticks, ticks, __ATOMIC_RELEASE);
}

void schedule_tail(struct arch_context *left)
{
    struct thread *previous = CONTAINER_OF(left, struct thread, context);
    struct cpu *cpu = cpu_this();
    bool requeue = previous->state == THREAD_RUNNABLE && previous != cpu->idle;
    bool dead = previous->state == THREAD_DEAD;
    __atomic_store_n(&previous->on_cpu, false, __ATOMIC_RELEASE);
    if (requeue)
        schedule_ready(previous);
    else if (dead)
        thread_buried(previous);
}

static uint64_t traced_process(const struct cpu *cpu, const struct thread *thread)
{
    if (thread == cpu->idle)
        return TRACE_IDLE;
    return thread->process == NULL ? 0 : thread->process->id;
}

/* In line where a thread goes to sleep or makes way, which are the most frequent switches by far. */
static inline __attribute__((always_inline)) void switch_to(struct cpu *cpu, struct thread *next)
{
    struct thread *previous = cpu->current;
    cpu->need_resched = false;
    if (next == previous)
        return;
    ASSERT(!next->on_cpu);
    uint64_t now = counter_read();
    account(previous, now);
    next->started_ticks = now;
    next->cpu = cpu;
    __atomic_store_n(&next->on_cpu, true, __ATOMIC_RELEASE);
    barrier_full(); /* Before it looks whether it shall end: thread_interrupt. */
    trace(TRACE_SWITCH, next->id, traced_process(cpu, next));
    fp_switch(previous, next);
    if (next->process != NULL)
        mmu_activate(next->process->aspace);
    cpu->current = next;
    cpu->switches++;
    slice_switch(cpu);
    schedule_tail(context_switch(&previous->context, &next->context));
}

static void schedule_switch(struct cpu *cpu, struct thread *next)
{
    switch_to(cpu, next);
}

/* A thread that leaves its CPU with something retired leaves that to the reaper: it may be long away. One
 * whose process is being stopped is at rest. */
__attribute__((noinline)) static void pass_on_work(struct thread *thread)
{
    if (thread_has_work(thread, THREAD_WORK_RELEASE))
        epoch_pass_on();
    if (thread_has_work(thread, THREAD_WORK_STOP))
        signals_thread_rest(thread);
}

static void pass_on(struct thread *thread)
{
    if (__builtin_expect(thread_has_work(thread, THREAD_WORK_RELEASE | THREAD_WORK_STOP), 0))
        pass_on_work(thread);
}

void schedule_yield(void)
{
    struct cpu *cpu = cpu_this();
    struct run_queue *queue = cpu->run_queue;
    struct thread *current = cpu->current;
    pass_on(current);
    cpu->need_resched = false;
    spin_lock(&queue->lock);
    /* Only somebody at least as urgent. */
    struct thread *next = NULL;
    if (queue->ready_mask >> current->priority != 0)
        next = queue_pop(queue);
    spin_unlock(&queue->lock);
    if (next != NULL)
        switch_to(cpu, next);
}

/* From WAITING to BLOCKED, unless somebody has woken the thread in the meantime. */
static bool commit_to_block(struct thread *thread)
{
    uint32_t waiting = __atomic_load_n(&thread->wait_state, __ATOMIC_RELAXED);
    thread->state = THREAD_BLOCKED;
    if ((waiting & WAIT_STATE_MASK) == WAIT_WAITING &&
        __atomic_compare_exchange_n(&thread->wait_state, &waiting,
                                    WAIT_BLOCKED | (waiting & ~(uint32_t)WAIT_STATE_MASK), false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return true;
    thread->state = THREAD_RUNNABLE;
    return false;
}

void schedule_block(void)
{
    struct cpu *cpu = cpu_this();
    pass_on(cpu->current);
    if (commit_to_block(cpu->current))
        switch_to(cpu, pick(cpu));
}

void schedule_handoff(struct thread *next)
{
    struct cpu *cpu = cpu_this();
    pass_on(cpu->current);
    next->state = THREAD_RUNNABLE;
    if (commit_to_block(cpu->current))
        schedule_switch(cpu, next);
    else
        schedule_ready(next);
}

_Noreturn void schedule_exit(void)
{
    struct cpu *cpu = cpu_this();
    pass_on(cpu->current);
    trace(TRACE_THREAD_END, 0, 0);
    cpu->current->state = THREAD_DEAD;
    schedule_switch(cpu, pick(cpu));
    __builtin_unreachable();
}

void preempt_point(void)
{
    irq_window();
    if (cpu_this()->need_resched)
        schedule_yield();
}

/* --- Idle CPUs ------------------------------------------------------------------------------- */

static void idle_begin(struct cpu *cpu)
{
    __atomic_fetch_or(&schedule_idle_cpus, 1u << cpu->index, __ATOMIC_SEQ_CST);
}

/* Whoever wants its work done there takes the bit, so that one signal is sent. @return whether it was there. */
static bool idle_take(uint32_t index)
{
    uint32_t bit = 1u << index;
    return (__atomic_fetch_and(&schedule_idle_cpus, ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

void schedule_share_work(void)
{
    struct cpu *cpu = cpu_this();
    if (schedule_has_surplus(cpu))
        surplus_look(cpu);
}

void schedule_send_for_help(void)
{
    uint32_t idle = __atomic_load_n(&schedule_idle_cpus, __ATOMIC_RELAXED);
    if (idle != 0 && idle_take((uint32_t)__builtin_ctz(idle)))
        ipi_send((uint32_t)__builtin_ctz(idle), IPI_RESCHEDULE);
}

static bool any_work(const struct cpu *cpu)
{
    if (cpu->need_resched)
        return true;
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        if (__atomic_load_n(&run_queues[i].ready_count, __ATOMIC_RELAXED) > 0)
            return true;
    return false;
}

/* Until there is nothing to run again. What comes from another CPU's queue is help. */
static void idle_run(struct cpu *cpu, struct thread *next)
{
    bool helps = next->cpu != cpu;
    uint64_t start = counter_read();
    (void)idle_take(cpu->index);
    schedule_switch(cpu, next);
    if (helps)
        surplus_learn(clock_from_ticks(counter_read() - start));
}

/* @return whether somebody has sent for this CPU. */
static bool idle_sleep(struct cpu *cpu)
{
    uint64_t start = counter_read();
    __atomic_store_n(&cpu->idle_since, start, __ATOMIC_RELAXED);
    cpu_wait_for_interrupt();
    __atomic_store_n(&cpu->idle_since, 0, __ATOMIC_RELAXED);
    cpu->idle_ticks += counter_read() - start;
    irq_window();
    return (__atomic_load_n(&schedule_idle_cpus, __ATOMIC_RELAXED) & 1u << cpu->index) == 0;
}

_Noreturn void schedule_idle(void)
{
    struct cpu *cpu = cpu_this();
    bool is_sent_for = false;
    for (;;) {
        idle_begin(cpu);
        barrier_full(); /* Who adds work after this sees that we are idle; what was added before, we see. */
        struct thread *next = any_work(cpu) ? pick(cpu) : cpu->idle;
        if (next != cpu->idle) {
            idle_run(cpu, next);
            is_sent_for = false;
            continue;
        }
        if (is_sent_for)
            surplus_learn(0);
        cpu->need_resched = false;
        if (any_work(cpu))
            surplus_look_again(cpu); /* Somebody's, who shall have time to do it. */
        is_sent_for = idle_sleep(cpu);
    }
}

void schedule_init_cpu(struct cpu *cpu)
{
    struct run_queue *queue = &run_queues[cpu->index];
    spin_init(&queue->lock, LOCK_RUN_QUEUE);
    for (uint32_t i = 0; i < THREAD_PRIORITIES; i++)
        list_init(&queue->ready[i]);
    cpu->run_queue = queue;
}

void ipi_handle(enum ipi ipi)
{
    struct cpu *cpu = cpu_this();
    switch (ipi) {
    case IPI_RESCHEDULE: cpu->need_resched = true; break;
    case IPI_DROP_SPACE: mmu_leave_lazy(); break;
    case IPI_STOP: cpu_halt();
    case IPI_COUNT: break;
    }
}
