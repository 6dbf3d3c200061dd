/* Virtual memory objects: see vmo.h. The tree maps a page's index to its frame; what is not there
 * comes from the parent (copy-on-write), or from ops->supply.
 *
 * Frames: an anonymous frame belongs to the VMOs that share it (frame->refs). A cache frame belongs
 * to its file's VMO, which holds one of frame->refs; every pin and every hardware entry that maps
 * it holds another, so that a frame whose count is 1 may be evicted under the VMO's lock alone. */
#include "kernel/mm/vmo.h"

#include <arch/spin_inline.h>

#include <string.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vmo_internal.h"
#include "kernel/sched/preempt.h"
#include "kernel/trace/counter.h"
#include "lib/base/assert.h"

enum { DROP_BATCH = 64 };

static struct slab_cache vmo_cache;
static struct slab_cache private_cache;

/* Private memory mostly has one mapping all its life: one piece of memory serves both. */
struct private_vmo {
    struct vmo vmo;
    struct mapping mapping;
};

void vmo_init(struct vmo *vmo, const struct vmo_ops *ops, uint64_t size_bytes, struct cell *cell)
{
    object_init(&vmo->object, &vmo_object_ops, cell);
    vmo->ops = ops;
    vmo->size_bytes = size_bytes;
    spin_init(&vmo->lock, LOCK_PAGE_TREE);
    list_init(&vmo->mappings);
    list_init(&vmo->watches);
}

static struct slab_cache *cache_of(uint32_t own_bytes)
{
    return own_bytes == sizeof(struct vmo) ? &vmo_cache : &private_cache;
}

/* @param own_bytes  of struct vmo or struct private_vmo. */
static status_t vmo_create(const struct vmo_ops *ops, uint32_t own_bytes, uint64_t size_bytes,
                           struct cell *cell, struct vmo **out_vmo)
{
    if (size_bytes == 0 || size_bytes > VMO_SIZE_MAX)
        return STATUS_INVALID;
    status_t status = cell_charge(cell, CELL_MEMORY, own_bytes);
    if (status != STATUS_OK)
        return status;
    struct vmo *vmo = slab_alloc(cache_of(own_bytes));
    if (vmo == NULL) {
        cell_uncharge(cell, CELL_MEMORY, own_bytes);
        return STATUS_NO_MEMORY;
    }
    vmo_init(vmo, ops, page_up(size_bytes), cell);
    vmo->own_bytes = own_bytes;
    *out_vmo = vmo;
    return STATUS_OK;
}

/* --- Where pages come from ------------------------------------------------------------------- */

static void tell_watches(struct vmo *vmo, uint64_t index, paddr_t frame)
{
    LIST_FOR_EACH (node, &vmo->watches) {
        struct vmo_watch *watch = CONTAINER_OF(node, struct vmo_watch, link);
        watch->page_added(watch, index, frame);
    }
}

/* @return EXISTS when another came first. */
static status_t supply_zeros(struct vmo *vmo, uint64_t index, paddr_t *out_frame)
{
    paddr_t frame;
    status_t status = cell_charge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
    if (status != STATUS_OK)
        return status;
    status = frame_alloc_zeroed(FRAME_ANON, &frame);
    if (status == STATUS_OK) {
        status = vmo_insert_page(vmo, index, frame);
        if (status != STATUS_OK)
            frame_unref(frame);
    }
    if (status == STATUS_OK)
        *out_frame = frame;
    else
        cell_uncharge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
    return status;
}

