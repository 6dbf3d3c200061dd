/* Address spaces: the tree of mappings and what changes it. Faults are in fault.c. Lock: the space's
 * mutex, outside the locks of the VMOs. A mapping is in the list of its VMO as well, so that a VMO
 * that shrinks finds its hardware entries. */
#include "kernel/mm/aspace.h"

#include <arch/asid.h>
#include <arch/mmu.h>
#include <arch/spin_inline.h>

#include "kernel/cell/cell.h"
#include "kernel/mm/aspace_internal.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vmo_internal.h"
#include "lib/base/assert.h"

/* A range that is smaller than what a table covers leaves the one that it emptied to what is mapped there next. */
enum { FREE_TABLES_FROM = 2 * 1024 * 1024 };

static struct slab_cache aspace_cache;
static struct slab_cache mapping_cache;

struct mapping *aspace_find(const struct aspace *aspace, uint64_t address)
{
    struct mapping *mapping = mapping_of(treap_floor(&aspace->mappings, address));
    return mapping != NULL && address < mapping->end ? mapping : NULL;
}

/* The first mapping that meets [start, end), or NULL. */
struct mapping *aspace_first_in(const struct aspace *aspace, uint64_t start, uint64_t end)
{
    struct mapping *mapping = aspace_find(aspace, start);
    if (mapping == NULL)
        mapping = mapping_of(treap_ceiling(&aspace->mappings, start));
    return mapping != NULL && mapping->start < end ? mapping : NULL;
}

status_t aspace_create(struct cell *cell, struct aspace **out_aspace)
{
    status_t status = cell_charge(cell, CELL_MEMORY, sizeof(struct aspace));
    if (status != STATUS_OK)
        return status;
    struct aspace *aspace = slab_alloc(&aspace_cache);
    status = aspace == NULL ? STATUS_NO_MEMORY : asid_alloc(&aspace->asid);
    if (status != STATUS_OK)
        goto free_memory;
    object_init(&aspace->object, &aspace_object_ops, cell);
    mutex_init(&aspace->lock, LOCK_ASPACE);
    aspace->hint = USER_SEARCH_BASE;
    aspace->limit_bytes = ASPACE_NO_LIMIT;
    status = mmu_space_init(aspace);
    if (status == STATUS_OK) {
        *out_aspace = aspace;
        return STATUS_OK;
    }
    asid_free(aspace->asid);
    object_unref(&cell->object); /* object_init took it. */
free_memory:
    if (aspace != NULL)
        slab_free(&aspace_cache, aspace);
    cell_uncharge(cell, CELL_MEMORY, sizeof(struct aspace));
    return status;
}

/* --- Mappings in the tree -------------------------------------------------------------------- */

/* What came with the VMO, or its own. */
static struct mapping *mapping_memory(struct aspace *aspace, struct vmo *vmo, bool *out_is_spare)
{
    if (aspace->mapping_count >= ASPACE_MAPPINGS_MAX)
        return NULL;
    *out_is_spare = vmo != NULL && vmo->spare != NULL;
    if (*out_is_spare) {
        struct mapping *spare = vmo->spare;
        vmo->spare = NULL;
        return spare;
    }
    if (cell_charge(aspace->object.cell, CELL_MEMORY, sizeof(struct mapping)) != STATUS_OK)
        return NULL;
    struct mapping *mapping = slab_alloc(&mapping_cache);
    if (mapping == NULL)
        cell_uncharge(aspace->object.cell, CELL_MEMORY, sizeof(struct mapping));
    return mapping;
}

struct mapping *mapping_create(struct aspace *aspace, struct vmo *vmo, uint64_t start, uint64_t end,
                               uint64_t offset_bytes, uint32_t flags, uint32_t flags_max)
{
    bool is_spare;
    struct mapping *mapping = mapping_memory(aspace, vmo, &is_spare);
    if (mapping == NULL)
        return NULL;
    *mapping = (struct mapping){
        .node.key = start,
        .aspace = aspace,
        .start = start,
        .end = end,
        .vmo = vmo,
        .offset_bytes = offset_bytes,
        .flags = flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE),
        .is_private = (flags & MAP_PRIVATE) != 0,
        .is_spare = is_spare,
        .flags_max = flags_max,
    };
    list_init(&mapping->vmo_link);
    if (vmo != NULL) {
        object_ref(&vmo->object);
        spin_lock_inline(&vmo->lock);
        list_push_back(&vmo->mappings, &mapping->vmo_link);
        spin_unlock(&vmo->lock);
    }
    return mapping;
}

