/* Locks that a thread held when it ended, as the C library keeps them: a list in its own memory, of which the
 * kernel knows the head. Whoever waits for one of them is told that the owner has died. */
#pragma once

#include "kernel/mm/address.h"

struct thread;

/* The calling thread's end: walk the list. All of it is foreign. May sleep. */
void robust_list_end(struct thread *thread);
