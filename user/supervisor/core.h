/* What should run, and what to do about it: the supervisor's decisions as a pure state machine. Events
 * and the time go in; actions (start this, ask that to stop, end it) and the next deadline come out. It
 * knows services by number alone; processes, cells and handles are the owner's (user/supervisor/).
 *
 *                    start, needs up        ready
 *   STOPPED --start--> WAITING --------> STARTING -------> READY <--> DEGRADED
 *      ^                  ^               |   |              |           |
 *      |                  | delay over    |   +---- ended, failed, silent or too late ----+
 *      |              RESTARTING <--------------- may go on? (policy, limit) <------------+
 *      |                                                     | no
 *   STOPPING <--stop, restart, need ended-- any that runs    +--> FAILED, or STOPPED (ended well)
 *
 * Services are numbered so that each comes after all it needs. One thread, no allocation. Cost: O(n)
 * an event. */
#pragma once

#include <abi/types.h>

enum {
    CORE_SERVICES_MAX = 256,
    CORE_NEED_WORDS = CORE_SERVICES_MAX / 64,
    CORE_RECORDS = 128, /* Of the history. */
};

#define CORE_STOP_GRACE_NS 2000000000ull /* From the wish to stop to the end by force. */
#define CORE_DELAY_MAX_NS 30000000000ull /* The longest wait before a restart. */

enum core_restart { CORE_RESTART_NEVER, CORE_RESTART_ON_FAILURE, CORE_RESTART_ALWAYS };

/* What the manifest says of a service. */
struct core_rules {
    bool at_boot;
    bool tells; /* It says itself when it is ready. */
    bool
        follows_needs; /* It starts when what it needs has begun, and is restarted when one has ended. */
    enum core_restart restart;
    time_ns_t delay_ns; /* Before the first restart of one that never was ready; then doubling. */
    uint32_t limit;     /* Restarts within the window. */
    time_ns_t window_ns;
    time_ns_t ready_within_ns;
    time_ns_t watchdog_ns;           /* 0: none. */
    uint64_t needs[CORE_NEED_WORDS]; /* Bit n: service n, which has a lower number. */
};

enum core_state {
    CORE_STOPPED,
    CORE_WAITING, /* For what it needs. */
    CORE_STARTING,
    CORE_READY,
    CORE_STOPPING,
    CORE_RESTARTING, /* For the delay to pass. */
    CORE_FAILED,
};

/* Why a service is in its state: for telemetry. */
enum core_reason {
    CORE_NO_REASON,
    CORE_ENDED,       /* Its process ended by itself; code is its exit code. */
    CORE_NOT_SPAWNED, /* It could not be started; code is the status. */
    CORE_TOO_LATE,    /* It was not ready in time. */
    CORE_SILENT,      /* Its watchdog heard nothing. */
    CORE_KILLED,      /* By an operator. */
    CORE_COMMANDED,   /* Stopped, started or restarted by an operator. */
    CORE_NEED_ENDED,  /* A service that it follows has ended. */
    CORE_TOO_OFTEN,   /* It has been restarted up to its limit. */
    CORE_SAYS_SO,     /* It says that it is degraded. */
    CORE_REASONS,
};

enum core_event_kind {
    CORE_EVENT_TIME,         /* Only the time. */
    CORE_EVENT_SPAWNED,      /* The action START was done. */
    CORE_EVENT_SPAWN_FAILED, /* Or not: code is the status. */
    CORE_EVENT_TELLS_BEGUN,  /* Not ready yet, but its followers may attach to it. */
    CORE_EVENT_TELLS_READY,
    CORE_EVENT_TELLS_ALIVE,
    CORE_EVENT_TELLS_DEGRADED, /* code: 1 it is, 0 no longer. */
    CORE_EVENT_ENDED,          /* Its process is gone, handles and all; code is the exit code. */
    CORE_EVENT_START,          /* Of an operator, or of a first client. */
    CORE_EVENT_STOP,
    CORE_EVENT_RESTART,
    CORE_EVENT_KILL,
};

struct core_event {
    enum core_event_kind kind;
    uint32_t service;
    uint32_t life; /* Of what a process tells or how it ended: the life it belongs to. */
    uint32_t code;
};

enum core_action {
    CORE_DO_NOTHING,
    CORE_DO_START,    /* Start its process; answer SPAWNED or SPAWN_FAILED before the next event. */
    CORE_DO_ASK_STOP, /* Ask its process to end. */
    CORE_DO_KILL,     /* End its process; ENDED comes when it is gone. */
};

struct core_service {
    struct core_rules rules;
    enum core_state state;
    enum core_reason reason;
    uint32_t code;
    time_ns_t since;    /* In this state. */
    time_ns_t deadline; /* Of this state; TIME_NEVER: none. */
    uint32_t life;      /* Counts its processes; the current or last one. */
    uint32_t failures;  /* In a row, without having been ready. */
    time_ns_t debt_ns;  /* Restarts that are not yet forgotten, see restart_allowed. */
    time_ns_t debt_at;
    bool wanted;             /* It should run. */
    bool has_begun;          /* In this life: it says so, or is ready. */
    bool was_ready;          /* In this life. */
    bool degraded;           /* It says so. */
    bool condemned;          /* It is to be ended; the reason is there already. */
    enum core_action action; /* Not yet fetched. */
};

/* One entry of the history. */
struct core_record {
    time_ns_t when;
    uint16_t service;
    uint8_t state;  /* enum core_state it went into. */
    uint8_t reason; /* enum core_reason */
    uint32_t code;
};

struct core {
    uint32_t count;
    uint64_t record_count; /* Ever; the last CORE_RECORDS are there. */
    struct core_record records[CORE_RECORDS];
    struct core_service services[CORE_SERVICES_MAX];
};

/* All services stopped. Add them in order, then begin. */
void core_init(struct core *core);
/* @return its number. At most CORE_SERVICES_MAX; needs must be lower numbers. */
uint32_t core_add(struct core *core, const struct core_rules *rules);
/* Want all that start at boot. */
void core_begin(struct core *core, time_ns_t now);

/* Take in one event. What a process of an earlier life tells is ignored.
 * @return BAD_STATE for a command that makes no sense now (nothing changes), else OK. */
status_t core_step(struct core *core, const struct core_event *event, time_ns_t now);

/* The next action, once; CORE_DO_NOTHING when all are done. Actions come in the order of services. */
enum core_action core_next_action(struct core *core, uint32_t *out_service);

/* When the next CORE_EVENT_TIME is due; TIME_NEVER: only an event can change anything. */
time_ns_t core_deadline(const struct core *core);

/* A process of it exists, or is about to. */
bool core_is_running(const struct core *core, uint32_t service);
/* Its process takes in what its supervisor and its followers have for it: it has begun, or is ready. */
bool core_has_begun(const struct core *core, uint32_t service);
/* It is ready, but says it is degraded or lacks a service that it needs. */
bool core_is_degraded(const struct core *core, uint32_t service);
/* All that start at boot are ready, or will not be. */
bool core_is_settled(const struct core *core);
