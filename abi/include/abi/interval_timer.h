/* Timers of POSIX processes. All times in nanoseconds. */
#pragma once

#include <abi/types.h>

enum interval_clock {
    INTERVAL_CLOCK_MONOTONIC,
    INTERVAL_CLOCK_WALL,
    INTERVAL_CLOCK_PROCESS, /* CPU time of the process. */
    INTERVAL_CLOCK_THREAD,  /* CPU time of a thread. */
    INTERVAL_CLOCKS,
};

/* The timers of setitimer are there from the begin, by these numbers. */
enum { INTERVAL_TIMER_REAL, INTERVAL_TIMER_VIRTUAL, INTERVAL_TIMER_PROFILE, INTERVAL_TIMERS_OWN };

/* What an expiry does. */
struct interval_event {
    uint64_t value;  /* For the handler. */
    uint64_t thread; /* Whom to tell; 0: the process. */
    uint32_t signal; /* 0: nobody is told. */
    uint32_t padding;
};
_Static_assert(sizeof(struct interval_event) == 24, "interval_event");

enum interval_set_flags {
    INTERVAL_SET_ABSOLUTE = 1, /* The value is a place on the clock. */
    INTERVAL_SET_READ = 2,     /* Change nothing. */
};

/* When a timer expires, from now, or on its clock; then how often. */
struct interval_setting {
    uint64_t value;    /* 0: not at all. */
    uint64_t interval; /* 0: once. */
};
