/* See futex.h. Waiters hash into buckets by address space and address; a waiter's key tells it from
 * others of its bucket. Reading the word may fault and sleep, so it is read before the bucket's lock
 * is taken and again, without faulting in, under it: by then the page is there, and if it went in
 * between, the look is repeated. */
#include "kernel/sched/futex.h"

#include <arch/mmu.h>

#include "kernel/mm/aspace.h"
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

/* A shared word is known by its place in the machine's memory, which stays while somebody maps it: bit 63 tells
 * it from a private one. */
static status_t shared_key_of(uaddr_t address, uint64_t *out_key)
{
    struct aspace *aspace = process_current()->aspace;
    uint32_t value;
    paddr_t frame;
    status_t status = user_read_u32(address, &value); /* The page is there from now on. */
    if (status != STATUS_OK)
        return status;
    mutex_lock(&aspace->lock);
    const struct mapping *mapping = aspace_find(aspace, address.raw);
    bool is_shared = mapping != NULL && !mapping->is_private &&
                     mmu_lookup(aspace, address.raw & ~(uint64_t)PAGE_MASK, &frame);
    mutex_unlock(&aspace->lock);
    *out_key = is_shared ? 1ull << 63 | frame.raw | (address.raw & PAGE_MASK) : key_of(address);
    return STATUS_OK;
}

static struct bucket *bucket_of(uint64_t key)
{
    uint64_t hash = (key ^ key >> 17) * 0x9e3779b97f4a7c15ull;
    return &futexes.buckets[hash >> 58];
}

static status_t wait_key(uint64_t key, uaddr_t address, uint32_t expected, time_ns_t deadline)
{
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

status_t futex_wait(uaddr_t address, uint32_t expected, time_ns_t deadline)
{
    return wait_key(key_of(address), address, expected, deadline);
}

status_t futex_wait_shared(uaddr_t address, uint32_t expected, time_ns_t deadline)
{
    uint64_t key;
    status_t status = shared_key_of(address, &key);
    return status == STATUS_OK ? wait_key(key, address, expected, deadline) : status;
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

status_t futex_wake_shared(uaddr_t address, uint32_t count, uint32_t *out_woken)
{
    uint64_t key;
    status_t status = shared_key_of(address, &key);
    if (status == STATUS_OK)
        *out_woken = wake_key(key, count);
    return status;
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

void futex_store_and_wake_one(uaddr_t address, uint32_t value)
{
    uint32_t woken;
    if (user_write(address, &value, sizeof value) != STATUS_OK)
        return;
    if (futex_wake(address, 1) == 0)
        (void)futex_wake_shared(address, 1, &woken);
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