void mapping_insert(struct aspace *aspace, struct mapping *mapping)
{
    treap_insert(&aspace->mappings, &mapping->node);
    aspace->mapping_count++;
    aspace->reserved_bytes += mapping->end - mapping->start;
}

static void mapping_destroy(struct mapping *mapping)
{
    struct vmo *vmo = mapping->vmo;
    bool is_private = mapping->is_private;
    if (vmo != NULL) {
        spin_lock_inline(&vmo->lock);
        list_remove(&mapping->vmo_link);
        spin_unlock(&vmo->lock);
    }
    if (mapping->is_spare) {
        vmo->spare = mapping;
    } else {
        cell_uncharge(mapping->aspace->object.cell, CELL_MEMORY, sizeof(struct mapping));
        slab_free(&mapping_cache, mapping);
    }
    if (vmo != NULL && is_private)
        object_unref_unnamed(&vmo->object);
    else if (vmo != NULL)
        object_unref(&vmo->object);
}

/* Split so that `at` is a border; the upper part is a mapping of its own then. */
status_t aspace_split(struct aspace *aspace, uint64_t at)
{
    struct mapping *lower = aspace_find(aspace, at);
    if (lower == NULL || lower->start == at)
        return STATUS_OK;
    struct mapping *upper = mapping_create(aspace, lower->vmo, at, lower->end,
                                           lower->offset_bytes + (at - lower->start),
                                           mapping_flags(lower), lower->flags_max);
    if (upper == NULL)
        return STATUS_NO_MEMORY;
    aspace->reserved_bytes -= lower->end - at;
    lower->end = at;
    mapping_insert(aspace, upper);
    return STATUS_OK;
}

/* --- Finding a place ------------------------------------------------------------------------- */

static bool find_gap(const struct aspace *aspace, uint64_t from, uint64_t len, uint64_t *out_start)
{
    uint64_t at = from;
    while (at + len <= USER_TOP && at + len > at) {
        struct mapping *next = aspace_first_in(aspace, at, at + len);
        if (next == NULL) {
            *out_start = at;
            return true;
        }
        at = next->end;
    }
    return false;
}

status_t aspace_place(struct aspace *aspace, uint64_t address, uint64_t len, uint32_t flags,
                      uint64_t *out_start)
{
    if (flags & MAP_FIXED) {
        if (address < USER_BOTTOM || address + len > USER_TOP || address + len < address)
            return STATUS_INVALID;
        *out_start = address;
        if (aspace_first_in(aspace, address, address + len) == NULL)
            return STATUS_OK;
        return flags & MAP_REPLACE ? STATUS_OK : STATUS_BUSY;
    }
    if (address >= USER_BOTTOM && address + len <= USER_TOP && address + len > address &&
        aspace_first_in(aspace, address, address + len) == NULL) {
        *out_start = address;
        return STATUS_OK;
    }
    if (!find_gap(aspace, aspace->hint, len, out_start) &&
        !find_gap(aspace, USER_SEARCH_BASE, len, out_start))
        return STATUS_NO_MEMORY;
    aspace->hint = *out_start + len;
    return STATUS_OK;
}

/* Bytes of the range that mappings cover. */
static uint64_t covered_bytes(const struct aspace *aspace, uint64_t start, uint64_t end)
{
    const struct mapping *mapping;
    uint64_t sum = 0;
    for (uint64_t at = start; (mapping = aspace_first_in(aspace, at, end)) != NULL;
         at = mapping->end) {
        uint64_t from = mapping->start > at ? mapping->start : at;
        sum += (mapping->end < end ? mapping->end : end) - from;
        if (mapping->end >= end)
            break;
    }
    return sum;
}

bool aspace_fits(const struct aspace *aspace, uint64_t start, uint64_t len, bool replaces)
{
    uint64_t limit_bytes = __atomic_load_n(&aspace->limit_bytes, __ATOMIC_RELAXED);
    uint64_t sum = aspace->reserved_bytes + len; /* Both are below USER_TOP. */
    if (sum <= limit_bytes)
        return true;
    return replaces && sum - covered_bytes(aspace, start, start + len) <= limit_bytes;
}

/* --- Changes --------------------------------------------------------------------------------- */

bool aspace_range_ok(uint64_t address, uint64_t len)
{
    return ((address | len) & PAGE_MASK) == 0 && len > 0 && len <= USER_TOP &&
           address <= USER_TOP - len;
}

void mapping_remove(struct aspace *aspace, struct mapping *mapping)
{
    treap_remove(&aspace->mappings, &mapping->node);
    aspace->mapping_count--;
    aspace->reserved_bytes -= mapping->end - mapping->start;
    mapping_destroy(mapping);
}

