/* Process groups and sessions: whom a terminal's signals reach. A group lives while it has members or
 * somebody (a terminal) keeps a reference, a session while it has groups or the same. The lock of the
 * cell's families (LOCK_FAMILY, cell->posix.lock) guards all of a cell's; references may be taken and
 * given back in any context. */
#pragma once

#include <abi/types.h>

#include <stdbool.h>

#include "lib/base/list.h"

struct cell;
struct object;
struct posix_process;
struct signal_information;

struct posix_session {
    uint64_t id; /* The number of the process that began it, its leader. */
    uint32_t refs;
    struct cell *cell;       /* One reference. */
    struct object *terminal; /* kernel/tty: the controlling terminal, or NULL. */
};

struct posix_group {
    uint64_t id; /* The number of the process that began it. */
    uint32_t refs;
    struct posix_session *session; /* One reference; never changes. */
    struct list members;   /* family.group_link; those that ended stay until they are buried. */
    struct list cell_link; /* In cell->posix.groups while there are members. */
};

struct posix_group *posix_group_ref(struct posix_group *group);
/* May free it, and its session. Any context, also under the family lock. */
void posix_group_unref(struct posix_group *group);
struct posix_session *posix_session_ref(struct posix_session *session);
void posix_session_unref(struct posix_session *session);

/* A group of a cell by its number, with a reference for the caller; NULL when there is none. */
struct posix_group *posix_group_find(struct cell *cell, uint64_t id);
/* Send a signal to every member. @return NOT_FOUND when it has none any more. Not under the family lock. */
status_t posix_group_signal(struct posix_group *group,
                            const struct signal_information *information);
/* Whether nobody outside the group, but in its session, is the parent of a member: such a group is not
 * stopped by its terminal. */
bool posix_group_is_orphaned(struct posix_group *group);

/* For family.c; the family lock is held. */

/* A new group in a session (NULL: in a session of its own, with the same number). No members yet: the
 * caller has the one reference. Takes no lock. @return LIMIT, NO_MEMORY. */
status_t posix_group_create(struct cell *cell, uint64_t id, struct posix_session *session,
                            struct posix_group **out_group);
status_t posix_group_signal_locked(struct posix_group *group,
                                   const struct signal_information *information);
struct posix_group *posix_group_find_locked(struct cell *cell, uint64_t id);
void posix_group_enter(struct posix_group *group, struct posix_process *posix);
void posix_group_leave(struct posix_process *posix);
bool posix_group_is_orphaned_locked(const struct posix_group *group);
bool posix_group_has_stopped(const struct posix_group *group);
