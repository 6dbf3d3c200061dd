/* Numbers of parents, groups and sessions; limits and nice values of processes of a cell. The calling process
 * acts, `id` 0 names itself. Each takes the family lock. Thread context. */
#pragma once

#include <abi/family.h>
#include <abi/types.h>

struct posix_process;

enum { NICE_MIN = -20, NICE_MAX = 19 };

/* @return DEAD when the cell has no such process. */
status_t kin_find(struct posix_process *posix, uint64_t id, struct process_kin *out_kin);
/* setpgid: move oneself or a child to a group of the session, group 0 being the one of the mover's number.
 * @return DEAD: neither oneself nor a child; NO_RIGHT: the child has called exec; NOT_PERMITTED: the leader of
 * a session, or another session; LIMIT, NO_MEMORY. */
status_t kin_set_group(struct posix_process *posix, uint64_t id, uint64_t group_id);
/* setsid. @return NOT_PERMITTED when a group of the caller's number exists; LIMIT, NO_MEMORY. */
status_t kin_begin_session(struct posix_process *posix, uint64_t *out_id);
/* limits.c: tell a limit of a process of the cell and set it (`new` not NULL), soft up to hard, hard only down.
 * @return INVALID, DEAD, NOT_PERMITTED, LIMIT, NO_MEMORY. */
status_t kin_limit(struct posix_process *posix, uint64_t id, uint32_t resource,
                   const struct process_limit *new, struct process_limit *out_old);
/* Set (not NULL) and tell nice values, of several processes the least. @param select  process_wait_select.
 * @return DEAD when nobody is meant. */
status_t kin_nice(struct posix_process *posix, uint32_t select, uint64_t id, const int64_t *new,
                  int64_t *out_nice);
