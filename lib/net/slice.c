/* The store hands out descriptors that were never used before it looks at its free list. */
#include "lib/net/slice.h"

void slice_store_init(struct slice_store *store, uint32_t capacity)
{
    store->capacity = capacity;
    store->used = 0;
    store->free_head = SLICE_NONE;
    store->touched = 0;
}

uint32_t slice_take(struct slice_store *store, struct net_slice slice, uint32_t sequence)
{
    uint32_t index = store->free_head;
    if (index != SLICE_NONE)
        store->free_head = slice_at(store, index)->next;
    else if (store->touched < store->capacity)
        index = store->touched++;
    else
        return SLICE_NONE;
    store->used++;
    *slice_at(store, index) = (struct slice_descriptor){ slice, sequence, SLICE_NONE };
    return index;
}

void slice_give(struct slice_store *store, uint32_t index)
{
    ASSERT(store->used > 0);
    slice_at(store, index)->next = store->free_head;
    store->free_head = index;
    store->used--;
}

void slice_queue_insert(struct slice_store *store, struct slice_queue *queue, uint32_t previous,
                        uint32_t index)
{
    uint32_t *link = previous == SLICE_NONE ? &queue->head : &slice_at(store, previous)->next;
    slice_at(store, index)->next = *link;
    *link = index;
    if (queue->tail == previous)
        queue->tail = index;
    queue->count++;
    queue->bytes += slice_at(store, index)->slice.len;
}

void slice_queue_push(struct slice_store *store, struct slice_queue *queue, uint32_t index)
{
    slice_queue_insert(store, queue, queue->tail, index);
}

uint32_t slice_queue_remove(struct slice_store *store, struct slice_queue *queue, uint32_t previous)
{
    uint32_t *link = previous == SLICE_NONE ? &queue->head : &slice_at(store, previous)->next;
    uint32_t index = *link;
    ASSERT(index != SLICE_NONE);
    *link = slice_at(store, index)->next;
    if (queue->tail == index)
        queue->tail = previous;
    queue->count--;
    queue->bytes -= slice_at(store, index)->slice.len;
    return index;
}

void slice_queue_clear(struct slice_store *store, struct slice_queue *queue)
{
    while (queue->head != SLICE_NONE)
        slice_give(store, slice_queue_remove(store, queue, SLICE_NONE));
}
