/* The buddy allocator. Blocks of 2^order frames in free lists, an order each; a block that is freed
 * merges with its buddy while that is free and whole. Untouched RAM enters in the largest aligned
 * pieces when the lists run dry. Each CPU keeps a few single frames to hand out without the lock.
 *
 * Metadata comes in arrays of a 128 MiB section each, made when the section's first block is used,
 * so that the cost of a boot does not depend on the amount of RAM. A free block's links live in the
 * metadata of its first frame. */
#include "kernel/mm/frame.h"

#include <arch/cpu.h>
#include <arch/mmu.h>

#include <string.h>

#include "kernel/base/log.h"
#include "kernel/base/spinlock.h"
#include "kernel/mm/page_zero.h"
#include "kernel/mm/reclaim.h"
#include "kernel/mm/region.h"
#include "lib/base/assert.h"

enum {
    SECTION_SHIFT = 27,
    SECTION_FRAMES = 1 << (SECTION_SHIFT - PAGE_SHIFT),
    SECTIONS_MAX = 2048, /* 256 GiB: the size of the linear range. */
    CACHE_FRAMES = 32,   /* Per CPU; half of it moves at a time. */
    NO_FRAME = UINT32_MAX,
};

struct frame_cache {
    uint32_t count;
    uint32_t frames[CACHE_FRAMES]; /* Frame numbers. */
};

static struct frames {
    struct spinlock lock;
    uint32_t free_heads[FRAME_ORDER_MAX + 1]; /* Frame numbers; NO_FRAME: empty. */
    uint64_t free;                            /* Frames in the lists. */
    uint64_t total;
    struct frame *sections[SECTIONS_MAX]; /* NULL: no RAM there, or not yet used. */
    struct frame_cache caches[CPUS_MAX];
} frames;

static uint32_t number_of(paddr_t frame)
{
    return (uint32_t)(frame.raw >> PAGE_SHIFT);
}

static paddr_t paddr_of(uint32_t number)
{
    return (paddr_t){ (uint64_t)number << PAGE_SHIFT };
}

static struct frame *metadata_of(uint32_t number)
{
    return &frames.sections[number / SECTION_FRAMES][number % SECTION_FRAMES];
}

struct frame *frame_of(paddr_t frame)
{
    return metadata_of(number_of(frame));
}

void *frame_data(paddr_t frame)
{
    return (void *)(LINEAR_BASE + frame.raw);
}

paddr_t frame_from_data(const void *data)
{
    ASSERT((uint64_t)data >= LINEAR_BASE && (uint64_t)data < LINEAR_BASE + LINEAR_SIZE);
    return (paddr_t){ (uint64_t)data - LINEAR_BASE };
}

/* owner of a free block: next in the low half, previous in the high one. */
static void list_push(uint32_t number, unsigned order)
{
    struct frame *frame = metadata_of(number);
    uint32_t next = frames.free_heads[order];
    *frame = (struct frame){ .owner = (uint64_t)NO_FRAME << 32 | next,
                             .order = (uint8_t)order,
                             .state = FRAME_FREE };
    if (next != NO_FRAME) {
        struct frame *after = metadata_of(next);
        after->owner = (uint64_t)number << 32 | (uint32_t)after->owner;
    }
    frames.free_heads[order] = number;
    frames.free += 1ull << order;
}

static void list_unlink(uint32_t number, unsigned order)
{
    struct frame *frame = metadata_of(number);
    uint32_t next = (uint32_t)frame->owner;
    uint32_t previous = (uint32_t)(frame->owner >> 32);
    if (previous == NO_FRAME) {
        ASSERT(frames.free_heads[order] == number);
        frames.free_heads[order] = next;
    } else {
        struct frame *before = metadata_of(previous);
        before->owner = (before->owner & 0xffffffff00000000ull) | next;
    }
    if (next != NO_FRAME) {
        struct frame *after = metadata_of(next);
        after->owner = (uint64_t)previous << 32 | (uint32_t)after->owner;
    }
    frames.free -= 1ull << order;
}

