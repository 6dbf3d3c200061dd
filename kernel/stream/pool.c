/* The owner of each chunk, in one array: the state, or the link of the free list. */
#include "kernel/stream/pool.h"

#include "kernel/cell/charge.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

enum { CHUNKS_PER_PAGE = PAGE_SIZE / STREAM_CHUNK_SIZE };

static const struct object_ops pool_ops;

static size_t states_size(const struct pool *pool)
{
    return pool->chunk_count * sizeof pool->states[0];
}

static size_t pages_size(const struct pool *pool)
{
    return (pool->chunk_count + CHUNKS_PER_PAGE - 1) / CHUNKS_PER_PAGE * sizeof pool->pages[0];
}

static status_t pool_alloc_arrays(struct pool *pool, struct cell *cell)
{
    void *states, *pages;
    status_t status = charged_kmalloc(cell, states_size(pool), &states);
    if (status != STATUS_OK)
        return status;
    status = charged_kmalloc(cell, pages_size(pool), &pages);
    if (status != STATUS_OK) {
        charged_kfree(cell, states, states_size(pool));
        return status;
    }
    pool->states = states;
    pool->pages = pages;
    return STATUS_OK;
}

status_t pool_create(struct cell *cell, struct vmo *vmo, uint32_t chunk_count,
                     struct pool **out_pool)
{
    void *memory;
    if (chunk_count == 0 || chunk_count > POOL_CHUNKS_MAX || vmo->ops->is_device ||
        (uint64_t)chunk_count * STREAM_CHUNK_SIZE > vmo->size_bytes)
        return STATUS_INVALID;
    status_t status = charged_alloc(cell, &streams.pools, &memory);
    if (status != STATUS_OK)
        return status;
    struct pool *pool = memory;
    pool->chunk_count = chunk_count;
    pool->free_first = POOL_CHUNK_END;
    status = pool_alloc_arrays(pool, cell);
    if (status != STATUS_OK) {
        charged_free(cell, &streams.pools, pool);
        return status;
    }
    object_init(&pool->object, &pool_ops, cell);
    spin_init(&pool->lock, LOCK_POOL);
    object_ref(&vmo->object);
    pool->vmo = vmo;
    *out_pool = pool;
    return STATUS_OK;
}

/* Any free chunk becomes `state`. @return NO_MEMORY. */
static status_t pool_pop(struct pool *pool, uint32_t state, uint32_t *out_chunk)
{
    status_t status = STATUS_OK;
    spin_lock(&pool->lock);
    if (pool->free_first != POOL_CHUNK_END) {
        *out_chunk = pool->free_first;
        pool->free_first = pool->states[*out_chunk];
        pool->free_count--;
    } else if (pool->fresh < pool->chunk_count) {
        *out_chunk = pool->fresh++;
    } else {
        status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK) {
        pool->states[*out_chunk] = state;
        *(state == POOL_CHUNK_TAKEN ? &pool->taken_count : &pool->held_count) += 1;
    }
    spin_unlock(&pool->lock);
    return status;
}

static void pool_push(struct pool *pool, uint32_t chunk, uint32_t state)
{
    ASSERT(spin_held(&pool->lock));
    ASSERT(pool->states[chunk] == state);
    pool->states[chunk] = pool->free_first;
    pool->free_first = chunk;
    pool->free_count++;
    *(state == POOL_CHUNK_TAKEN ? &pool->taken_count : &pool->held_count) -= 1;
}

/* Pin the chunk's page, if nobody has. Two users of one page may both come here: the second pin is
 * given back. */
static status_t pool_commit(struct pool *pool, uint32_t chunk)
{
    uint32_t page = chunk / CHUNKS_PER_PAGE;
    paddr_t frame;
    if (__atomic_load_n(&pool->pages[page], __ATOMIC_ACQUIRE) != NULL)
        return STATUS_OK;
    status_t status = vmo_pin_page(pool->vmo, page, true, &frame);
    if (status != STATUS_OK)
        return status;
    spin_lock(&pool->lock);
    bool is_first = pool->pages[page] == NULL;
    if (is_first)
        __atomic_store_n(&pool->pages[page], (uint8_t *)frame_data(frame), __ATOMIC_RELEASE);
    spin_unlock(&pool->lock);
    if (!is_first)
        vmo_unpin_page(pool->vmo, page);
    return STATUS_OK;
}

