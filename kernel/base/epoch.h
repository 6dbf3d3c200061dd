/* Epochs: lock-free readers, deferred frees. A reader brackets its look-up with epoch_begin and
 * epoch_end; in between it may follow pointers that writers unpublish, since what a writer retires
 * is freed only when every CPU has left the sections that were open then. A section must not
 * sleep; who needs an object longer takes a reference inside. Sections do not nest.
 *
 * Who releases: a thread that retires something does it itself on its way back to user mode, so that freeing is paid by
 * who frees, costs no switch, and is done before its next instruction. What is much, or comes where no user thread is, or
 * from a thread that sleeps or ends first, goes to the reaper, a thread of the kernel. */
#pragma once

#include <abi/types.h>

#include "lib/base/list.h"

struct epoch_node {
    struct list link;
    void (*release)(struct epoch_node *node);
};

void epoch_begin(void);
void epoch_end(void);
/* The caller is inside a section. */
bool epoch_is_open(void);

/* Call node->release later, from a thread or idle context with no lock held, when no section that
 * is open now can still see the node's object: before the current thread is back in user mode, or within a
 * millisecond or so. Any context. */
void epoch_retire(struct epoch_node *node, void (*release)(struct epoch_node *node));

/* Wait until all that was retired before has been released, and what that retired in turn (a line of
 * at most 64). May sleep; a request to end does not cut it short. */
void epoch_drain(void);

/* How many retired objects wait for their release. Any context. */
uint64_t epoch_waiting(void);

/* Every section that is open now is over when this returns. Any context without a section. */
void epoch_synchronize(void);

/* No section is open anywhere, so that what was unpublished before can only be reached by who has a reference. False
 * says nothing. The caller is in no section. Any context. */
bool epoch_is_quiet(void);

/* The current thread has retired something and returns to user mode: release it. Thread context without locks; may
 * sleep. Only with THREAD_WORK_RELEASE. */
void epoch_release_here(void);
/* It does not return yet, or not at all: the reaper shall do it. Only with THREAD_WORK_RELEASE, no locks. */
void epoch_pass_on(void);

/* Boot. Who retires and drains before a thread has come to epoch_reap waits for it. */
void epoch_init(void);
/* Be the thread that releases what is retired, for ever. */
_Noreturn void epoch_reap(void);
