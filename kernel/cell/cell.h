/* Cells: the unit of isolation and of accounting. A cell nests in a parent, holds limits and
 * accounts, and counts every charge that somebody took in its name; a charge passes up to all
 * ancestors. Kernel objects keep a reference to the cell that they are charged to. Any context;
 * the accounts are atomic counters. */
#pragma once

#include <abi/system.h>

#include "kernel/object/object.h"

enum cell_state {
    CELL_RUNNING,
    CELL_DRAINING, /* Nothing new is created in it. */
    CELL_DEAD,
};

/* The POSIX processes of a cell: kernel/posix/family.h. */
struct cell_posix {
    struct spinlock lock; /* LOCK_FAMILY */
    struct list processes;
    struct list groups;
    struct list letters;      /* Its descriptors in flight: kernel/posix/letter.c. */
    uint32_t letters_numbers; /* How many. */
};

struct cell {
    struct object object;        /* OBJECT_CELL. */
    struct cell *parent;         /* One reference; NULL at the root. */
    uint32_t depth;              /* Of parents. */
    struct signal_source source; /* SIGNAL_TERMINATED. */
    struct spinlock lock;        /* LOCK_CELL: the lists and the state. */
    struct list processes;
    uint32_t process_count;
    struct cell_posix posix;
    struct list children;
    struct list sibling;
    uint64_t id;
    char name[32];
    struct identity identity; /* Does not change once something is in the cell. */
    enum cell_state state;
    uint64_t used[CELL_RESOURCES];
    uint64_t limit[CELL_RESOURCES]; /* UINT64_MAX: none of its own. */
    uint64_t peak[CELL_RESOURCES];
    uint64_t
        cpu_ticks; /* Of its threads, system time included; behind what its processes have not been asked for. */
};

status_t cell_create(struct cell *parent, const char *name, struct cell **out_cell);
struct cell *cell_root(void);

/* Until its end begins. One that ends just now may still seem to run: what is charged to it then lasts
 * as long as what it was charged for. */
static inline bool cell_is_running(const struct cell *cell)
{
    return __atomic_load_n(&cell->state, __ATOMIC_RELAXED) == CELL_RUNNING;
}

/* Take or give `amount` in the cell and all ancestors. @return LIMIT, with nothing taken, when one
 * of them would pass its limit. */
status_t cell_charge(struct cell *cell, enum cell_resource resource, uint64_t amount);
void cell_uncharge(struct cell *cell, enum cell_resource resource, uint64_t amount);

/* End every process of the cell and of its children, and wait until they are gone. May sleep. */
void cell_destroy(struct cell *cell);

/* A process enters or leaves the cell's list. @return DEAD when the cell takes no more. */
struct process;
status_t cell_add_process(struct cell *cell, struct process *process);
/* Once more when it is destroyed: its last threads may have had time after it left. */
void cell_remove_process(struct process *process);

/* Every cell, parents first: visit(cell, argument) with the tree's lock held. */
void cell_for_each(void (*visit)(struct cell *cell, void *argument), void *argument);
/* Cost: O(processes). */
void cell_describe(struct cell *cell, struct cell_info *out_info);
/* The same with the tree's lock held. */
void cell_describe_held(struct cell *cell, struct cell_info *out_info);

/* Boot. */
void cell_setup(void);