/* A section is about to be used: give it metadata up to its last frame of RAM, from untouched RAM. */
static bool section_open(uint32_t number)
{
    uint32_t section = number / SECTION_FRAMES;
    if (frames.sections[section] != NULL)
        return true;
    uint64_t start = (uint64_t)section << SECTION_SHIFT;
    uint64_t bytes = region_last_ram(start, 1ull << SECTION_SHIFT) - start;
    uint64_t array_bytes = page_up(bytes / PAGE_SIZE * sizeof(struct frame));
    paddr_t base;
    if (!region_take_run(array_bytes, &base))
        return false;
    for (uint64_t at = 0; at < array_bytes; at += PAGE_SIZE)
        page_zero((uint8_t *)frame_data(base) + at);
    frames.sections[section] = frame_data(base);
    return true;
}

/* Take a block out of the free lists or the untouched RAM, splitting a larger one as needed. It is no free one from here
 * on, also for who frees its buddy before the caller says what it is. */
static bool block_take(unsigned order, uint32_t *out_number)
{
    unsigned from = order;
    while (from <= FRAME_ORDER_MAX && frames.free_heads[from] == NO_FRAME)
        from++;
    while (from > FRAME_ORDER_MAX) {
        paddr_t block;
        int fresh = region_take_block(FRAME_ORDER_MAX, &block);
        if (fresh < 0 || !section_open(number_of(block)))
            return false;
        list_push(number_of(block), (unsigned)fresh);
        if ((unsigned)fresh >= order)
            from = (unsigned)fresh;
    }
    uint32_t number = frames.free_heads[from];
    list_unlink(number, from);
    while (from > order) {
        from--;
        list_push(number + (1u << from), from);
    }
    metadata_of(number)->state = FRAME_INSIDE;
    *out_number = number;
    return true;
}

/* True when the buddy is free and whole, so that the two can merge. A frame that was never handed
 * out has zeroed metadata: FRAME_INSIDE. */
static bool buddy_is_free(uint32_t buddy, unsigned order)
{
    if (frames.sections[buddy / SECTION_FRAMES] == NULL)
        return false;
    const struct frame *frame = metadata_of(buddy);
    return frame->state == FRAME_FREE && frame->order == order;
}

static void block_give(uint32_t number, unsigned order)
{
    while (order < FRAME_ORDER_MAX && buddy_is_free(number ^ 1u << order, order)) {
        uint32_t buddy = number ^ 1u << order;
        list_unlink(buddy, order);
        metadata_of(buddy)->state = FRAME_INSIDE;
        number &= ~(1u << order);
        order++;
    }
    list_push(number, order);
}

static void mark_used(uint32_t number, unsigned order, enum frame_state state)
{
    *metadata_of(number) =
        (struct frame){ .refs = 1, .order = (uint8_t)order, .state = (uint8_t)state };
}

static struct frame_cache *cache_here(void)
{
    return &frames.caches[cpu_this()->index];
}

static void cache_fill(struct frame_cache *cache)
{
    spin_lock(&frames.lock);
    while (cache->count < CACHE_FRAMES / 2 && block_take(0, &cache->frames[cache->count]))
        cache->count++;
    spin_unlock(&frames.lock);
}

static void cache_spill(struct frame_cache *cache, uint32_t keep)
{
    spin_lock(&frames.lock);
    while (cache->count > keep)
        block_give(cache->frames[--cache->count], 0);
    spin_unlock(&frames.lock);
}

static bool try_alloc(unsigned order, uint32_t *out_number)
{
    if (order > 0) {
        spin_lock(&frames.lock);
        bool found = block_take(order, out_number);
        spin_unlock(&frames.lock);
        return found;
    }
    struct frame_cache *cache = cache_here();
    if (cache->count == 0)
        cache_fill(cache);
    if (cache->count == 0)
        return false;
    *out_number = cache->frames[--cache->count];
    return true;
}

status_t frame_alloc(unsigned order, enum frame_state state, paddr_t *out_frame)
{
    ASSERT(order <= FRAME_ORDER_MAX);
    uint32_t number;
    while (!try_alloc(order, &number))
        if (reclaim_frames(1ull << order) == 0)
            return STATUS_NO_MEMORY;
    mark_used(number, order, state);
    *out_frame = paddr_of(number);
    return STATUS_OK;
}

