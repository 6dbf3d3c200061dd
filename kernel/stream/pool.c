/* The owner of each chunk, in one array: the state, or the link of its free list. */
#include "kernel/stream/pool.h"

#include "kernel/cell/charge.h"
#include "kernel/stream/streams.h"
#include "lib/base/assert.h"

enum { SCARCE_DIVISOR = 8 }; /* Of the transport's chunks; fewer free ones are few. */
_Static_assert(STREAM_CHUNK_SIZE == PAGE_SIZE, "a chunk is a page, and has its number");

/* A page that is neither there nor absent (NULL): somebody brings it in, or takes it out, just now. */
#define POOL_PAGE_COMING ((uint8_t *)1)
#define POOL_PAGE_LEAVING ((uint8_t *)2)

static const struct object_ops pool_ops;

static size_t states_size(const struct pool *pool)
{
    return pool->chunk_count * sizeof pool->states[0];
}

static size_t pages_size(const struct pool *pool)
{
    return pool->chunk_count * sizeof pool->pages[0];
}

/* --- Chunks ---------------------------------------------------------------------------------- */

static struct pool_list *list_of(struct pool *pool, uint32_t chunk)
{
    return chunk < pool->own_count ? &pool->own : &pool->rest;
}

static void free_push(struct pool *pool, uint32_t chunk)
{
    struct pool_list *list = list_of(pool, chunk);
    pool->states[chunk] = list->first;
    list->first = chunk;
    list->count++;
}

static void pool_push(struct pool *pool, uint32_t chunk, uint32_t state)
{
    ASSERT(spin_held(&pool->lock));
    ASSERT(pool->states[chunk] == state);
    free_push(pool, chunk);
    *(state == POOL_CHUNK_TAKEN ? &pool->taken_count : &pool->held_count) -= 1;
}

/* A free chunk of the list becomes `state`. @return false when there is none. */
static bool pool_pop(struct pool *pool, struct pool_list *list, uint32_t state, uint32_t *out_chunk)
{
    spin_lock(&pool->lock);
    bool found = list->first != POOL_CHUNK_END;
    if (found) {
        *out_chunk = list->first;
        list->first = pool->states[*out_chunk];
        list->count--;
        pool->states[*out_chunk] = state;
        *(state == POOL_CHUNK_TAKEN ? &pool->taken_count : &pool->held_count) += 1;
    }
    spin_unlock(&pool->lock);
    return found;
}

/* --- Pages come ------------------------------------------------------------------------------ */

/* Take upon oneself to bring in the first absent page. @return false when all are there. */
static bool page_claim(struct pool *pool, uint32_t *out_page)
{
    spin_lock(&pool->lock);
    uint32_t page = pool->absent_from;
    while (page < pool->chunk_count && pool->pages[page] != NULL)
        page++;
    pool->absent_from = page;
    bool found = page < pool->chunk_count;
    if (found)
        pool->pages[page] = POOL_PAGE_COMING;
    spin_unlock(&pool->lock);
    *out_page = page;
    return found;
}

static void page_set_absent(struct pool *pool, uint32_t page)
{
    pool->pages[page] = NULL;
    if (page < pool->absent_from)
        pool->absent_from = page;
}

/* Pin a claimed page, and its chunk is free. */
static status_t page_bring(struct pool *pool, uint32_t page)
{
    paddr_t frame;
    status_t status = vmo_pin_page(pool->vmo, page, true, &frame);
    spin_lock(&pool->lock);
    if (status == STATUS_OK) {
        pool->pages[page] = frame_data(frame);
        if (pool->present_to <= page)
            pool->present_to = page + 1;
        free_push(pool, page);
    } else {
        page_set_absent(pool, page);
    }
    spin_unlock(&pool->lock);
    return status;
}

/* --- Making and ending a pool ---------------------------------------------------------------- */

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
    for (uint32_t chunk = 0; chunk < pool->chunk_count; chunk++)
        pool->states[chunk] = POOL_CHUNK_ABSENT;
    return STATUS_OK;
}

