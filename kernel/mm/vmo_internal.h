/* What vmo.c and aspace.c share. */
#pragma once

#include "kernel/mm/vmo.h"

enum { FRAME_REFS_MAX = 0xfff0 };
#define VMO_SIZE_MAX (1ull << 38)

extern const struct object_ops vmo_object_ops;

/* As vmo_get_page; a cache frame comes with a hold that the caller gives back by
 * vmo_release_frame, or passes on to the hardware entry that maps it. */
status_t vmo_hold_page(struct vmo *vmo, uint64_t index, bool write, paddr_t *out_frame);
/* The same of a page that is there; NOT_FOUND otherwise. Never sleeps. */
status_t vmo_peek_hold(struct vmo *vmo, uint64_t index, paddr_t *out_frame);
void vmo_release_frame(paddr_t frame);
/* Remove the entries of all mappings that show pages from `first` on. May sleep. */
void aspace_unmap_vmo(struct vmo *vmo, uint64_t first);
/* Boot. */
void vmo_setup(void);
/* For file systems that embed a VMO and are asked to destroy it. */
void vmo_destroy_pages(struct vmo *vmo);
