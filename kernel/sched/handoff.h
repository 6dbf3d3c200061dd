/* Waking one chosen thread and running it at once on this CPU: what the synchronous call is made
 * of. No queue and no guard are involved; who may wake a waiting thread is settled by one
 * compare-and-swap on its wait state, which timers and cancellation use as well. Thread context,
 * except handoff_claim and handoff_wake, which run anywhere.
 *
 *      RUNNING --handoff_prepare--> WAITING --handoff_claim (waker, timer, canceller)--> WOKEN
 *         ^                                                                                 |
 *         +---------------------- handoff_wait returns <--- handoff_wake / handoff_wait(it) +
 */
#pragma once

#include <abi/types.h>

struct thread;

/* From now on the current thread can be claimed. It must go on to handoff_wait soon, and may not
 * sleep otherwise before. Whatever it waits for is published after this, so that nobody finds it
 * in a list and cannot claim it. */
void handoff_prepare(void);

/* Become the one who wakes the thread. False when it does not wait, or somebody else was first. */
bool handoff_claim(struct thread *thread);

/* Make a claimed thread runnable, the ordinary way. */
void handoff_wake(struct thread *claimed);

/* Sleep, prepared, and run `next` (claimed; NULL: whoever is due) on this CPU without a pass
 * through the scheduler. Where its affinity forbids this CPU it is made runnable instead.
 * @return OK when the current thread was claimed by handoff_claim and resumed, TIMED_OUT, or
 *         CANCELLED (at once, `next` made runnable, when the thread is being ended). */
status_t handoff_wait(struct thread *next, time_ns_t deadline);
