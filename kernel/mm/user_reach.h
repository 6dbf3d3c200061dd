/* The memory of a thread that sleeps, from another one: bytes go from one process to another with one copy. What
 * the sleeper has there now is found in its tables under the lock of its space, so that nothing is unmapped,
 * protected or shared meanwhile, and reached where the kernel sees it. No page is brought in on either side. */
#pragma once

#include "kernel/mm/user_copy.h"

struct thread;

enum { USER_REACH_MAX = 64 * 1024 }; /* More is not copied in one call, so that it is short. */

/* Copy from the caller's memory into that of `whose`, which sleeps and will until the caller wakes it (thread_claim).
 * Thread context, no spinlock, no LOCK_ASPACE. Never sleeps. @return how many bytes: it ends where a page of either
 * is not there, or of `whose` may not be written; 0 also when somebody changes that space now. */
size_t user_reach_write(struct thread *whose, uaddr_t dst, uaddr_t src, size_t len);