status_t frame_alloc_at_hand(unsigned order, enum frame_state state, paddr_t *out_frame)
{
    uint32_t number;
    if (!try_alloc(order, &number))
        return STATUS_NO_MEMORY;
    mark_used(number, order, state);
    *out_frame = paddr_of(number);
    return STATUS_OK;
}

status_t frame_alloc_zeroed(enum frame_state state, paddr_t *out_frame)
{
    status_t status = frame_alloc(0, state, out_frame);
    if (status == STATUS_OK)
        page_zero(frame_data(*out_frame));
    return status;
}

/* The frames of a block of the largest order that does not exceed the count. */
static uint32_t alloc_block(enum frame_state state, uint32_t count, paddr_t *out_frames)
{
    unsigned order = 31 - (unsigned)__builtin_clz(count);
    uint32_t number;
    if (order == 0 || order > FRAME_ORDER_MAX || !try_alloc(order, &number))
        return 0;
    for (uint32_t i = 0; i < 1u << order; i++) {
        mark_used(number + i, 0, state);
        out_frames[i] = paddr_of(number + i);
    }
    return 1u << order;
}

uint32_t frame_alloc_ahead(enum frame_state state, uint32_t count, paddr_t *out_frames)
{
    uint32_t done = alloc_block(state, count, out_frames);
    for (uint32_t number; done < count && try_alloc(0, &number); done++) {
        mark_used(number, 0, state);
        out_frames[done] = paddr_of(number);
    }
    for (uint32_t i = 0; i < done; i++)
        page_zero(frame_data(out_frames[i]));
    return done;
}

void frame_free(paddr_t frame, unsigned order)
{
    struct frame *metadata = frame_of(frame);
    ASSERT(metadata->order == order);
    ASSERT(metadata->state != FRAME_FREE && metadata->state != FRAME_INSIDE);
    metadata->state = FRAME_INSIDE;
    if (order > 0) {
        spin_lock(&frames.lock);
        block_give(number_of(frame), order);
        spin_unlock(&frames.lock);
        return;
    }
    struct frame_cache *cache = cache_here();
    if (cache->count == CACHE_FRAMES)
        cache_spill(cache, CACHE_FRAMES / 2);
    cache->frames[cache->count++] = number_of(frame);
}

void frame_split(paddr_t block, unsigned order)
{
    const struct frame *head = frame_of(block);
    enum frame_state state = (enum frame_state)head->state;
    ASSERT(head->order == order && head->refs == 1);
    ASSERT(state != FRAME_FREE && state != FRAME_INSIDE);
    for (uint32_t i = 0; i < 1u << order; i++)
        mark_used(number_of(block) + i, 0, state);
}

void frame_ref(paddr_t frame)
{
    struct frame *metadata = frame_of(frame);
    uint16_t refs = __atomic_add_fetch(&metadata->refs, 1, __ATOMIC_RELAXED);
    ASSERT(refs > 1);
}

void frame_unref(paddr_t frame)
{
    struct frame *metadata = frame_of(frame);
    ASSERT(metadata->refs > 0);
    if (__atomic_sub_fetch(&metadata->refs, 1, __ATOMIC_ACQ_REL) == 0)
        frame_free(frame, 0);
}

void frame_init(void)
{
    if (!page_zero_serves())
        panic("this CPU does not clear memory by %d bytes", PAGE_ZERO_BLOCK);
    spin_init(&frames.lock, LOCK_FRAME);
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        frames.free_heads[order] = NO_FRAME;
    frames.total = region_untouched_frames();
}

void frame_drop_cache(void)
{
    cache_spill(cache_here(), 0);
}

struct frame_counts frame_counts(void)
{
    spin_lock(&frames.lock);
    struct frame_counts counts = {
        .total = frames.total,
        .free = frames.free + region_untouched_frames(),
    };
    for (uint32_t i = 0; i < CPUS_MAX; i++)
        counts.free += frames.caches[i].count;
    spin_unlock(&frames.lock);
    return counts;
}
