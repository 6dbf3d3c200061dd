/* malloc and free as programs call them: a few free slots of each small size are kept for each thread, before the
 * allocator proper (mallocng) is asked. In the place of musl's free.c, which only passes the call on.
 *
 * mallocng makes and takes down nested groups of slots when one block comes and goes by turns, at ten times the price of
 * finding a slot, and locks. A slot that is kept here is in use as far as mallocng knows, and leaves its thread by
 * being asked for again. A block is checked like any other on its way in (get_meta, get_nominal_size), and its
 * header is made invalid, so that freeing it again ends the process as it does there.
 *
 * What a slot that is kept has in its first 12 bytes, the least that a slot has:
 *
 *   +0  next slot kept of this class     +8  units from the group's storage     +10  number in its group
 *
 * A thread that ends leaves its slots to the next that begins to keep some. A child of fork has the slots of the
 * thread that called; what the others kept is lost to it, like all that they had.
 *
 * The names of what mallocng shares with this file are from its meta.h. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mallocng/meta.h"

#undef malloc
#undef free

enum {
    KEPT_CLASSES = 24, /* Slots up to 2,032 bytes. */
    KEPT_SIZE_MAX = 2032 - IB,
    KEPT_SLOTS_MAX = 8, /* Of a class. */
    COARSE_CLASSES =
        4, /* From here on a slot of the next odd class wastes no more than a quarter. */
};

struct kept_slot {
    struct kept_slot *next;
    uint16_t offset_units;
    uint8_t index;
};

struct kept {
    struct kept_slot *first[KEPT_CLASSES];
    uint8_t count[KEPT_CLASSES];
    struct kept *next_left; /* In `left`. */
};

void __malloc_thread_end(void);

static _Thread_local struct kept *kept_here; /* NULL until a small block is freed. */
static struct kept *left;                    /* By threads that have ended. */

static size_t class_stride(int class)
{
    return (size_t)UNIT * size_classes[class];
}

/* The newest slot of the class as a block of n bytes. */
static void *slot_take(struct kept *kept, int class, size_t n)
{
    struct kept_slot *slot = kept->first[class];
    unsigned char *block = (unsigned char *)slot;
    kept->first[class] = slot->next;
    kept->count[class]--;
    *(uint16_t *)(block - 2) = slot->offset_units;
    block[-3] = slot->index;
    set_size(block, block + class_stride(class) - IB, n);
    return block;
}

/* The block was checked; its slot begins at `start`, which is before it when the allocator moved it, to have addresses
 * come back later. */
static void slot_keep(struct kept *kept, int class, unsigned char *block, unsigned char *start)
{
    struct kept_slot *slot = (struct kept_slot *)start;
    int index = get_slot_index(block);
    block[-3] = 255;
    *(uint16_t *)(block - 2) = 0;
    slot->next = kept->first[class];
    slot->offset_units = (uint16_t)(size_classes[class] * index);
    slot->index = (uint8_t)index;
    kept->first[class] = slot;
    kept->count[class]++;
}

static void left_give(struct kept *first, struct kept *last)
{
    last->next_left = __atomic_load_n(&left, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&left, &last->next_left, first, 1, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED)) {
    }
}

/* What a thread left, or an empty one. All are taken at once and the others given back: whoever took the first alone
 * could meet it again with another behind it. */
static struct kept *kept_begin(void)
{
    struct kept *kept = __atomic_exchange_n(&left, NULL, __ATOMIC_ACQUIRE);
    if (kept == NULL) {
        int error = errno; /* free does not change it. */
        kept = __libc_malloc_impl(sizeof *kept);
        if (kept != NULL)
            memset(kept, 0, sizeof *kept);
        errno = error;
    } else if (kept->next_left != NULL) {
        struct kept *last = kept->next_left;
        while (last->next_left != NULL)
            last = last->next_left;
        left_give(kept->next_left, last);
    }
    kept_here = kept;
    return kept;
}

/* By the POSIX layer, when the caller is about to end and frees no more. Takes no lock. */
void __malloc_thread_end(void)
{
    struct kept *kept = kept_here;
    if (kept == NULL)
        return;
    kept_here = NULL;
    left_give(kept, kept);
}

void *malloc(size_t n)
{
    struct kept *kept = kept_here;
    if (kept == NULL || n > KEPT_SIZE_MAX)
        return __libc_malloc_impl(n);
    int class = size_to_class(n);
    if (kept->first[class] == NULL && class >= COARSE_CLASSES)
        class |= 1;
    return kept->first[class] != NULL ? slot_take(kept, class, n) : __libc_malloc_impl(n);
}

/* The first small block that the thread frees. Apart from free, which so needs no frame of its own. */
__attribute__((noinline)) static void free_first(void *p)
{
    if (kept_begin() == NULL)
        __libc_free(p);
    else
        free(p);
}

void free(void *p)
{
    if (p == NULL)
        return;
    const struct meta *meta = get_meta(p);
    struct kept *kept = kept_here;
    int class = meta->sizeclass;
    /* A group of one slot in a mapping of its own may have been cut short. */
    bool is_kept = class < KEPT_CLASSES && (meta->last_idx != 0 || meta->maplen == 0);
    if (is_kept && kept == NULL)
        return free_first(p);
    if (!is_kept || kept->count[class] == KEPT_SLOTS_MAX)
        return __libc_free(p);
    unsigned char *start = meta->mem->storage + class_stride(class) * get_slot_index(p);
    get_nominal_size(p, start + class_stride(class) - IB);
    slot_keep(kept, class, p, start);
}
