/* What vmo.c and aspace.c share. */
#pragma once

#include "kernel/mm/vmo.h"

enum { FRAME_REFS_MAX = 0xfff0 };
#define VMO_SIZE_MAX (1ull << 38)

/* An entry of vmo->pages. */
static inline paddr_t vmo_entry_frame(uint64_t entry)
{
    return (paddr_t){ entry & ~(uint64_t)PAGE_MASK };
}

extern const struct object_ops vmo_object_ops;

/* Remove the entries of all mappings that show pages from `first` on. May sleep. */
void aspace_unmap_vmo(struct vmo *vmo, uint64_t first);
/* Boot. */
void vmo_setup(void);
/* For file systems that embed a VMO and are asked to destroy it. */
void vmo_destroy_pages(struct vmo *vmo);
