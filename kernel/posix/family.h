/* Parents, children, groups and sessions. They do not cross cells; one lock a cell (LOCK_FAMILY) guards
 * all of a cell's. */
#pragma once

#include <abi/types.h>

#include "lib/base/list.h"

struct posix_process;
struct posix_session;

struct posix_group {
    uint64_t id; /* The number of the process that began it. */
    struct posix_session *session;
    struct list members; /* struct family. */
};

struct family {
    struct posix_process *parent; /* NULL: nobody waits for it. */
    struct list children;
    struct list sibling;
    struct posix_group *group;
    struct list group_link;
};

/* For the delivery of signals: all threads of the process were stopped by, or go on after, a signal. The
 * parent is told. Not with the signal lock held. */
void family_note_stop(struct posix_process *posix, uint32_t signal);
void family_note_continue(struct posix_process *posix);
/* Its group is one that its terminal does not stop. */
bool family_is_orphaned(const struct posix_process *posix);

void family_init(struct posix_process *posix);
/* The process has ended: its children belong to nobody, and its parent is told. */
void family_buried(struct posix_process *posix);
