/* Kernel memory that is charged to a cell: take the charge first, give it back last, so that the
 * accounts never show less than what is held. Any context. */
#pragma once

#include "kernel/cell/cell.h"
#include "kernel/mm/slab.h"

/* An object of the cache, zeroed, charged to the cell. @return LIMIT or NO_MEMORY, nothing taken. */
static inline status_t charged_alloc(struct cell *cell, struct slab_cache *cache, void **out_memory)
{
    status_t status = cell_charge(cell, CELL_MEMORY, cache->object_size);
    if (status != STATUS_OK)
        return status;
    void *memory = slab_alloc(cache);
    if (memory == NULL) {
        cell_uncharge(cell, CELL_MEMORY, cache->object_size);
        return STATUS_NO_MEMORY;
    }
    *out_memory = memory;
    return STATUS_OK;
}

static inline void charged_free(struct cell *cell, struct slab_cache *cache, void *memory)
{
    slab_free(cache, memory);
    cell_uncharge(cell, CELL_MEMORY, cache->object_size);
}

/* The same for odd sizes. */
static inline status_t charged_kmalloc(struct cell *cell, size_t size, void **out_memory)
{
    status_t status = cell_charge(cell, CELL_MEMORY, size);
    if (status != STATUS_OK)
        return status;
    void *memory = kmalloc(size);
    if (memory == NULL) {
        cell_uncharge(cell, CELL_MEMORY, size);
        return STATUS_NO_MEMORY;
    }
    *out_memory = memory;
    return STATUS_OK;
}

static inline void charged_kfree(struct cell *cell, void *memory, size_t size)
{
    kfree(memory, size);
    cell_uncharge(cell, CELL_MEMORY, size);
}
