/* The set of all file_pages: making them, and taking memory back from them. Reading is in
 * page_read.c. */
#include "kernel/vfs/page_cache.h"

#include "kernel/fs/basefs.h"
#include "kernel/sched/preempt.h"
#include "kernel/vfs/page_read.h"
#include "kernel/vfs/vfs.h"

static const struct vmo_ops page_cache_vmo_ops;

void page_cache_init(struct page_cache *cache)
{
    spin_init(&cache->lock, LOCK_NAMESPACE);
    list_init(&cache->files);
}

status_t page_cache_create(struct vnode *vnode, const struct page_source *source,
                           uint64_t size_bytes, struct vmo **out_vmo)
{
    struct file_pages *pages = slab_alloc(&vfs.file_pages);
    if (pages == NULL)
        return STATUS_NO_MEMORY;
    vmo_init(&pages->vmo, &page_cache_vmo_ops, page_up(size_bytes), NULL);
    pages->vmo.owner = pages;
    pages->vnode = vnode;
    pages->source = source;
    spin_init(&pages->lock, LOCK_NAMESPACE);
    list_init(&pages->reads);
    wait_queue_init(&pages->ended);
    pages->window = PAGE_WINDOW_FIRST;
    spin_lock(&vfs.page_cache.lock);
    list_push_back(&vfs.page_cache.files, &pages->link);
    spin_unlock(&vfs.page_cache.lock);
    *out_vmo = &pages->vmo;
    return STATUS_OK;
}

static status_t page_cache_supply(struct vmo *vmo, uint64_t index)
{
    struct file_pages *pages = vmo->owner;
    page_cache_keep_room();
    spin_lock(&vfs.page_cache.lock);
    list_remove(&pages->link);
    list_push_back(&vfs.page_cache.files, &pages->link);
    spin_unlock(&vfs.page_cache.lock);
    return page_read_one(pages, index);
}

/* The last reference to the VMO went: nobody reads, since a reader holds one. */
static void page_cache_release(struct vmo *vmo)
{
    struct file_pages *pages = vmo->owner;
    spin_lock(&vfs.page_cache.lock);
    list_remove(&pages->link);
    spin_unlock(&vfs.page_cache.lock);
    slab_free(&vfs.file_pages, pages);
}

/* --- taking back --- */

/* The first file of the list, moved to its end, with a reference; or NULL. */
static struct file_pages *files_rotate(struct page_cache *cache)
{
    struct file_pages *found = NULL;
    spin_lock(&cache->lock);
    if (!list_is_empty(&cache->files)) {
        struct file_pages *pages = CONTAINER_OF(cache->files.next, struct file_pages, link);
        list_remove(&pages->link);
        list_push_back(&cache->files, &pages->link);
        if (object_try_ref(&pages->vmo.object))
            found = pages;
    }
    spin_unlock(&cache->lock);
    return found;
}

static uint64_t files_count(struct page_cache *cache)
{
    uint64_t count = 0;
    spin_lock(&cache->lock);
    LIST_FOR_EACH (link, &cache->files)
        count++;
    spin_unlock(&cache->lock);
    return count;
}

uint64_t page_cache_reclaim(uint64_t frames)
{
    uint64_t freed = 0;
    uint64_t left = files_count(&vfs.page_cache);
    for (; left > 0 && freed < frames; left--) {
        struct file_pages *pages = files_rotate(&vfs.page_cache);
        if (pages == NULL)
            continue; /* It is being released just now. */
        freed += vmo_drop_clean(&pages->vmo);
        object_unref(&pages->vmo.object);
        preempt_point();
    }
    return freed;
}

void page_cache_keep_room(void)
{
    struct frame_counts counts = frame_counts();
    uint64_t margin = counts.total / PAGE_CACHE_MARGIN;
    if (counts.free < margin)
        page_cache_reclaim(margin);
}

uint64_t page_cache_frames(void)
{
    uint64_t frames = 0;
    spin_lock(&vfs.page_cache.lock);
    LIST_FOR_EACH (link, &vfs.page_cache.files)
        frames += CONTAINER_OF(link, struct file_pages, link)->vmo.page_count;
    spin_unlock(&vfs.page_cache.lock);
    return frames;
}

uint64_t page_cache_drop_clean(void)
{
    uint64_t freed = page_cache_reclaim(UINT64_MAX);
    basefs_drop_idle();
    return freed;
}

static const struct vmo_ops page_cache_vmo_ops = {
    .name = "page cache",
    .supply = page_cache_supply,
    .release = page_cache_release,
};