static status_t pool_obtain(struct pool *pool, uint32_t state, uint32_t *out_chunk)
{
    uint32_t chunk = 0;
    status_t status = pool_pop(pool, state, &chunk);
    if (status != STATUS_OK)
        return status;
    status = pool_commit(pool, chunk);
    if (status != STATUS_OK) {
        spin_lock(&pool->lock);
        pool_push(pool, chunk, state);
        spin_unlock(&pool->lock);
        return status;
    }
    *out_chunk = chunk;
    return STATUS_OK;
}

static uint8_t *pool_data(const struct pool *pool, uint32_t chunk)
{
    return pool->pages[chunk / CHUNKS_PER_PAGE] + chunk % CHUNKS_PER_PAGE * STREAM_CHUNK_SIZE;
}

status_t pool_take(struct pool *pool, uint32_t *out_chunk)
{
    return pool_obtain(pool, POOL_CHUNK_TAKEN, out_chunk);
}

status_t pool_alloc(struct pool *pool, uint32_t *out_chunk, uint8_t **out_data)
{
    status_t status = pool_obtain(pool, POOL_CHUNK_HELD, out_chunk);
    if (status == STATUS_OK)
        *out_data = pool_data(pool, *out_chunk);
    return status;
}

status_t pool_give(struct pool *pool, uint32_t chunk)
{
    if (chunk >= pool->chunk_count)
        return STATUS_INVALID;
    spin_lock(&pool->lock);
    /* Chunks that were never used are zero, the number of a chunk, not a mark. */
    bool is_taken = pool->states[chunk] == POOL_CHUNK_TAKEN;
    if (is_taken)
        pool_push(pool, chunk, POOL_CHUNK_TAKEN);
    spin_unlock(&pool->lock);
    return is_taken ? STATUS_OK : STATUS_INVALID;
}

status_t pool_hold(struct pool *pool, uint32_t chunk, uint8_t **out_data)
{
    if (chunk >= pool->chunk_count)
        return STATUS_INVALID;
    spin_lock(&pool->lock);
    bool is_taken = pool->states[chunk] == POOL_CHUNK_TAKEN;
    if (is_taken) {
        pool->states[chunk] = POOL_CHUNK_HELD;
        pool->taken_count--;
        pool->held_count++;
    }
    spin_unlock(&pool->lock);
    if (!is_taken)
        return STATUS_INVALID;
    *out_data = pool_data(pool, chunk);
    return STATUS_OK;
}

void pool_unhold(struct pool *pool, uint32_t chunk)
{
    spin_lock(&pool->lock);
    ASSERT(pool->states[chunk] == POOL_CHUNK_HELD);
    pool->states[chunk] = POOL_CHUNK_TAKEN;
    pool->taken_count++;
    pool->held_count--;
    spin_unlock(&pool->lock);
}

void pool_free(struct pool *pool, uint32_t chunk)
{
    spin_lock(&pool->lock);
    pool_push(pool, chunk, POOL_CHUNK_HELD);
    spin_unlock(&pool->lock);
}

/* Streams hold references, so no chunk is held; what the transport took goes with its pool. */
static void pool_destroy(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    ASSERT(pool->held_count == 0);
    for (size_t page = 0; page < pages_size(pool) / sizeof pool->pages[0]; page++)
        if (pool->pages[page] != NULL)
            vmo_unpin_page(pool->vmo, page);
    object_unref(&pool->vmo->object);
    charged_kfree(object->cell, pool->states, states_size(pool));
    charged_kfree(object->cell, pool->pages, pages_size(pool));
    charged_free(object->cell, &streams.pools, pool);
}

static const struct object_ops pool_ops = {
    .kind = OBJECT_POOL,
    .version = 1,
    .name = "pool",
    .destroy = pool_destroy,
};
