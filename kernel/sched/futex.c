/* See futex.h. Waiters hash into buckets by address space and address; a waiter's key tells it from
 * others of its bucket. Reading the word may fault and sleep, so it is read before the bucket's lock
 * is taken and again, without faulting in, under it: by then the page is there, and if it went in
 * between, the look is repeated. */
#include "kernel/sched/futex.h"

#include "kernel/mm/user_copy.h"
#include "kernel/process/process.h"
#include "kernel/sched/wait.h"

enum { BUCKETS = 64 };

struct bucket {
    struct spinlock lock; /* LOCK_WAIT */
    struct wait_queue queue;
    uint64_t wakes; /* How often somebody asked to wake here. */
};

static struct futexes {
    struct bucket buckets[BUCKETS];
} futexes;

static uint64_t key_of(uaddr_t address)
{
    /* Identifiers of spaces are small and addresses are 39 bits: the pair fits one word. */
    return (uint64_t)process_current()->aspace->asid << 40 | address.raw;
}

static struct bucket *bucket_of(uint64_t key)
{
    uint64_t hash = (key ^ key >> 17) * 0x9e3779b97f4a7c15ull;
    return &futexes.buckets[hash >> 58];
}

status_t futex_wait(uaddr_t address, uint32_t expected, time_ns_t deadline)
{
    uint64_t key = key_of(address);
    struct bucket *bucket = bucket_of(key);
    /* A wake between the look at the word and the sleep raises `wakes`: then look again. */
    for (;;) {
        uint64_t wakes = __atomic_load_n(&bucket->wakes, __ATOMIC_SEQ_CST);
        uint32_t value;
        status_t status = user_read_u32(address, &value);
        if (status != STATUS_OK)
            return status;
        if (value != expected)
            return STATUS_WOULD_BLOCK;
        spin_lock(&bucket->lock);
        if (bucket->wakes == wakes)
            return wait_sleep_keyed(&bucket->queue, &bucket->lock, key, deadline);
        spin_unlock(&bucket->lock);
    }
}

static uint32_t wake_key(uint64_t key, uint32_t count)
{
    struct bucket *bucket = bucket_of(key);
    spin_lock(&bucket->lock);
    bucket->wakes++;
    uint32_t woken = wait_wake_keyed(&bucket->queue, &bucket->lock, key, count);
    spin_unlock(&bucket->lock);
    return woken;
}

uint32_t futex_wake(uaddr_t address, uint32_t count)
{
    return wake_key(key_of(address), count);
}

status_t futex_requeue(uaddr_t address, uint32_t expected, uint32_t wake_count, uaddr_t target,
                       uint32_t move_count, uint32_t *out_moved)
{
    uint32_t value;
    status_t status = user_read_u32(address, &value);
    if (status == STATUS_OK && value != expected)
        status = STATUS_WOULD_BLOCK;
    if (status != STATUS_OK)
        return status;
    /* A waiter removes itself under the lock of the bucket it slept in, so moving one between
     * buckets is not possible here: those who would move are woken instead, and contend for the
     * target as if they had just come. Correct, and dearer only with many waiters. */
    *out_moved =
        futex_wake(address,
                   move_count > UINT32_MAX - wake_count ? UINT32_MAX : wake_count + move_count);
    return STATUS_OK;
}

void futex_clear_and_wake(uaddr_t address)
{
    static const uint32_t zero;
    if (user_write(address, &zero, sizeof zero) == STATUS_OK)
        futex_wake(address, UINT32_MAX);
}

void futex_setup(void)
{
    for (uint32_t i = 0; i < BUCKETS; i++) {
        spin_init(&futexes.buckets[i].lock, LOCK_WAIT);
        wait_queue_init(&futexes.buckets[i].queue);
    }
}
