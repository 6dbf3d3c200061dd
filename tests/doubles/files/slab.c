/* Double of kernel/mm/slab.h: calloc, with sizes checked when memory comes back. */
#include "kernel/mm/slab.h"

#include <stdlib.h>

#include "lib/base/assert.h"
#include "tests/doubles/files/memory.h"

struct kernel_memory kernel_memory = { .allocations_left = -1 };

struct header {
    size_t size;
    size_t padding;
};

bool kernel_memory_take(void)
{
    kernel_memory.allocations++;
    if (kernel_memory.allocations_left < 0)
        return true;
    return kernel_memory.allocations_left-- > 0;
}

void *kmalloc(size_t size)
{
    ASSERT(size <= 2 << 20);
    if (!kernel_memory_take())
        return NULL;
    struct header *header = calloc(1, sizeof *header + size);
    ASSERT(header != NULL);
    header->size = size;
    kernel_memory.objects_out++;
    return header + 1;
}

void kfree(void *memory, size_t size)
{
    if (memory == NULL)
        return;
    struct header *header = (struct header *)memory - 1;
    ASSERT(header->size == size);
    kernel_memory.objects_out--;
    free(header);
}

void slab_cache_init(struct slab_cache *cache, const char *name, size_t object_size)
{
    ASSERT(object_size <= 2048);
    *cache = (struct slab_cache){ .name = name, .object_size = (uint32_t)object_size };
}

void *slab_alloc(struct slab_cache *cache)
{
    void *object = kmalloc(cache->object_size);
    cache->in_use += object != NULL;
    return object;
}

void slab_free(struct slab_cache *cache, void *object)
{
    ASSERT(cache->in_use > 0);
    cache->in_use--;
    kfree(object, cache->object_size);
}
