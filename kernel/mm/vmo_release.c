/* Pages that leave an anonymous VMO while it lives. A page goes out of the tree, is unmapped from every
 * address space, and then belongs to nobody but those who may have been told its physical address: the
 * watches, which stand for devices. Each page that leaves has a number, counted from the VMO's start; a
 * watch confirms by number, so the pages wait in a queue and the oldest confirmation frees its front.
 *
 *      tree --vmo_release--> queue of the leaving --all watches have forgotten--> frame allocator
 *
 * A page that waits stays charged: the memory is in use. A page that is asked for again meanwhile is a
 * fresh one, of zeros. */
#include "kernel/cell/cell.h"
#include "kernel/mm/vmo_internal.h"
#include "lib/base/assert.h"

/* Frames between tree and queue, linked by their owner field. */
struct chain {
    paddr_t first, last;
    uint64_t count;
};

static void chain_add(struct chain *chain, paddr_t frame)
{
    frame_of(frame)->owner = 0;
    if (chain->count++ == 0)
        chain->first = frame;
    else
        frame_of(chain->last)->owner = frame.raw;
    chain->last = frame;
}

/* The first page of [*index, end) that nobody has pinned goes from the tree into the chain. */
static bool page_leave(struct vmo *vmo, uint64_t *index, uint64_t end, struct chain *chain)
{
    paddr_t frame;
    spin_lock(&vmo->lock);
    bool found = vmo_take_unpinned(vmo, index, end, &frame);
    if (found) {
        chain_add(chain, frame);
        LIST_FOR_EACH (node, &vmo->watches) {
            struct vmo_watch *watch = CONTAINER_OF(node, struct vmo_watch, link);
            watch->page_left(watch, *index);
        }
    }
    spin_unlock(&vmo->lock);
    return found;
}

static void chain_wait(struct vmo *vmo, const struct chain *chain)
{
    spin_lock(&vmo->lock);
    if (vmo->left == vmo->freed)
        vmo->leaving_first = chain->first;
    else
        frame_of(vmo->leaving_last)->owner = chain->first.raw;
    vmo->leaving_last = chain->last;
    vmo->left += chain->count;
    LIST_FOR_EACH (node, &vmo->watches) {
        struct vmo_watch *watch = CONTAINER_OF(node, struct vmo_watch, link);
        watch->pages_wait(watch);
    }
    spin_unlock(&vmo->lock);
}

uint64_t vmo_release(struct vmo *vmo, uint64_t first, uint64_t count)
{
    ASSERT(vmo_is_anonymous(vmo));
    struct chain chain = { 0 };
    uint64_t index = first;
    while (page_leave(vmo, &index, first + count, &chain))
        index++;
    if (chain.count == 0)
        return 0;
    aspace_unmap_vmo(vmo, first, count);
    chain_wait(vmo, &chain);
    vmo_free_forgotten(vmo);
    return chain.count;
}

/* vmo->lock held: up to which number no watch knows the pages. */
static uint64_t forgotten_by_all(const struct vmo *vmo)
{
    uint64_t forgotten = vmo->left;
    LIST_FOR_EACH (node, &vmo->watches) {
        const struct vmo_watch *watch = CONTAINER_OF(node, struct vmo_watch, link);
        if (watch->forgotten < forgotten)
            forgotten = watch->forgotten;
    }
    return forgotten;
}

void vmo_free_forgotten(struct vmo *vmo)
{
    for (;;) {
        spin_lock(&vmo->lock);
        bool found = vmo->freed < forgotten_by_all(vmo);
        paddr_t frame = vmo->leaving_first;
        if (found) {
            vmo->leaving_first.raw = frame_of(frame)->owner;
            vmo->freed++;
        }
        spin_unlock(&vmo->lock);
        if (!found)
            return;
        frame_unref(frame);
        cell_uncharge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
    }
}

status_t vmo_forget(struct vmo *vmo, struct vmo_watch *watch, uint64_t forgotten,
                    uint64_t *out_left)
{
    spin_lock(&vmo->lock);
    status_t status = forgotten <= vmo->left ? STATUS_OK : STATUS_INVALID;
    if (status == STATUS_OK && forgotten > watch->forgotten)
        watch->forgotten = forgotten;
    if (status == STATUS_OK)
        *out_left = vmo->left;
    spin_unlock(&vmo->lock);
    vmo_free_forgotten(vmo);
    return status;
}
