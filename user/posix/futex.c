/* Futexes, as the C library's locks use them: wait, wake, requeue. A word is
 * private to its process, or, without FUTEX_PRIVATE, meant for all who map it. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include <swos/syscalls.h>

#include "user/posix/call.h"
#include "user/posix/posix.h"
#include "user/posix/time.h"
#include "user/rt/clock.h"

/* The operations, by the numbers that the C library has for them. */
enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_REQUEUE = 3,
    FUTEX_WAKE_WAIT = 64, /* Our own (ports/musl/overlay/src/thread/hand_over.h). */
    FUTEX_PRIVATE = 128,
};

static long futex_wait(uint32_t *word, uint32_t value, const struct timespec *timeout,
                       bool is_private)
{
    time_ns_t ns = TIME_NEVER;
    long error = timeout != NULL ? time_read(timeout, &ns) : 0;
    if (error < 0)
        return error;
    uint64_t nothing;
    long answer =
        blocking_call_registers(is_private ? SYSCALL_futex_wait : SYSCALL_futex_wait_shared,
                                (uint64_t)(uintptr_t)word, value,
                                timeout != NULL ? clock_after(ns) : TIME_NEVER, 0, 0, &nothing);
    return answer < 0 ? answer : posix_error((status_t)answer);
}

/* Wake one at `wake`, then wait. After an error it may not have woken anybody, but for EAGAIN. */
static long futex_wake_wait(uint32_t *word, uint32_t value, const uint32_t *wake)
{
    uint64_t nothing;
    long answer =
        blocking_call_registers(SYSCALL_futex_wake_wait, (uint64_t)(uintptr_t)wake,
                                (uint64_t)(uintptr_t)word, value, TIME_NEVER, 0, &nothing);
    return answer < 0 ? answer : posix_error((status_t)answer);
}

static long futex_wake(uint32_t *word, uint32_t count, bool is_private)
{
    uint32_t woken;
    uint64_t address = (uint64_t)(uintptr_t)word;
    status_t status = is_private ? sys_futex_wake(address, count, &woken)
                                 : sys_futex_wake_shared(address, count, &woken);
    return status == STATUS_OK ? (long)woken : posix_error(status);
}

/* The kernel moves waiters only while the word is what the caller believes; the C library's callers do
 * not say, so what the word holds is read and tried until it holds still.
 * @return how many were woken or moved. */
static long futex_requeue(uint32_t *word, uint32_t wake, uint32_t move, uint32_t *target)
{
    uint32_t moved;
    status_t status;
    do {
        uint32_t value = __atomic_load_n(word, __ATOMIC_RELAXED);
        status = sys_futex_requeue((uint64_t)(uintptr_t)word, value, wake,
                                   (uint64_t)(uintptr_t)target, move, &moved);
    } while (status == STATUS_WOULD_BLOCK);
    return status == STATUS_OK ? (long)moved : posix_error(status);
}

/* @param timeout  of FUTEX_WAIT: how long, or NULL; of FUTEX_REQUEUE: how many are moved. FUTEX_WAKE_WAIT has none, and is for private
 * words. */
long __posix_futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
                   uint32_t *target)
{
    bool is_private = (operation & FUTEX_PRIVATE) != 0;
    switch (operation & ~FUTEX_PRIVATE) {
    case FUTEX_WAIT: return futex_wait(word, value, timeout, is_private);
    case FUTEX_WAKE: return futex_wake(word, value, is_private);
    case FUTEX_WAKE_WAIT: return futex_wake_wait(word, value, target);
    case FUTEX_REQUEUE: return futex_requeue(word, value, (uint32_t)(uintptr_t)timeout, target);
    default: return -ENOSYS;
    }
}
