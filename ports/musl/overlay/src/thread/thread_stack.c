/* The stacks of a few threads that have ended are kept for the next that begin: mapping one, its guard, the first touch of its
 * pages and unmapping are half of what a short thread costs. musl maps and unmaps each; the patch thread-stacks has it ask
 * here.
 *
 * What is kept is one word for each stack. It says all that is known of it, so whoever takes the word out of its slot by
 * an exchange has the stack, and neither a lock nor fork comes in between:
 *
 *   address, a multiple of the page size  |  pages in bits 6 to 11  |  pages of them that are guard in bits 0 to 5
 *
 * Larger stacks than that can say are not kept. A detached thread stands on its stack when it gives it, with the lock of
 * the list of threads, which the kernel lets go of when the thread has left; so who takes a stack waits for that lock to
 * be free once. */
#include "thread_stack.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "pthread_impl.h"

enum {
    KEPT_STACKS_MAX = 4,
    PAGES_BITS = 6,
    PAGES_MASK = (1 << PAGES_BITS) - 1,
    STACK_PAGE_SIZE = 4096,
    WORD_MASK = STACK_PAGE_SIZE - 1,
};
_Static_assert(1 << 2 * PAGES_BITS == STACK_PAGE_SIZE, "sizes lie below the address");

static uintptr_t kept_stacks[KEPT_STACKS_MAX]; /* 0: the slot is free. */

/* What is below the address in the word of such a stack. @return false: it has none. */
static bool word_low(size_t size, size_t guard, uintptr_t *out_low)
{
    size_t pages = size / STACK_PAGE_SIZE, guard_pages = guard / STACK_PAGE_SIZE;
    *out_low = pages << PAGES_BITS | guard_pages;
    return pages <= PAGES_MASK && guard_pages <= PAGES_MASK;
}

/* Put `new` into the slot if it holds `old`. */
static bool slot_change(uintptr_t *slot, uintptr_t old, uintptr_t new)
{
    return __atomic_compare_exchange_n(slot, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* @return false: there is no room, or it is too large. */
static bool kept_give(void *map, size_t size, size_t guard)
{
    uintptr_t low;
    if (!word_low(size, guard, &low))
        return false;
    for (int i = 0; i < KEPT_STACKS_MAX; i++)
        if (slot_change(&kept_stacks[i], 0, (uintptr_t)map | low))
            return true;
    return false;
}

static void *kept_take(uintptr_t low)
{
    for (int i = 0; i < KEPT_STACKS_MAX; i++) {
        uintptr_t word = __atomic_load_n(&kept_stacks[i], __ATOMIC_RELAXED);
        if (word != 0 && (word & WORD_MASK) == low && slot_change(&kept_stacks[i], word, 0)) {
            __tl_sync(NULL);
            return (void *)(word - low);
        }
    }
    return NULL;
}

/* @return false: none was kept. */
static bool kept_unmap_all(void)
{
    bool any = false;
    for (int i = 0; i < KEPT_STACKS_MAX; i++) {
        uintptr_t word = __atomic_exchange_n(&kept_stacks[i], 0, __ATOMIC_ACQ_REL);
        if (word == 0)
            continue;
        any = true;
        __tl_sync(NULL);
        __munmap((void *)(word & ~(uintptr_t)WORD_MASK),
                 ((word >> PAGES_BITS) & PAGES_MASK) * STACK_PAGE_SIZE);
    }
    return any;
}

static void *stack_map(size_t size, size_t guard)
{
    int access = guard > 0 ? PROT_NONE : PROT_READ | PROT_WRITE;
    char *map = __mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (guard == 0 || __mprotect(map + guard, size - guard, PROT_READ | PROT_WRITE) == 0)
        return map;
    __munmap(map, size);
    return NULL;
}

void *__thread_stack_take(size_t size, size_t guard, size_t cleared)
{
    uintptr_t low;
    char *map = word_low(size, guard, &low) ? kept_take(low) : NULL;
    if (map != NULL) {
        memset(map + size - cleared, 0, cleared);
        return map;
    }
    map = stack_map(size, guard);
    /* Stacks of other sizes may be what it lacks. */
    return map == NULL && kept_unmap_all() ? stack_map(size, guard) : map;
}

void __thread_stack_give(void *map, size_t size, size_t guard)
{
    __vm_wait(); /* As munmap does: somebody may be about to store to a lock that lies there. */
    if (!kept_give(map, size, guard))
        __munmap(map, size);
}

bool __thread_stack_leave(void *map, size_t size)
{
    return kept_give(map, size, __pthread_self()->guard_size);
}
