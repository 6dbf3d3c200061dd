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

void family_init(struct posix_process *posix);
/* The process has ended: its children belong to nobody, and its parent is told. */
void family_buried(struct posix_process *posix);
