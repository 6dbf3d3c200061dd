/* Page faults: find the mapping, get the page from its VMO, set the hardware entry. Reads of files
 * bring in entries for neighbours that are in the cache already (fault-around), so that starting a
 * program costs a few faults and not one for each page. Anonymous memory that is touched in order gets pages ahead of
 * the fault, from the third such fault on, twice as many each time it goes on so: who fills a buffer takes one fault for many pages, and who touches
 * here and there gets what it touches. */
#include <arch/mmu.h>

#include "kernel/base/epoch.h"
#include "kernel/mm/aspace.h"
#include "kernel/mm/vmo_internal.h"
#include "kernel/vfs/page_cache.h"
#include "lib/base/assert.h"

enum {
    FAULT_AROUND_PAGES = 16,
    FAULT_STREAK_MAX = 4, /* 2 to this power is VMO_AHEAD_MAX. */
    RECLAIM_FRAMES = 64,
};
_Static_assert(1 << FAULT_STREAK_MAX == VMO_AHEAD_MAX, "pages ahead");

static uint32_t entry_access(const struct mapping *mapping, paddr_t frame, bool own)
{
    uint32_t access = mapping->flags & (MMU_READ | MMU_EXECUTE);
    if (mapping->vmo->ops->is_device)
        return access | (mapping->flags & MMU_WRITE) | MMU_DEVICE;
    const struct frame *metadata = frame_of(frame);
    /* Writable only where a write needs nothing more done: our own frame, shared with nobody. */
    bool is_private = metadata->state == FRAME_ANON ? metadata->refs == 1 : own;
    return is_private ? access | (mapping->flags & MMU_WRITE) : access;
}

static uint64_t page_index(const struct mapping *mapping, uint64_t address)
{
    return (mapping->offset_bytes + (address - mapping->start)) >> PAGE_SHIFT;
}

/* The VMO whose tree answers reads at this mapping without copying, and where. */
static struct vmo *shared_source(const struct mapping *mapping, uint64_t *index)
{
    struct vmo *vmo = mapping->vmo;
    if (vmo->parent != NULL) {
        *index += vmo->parent_offset_bytes >> PAGE_SHIFT;
        return vmo->parent;
    }
    return vmo;
}

/* Move *address to the next page of the mapping that may be there; false when that is past `end`. A stack
 * reserves thousands of pages and has one. */
static bool next_candidate(const struct mapping *mapping, uint64_t *address, uint64_t end)
{
    if (*address < end && mapping->vmo->parent == NULL) {
        uint64_t before = page_index(mapping, *address), index = before;
        if (!vmo_next_page(mapping->vmo, &index))
            return false;
        *address += (index - before) << PAGE_SHIFT;
    }
    return *address < end;
}

/* Entries for pages that are there already, in [start, end), which lies in the mapping. */
void mapping_fill(struct mapping *mapping, uint64_t start, uint64_t end)
{
    if (mapping->vmo == NULL || mapping->vmo->ops->is_device)
        return;
    if (!(mapping->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE)))
        return; /* An entry can always be read. */
    struct aspace *aspace = mapping->aspace;
    for (uint64_t at = start; next_candidate(mapping, &at, end); at += PAGE_SIZE) {
        uint64_t index = page_index(mapping, at);
        if (mapping->vmo->parent == NULL) { /* Large and nearly empty, such as a new stack. */
            uint64_t from = index;
            if (!vmo_find_page(mapping->vmo, &index) || index - from >= (end - at) >> PAGE_SHIFT)
                return;
            at += (index - from) << PAGE_SHIFT;
        }
        paddr_t frame, old;
        if (mmu_lookup(aspace, at, &old))
            continue;
        status_t status = vmo_peek_hold(mapping->vmo, index, &frame);
        if (status != STATUS_OK && mapping->vmo->parent != NULL) {
            struct vmo *source = shared_source(mapping, &index);
            status = vmo_peek_hold(source, index, &frame);
            if (status == STATUS_OK && frame_of(frame)->state != FRAME_CACHE)
                continue;
        }
        if (status != STATUS_OK)
            continue;
        if (mmu_map(aspace, at, frame, entry_access(mapping, frame, false)) != STATUS_OK)
            return;
    }
}

static void fault_around(struct mapping *mapping, uint64_t address)
{
    uint64_t window = (uint64_t)FAULT_AROUND_PAGES << PAGE_SHIFT;
    uint64_t start = address & ~(window - 1);
    uint64_t end = start + window;
    mapping_fill(mapping, start > mapping->start ? start : mapping->start,
                 end < mapping->end ? end : mapping->end);
}

