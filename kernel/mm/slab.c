/* Slabs of one or more frames: a header, then objects; free ones are linked through their first
 * word. A slab is found from an object by its alignment. Caches keep one empty slab at the most;
 * the others go back to the frame allocator at once, so that "everything was freed" can be seen in
 * the count of free frames. */
#include "kernel/mm/slab.h"

#include <arch/spin_inline.h>

#include <string.h>

#include "kernel/mm/frame.h"
#include "kernel/mm/reclaim.h"
#include "lib/base/assert.h"

enum {
    SLAB_ORDER = 0,
    SLAB_SIZE = PAGE_SIZE << SLAB_ORDER,
    OBJECT_ALIGN = 16,
    KMALLOC_CLASSES = 9,
};

struct slab {
    struct list link; /* In cache->partial while it has a free object. */
    struct slab_cache *cache;
    void *free;
    uint32_t used;
    uint32_t capacity;
};

/* Larger than half a frame: not worth a slab. 528 is a node of a radix tree, and as many as of 512 fit. */
static const uint16_t kmalloc_sizes[KMALLOC_CLASSES] = {
    32, 64, 96, 128, 192, 256, 528, 992, 2016
};
static const char *const kmalloc_names[KMALLOC_CLASSES] = {
    "kmalloc-32",  "kmalloc-64",  "kmalloc-96",  "kmalloc-128", "kmalloc-192",
    "kmalloc-256", "kmalloc-528", "kmalloc-992", "kmalloc-2016"
};

static struct slabs {
    struct spinlock lock;
    struct list caches;
    struct slab_cache kmalloc[KMALLOC_CLASSES];
    struct slab_cache hot; /* Home of the small objects of hot paths. */
} slabs;

void slab_cache_init(struct slab_cache *cache, const char *name, size_t object_size)
{
    ASSERT(object_size <= 2048);
    *cache = (struct slab_cache){ .name = name, .home = cache };
    cache->object_size = (uint32_t)((object_size + OBJECT_ALIGN - 1) & ~(size_t)(OBJECT_ALIGN - 1));
    spin_init(&cache->lock, LOCK_SLAB);
    list_init(&cache->partial);
    spin_lock(&slabs.lock);
    list_push_back(&slabs.caches, &cache->link);
    spin_unlock(&slabs.lock);
}

void slab_cache_init_hot(struct slab_cache *cache, const char *name, size_t object_size)
{
    ASSERT(object_size <= SLAB_HOT_SIZE);
    slab_cache_init(cache, name, object_size);
    cache->home = &slabs.hot;
}

static struct slab *slab_of(void *object)
{
    return (struct slab *)((uint64_t)object & ~(uint64_t)(SLAB_SIZE - 1));
}

/* @param cache  a home. */
static struct slab *slab_create(struct slab_cache *cache)
{
    paddr_t frame;
    if (frame_alloc(SLAB_ORDER, FRAME_KERNEL, &frame) != STATUS_OK)
        return NULL;
    struct slab *slab = frame_data(frame);
    size_t header = (sizeof *slab + OBJECT_ALIGN - 1) & ~(size_t)(OBJECT_ALIGN - 1);
    *slab = (struct slab){ .cache = cache };
    slab->capacity = (uint32_t)((SLAB_SIZE - header) / cache->object_size);
    uint8_t *at = (uint8_t *)slab + header;
    for (uint32_t i = 0; i < slab->capacity; i++, at += cache->object_size) {
        *(void **)(void *)at = slab->free;
        slab->free = at;
    }
    return slab;
}

