/* Threads: a kernel stack, a saved context, scheduling state. */
#pragma once

#include <arch/context.h>

#include "kernel/mm/address.h"
#include "kernel/object/object.h"
#include "kernel/posix/thread_signals.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"

struct process;
struct cpu;

enum thread_state {
    THREAD_RUNNABLE, /* Running, or in a run queue. */
    THREAD_BLOCKED,
    THREAD_DEAD,
};

enum {
    THREAD_PRIORITIES = 32, /* 31 is the most urgent; 0 is idle. */
    THREAD_PRIORITY_DEFAULT = 12,
    THREAD_STACK_SIZE = 16384,
};

/* What a thread has to do before it returns to user mode. Set by anybody, taken back by itself. */
enum thread_work {
    THREAD_WORK_END = 1,         /* It does not return. */
    THREAD_WORK_SIGNALS = 2,     /* A signal of POSIX is due, or its process is stopped. */
    THREAD_WORK_INTERRUPTED = 4, /* Its call was interrupted: see syscall/dispatch.c. */
    THREAD_WORK_MASK = 8,        /* The mask of signals that held for the call goes. */
    THREAD_WORK_RELEASE = 16,    /* It has retired something: base/epoch.h. */
    THREAD_WORK_STOP = 32,       /* Its process is stopped but for it: posix/signal_stop.h. */
};

struct thread {
    struct object object; /* OBJECT_THREAD. */
    struct arch_context context;
    struct process *process; /* NULL for kernel threads. One reference. */
    struct cpu *cpu;         /* Where it runs or waits to run. */
    void *stack;             /* Lowest address of the kernel stack. */
    struct list run_link;
    uint32_t wait_state; /* enum wait_state, see wait.c. */
    uint32_t work;       /* enum thread_work */
    status_t wait_result;
    uint8_t call_flags; /* SYSCALL_* of the call that it is in; 0 for a fault. */
    uint8_t state;      /* enum thread_state. */
    uint8_t priority;
    bool on_cpu;            /* Its context is live on some CPU. */
    bool interruptible;     /* Its waits end when it is asked to end. */
    bool claimed_blocked;   /* Whoever claimed its wait found it off its CPU. */
    bool was_last;          /* Its process ended with it. */
    uint64_t started_ticks; /* Counter at the begin of the present stretch on a CPU. */
    uint64_t cpu_ticks;
    void *ipc; /* ipc/call.h: its part in calls. */
    struct waiter waiter;
    struct timer wait_timer;
    struct list process_link;
    uint64_t affinity; /* Bit a CPU. */
    uint64_t id;
    struct signal_source source; /* SIGNAL_TERMINATED. */
    uaddr_t robust_list;         /* sched/robust_list.h, or 0. */
    uaddr_t clear_on_exit;       /* A word to clear and wake at the end (pthread_join), or 0. */
    struct thread_signals signals;
    struct arch_fp_state fp; /* Last: large, and cold for most threads. */
};

struct thread *thread_current(void);

/* A kernel thread that runs `body(argument)`; for workers of the kernel. */
status_t thread_create_kernel(const char *name, void (*body)(void *), void *argument,
                              uint8_t priority, struct thread **out_thread);
/* A user thread of a process, not yet started. The caller gets the one reference. In the caller's own
 * process it masks the signals that the caller masks.
 * @return LIMIT, NO_MEMORY, DEAD when the process is ending. */
status_t thread_create_user(struct process *process, struct thread **out_thread);
/* Let a new thread run. */
void thread_start(struct thread *thread);
/* End the calling thread. */
_Noreturn void thread_exit(void);
/* Ask a thread to end: it does so before it returns to user mode; a wait is cancelled. */
void thread_interrupt(struct thread *thread);

/* Signals of POSIX: look at them before it returns to user mode. A wait that they may end is INTERRUPTED. Any
 * context; the thread does not go meanwhile. */
void thread_notify(struct thread *thread);
/* It waits, or is about to. It may be woken at any moment, so this is of use to who has asked it before to look on its
 * way to user mode (thread_notify). */
bool thread_is_asleep(const struct thread *thread);
/* It waits, and signals will not end that. A hint. */
bool thread_is_deaf(const struct thread *thread);

static inline void thread_add_work(struct thread *thread, uint32_t work)
{
    __atomic_fetch_or(&thread->work, work, __ATOMIC_RELEASE);
}

static inline void thread_drop_work(struct thread *thread, uint32_t work)
{
    __atomic_fetch_and(&thread->work, ~work, __ATOMIC_RELEASE);
}

static inline bool thread_has_work(const struct thread *thread, uint32_t work)
{
    return (__atomic_load_n(&thread->work, __ATOMIC_RELAXED) & work) != 0;
}

/* schedule_tail: a dead thread has left its stack. */
void thread_buried(struct thread *thread);

/* Boot. */
void thread_setup(void);
/* The flow of control that booted a CPU becomes its idle thread. */
void thread_adopt_idle(struct cpu *cpu, void *stack);