static status_t anon_supply(struct vmo *vmo, uint64_t index)
{
    paddr_t frame;
    status_t status = supply_zeros(vmo, index, &frame);
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

/* Put `count` frames into the tree, until one is there already or a node cannot be had. */
static uint32_t insert_frames(struct vmo *vmo, uint64_t index, uint32_t count,
                              const paddr_t *frames)
{
    uint32_t done = 0;
    spin_lock_inline(&vmo->lock);
    while (done < count && radix_get(&vmo->pages, index + done) == 0 &&
           radix_set(&vmo->pages, index + done, frames[done].raw | ENTRY_PRESENT) == STATUS_OK) {
        tell_watches(vmo, index + done, frames[done]);
        done++;
    }
    vmo->page_count += done;
    spin_unlock(&vmo->lock);
    return done;
}

uint32_t vmo_supply_ahead(struct vmo *vmo, uint64_t index, uint32_t count, paddr_t *out_frames)
{
    ASSERT(vmo_is_anonymous(vmo));
    uint64_t size = __atomic_load_n(&vmo->size_bytes, __ATOMIC_RELAXED) >> PAGE_SHIFT;
    if (index >= size)
        return 0;
    count = count < size - index ? count : (uint32_t)(size - index);
    if (cell_charge(vmo->object.cell, CELL_MEMORY, (uint64_t)count * PAGE_SIZE) != STATUS_OK)
        return 0;
    uint32_t have = frame_alloc_ahead(FRAME_ANON, count, out_frames);
    uint32_t done = insert_frames(vmo, index, have, out_frames);
    for (uint32_t i = done; i < have; i++)
        frame_unref(out_frames[i]);
    cell_uncharge(vmo->object.cell, CELL_MEMORY, (uint64_t)(count - done) * PAGE_SIZE);
    return done;
}

static status_t device_supply(struct vmo *vmo, uint64_t index)
{
    return STATUS_FAULT; /* vmo_hold_page computes device frames; the tree stays empty. */
}

static const struct vmo_ops anon_ops = { .name = "anon", .supply = anon_supply };
static const struct vmo_ops device_ops = { .name = "device",
                                           .supply = device_supply,
                                           .is_device = true };

status_t vmo_create_anon(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo)
{
    return vmo_create(&anon_ops, sizeof(struct vmo), size_bytes, cell, out_vmo);
}

status_t vmo_create_private(uint64_t size_bytes, struct cell *cell, struct vmo **out_vmo)
{
    status_t status = vmo_create(&anon_ops, sizeof(struct private_vmo), size_bytes, cell, out_vmo);
    if (status == STATUS_OK)
        (*out_vmo)->spare = &CONTAINER_OF(*out_vmo, struct private_vmo, vmo)->mapping;
    return status;
}

status_t vmo_create_cow(struct vmo *parent, uint64_t offset_bytes, uint64_t size_bytes,
                        struct cell *cell, struct vmo **out_vmo)
{
    if ((offset_bytes & PAGE_MASK) != 0 || size_bytes > UINT64_MAX - offset_bytes)
        return STATUS_INVALID;
    status_t status = vmo_create_private(size_bytes, cell, out_vmo);
    if (status != STATUS_OK)
        return status;
    object_ref(&parent->object);
    (*out_vmo)->parent = parent;
    (*out_vmo)->parent_offset_bytes = offset_bytes;
    (*out_vmo)->parent_size_bytes = page_up(size_bytes);
    return STATUS_OK;
}

status_t vmo_create_device(paddr_t base, uint64_t size_bytes, struct cell *cell,
                           struct vmo **out_vmo)
{
    if ((base.raw & PAGE_MASK) != 0)
        return STATUS_INVALID;
    status_t status = vmo_create(&device_ops, sizeof(struct vmo), size_bytes, cell, out_vmo);
    if (status == STATUS_OK)
        (*out_vmo)->owner = (void *)base.raw;
    return status;
}

/* --- Pages ----------------------------------------------------------------------------------- */

static bool is_cache(paddr_t frame)
{
    return frame_of(frame)->state == FRAME_CACHE;
}

status_t vmo_insert_page(struct vmo *vmo, uint64_t index, paddr_t frame)
{
    spin_lock_inline(&vmo->lock);
    status_t status = STATUS_EXISTS;
    if (radix_get(&vmo->pages, index) == 0)
        status = radix_set(&vmo->pages, index, frame.raw | ENTRY_PRESENT);
    if (status == STATUS_OK) {
        vmo->page_count++;
        tell_watches(vmo, index, frame);
    }
    if (status == STATUS_OK && is_cache(frame)) {
        frame_of(frame)->owner = (uint64_t)vmo;
        frame_of(frame)->index = (uint32_t)index;
    }
    spin_unlock(&vmo->lock);
    return status;
}

/* What the tree has, with a hold on a cache frame. */
static bool tree_hold(struct vmo *vmo, uint64_t index, paddr_t *out_frame)
{
    spin_lock_inline(&vmo->lock);
    uint64_t entry = radix_get(&vmo->pages, index);
    bool found = entry != 0;
    if (found && is_cache(vmo_entry_frame(entry))) {
        if (frame_of(vmo_entry_frame(entry))->refs < FRAME_REFS_MAX)
            frame_ref(vmo_entry_frame(entry));
        else
            found = false; /* Mapped absurdly often: the caller sees NO_MEMORY. */
    }
    if (found)
        *out_frame = vmo_entry_frame(entry);
    spin_unlock(&vmo->lock);
    return found;
}

void vmo_lock_pages(struct vmo *vmo)
{
    spin_lock(&vmo->lock);
}

void vmo_unlock_pages(struct vmo *vmo)
{
    spin_unlock(&vmo->lock);
}

bool vmo_peek_locked(const struct vmo *vmo, uint64_t index, paddr_t *out_frame)
{
    ASSERT(spin_held(&vmo->lock));
    uint64_t entry = radix_get(&vmo->pages, index);
    if (entry != 0)
        *out_frame = vmo_entry_frame(entry);
    return entry != 0;
}

bool vmo_hold_frame(paddr_t frame)
{
    if (!is_cache(frame))
        return true;
    if (__atomic_load_n(&frame_of(frame)->refs, __ATOMIC_RELAXED) >= FRAME_REFS_MAX)
        return false;
    frame_ref(frame);
    return true;
}

void vmo_release_frame(paddr_t frame)
{
    if (is_cache(frame))
        frame_unref(frame);
}

/* A private copy of `source` at `index`, replacing a shared frame that is there. The caller holds
 * or owns `source`, and may sleep. */
static status_t copy_in(struct vmo *vmo, uint64_t index, paddr_t source)
{
    status_t status = cell_charge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
    if (status != STATUS_OK)
        return status;
    paddr_t copy;
    status = frame_alloc(0, FRAME_ANON, &copy);
    if (status == STATUS_OK) {
        memcpy(frame_data(copy), frame_data(source), PAGE_SIZE);
        status = vmo_insert_page(vmo, index, copy);
        if (status != STATUS_OK)
            frame_unref(copy);
    }
    if (status != STATUS_OK)
        cell_uncharge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
    return status == STATUS_EXISTS ? STATUS_OK : status;
}

/* The page of the parent that shows through at `index`. A read of a file's page uses the file's
 * frame; everything else gets a copy. */
static status_t supply_from_parent(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_shared)
{
    uint64_t parent_index = index + (vmo->parent_offset_bytes >> PAGE_SHIFT);
    paddr_t source;
    status_t status = vmo_hold_page(vmo->parent, parent_index, false, &source);
    if (status != STATUS_OK)
        return status;
    if (!write && is_cache(source)) {
        *out_shared = source;
        return STATUS_EXISTS;
    }
    status = copy_in(vmo, index, source);
    vmo_release_frame(source);
    return status;
}

/* The page is here but other VMOs share its anonymous frame: get one of our own. The frame that is left comes with
 * our reference to it. */
static status_t unshare(struct vmo *vmo, uint64_t index, paddr_t shared, paddr_t *out_left)
{
    paddr_t copy;
    status_t status = frame_alloc(0, FRAME_ANON, &copy);
    if (status != STATUS_OK)
        return status;
    memcpy(frame_data(copy), frame_data(shared), PAGE_SIZE);
    spin_lock(&vmo->lock);
    uint64_t entry = radix_get(&vmo->pages, index);
    bool same = vmo_entry_frame(entry).raw == shared.raw;
    if (same)
        radix_replace(&vmo->pages, index, copy.raw | (entry & PAGE_MASK));
    spin_unlock(&vmo->lock);
    *out_left = same ? shared : copy;
    return STATUS_OK;
}

static bool is_shared_anon(paddr_t frame)
{
    return frame_of(frame)->state == FRAME_ANON &&
           __atomic_load_n(&frame_of(frame)->refs, __ATOMIC_ACQUIRE) > 1;
}

static bool shows_parent(const struct vmo *vmo, uint64_t index)
{
    return vmo->parent != NULL && index < vmo->parent_size_bytes >> PAGE_SHIFT;
}

status_t vmo_hold_page_shown(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame,
                             paddr_t *out_left)
{
    *out_left = (paddr_t){ 0 };
    if (index >= __atomic_load_n(&vmo->size_bytes, __ATOMIC_RELAXED) >> PAGE_SHIFT)
        return STATUS_FAULT;
    if (vmo->ops->is_device) {
        *out_frame = (paddr_t){ (uint64_t)vmo->owner + (index << PAGE_SHIFT) };
        return STATUS_OK;
    }
    for (bool is_first_look = true;; is_first_look = false) {
        if (tree_hold(vmo, index, out_frame)) {
            if (is_first_look && is_cache(*out_frame))
                counter_add(COUNTER_CACHE_HITS, 1);
            if (!write || !is_shared_anon(*out_frame))
                return STATUS_OK;
            if (out_left->raw != 0)
                frame_unref(*out_left);
            status_t status = unshare(vmo, index, *out_frame, out_left);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        if (vmo->ops == &anon_ops && !shows_parent(vmo, index)) {
            status_t status = supply_zeros(vmo, index, out_frame);
            if (status == STATUS_EXISTS)
                continue;
            return status;
        }
        status_t status = shows_parent(vmo, index)
                              ? supply_from_parent(vmo, index, write, out_frame)
                              : vmo->ops->supply(vmo, index);
        if (status == STATUS_EXISTS)
            return STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
}

status_t vmo_hold_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame)
{
    paddr_t left;
    status_t status = vmo_hold_page_shown(vmo, index, write, out_frame, &left);
    if (left.raw != 0)
        frame_unref(left);
    return status;
}

status_t vmo_get_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame)
{
    status_t status = vmo_hold_page(vmo, index, write, out_frame);
    if (status == STATUS_OK && !vmo->ops->is_device)
        vmo_release_frame(*out_frame);
    return status;
}

status_t vmo_peek_page(struct vmo *vmo, uint64_t index, paddr_t *out_frame)
{
    spin_lock(&vmo->lock);
    uint64_t entry = radix_get(&vmo->pages, index);
    spin_unlock(&vmo->lock);
    if (entry == 0)
        return STATUS_NOT_FOUND;
    *out_frame = vmo_entry_frame(entry);
    return STATUS_OK;
}

bool vmo_find_page(struct vmo *vmo, uint64_t *index)
{
    uint64_t entry;
    spin_lock(&vmo->lock);
    bool found = radix_next(&vmo->pages, index, &entry);
    spin_unlock(&vmo->lock);
    return found;
}

status_t vmo_peek_hold(struct vmo *vmo, uint64_t index, paddr_t *out_frame)
{
    return tree_hold(vmo, index, out_frame) ? STATUS_OK : STATUS_NOT_FOUND;
}

bool vmo_next_page(struct vmo *vmo, uint64_t *index)
{
    uint64_t entry;
    spin_lock(&vmo->lock);
    bool found = radix_next(&vmo->pages, index, &entry);
    spin_unlock(&vmo->lock);
    return found;
}

/* A page of an anonymous VMO is pinned by a count in its entry, which vmo_release looks at.
 * @return false when the page has left since it was found. */
static bool entry_pin(struct vmo *vmo, uint64_t index)
{
    spin_lock(&vmo->lock);
    uint64_t entry = radix_get(&vmo->pages, index);
    if (entry != 0 && vmo_entry_pins(entry) < ENTRY_PINS_MAX)
        radix_replace(&vmo->pages, index, entry + ENTRY_PIN);
    spin_unlock(&vmo->lock);
    return entry != 0;
}

static void entry_unpin(struct vmo *vmo, uint64_t index)
{
    spin_lock(&vmo->lock);
    uint64_t entry = radix_get(&vmo->pages, index);
    ASSERT(vmo_entry_pins(entry) > 0);
    if (vmo_entry_pins(entry) < ENTRY_PINS_MAX) /* Beyond that nobody counts, and it stays. */
        radix_replace(&vmo->pages, index, entry - ENTRY_PIN);
    spin_unlock(&vmo->lock);
}

status_t vmo_pin_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame)
{
    status_t status;
    do {
        status = vmo_hold_page(vmo, index, write, out_frame);
    } while (status == STATUS_OK && vmo_is_anonymous(vmo) && !entry_pin(vmo, index));
    if (status == STATUS_OK)
        __atomic_fetch_add(&vmo->pins, 1, __ATOMIC_RELAXED);
    return status;
}

