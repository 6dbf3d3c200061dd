/* Timers of POSIX: those of timer_create, and the three of setitimer. They belong to a process, measure one of
 * its clocks, and send a signal. See interval_timer.c. Thread context, for the calling thread's process; may
 * sleep. */
#pragma once

#include <abi/interval_timer.h>
#include <abi/types.h>

#include "kernel/posix/signals_internal.h"
#include "kernel/sched/timer.h"

struct interval_timer {
    struct list link; /* In signals.timers. */
    struct posix_process *posix;
    struct timer timer; /* Armed for the next look at the clock; not while the signal is queued. */
    uint32_t id;
    uint32_t clock;  /* enum interval_clock */
    bool is_wall;    /* Set to a place on the wall clock. */
    bool is_private; /* Of setitimer: it goes with the process, not with its program. */
    bool is_queued;
    uint64_t looked_at;    /* Of CPU time: what it was when it was last armed. */
    uint64_t value;        /* The next expiry, on its clock; 0: none. */
    uint64_t interval;     /* 0: once. */
    uint64_t clock_thread; /* INTERVAL_CLOCK_THREAD: whose time. */
    struct interval_event event;
    struct signal_entry entry;
    struct signal_set *set; /* Where the entry is queued. */
    uint64_t overrun;       /* Expiries since it was queued. */
    uint32_t overrun_taken; /* What the last signal that was taken told. */
};

/* @return INVALID, LIMIT, NO_MEMORY. */
status_t interval_timer_create(struct posix_process *posix, uint32_t clock, uint64_t clock_thread,
                               const struct interval_event *event, uint32_t *out_id);
/* @param setting  NULL: only tell. @param is_absolute  setting->value is a place on the clock.
 * @return INVALID: no such timer. */
status_t interval_timer_set(struct posix_process *posix, uint32_t id, bool is_absolute,
                            const struct interval_setting *setting,
                            struct interval_setting *out_old);
status_t interval_timer_overrun(struct posix_process *posix, uint32_t id, uint32_t *out_count);
status_t interval_timer_delete(struct posix_process *posix, uint32_t id);

/* The signals: the queued entry of a timer is taken, or dropped. The lock is held. */
void interval_timer_taken(struct interval_timer *timer, struct signal_information *information);
void interval_timer_dropped(struct interval_timer *timer);

/* The process's last thread is leaving: all go. */
void interval_timers_clear(struct posix_process *posix);
/* Another program in the process: those of setitimer stay. */
void interval_timers_exec(struct posix_process *posix);
/* The wall clock was set: those that are set to a place on it look again. */
void interval_timers_look_again(void);