static bool sizes_are_valid(const struct vmo *vmo, uint32_t chunk_count, uint32_t own_count)
{
    return chunk_count > 0 && chunk_count <= POOL_CHUNKS_MAX && own_count <= chunk_count &&
           vmo_is_anonymous(vmo) && (uint64_t)chunk_count * STREAM_CHUNK_SIZE <= vmo->size_bytes;
}

/* All of the transport's pages. */
static status_t pool_bring_own(struct pool *pool)
{
    status_t status = STATUS_OK;
    uint32_t page;
    while (status == STATUS_OK && pool->present_to < pool->own_count && page_claim(pool, &page))
        status = page_bring(pool, page);
    return status;
}

static void pool_register(struct pool *pool)
{
    spin_lock(&streams.pool_lock);
    list_push_back(&streams.pool_list, &pool->link);
    spin_unlock(&streams.pool_lock);
}

status_t pool_create(struct cell *cell, struct vmo *vmo, uint32_t chunk_count, uint32_t own_count,
                     struct pool **out_pool)
{
    void *memory;
    if (!sizes_are_valid(vmo, chunk_count, own_count))
        return STATUS_INVALID;
    status_t status = charged_alloc(cell, &streams.pools, &memory);
    if (status != STATUS_OK)
        return status;
    struct pool *pool = memory;
    pool->chunk_count = chunk_count;
    pool->own_count = own_count;
    pool->own.first = pool->rest.first = POOL_CHUNK_END;
    status = pool_alloc_arrays(pool, cell);
    if (status != STATUS_OK) {
        charged_free(cell, &streams.pools, pool);
        return status;
    }
    object_init(&pool->object, &pool_ops, cell);
    spin_init(&pool->lock, LOCK_POOL);
    object_ref(&vmo->object);
    pool->vmo = vmo;
    pool_register(pool);
    status = pool_bring_own(pool);
    if (status == STATUS_OK)
        *out_pool = pool;
    else
        object_unref(&pool->object);
    return status;
}

/* Streams hold references, so no chunk is held; what the transport took goes with its pool. */
static void pool_destroy(struct object *object)
{
    struct pool *pool = (struct pool *)object;
    ASSERT(pool->held_count == 0 && !pool->trimming);
    spin_lock(&streams.pool_lock);
    list_remove(&pool->link);
    spin_unlock(&streams.pool_lock);
    for (uint32_t page = 0; page < pool->present_to; page++)
        if (pool->pages[page] != NULL)
            vmo_unpin_page(pool->vmo, page);
    object_unref(&pool->vmo->object);
    charged_kfree(object->cell, pool->states, states_size(pool));
    charged_kfree(object->cell, pool->pages, pages_size(pool));
    charged_free(object->cell, &streams.pools, pool);
}

/* --- Changing owners ------------------------------------------------------------------------- */

status_t pool_take(struct pool *pool, uint32_t *out_chunk)
{
    return pool_pop(pool, &pool->own, POOL_CHUNK_TAKEN, out_chunk) ? STATUS_OK : STATUS_NO_MEMORY;
}

status_t pool_alloc(struct pool *pool, uint32_t *out_chunk, uint8_t **out_data)
{
    while (!pool_pop(pool, &pool->rest, POOL_CHUNK_HELD, out_chunk)) {
        uint32_t page;
        if (!page_claim(pool, &page))
            return STATUS_NO_MEMORY;
        status_t status = page_bring(pool, page);
        if (status != STATUS_OK)
            return status;
    }
    *out_data = pool->pages[*out_chunk];
    return STATUS_OK;
}