void vmo_unpin_page(struct vmo *vmo, uint64_t index)
{
    paddr_t frame;
    ASSERT(vmo->pins > 0);
    __atomic_fetch_sub(&vmo->pins, 1, __ATOMIC_RELAXED);
    if (vmo_is_anonymous(vmo))
        entry_unpin(vmo, index);
    else if (vmo_peek_page(vmo, index, &frame) == STATUS_OK)
        vmo_release_frame(frame);
}

/* --- Watching -------------------------------------------------------------------------------- */

bool vmo_is_anonymous(const struct vmo *vmo)
{
    return vmo->ops == &anon_ops && vmo->parent == NULL;
}

void vmo_watch(struct vmo *vmo, struct vmo_watch *watch)
{
    spin_lock(&vmo->lock);
    watch->forgotten = vmo->left; /* It never hears of those. */
    list_push_back(&vmo->watches, &watch->link);
    spin_unlock(&vmo->lock);
    /* Page by page, so that the lock is never held long; what comes in meanwhile is told of twice. */
    uint64_t index = 0;
    bool found = true;
    while (found) {
        uint64_t entry;
        spin_lock(&vmo->lock);
        found = radix_next(&vmo->pages, &index, &entry);
        if (found)
            watch->page_added(watch, index++, vmo_entry_frame(entry));
        spin_unlock(&vmo->lock);
    }
}

