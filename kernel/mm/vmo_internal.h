/* What vmo.c and aspace.c share. */
#pragma once

#include "kernel/mm/vmo.h"

enum { FRAME_REFS_MAX = 0xfff0 };
#define VMO_SIZE_MAX (1ull << 38)

extern const struct object_ops vmo_object_ops;

/* An entry of a VMO's tree: the frame's address, and below it PRESENT and, for anonymous VMOs, a count
 * of pins. */
enum {
    ENTRY_PRESENT = 1,
    ENTRY_PIN = 2,
    ENTRY_PINS_MAX = PAGE_SIZE / ENTRY_PIN - 1,
};

static inline paddr_t vmo_entry_frame(uint64_t entry)
{
    return (paddr_t){ entry & ~(uint64_t)PAGE_MASK };
}

static inline uint32_t vmo_entry_pins(uint64_t entry)
{
    return (uint32_t)(entry & PAGE_MASK) / ENTRY_PIN;
}

/* vmo->lock held. Take the first page of [*index, end) that nobody has pinned out of the tree; *index becomes its own.
 * @return false: there is none. */
bool vmo_take_unpinned(struct vmo *vmo, uint64_t *index, uint64_t end, paddr_t *out_frame);

/* vmo_release.c: free the pages that left and that every watch has forgotten. */
void vmo_free_forgotten(struct vmo *vmo);

/* Remove the entries of all mappings that show pages [first, first + count), and tables that become
 * empty by that. May sleep. */
void aspace_unmap_vmo(struct vmo *vmo, uint64_t first, uint64_t count);
/* Boot. */
void vmo_setup(void);