/* How many entries can be there for the mapping. */
static uint64_t entries_max(const struct mapping *mapping)
{
    if (mapping->vmo == NULL || mapping->flags == 0)
        return 0;
    /* An entry of private anonymous memory shows a page of the tree, and goes before it. */
    return mapping->is_private && vmo_is_anonymous(mapping->vmo) ? mapping->vmo->page_count
                                                                 : UINT64_MAX;
}

/* The mappings of the range leave the tree, with their entries. They lie in it. */
static void remove_mappings(struct aspace *aspace, struct mapping *first, uint64_t end)
{
    struct mapping *mapping = first;
    while (mapping != NULL) {
        uint64_t next = mapping->end;
        mmu_unmap_some(aspace, mapping->start, next - mapping->start, entries_max(mapping));
        mapping_discard_unmapped(mapping);
        mapping_remove(aspace, mapping);
        mapping = next < end ? aspace_first_in(aspace, next, end) : NULL;
    }
}

/* Splitting may need memory; nothing has changed when it fails. Mostly the range is one mapping as a whole. */
status_t aspace_unmap_locked(struct aspace *aspace, uint64_t address, uint64_t len)
{
    uint64_t end = address + len;
    struct mapping *first = aspace_first_in(aspace, address, end);
    if (first == NULL)
        return STATUS_OK;
    bool begins_before = first->start < address;
    status_t status = begins_before ? aspace_split(aspace, address) : STATUS_OK;
    if (status == STATUS_OK && first->end != end)
        status = aspace_split(aspace, end);
    if (status != STATUS_OK)
        return status;
    remove_mappings(aspace, begins_before ? aspace_first_in(aspace, address, end) : first, end);
    if (len >= FREE_TABLES_FROM)
        mmu_free_empty(aspace, address, len);
    if (address < aspace->hint && address >= USER_SEARCH_BASE)
        aspace->hint = address;
    return STATUS_OK;
}

status_t aspace_map(struct aspace *aspace, struct vmo *vmo, uint64_t offset_bytes, uint64_t len,
                    uint64_t address, uint32_t flags, uint32_t flags_max, uint64_t *out_address)
{
    uint32_t access = flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE);
    if (!aspace_range_ok(address & ~(uint64_t)(flags & MAP_FIXED ? 0 : PAGE_MASK), len) ||
        (offset_bytes & PAGE_MASK) != 0 || (access & MAP_WRITE && access & MAP_EXECUTE))
        return STATUS_INVALID;
    if (!(flags & MAP_FIXED))
        address &= ~(uint64_t)PAGE_MASK;
    if ((access & ~flags_max) != 0)
        return STATUS_NO_RIGHT;
    uint64_t start = 0;
    mutex_lock(&aspace->lock);
    status_t status =
        aspace->closed ? STATUS_DEAD : aspace_place(aspace, address, len, flags, &start);
    if (status == STATUS_OK && !aspace_fits(aspace, start, len, flags & MAP_REPLACE))
        status = STATUS_LIMIT;
    if (status == STATUS_OK && flags & MAP_REPLACE)
        status = aspace_unmap_locked(aspace, start, len);
    struct mapping *mapping = NULL;
    if (status == STATUS_OK) {
        mapping = mapping_create(aspace, vmo, start, start + len, offset_bytes,
                                 access | (flags & MAP_PRIVATE), flags_max);
        status = mapping == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (status == STATUS_OK) {
        mapping_insert(aspace, mapping);
        if (flags & MAP_EAGER)
            mapping_fill(mapping, start, start + len);
        if (flags & MAP_BEGIN && flags & MAP_WRITE)
            mapping_begin(mapping);
        *out_address = start;
    }
    mutex_unlock(&aspace->lock);
    return status;
}

status_t aspace_unmap(struct aspace *aspace, uint64_t address, uint64_t len)
{
    if (!aspace_range_ok(address, len))
        return STATUS_INVALID;
    mutex_lock(&aspace->lock);
    status_t status = aspace_unmap_locked(aspace, address, len);
    mutex_unlock(&aspace->lock);
    return status;
}

static status_t check_protect(struct aspace *aspace, uint64_t address, uint64_t end, uint32_t flags)
{
    while (address < end) {
        struct mapping *mapping = aspace_find(aspace, address);
        if (mapping == NULL)
            return STATUS_NOT_FOUND;
        if ((flags & ~mapping->flags_max) != 0)
            return STATUS_NO_RIGHT;
        address = mapping->end;
    }
    return STATUS_OK;
}