void vmo_unwatch(struct vmo *vmo, struct vmo_watch *watch)
{
    spin_lock(&vmo->lock);
    list_remove(&watch->link);
    spin_unlock(&vmo->lock);
    vmo_free_forgotten(vmo);
}

/* --- Copies ---------------------------------------------------------------------------------- */

static bool range_ok(const struct vmo *vmo, uint64_t offset_bytes, size_t len)
{
    return offset_bytes <= vmo->size_bytes && len <= vmo->size_bytes - offset_bytes;
}

static status_t copy_pages(struct vmo *vmo, uint64_t offset_bytes, uint8_t *buffer, size_t len,
                           bool write)
{
    if (!range_ok(vmo, offset_bytes, len))
        return STATUS_INVALID;
    while (len > 0) {
        size_t in_page = offset_bytes & PAGE_MASK;
        size_t part = PAGE_SIZE - in_page < len ? PAGE_SIZE - in_page : len;
        paddr_t frame;
        status_t status = vmo_hold_page(vmo, offset_bytes >> PAGE_SHIFT, write, &frame);
        if (status != STATUS_OK)
            return status;
        uint8_t *data = (uint8_t *)frame_data(frame) + in_page;
        memcpy(write ? data : buffer, write ? buffer : data, part);
        vmo_release_frame(frame);
        buffer += part;
        offset_bytes += part;
        len -= part;
    }
    return STATUS_OK;
}

