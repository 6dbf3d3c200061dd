/* mm/slab.h on the host's heap. */
#include "tests/doubles/kernel_slab.h"

#include <stdlib.h>

#include "kernel/mm/slab.h"
#include "lib/base/assert.h"

static uint64_t in_use;
static int64_t fail_after = -1;

uint64_t double_memory_in_use(void)
{
    return in_use;
}

void double_memory_fail_after(int64_t successes)
{
    fail_after = successes;
}

int double_memory_fails(void)
{
    if (fail_after < 0)
        return 0;
    return fail_after-- == 0;
}

void double_memory_count(int64_t change)
{
    in_use += (uint64_t)change;
}

static void *take(size_t size)
{
    if (double_memory_fails())
        return NULL;
    double_memory_count(1);
    return calloc(1, size);
}

void slab_cache_init(struct slab_cache *cache, const char *name, size_t object_size)
{
    ASSERT(object_size <= 2048);
    *cache = (struct slab_cache){ .name = name, .object_size = (uint32_t)object_size };
}

void slab_cache_init_hot(struct slab_cache *cache, const char *name, size_t object_size)
{
    ASSERT(object_size <= SLAB_HOT_SIZE);
    slab_cache_init(cache, name, object_size);
}

void *slab_alloc(struct slab_cache *cache)
{
    ASSERT(cache->object_size > 0);
    void *object = take(cache->object_size);
    cache->in_use += object != NULL;
    return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
    ASSERT(cache->in_use > 0);
    cache->in_use--;
    double_memory_count(-1);
    free(object);
}

void *kmalloc(size_t size)
{
    return take(size);
}

void kfree(void *memory, size_t size)
{
    if (memory == NULL)
        return;
    double_memory_count(-1);
    free(memory);
}