status_t pool_give(struct pool *pool, uint32_t chunk)
{
    if (chunk >= pool->chunk_count)
        return STATUS_INVALID;
    spin_lock(&pool->lock);
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
    *out_data = pool->pages[chunk];
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

bool pool_is_scarce(const struct pool *pool)
{
    return __atomic_load_n(&pool->own.count, __ATOMIC_RELAXED) < pool->own_count / SCARCE_DIVISOR;
}

/* --- Pages go -------------------------------------------------------------------------------- */

static bool chunk_is_free(const struct pool *pool, uint32_t chunk)
{
    uint32_t state = pool->states[chunk];
    return state == POOL_CHUNK_END || state < POOL_CHUNK_ABSENT;
}

/* Chunks of pages that leave are none of the free ones any more. */
static void free_list_cut(struct pool *pool)
{
    uint32_t *link = &pool->rest.first;
    while (*link != POOL_CHUNK_END) {
        uint32_t chunk = *link;
        if (pool->pages[chunk] != POOL_PAGE_LEAVING) {
            link = &pool->states[chunk];
            continue;
        }
        *link = pool->states[chunk];
        pool->states[chunk] = POOL_CHUNK_ABSENT;
        pool->rest.count--;
    }
}

/* Mark the free pages of the rest, unless somebody else trims: he will. @return where to look for them. */
static uint32_t trim_begin(struct pool *pool)
{
    spin_lock(&pool->lock);
    uint32_t end = pool->trimming ? 0 : pool->present_to;
    for (uint32_t page = pool->own_count; page < end; page++)
        if (chunk_is_free(pool, page))
            pool->pages[page] = POOL_PAGE_LEAVING;
    if (end > 0) {
        free_list_cut(pool);
        pool->trimming = true;
    }
    spin_unlock(&pool->lock);
    return end;
}

/* Marked pages go back to the VMO, a run at a time. The marks stay until all of a run has left, so that
 * none of it comes again meanwhile. */
static uint64_t run_release(struct pool *pool, uint32_t first, uint32_t end)
{
    for (uint32_t page = first; page < end; page++)
        vmo_unpin_page(pool->vmo, page);
    uint64_t released = vmo_release(pool->vmo, first, end - first);
    spin_lock(&pool->lock);
    for (uint32_t page = first; page < end; page++)
        page_set_absent(pool, page);
    spin_unlock(&pool->lock);
    return released;
}

static void trim_end(struct pool *pool)
{
    spin_lock(&pool->lock);
    while (pool->present_to > 0 && pool->pages[pool->present_to - 1] == NULL)
        pool->present_to--;
    pool->trimming = false;
    spin_unlock(&pool->lock);
}

uint64_t pool_trim(struct pool *pool)
{
    uint64_t released = 0;
    uint32_t end = trim_begin(pool);
    if (end == 0)
        return 0;
    for (uint32_t page = 0; page < end; page++) {
        uint32_t first = page;
        while (page < end && pool->pages[page] == POOL_PAGE_LEAVING)
            page++; /* Only we make this mark, and only we take it away. */
        if (page > first)
            released += run_release(pool, first, page);
    }
    trim_end(pool);
    return released;
}

/* The first pool of the list, moved to its end, with a reference. */
static struct pool *pools_rotate(void)
{
    struct pool *found = NULL;
    spin_lock(&streams.pool_lock);
    if (!list_is_empty(&streams.pool_list)) {
        struct pool *pool = CONTAINER_OF(streams.pool_list.next, struct pool, link);
        list_remove(&pool->link);
        list_push_back(&streams.pool_list, &pool->link);
        if (object_try_ref(&pool->object))
            found = pool;
    }
    spin_unlock(&streams.pool_lock);
    return found;
}

static uint32_t pools_count(void)
{
    uint32_t count = 0;
    spin_lock(&streams.pool_lock);
    LIST_FOR_EACH (link, &streams.pool_list)
        count++;
    spin_unlock(&streams.pool_lock);
    return count;
}

uint64_t pools_trim(void)
{
    uint64_t released = 0;
    for (uint32_t left = pools_count(); left > 0; left--) {
        struct pool *pool = pools_rotate();
        if (pool == NULL)
            continue; /* It is being destroyed just now. */
        released += pool_trim(pool);
        object_unref(&pool->object);
    }
    return released;
}

static const struct object_ops pool_ops = {
    .kind = OBJECT_POOL,
    .version = 1,
    .name = "pool",
    .destroy = pool_destroy,
};