status_t vmo_read(struct vmo *vmo, uint64_t offset_bytes, void *dst, size_t len)
{
    return copy_pages(vmo, offset_bytes, dst, len, false);
}

status_t vmo_write(struct vmo *vmo, uint64_t offset_bytes, const void *src, size_t len)
{
    return copy_pages(vmo, offset_bytes, (uint8_t *)src, len, true);
}

/* --- Pages leave ----------------------------------------------------------------------------- */

/* Take the first page at or after *index out of the tree; a cache page only when nobody holds it. */
static bool take_page(struct vmo *vmo, uint64_t *index, bool only_idle, paddr_t *out_frame)
{
    uint64_t entry;
    spin_lock(&vmo->lock);
    bool found = radix_next(&vmo->pages, index, &entry);
    while (found && only_idle && frame_of(vmo_entry_frame(entry))->refs > 1) {
        ++*index;
        found = radix_next(&vmo->pages, index, &entry);
    }
    if (found) {
        radix_remove(&vmo->pages, *index);
        vmo->page_count--;
        *out_frame = vmo_entry_frame(entry);
    }
    spin_unlock(&vmo->lock);
    return found;
}

uint64_t vmo_drop_clean(struct vmo *vmo)
{
    uint64_t index = 0, dropped = 0;
    paddr_t frame;
    while (take_page(vmo, &index, true, &frame)) {
        frame_unref(frame);
        dropped++;
    }
    return dropped;
}

/* Batches, so that the lock is taken and the tree walked once for many. @return how many of them were anonymous: the
 * caller gives back their charge. Cache pages are nobody's, and their VMO may have no cell. */