/* How many pages of the mapping behind the faulting one are to come with it. */
static uint32_t ahead_count(struct mapping *mapping, uint64_t address)
{
    uint32_t count = 0;
    if (address == mapping->next_fault && mapping->streak > 0)
        count = 1u << mapping->streak;
    uint64_t room = (mapping->end - address - PAGE_SIZE) >> PAGE_SHIFT;
    return count < room ? count : (uint32_t)room;
}

/* Fresh pages for what follows `address`, which has just got one. What cannot be had is left to its own fault. */
static void fault_ahead(struct mapping *mapping, uint64_t address)
{
    paddr_t frames[VMO_AHEAD_MAX];
    uint32_t count = ahead_count(mapping, address);
    uint32_t given = count == 0 ? 0
                                : vmo_supply_ahead(mapping->vmo, page_index(mapping, address) + 1,
                                                   count, frames);
    uint64_t at = address + PAGE_SIZE;
    bool goes_on = address == mapping->next_fault;
    for (uint32_t i = 0; i < given; i++, at += PAGE_SIZE)
        if (mmu_map(mapping->aspace, at, frames[i], entry_access(mapping, frames[i], true)) !=
            STATUS_OK)
            break;
    mapping->streak = !goes_on ? 0 : mapping->streak + (mapping->streak < FAULT_STREAK_MAX);
    mapping->next_fault = at;
}

static status_t resolve(struct aspace *aspace, struct mapping *mapping, uint64_t address,
                        uint32_t access)
{
    struct vmo *vmo = mapping->vmo;
    /* A first touch of writable anonymous memory by a read gets a writable page at once: entry_access. */
    bool write = access == MAP_WRITE;
    paddr_t frame, left;
    status_t status = vmo_hold_page_shown(vmo, page_index(mapping, address), write, &frame, &left);
    if (status == STATUS_OK)
        status = mmu_map(aspace, address, frame, entry_access(mapping, frame, write));
    if (left.raw != 0)
        frame_unref(left); /* Not before: the entry that is replaced shows it. */
    if (status != STATUS_OK)
        return status;
    if (!vmo->ops->is_device && frame_of(frame)->state == FRAME_CACHE && access != MAP_WRITE)
        fault_around(mapping, address);
    if (mapping->is_private && mapping->flags & MAP_WRITE && vmo_is_anonymous(vmo))
        fault_ahead(mapping, address);
    return STATUS_OK;
}

void mapping_begin(struct mapping *mapping)
{
    paddr_t frame;
    uint64_t index = mapping->offset_bytes >> PAGE_SHIFT;
    ASSERT(mapping->is_private);
    if (vmo_supply_ahead(mapping->vmo, index, 1, &frame) == 1)
        (void)mmu_map(mapping->aspace, mapping->start, frame, entry_access(mapping, frame, true));
    mapping->next_fault = mapping->start + PAGE_SIZE;
}

static status_t fault_once(struct aspace *aspace, uint64_t address, uint32_t access)
{
    mutex_lock(&aspace->lock);
    struct mapping *mapping = aspace_find(aspace, address);
    status_t status = STATUS_FAULT;
    if (mapping != NULL && mapping->vmo != NULL && (mapping->flags & access) != 0) {
        /* Clean pages of files give way before a process is refused memory. */
        do {
            status = resolve(aspace, mapping, address, access);
        } while (status == STATUS_NO_MEMORY && page_cache_reclaim(RECLAIM_FRAMES) > 0);
    }
    mutex_unlock(&aspace->lock);
    return status;
}

status_t aspace_fault(struct aspace *aspace, uint64_t address, uint32_t access)
{
    status_t status = fault_once(aspace, page_down(address), access);
    if ((status != STATUS_NO_MEMORY && status != STATUS_LIMIT) || epoch_waiting() == 0)
        return status;
    epoch_drain(); /* What was given up just now may be charged still. */
    return fault_once(aspace, page_down(address), access);
}

enum aspace_there aspace_look(struct aspace *aspace, uint64_t address)
{
    enum aspace_there there = ASPACE_NOTHING;
    mutex_lock(&aspace->lock);
    const struct mapping *mapping = aspace_find(aspace, page_down(address));
    if (mapping != NULL && mapping->vmo != NULL &&
        page_index(mapping, address) >= mapping->vmo->size_bytes >> PAGE_SHIFT)
        there = ASPACE_BEYOND;
    else if (mapping != NULL)
        there = ASPACE_MAPPED;
    mutex_unlock(&aspace->lock);
    return there;
}
