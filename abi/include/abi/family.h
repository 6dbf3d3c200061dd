/* POSIX processes: what fork, exec, wait and their kin pass to the kernel, and get. */
#pragma once

#include <abi/types.h>

enum process_wait_select {
    PROCESS_WAIT_ANY,
    PROCESS_WAIT_CHILD, /* The one of a number. */
    PROCESS_WAIT_GROUP, /* Those in a group. */
};

enum process_wait_flags {
    PROCESS_WAIT_NO_HANG = 1 << 0, /* Answer at once. */
    PROCESS_WAIT_ENDED = 1 << 1,
    PROCESS_WAIT_STOPPED = 1 << 2,
    PROCESS_WAIT_CONTINUED = 1 << 3,
    PROCESS_WAIT_KEEP = 1 << 4, /* What is told may be told again. */
};

/* What has become of a child. */
enum process_event {
    PROCESS_EVENT_NONE, /* Nothing to tell (PROCESS_WAIT_NO_HANG). */
    PROCESS_EVENT_EXITED,
    PROCESS_EVENT_KILLED, /* By a signal. */
    PROCESS_EVENT_STOPPED,
    PROCESS_EVENT_CONTINUED,
};

/* Accounts of a process, or the sum of several. */
struct process_usage {
    uint64_t cpu_ns;
    uint64_t faults;
    uint64_t pages_max; /* The most that were mapped at a time. */
};
_Static_assert(sizeof(struct process_usage) == 24, "process_usage");

struct process_wait_result {
    uint64_t id;
    uint32_t event;  /* enum process_event */
    uint32_t detail; /* The exit code, or the signal. */
    struct process_usage usage;
};
_Static_assert(sizeof(struct process_wait_result) == 40, "process_wait_result");

enum process_usage_who {
    PROCESS_USAGE_SELF,
    PROCESS_USAGE_CHILDREN, /* Those that were waited for, and theirs. */
    PROCESS_USAGE_THREAD,   /* Of the caller: its time only. */
};

struct process_kin {
    uint64_t parent; /* 0: nobody, or one outside the cell. */
    uint64_t group;
    uint64_t session;
};

/* What a cell may see of the machine: its own limits where they are the smaller ones. */
struct process_surroundings {
    uint64_t uptime_ns;
    uint64_t memory_bytes;
    uint64_t memory_free_bytes;
    uint32_t processes;
    uint32_t cpus; /* Online. */
};
_Static_assert(sizeof(struct process_surroundings) == 32, "process_surroundings");

/* What a child that is spawned differs in from its parent. */
enum spawn_child_flags {
    SPAWN_CHILD_GROUP = 1 << 0,   /* Of number `group`; 0: of its own. */
    SPAWN_CHILD_SESSION = 1 << 1, /* In a session of its own. */
    SPAWN_CHILD_MASK = 1 << 2,
    SPAWN_CHILD_DEFAULTS = 1 << 3,
    SPAWN_CHILD_FLAGS = (1 << 4) - 1,
};

enum spawn_action_kind {
    SPAWN_ACTION_CLOSE, /* number, if it is open. */
    SPAWN_ACTION_COPY,  /* target names from then on what number names, and stays open. */
};

/* Done with the child's numbers, in order, before those go that are closed on exec. */
struct spawn_action {
    uint32_t kind;
    uint32_t number;
    uint32_t target;
};
_Static_assert(sizeof(struct spawn_action) == 12, "spawn_action");

enum { SPAWN_ACTIONS_MAX = 1024 };

struct spawn_child {
    uint64_t actions; /* Address of struct spawn_action. */
    uint32_t action_count;
    uint32_t flags;
    uint64_t group;
    uint64_t mask;     /* Of signals, bit n - 1 for number n. */
    uint64_t defaults; /* Signals whose action becomes the default. */
};
_Static_assert(sizeof(struct spawn_child) == 40, "spawn_child");

/* Limits of one process, by the numbers that POSIX systems give to RLIMIT_*. */
enum { PROCESS_LIMITS = 16 };
#define PROCESS_NO_LIMIT UINT64_MAX

struct process_limit {
    uint64_t soft;
    uint64_t hard;
};
