/* What the files of families share. The family lock is held where nothing else is said. */
#pragma once

#include "kernel/posix/family.h"

/* What a fork hands down beside the group. The lock is not held. @return LIMIT, NO_MEMORY. */
status_t family_copy(struct posix_process *parent, struct posix_process *child);
/* A new process becomes a child, in a group of the parent's session (NULL: in the parent's own). The lock is
 * not held. Cannot fail. */
void family_join(struct posix_process *parent, struct posix_process *child,
                 struct posix_group *group);
/* The parent of a child that ended has waited, or does not want to: accounts go up, the child goes. */
void family_reap(struct posix_process *child);
struct posix_process *posix_process_find_locked(struct cell *cell, uint64_t id);

/* limits.c: a new process has its parent's. The lock is not held. @return LIMIT, NO_MEMORY. */
status_t limits_copy(struct posix_process *parent, struct posix_process *child);
/* The process object goes. */
void limits_free(struct posix_process *posix);

/* usage.c: what a process has used up to now, its children left out. No lock needed. */
void family_usage(const struct posix_process *posix, struct process_usage *out_usage);
void family_children_usage(const struct posix_process *posix, struct process_usage *out_usage);
void usage_add(struct process_usage *sum, const struct process_usage *more);
/* What its exit code means to POSIX. */
void family_end_event(const struct posix_process *posix, uint32_t *out_event, uint32_t *out_detail);

/* family_signal.c: the signals that families send. */
void family_signal_parent(struct posix_process *parent, const struct posix_process *child);
void family_signal_orphans(struct posix_group *group);
/* The parent ignores SIGCHLD, or has set SA_NOCLDWAIT: what ends is not kept for it. */
bool family_discards_children(struct posix_process *parent);
