/* Starting a program: what the creator passes, and what the new process finds. */
#pragma once

#include <abi/types.h>

enum {
    SPAWN_HANDLES_MAX = 64,
    SPAWN_STRINGS_MAX = 131072, /* Bytes of all arguments and environment strings. */
    SPAWN_NAME_SIZE = 32,
    START_NAME_SIZE = 48,
};

/* A handle for the new process: a duplicate of the creator's, narrowed to `rights`. */
struct spawn_handle {
    uint64_t handle;
    uint32_t rights;            /* At most what the handle carries; all bits: the same. */
    uint32_t flags;             /* 0, or spawn_at_number. */
    char name[START_NAME_SIZE]; /* What it is for, NUL-ended: "fs:read:/www". */
};
_Static_assert(sizeof(struct spawn_handle) == 64, "spawn_handle");

/* The handle is what this number names in the new process, as programs of POSIX expect it of 0, 1 and 2, and
 * is in its table under no value of its own. Numbers that several entries have are the last one's. */
static inline uint32_t spawn_at_number(uint32_t number)
{
    return number << 8 | 1;
}
#define SPAWN_NUMBERS_MAX 1024u

struct spawn_args {
    uint64_t arguments; /* Address of NUL-ended strings, one after the other. */
    uint64_t environment;
    uint32_t arguments_len; /* Bytes, the last NUL included. */
    uint32_t environment_len;
    uint64_t handles; /* Address of struct spawn_handle. */
    uint32_t handle_count;
    uint32_t priority; /* 0: the default. */
    char name[SPAWN_NAME_SIZE];
};
_Static_assert(sizeof(struct spawn_args) == 72, "spawn_args");

/* What the process finds: its stack is laid out as the System V ABI for AArch64 says (argc, argv,
 * envp, auxiliary vector), and two entries of the vector tell of its handles. AT_UID and its like tell
 * the identity of its cell. */
enum {
    AUX_START_HANDLES = 0x53570001, /* Address of struct start_handle[]. */
    AUX_START_HANDLE_COUNT = 0x53570002,
};

struct start_handle {
    uint64_t handle;
    uint32_t kind; /* enum object_kind */
    uint32_t rights;
    char name[START_NAME_SIZE];
};
_Static_assert(sizeof(struct start_handle) == 64, "start_handle");

/* thread_create */
enum thread_flags {
    THREAD_NO_HANDLE = 1 << 0, /* The creator needs none to it. */
};

enum process_state {
    PROCESS_RUNNING = 1,
    PROCESS_ENDING = 2,
    PROCESS_ENDED = 3,
};

/* Exit codes of processes that did not choose one. */
enum {
    EXIT_KILLED = 0x100,  /* + what process_kill said. */
    EXIT_CRASHED = 0x200, /* + the exception class. */
    EXIT_SIGNAL = 0x300,  /* + the number of the signal of POSIX that ended it. */
};

struct process_info {
    uint64_t id;
    uint64_t cell_id;
    uint64_t cpu_ns;
    uint64_t syscalls;
    uint64_t faults;
    uint64_t mapped_bytes; /* Present in its translation tables. */
    uint32_t handles;
    uint32_t threads;
    uint32_t state; /* enum process_state */
    uint32_t exit_code;
    char name[SPAWN_NAME_SIZE];
    char cell_name[32];
};
_Static_assert(sizeof(struct process_info) == 128, "process_info");