static uint64_t drop_pages_from(struct vmo *vmo, uint64_t index)
{
    uint64_t entries[DROP_BATCH];
    uint64_t anonymous = 0;
    uint32_t count;
    do {
        spin_lock_inline(&vmo->lock);
        count = radix_take(&vmo->pages, index, entries, DROP_BATCH);
        vmo->page_count -= count;
        spin_unlock(&vmo->lock);
        for (uint32_t i = 0; i < count; i++) {
            paddr_t frame = vmo_entry_frame(entries[i]);
            anonymous += !is_cache(frame);
            frame_unref(frame);
        }
        if (count == DROP_BATCH)
            preempt_point();
    } while (count > 0 && vmo->page_count > 0);
    return anonymous;
}

bool vmo_take_unpinned(struct vmo *vmo, uint64_t *index, uint64_t end, paddr_t *out_frame)
{
    uint64_t entry;
    bool found = radix_next(&vmo->pages, index, &entry);
    while (found && *index < end && vmo_entry_pins(entry) > 0) {
        ++*index;
        found = radix_next(&vmo->pages, index, &entry);
    }
    if (!found || *index >= end)
        return false;
    radix_remove(&vmo->pages, *index);
    vmo->page_count--;
    *out_frame = vmo_entry_frame(entry);
    return true;
}

void vmo_discard(struct vmo *vmo, uint64_t first, uint64_t count)
{
    uint64_t index = first;
    for (;;) {
        paddr_t frame;
        spin_lock(&vmo->lock);
        bool found = vmo_take_unpinned(vmo, &index, first + count, &frame);
        spin_unlock(&vmo->lock);
        if (!found)
            return;
        if (!is_cache(frame))
            cell_uncharge(vmo->object.cell, CELL_MEMORY, PAGE_SIZE);
        frame_unref(frame);
        index++;
        preempt_point();
    }
}

void vmo_truncate(struct vmo *vmo, uint64_t size_bytes)
{
    uint64_t old = vmo->size_bytes;
    __atomic_store_n(&vmo->size_bytes, size_bytes, __ATOMIC_RELEASE);
    if (size_bytes >= old)
        return;
    uint64_t first = page_up(size_bytes) >> PAGE_SHIFT;
    aspace_unmap_vmo(vmo, first, UINT64_MAX - first);
    uint64_t anonymous = drop_pages_from(vmo, first);
    if (anonymous > 0)
        cell_uncharge(vmo->object.cell, CELL_MEMORY, anonymous * PAGE_SIZE);
    /* A later growth reads zeros, so the rest of the last page goes too. */
    paddr_t frame;
    if ((size_bytes & PAGE_MASK) != 0 &&
        vmo_peek_page(vmo, size_bytes >> PAGE_SHIFT, &frame) == STATUS_OK)
        memset((uint8_t *)frame_data(frame) + (size_bytes & PAGE_MASK), 0,
               PAGE_SIZE - (size_bytes & PAGE_MASK));
}

static void vmo_object_destroy(struct object *object)
{
    struct vmo *vmo = (struct vmo *)object;
    struct cell *cell = object->cell;
    uint32_t own_bytes = vmo->own_bytes; /* A file's VMO is part of its vnode: release frees it. */
    ASSERT(list_is_empty(&vmo->mappings));
    ASSERT(list_is_empty(&vmo->watches));
    ASSERT(vmo->freed == vmo->left);
    uint64_t bytes = own_bytes + drop_pages_from(vmo, 0) * PAGE_SIZE;
    if (vmo->parent != NULL)
        object_unref(&vmo->parent->object);
    if (vmo->ops->release != NULL)
        vmo->ops->release(vmo);
    if (bytes > 0)
        cell_uncharge(cell, CELL_MEMORY, bytes);
    if (own_bytes > 0)
        slab_free(cache_of(own_bytes), vmo);
}

void vmo_setup(void)
{
    slab_cache_init(&vmo_cache, "vmo", sizeof(struct vmo));
    slab_cache_init(&private_cache, "private_vmo", sizeof(struct private_vmo));
}

const struct object_ops vmo_object_ops = {
    .kind = OBJECT_VMO,
    .version = 1,
    .name = "vmo",
    .destroy = vmo_object_destroy,
};