status_t aspace_protect(struct aspace *aspace, uint64_t address, uint64_t len, uint32_t flags)
{
    if (!aspace_range_ok(address, len) || (flags & MAP_WRITE && flags & MAP_EXECUTE))
        return STATUS_INVALID;
    uint64_t end = address + len;
    mutex_lock(&aspace->lock);
    status_t status = check_protect(aspace, address, end, flags);
    if (status == STATUS_OK)
        status = aspace_split(aspace, address);
    if (status == STATUS_OK)
        status = aspace_split(aspace, end);
    for (uint64_t at = address; status == STATUS_OK && at < end;) {
        struct mapping *mapping = aspace_find(aspace, at);
        /* Entries get the new access at the next fault; those that allow what is allowed no more go at once. */
        if ((mapping->flags & ~flags) != 0)
            mmu_unmap(aspace, at, mapping->end - at);
        mapping->flags = flags;
        at = mapping->end;
    }
    mutex_unlock(&aspace->lock);
    return status;
}

void aspace_clear(struct aspace *aspace)
{
    mutex_lock(&aspace->lock);
    aspace->closed = true;
    struct treap_node *node;
    /* No thread runs here any more: one flush for all, when the tables go. */
    mmu_retire(aspace);
    mmu_clear(aspace);
    while ((node = aspace->mappings.root) != NULL) {
        struct mapping *mapping = mapping_of(node);
        treap_remove(&aspace->mappings, node);
        mapping_destroy(mapping);
    }
    aspace->mapping_count = 0;
    aspace->reserved_bytes = 0;
    mutex_unlock(&aspace->lock);
}

/* The next mapping of the VMO that still shows pages of [first, first + count), with a reference to
 * its space; NULL when none is left. `cut` marks those that were dealt with. */
static struct aspace *next_mapping(struct vmo *vmo, uint64_t first, uint64_t count,
                                   uint64_t *out_start, uint64_t *out_end)
{
    struct aspace *found = NULL;
    spin_lock(&vmo->lock);
    LIST_FOR_EACH (node, &vmo->mappings) {
        struct mapping *mapping = CONTAINER_OF(node, struct mapping, vmo_link);
        uint64_t shown = mapping->offset_bytes >> PAGE_SHIFT;
        uint64_t pages = (mapping->end - mapping->start) >> PAGE_SHIFT;
        if (shown + pages <= first || (shown >= first && shown - first >= count) || mapping->cut)
            continue;
        uint64_t skip = first > shown ? first - shown : 0;
        uint64_t left = count - (shown > first ? shown - first : 0);
        mapping->cut = true;
        *out_start = mapping->start + (skip << PAGE_SHIFT);
        *out_end = pages - skip > left ? *out_start + (left << PAGE_SHIFT) : mapping->end;
        if (object_try_ref(&mapping->aspace->object))
            found = mapping->aspace;
        if (found != NULL)
            break;
    }
    if (found == NULL)
        LIST_FOR_EACH (node, &vmo->mappings)
            CONTAINER_OF(node, struct mapping, vmo_link)->cut = false;
    spin_unlock(&vmo->lock);
    return found;
}

void aspace_unmap_vmo(struct vmo *vmo, uint64_t first, uint64_t count)
{
    uint64_t start = 0, end = 0;
    struct aspace *aspace;
    while ((aspace = next_mapping(vmo, first, count, &start, &end)) != NULL) {
        /* The mapping may have changed since: removing too many entries only costs faults. */
        mutex_lock(&aspace->lock);
        if (!aspace->closed && start < end) {
            mmu_unmap(aspace, start, end - start);
            mmu_free_empty(aspace, start, end - start);
        }
        mutex_unlock(&aspace->lock);
        object_unref(&aspace->object);
    }
}

static void aspace_destroy(struct object *object)
{
    struct aspace *aspace = (struct aspace *)object;
    aspace_clear(aspace);
    mmu_free_tables(aspace);
    asid_free(aspace->asid);
    cell_uncharge(object->cell, CELL_MEMORY, sizeof(struct aspace));
    slab_free(&aspace_cache, aspace);
}

void aspace_setup(void)
{
    slab_cache_init_hot(&aspace_cache, "aspace", sizeof(struct aspace));
    slab_cache_init(&mapping_cache, "mapping", sizeof(struct mapping));
}

const struct object_ops aspace_object_ops = {
    .kind = OBJECT_ASPACE,
    .version = 1,
    .name = "aspace",
    .destroy = aspace_destroy,
};
