/* Parents and children of the POSIX processes of a cell, and what a parent can wait for. Families do not
 * cross cells; one lock a cell (LOCK_FAMILY, cell->posix.lock) guards all of a cell's.
 *
 * A family is begun with posix_of or a fork and holds a reference to its process until it is over: for a
 * child whose parent may wait, until that has waited or ended; for every other process, until it ends. */
#pragma once

#include <abi/family.h>
#include <abi/types.h>

#include "kernel/posix/group.h"
#include "kernel/sched/wait.h"
#include "lib/base/list.h"

struct cell;
struct posix_process;
struct process;

/* What wait has to tell of a process that runs or is stopped; its end is told by `ended`. */
enum family_news {
    FAMILY_NEWS_NONE,
    FAMILY_NEWS_STOPPED,
    FAMILY_NEWS_CONTINUED,
};

struct family {
    struct posix_process *parent; /* NULL: nobody waits for it. */
    uint64_t parent_id;           /* Its number, or 0; read without the lock. */
    struct list children;         /* Those that ended too, until they were waited for. */
    struct list sibling;
    struct list cell_link; /* In cell->posix.processes. */
    struct posix_group *group;
    struct list group_link;
    struct wait_queue
        waiters; /* Its own threads, waiting for children; the family lock is the guard. */
    bool ended;
    bool stopped;  /* All of it, by a signal. */
    bool executed; /* Has called exec: the parent may not move it to another group any more. */
    uint8_t news;  /* enum family_news */
    uint8_t news_signal;
    int8_t nice;                         /* Information only: priorities belong to cells. */
    struct process_usage children_usage; /* Of those that were waited for. */
    struct process_limit *limits; /* PROCESS_LIMITS of them; NULL while all are as they began. */
};

/* Its group is one that its terminal does not stop. */
bool family_is_orphaned(const struct posix_process *posix);

/* Set up what needs no lock and cannot fail. */
void family_init(struct posix_process *posix);
/* Begin in a group and a session of one's own, and make it process->posix. The family takes a reference to
 * the process. @return LIMIT, NO_MEMORY; EXISTS when the process has a family already. */
status_t family_begin(struct posix_process *posix);
/* The same for a process that is being made and has its part already (posix_begin). */
status_t family_begin_new(struct posix_process *posix);
/* The process has ended, its exit code stands: its children belong to nobody, its parent is told. Any
 * context without locks. */
void family_buried(struct posix_process *posix);

/* A process of the cell by its number, ended or not, as long as its family lasts. The caller gets a
 * reference to posix->process and gives it back by object_unref. NULL: there is none. */
struct posix_process *posix_process_find(struct cell *cell, uint64_t id);
/* Visit the cell's POSIX processes with the family lock held. */
void posix_process_for_each(struct cell *cell,
                            void (*visit)(struct posix_process *posix, void *argument),
                            void *argument);

/* The process was stopped by a signal, or goes on (signal_stop.h): its parent is told of the latest that it has not been told
 * yet. Any context without LOCK_SIGNAL and what is above it. */
void family_tell_news(struct posix_process *posix);

/* wait.c: what a parent asks for. */
struct wait_request {
    uint32_t select; /* enum process_wait_select */
    uint64_t id;     /* Of the child or group. */
    uint32_t flags;  /* enum process_wait_flags */
};

/* Wait for a child. @return NO_CHILD, INTERRUPTED or CANCELLED, WOULD_BLOCK with PROCESS_WAIT_NO_HANG. */
status_t family_wait(struct posix_process *posix, const struct wait_request *request,
                     struct process_wait_result *out_result);
