/* Waking a waiter of a condition when the mutex is given back, and not before: until then all that it could do is
 * wait for the mutex. Used by the patch hand-over.
 *
 * musl holds back each waiter that was signalled by a word of its own, its barrier, and wakes it there. When the thread that
 * signals has the mutex, it leaves the barrier with the mutex instead, in a field that a normal mutex has no use for:
 *
 *    signal                    unlock                                  wait
 *    mutex._m_next = barrier   lock := 0, barrier := 0, wake barrier   the same, the wake in one call with the sleep
 *
 * So two threads that take turns make one call for each turn. Only the owner of the mutex touches the field, which is
 * why a normal mutex says by its lock word who that is, as the other kinds do. One barrier is left at most; whoever is
 * signalled beyond that is woken at once. A waiter whose time ends meanwhile goes on waiting for its barrier, as it would
 * for the mutex. */
#pragma once

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "pthread_impl.h"

#define FUTEX_WAKE_WAIT 64 /* user/posix/futex.c */

/* Neither shared, nor of a kind that keeps a list of locks. */
static inline bool mutex_is_plain(const pthread_mutex_t *mutex)
{
    return (mutex->_m_type & (15 | 128)) == PTHREAD_MUTEX_NORMAL;
}

/* Leave the barrier with the mutex. @return false: the caller has to let it go itself. */
static inline bool mutex_leave(pthread_mutex_t *mutex, volatile int *barrier)
{
    if (!mutex_is_plain(mutex) || mutex->_m_next != NULL ||
        (mutex->_m_lock & INT_MAX) != __pthread_self()->tid)
        return false;
    mutex->_m_next = (void *)barrier;
    return true;
}

/* Give a normal mutex back. Nothing of it is touched afterwards: who gets it may free it.
 * @return the word that somebody who may go on now sleeps at and is to be woken, or NULL. */
static inline volatile int *mutex_release(pthread_mutex_t *mutex)
{
    volatile int *barrier = (volatile int *)mutex->_m_next;
    int waiters = mutex->_m_waiters;
    int private = (mutex->_m_type & 128) ^ 128;
    if (barrier != NULL)
        mutex->_m_next = NULL;
    if (a_swap(&mutex->_m_lock, 0) < 0 || waiters != 0)
        __wake(&mutex->_m_lock, 1, private);
    return barrier != NULL && a_swap(barrier, 0) == 2 ? barrier : NULL;
}

/* As __timedwait_cp, after waking one who sleeps at `barrier`, unless that is NULL. */
static inline int timedwait_waking_cp(volatile int *barrier, volatile int *address, int value,
                                      clockid_t clock, const struct timespec *at, int private)
{
    if (barrier != NULL && at != NULL)
        __wake(barrier, 1, 1); /* Times may be wrong, or over before there is a call. */
    if (barrier == NULL || at != NULL)
        return __timedwait_cp(address, value, clock, at, private);
    int error =
        -__syscall_cp(SYS_futex, address, FUTEX_WAKE_WAIT | FUTEX_PRIVATE, value, 0, barrier);
    if (error != 0 && error != EAGAIN)
        __wake(barrier, 1, 1); /* A cancelled call may not have begun. */
    return error == ECANCELED || (error == EINTR && __eintr_valid_flag) ? error : 0;
}
