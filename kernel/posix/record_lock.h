/* Advisory locks on files: ranges that a process has locked (fcntl), and whole files that a description has
 * (flock). The two do not see each other. They hang from the vnode, in memory of the cell of who locks.
 *
 * One lock (LOCK_DEVICE) guards all of them, since who waits looks for a ring of owners that wait for each
 * other. Thread context, except where stated. */
#pragma once

#include <abi/descriptor.h>

#include "lib/base/list.h"

struct description;
struct object;
struct posix_process;
struct thread;
struct vnode;

/* Lock, unlock or (test) look for what is in the way of one range of the file behind the number.
 * @param lock  its start and whence are resolved to a start from the beginning. With `test`, *lock becomes
 *        the first lock in the way, or its kind DESCRIPTOR_UNLOCK.
 * @param flags  DESCRIPTOR_LOCK_*.
 * @return BAD_HANDLE (no such number, or not in the mode that the kind needs), INVALID (no file, a range before
 *         the beginning), WOULD_BLOCK, DEADLOCK, INTERRUPTED, CANCELLED, OVERFLOW, LIMIT, NO_MEMORY. */
status_t record_lock_set(struct thread *caller, uint32_t number, struct descriptor_lock *lock,
                         uint32_t flags);
status_t record_lock_test(struct thread *caller, uint32_t number, struct descriptor_lock *lock);

/* The process closes a number of the description: what it has locked of the file is free. Any context
 * without locks. Cost for a file that was never locked: three loads. */
void record_locks_close(struct posix_process *posix, const struct description *description);
/* The description's last number was closed. */
void record_locks_close_description(const struct description *description,
                                    const struct object *target);

void record_locks_setup(void);
