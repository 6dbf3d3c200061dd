/* Cells and the state of the machine. */
#pragma once

#include <abi/types.h>

enum cell_resource {
    CELL_MEMORY, /* Bytes: anonymous, tmpfs, kernel objects, page tables, stacks. */
    CELL_PROCESSES,
    CELL_THREADS,
    CELL_HANDLES,
    CELL_SCRATCH,  /* Bytes of tmpfs. */
    CELL_SEGMENTS, /* Stream segments held. */
    CELL_RESOURCES,
};

#define CELL_NO_LIMIT UINT64_MAX

enum { CELL_DEPTH_MAX = 16 }; /* Cells between one and the root, and itself. */

/* Whom a cell works for, as POSIX's numbers of a user and a group. Whoever makes the cell says it, nothing in it
 * can change it, and it decides nothing but whose files are, and which of the three classes of a
 * file's mode counts: what a process may do is in its handles. */
struct identity {
    uint32_t user;
    uint32_t group;
};
_Static_assert(sizeof(struct identity) == 8, "identity");

enum { IDENTITY_SYSTEM = 1000 }; /* Both numbers of what works for no principal. */

struct cell_params {
    char name[32];
    uint64_t limits[CELL_RESOURCES]; /* CELL_NO_LIMIT: none of its own. */
    struct identity identity;        /* Two zeros: that of the parent. */
};
_Static_assert(sizeof(struct cell_params) == 88, "cell_params");

struct cell_info {
    uint64_t id;
    uint64_t parent_id; /* 0 for the root. */
    uint64_t cpu_ns;
    uint64_t used[CELL_RESOURCES];
    uint64_t limits[CELL_RESOURCES];
    uint64_t peaks[CELL_RESOURCES];
    uint32_t state; /* enum cell_state of the kernel: 0 running, 1 draining, 2 dead. */
    uint32_t process_count;
    char name[32];
};
_Static_assert(sizeof(struct cell_info) == 208, "cell_info");

/* Frames are 4 KiB. */
struct memory_info {
    uint64_t total_frames;
    uint64_t free_frames;
    uint64_t cache_frames; /* Pages of files, clean and dirty. */
    uint64_t slab_objects;
    uint64_t retired_objects; /* Waiting for the end of their epoch. */
    uint64_t handles;         /* In all tables. */
    uint64_t segments;        /* In all streams. */
    uint64_t uptime_ns;
    uint32_t cpu_count;
    uint32_t padding;
    uint64_t idle_ns[8]; /* By CPU. */
};
_Static_assert(sizeof(struct memory_info) == 136, "memory_info");