void *slab_alloc(struct slab_cache *cache)
{
    struct slab_cache *home = cache->home;
    spin_lock_inline(&home->lock);
    if (list_is_empty(&home->partial)) {
        spin_unlock(&home->lock); /* Frames may come by reclaim, which frees into slabs. */
        struct slab *fresh = slab_create(home);
        if (fresh == NULL)
            return NULL;
        spin_lock_inline(&home->lock);
        list_push_front(&home->partial, &fresh->link);
        home->empty_count++;
        home->frames++;
    }
    struct slab *slab = CONTAINER_OF(home->partial.next, struct slab, link);
    void *object = slab->free;
    slab->free = *(void **)object;
    if (slab->used++ == 0)
        home->empty_count--;
    if (slab->free == NULL)
        list_remove(&slab->link);
    cache->in_use++;
    cache->taken++;
    spin_unlock(&home->lock);
    memset(object, 0, cache->object_size);
    return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
    struct slab *slab = slab_of(object);
    struct slab_cache *home = cache->home;
    ASSERT(slab->cache == home);
    bool release = false;
    spin_lock_inline(&home->lock);
    ASSERT(slab->used > 0 && cache->in_use > 0);
    if (slab->free == NULL)
        list_push_front(&home->partial, &slab->link);
    *(void **)object = slab->free;
    slab->free = object;
    cache->in_use--;
    if (--slab->used == 0) {
        release = home->empty_count > 0;
        if (release) {
            list_remove(&slab->link);
            home->frames--;
        } else {
            home->empty_count++;
        }
    }
    spin_unlock(&home->lock);
    if (release)
        frame_free(frame_from_data(slab), SLAB_ORDER);
}

/* Give the empty slab that a cache keeps back. */
static uint64_t cache_trim(struct slab_cache *cache)
{
    struct slab *empty = NULL;
    spin_lock(&cache->lock);
    LIST_FOR_EACH (node, &cache->partial) {
        struct slab *slab = CONTAINER_OF(node, struct slab, link);
        if (slab->used == 0) {
            empty = slab;
            break;
        }
    }
    if (empty != NULL) {
        list_remove(&empty->link);
        cache->empty_count--;
        cache->frames--;
    }
    spin_unlock(&cache->lock);
    if (empty == NULL)
        return 0;
    frame_free(frame_from_data(empty), SLAB_ORDER);
    return 1;
}

uint64_t slab_reclaim(uint64_t frames)
{
    uint64_t freed = 0;
    spin_lock(&slabs.lock);
    LIST_FOR_EACH (node, &slabs.caches) {
        uint64_t now;
        do {
            now = cache_trim(CONTAINER_OF(node, struct slab_cache, link));
            freed += now;
        } while (now > 0 && freed < frames);
    }
    spin_unlock(&slabs.lock);
    return freed;
}

void slab_init(void)
{
    spin_init(&slabs.lock, LOCK_SLABS);
    list_init(&slabs.caches);
    for (uint32_t i = 0; i < KMALLOC_CLASSES; i++)
        slab_cache_init(&slabs.kmalloc[i], kmalloc_names[i], kmalloc_sizes[i]);
    slab_cache_init(&slabs.hot, "hot", SLAB_HOT_SIZE);
    reclaim_register(slab_reclaim);
}

static struct slab_cache *kmalloc_cache(size_t size)
{
    for (uint32_t i = 0; i < KMALLOC_CLASSES; i++)
        if (size <= kmalloc_sizes[i])
            return &slabs.kmalloc[i];
    return NULL;
}

static unsigned order_of(size_t size)
{
    unsigned order = 0;
    while ((size_t)PAGE_SIZE << order < size)
        order++;
    return order;
}

void *kmalloc(size_t size)
{
    struct slab_cache *cache = kmalloc_cache(size);
    if (cache != NULL)
        return slab_alloc(cache);
    unsigned order = order_of(size);
    paddr_t frame;
    if (order > FRAME_ORDER_MAX || frame_alloc(order, FRAME_KERNEL, &frame) != STATUS_OK)
        return NULL;
    memset(frame_data(frame), 0, (size_t)PAGE_SIZE << order);
    return frame_data(frame);
}

void kfree(void *memory, size_t size)
{
    if (memory == NULL)
        return;
    struct slab_cache *cache = kmalloc_cache(size);
    if (cache != NULL)
        slab_free(cache, memory);
    else
        frame_free(frame_from_data(memory), order_of(size));
}

void slab_for_each(void (*visit)(const struct slab_cache *cache, void *argument), void *argument)
{
    spin_lock(&slabs.lock);
    LIST_FOR_EACH (node, &slabs.caches) {
        visit(CONTAINER_OF(node, struct slab_cache, link), argument);
    }
    spin_unlock(&slabs.lock);
}
