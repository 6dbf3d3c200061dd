/* See timer.h. The pairing heap: a node's children are all later than it; taking the first away
 * merges its children in pairs (Fredman et al., The pairing heap, Algorithmica 1986). */
#include "kernel/sched/timer.h"

#include <arch/barrier.h>
#include <arch/cpu.h>
#include <arch/irq.h>

#include "kernel/base/hot.h"
#include "kernel/base/spinlock.h"
#include "lib/base/assert.h"

struct timer_queue {
    struct spinlock lock;
    struct timer *first;
    struct timer *running; /* Its function is being called. */
    time_ns_t armed_for;   /* What the hardware will fire at; TIME_NEVER: off. */
};

HOT_DATA static struct timers {
    struct timer_queue queues[CPUS_MAX];
    uint64_t nanoseconds_multiplier; /* Ticks * multiplier >> 32 = nanoseconds. */
    uint64_t ticks_multiplier;       /* And back. */
} timers;

static uint64_t scale(uint64_t value, uint64_t multiplier)
{
    return (uint64_t)((__uint128_t)value * multiplier >> 32);
}

time_ns_t clock_from_ticks(uint64_t ticks)
{
    return scale(ticks, timers.nanoseconds_multiplier);
}

time_ns_t clock_now(void)
{
    return clock_from_ticks(counter_read());
}

void clock_init(void)
{
    uint64_t frequency_hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency_hz));
    ASSERT(frequency_hz > 0 && frequency_hz <= UINT32_MAX);
    timers.nanoseconds_multiplier = (1000000000ull << 32) / frequency_hz;
    timers.ticks_multiplier = (frequency_hz << 32) / 1000000000ull;
}

static void hardware_arm(struct timer_queue *queue)
{
    time_ns_t deadline = queue->first == NULL ? TIME_NEVER : queue->first->deadline;
    if (deadline == queue->armed_for)
        return;
    queue->armed_for = deadline;
    /* CNTV_CTL: bit 0 enable, bit 1 mask. A tick more, so that it never fires too early. */
    if (deadline != TIME_NEVER)
        __asm__ volatile(
            "msr cntv_cval_el0, %0" ::"r"(scale(deadline, timers.ticks_multiplier) + 1));
    __asm__ volatile("msr cntv_ctl_el0, %0\n isb" ::"r"(deadline == TIME_NEVER ? 2ull : 1ull));
}

/* --- The heap -------------------------------------------------------------------------------- */

static struct timer *heap_merge(struct timer *a, struct timer *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (b->deadline < a->deadline) {
        struct timer *swap = a;
        a = b;
        b = swap;
    }
    b->next = a->child;
    b->previous = a;
    if (a->child != NULL)
        a->child->previous = b;
    a->child = b;
    a->next = NULL;
    a->previous = NULL;
    return a;
}

/* Merge a list of siblings: in pairs from the left, then all from the right. */
static struct timer *heap_merge_list(struct timer *list)
{
    struct timer *pairs = NULL;
    while (list != NULL) {
        struct timer *a = list, *b = a->next;
        list = b == NULL ? NULL : b->next;
        a->next = NULL;
        if (b != NULL)
            b->next = NULL;
        struct timer *merged = heap_merge(a, b);
        merged->next = pairs;
        pairs = merged;
    }
    struct timer *heap = NULL;
    while (pairs != NULL) {
        struct timer *rest = pairs->next;
        pairs->next = NULL;
        heap = heap_merge(heap, pairs);
        pairs = rest;
    }
    if (heap != NULL)
        heap->previous = NULL;
    return heap;
}

static void heap_remove(struct timer_queue *queue, struct timer *timer)
{
    struct timer *rest = heap_merge_list(timer->child);
    if (timer == queue->first) {
        queue->first = rest;
    } else {
        struct timer *previous = timer->previous;
        if (previous->child == timer)
            previous->child = timer->next;
        else
            previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = previous;
        queue->first = heap_merge(queue->first, rest);
    }
    timer->child = NULL;
    timer->next = NULL;
    timer->previous = NULL;
    timer->armed = false;
}

/* --- Timers ---------------------------------------------------------------------------------- */

void timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
    *timer = (struct timer){ .fire = fire };
}

void timer_arm(struct timer *timer, time_ns_t deadline)
{
    if (timer->armed)
        timer_cancel(timer);
    struct cpu *cpu = cpu_this();
    struct timer_queue *queue = &timers.queues[cpu->index];
    spin_lock(&queue->lock);
    timer->deadline = deadline;
    timer->cpu = cpu->index;
    timer->armed = true;
    queue->first = heap_merge(queue->first, timer);
    if (queue->first == timer)
        hardware_arm(queue);
    spin_unlock(&queue->lock);
}

bool timer_cancel(struct timer *timer)
{
    struct timer_queue *queue = &timers.queues[timer->cpu];
    spin_lock(&queue->lock);
    bool was_armed = timer->armed;
    if (was_armed)
        heap_remove(queue, timer);
    /* The hardware is left as it is: an interrupt too many costs less than arming again. */
    spin_unlock(&queue->lock);
    while (__atomic_load_n(&queue->running, __ATOMIC_ACQUIRE) == timer &&
           timer->cpu != cpu_this()->index)
        cpu_relax();
    return was_armed;
}

static void timer_interrupt(void *argument)
{
    struct timer_queue *queue = &timers.queues[cpu_this()->index];
    time_ns_t now = clock_now();
    spin_lock(&queue->lock);
    while (queue->first != NULL && queue->first->deadline <= now) {
        struct timer *timer = queue->first;
        heap_remove(queue, timer);
        __atomic_store_n(&queue->running, timer, __ATOMIC_RELAXED);
        spin_unlock(&queue->lock);
        timer->fire(timer);
        spin_lock(&queue->lock);
        __atomic_store_n(&queue->running, NULL, __ATOMIC_RELEASE);
    }
    queue->armed_for = 0; /* It has fired: arm again even for the same time. */
    hardware_arm(queue);
    spin_unlock(&queue->lock);
}

void timer_init_cpu(uint32_t intid)
{
    struct timer_queue *queue = &timers.queues[cpu_this()->index];
    spin_init(&queue->lock, LOCK_TIMER);
    queue->armed_for = TIME_NEVER;
    if (cpu_this()->index == 0)
        irq_attach(intid, timer_interrupt, NULL);
    irq_enable(intid);
}
