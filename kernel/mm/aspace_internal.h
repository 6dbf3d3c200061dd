/* What the files of address spaces share. The space's lock is held. */
#pragma once

#include "kernel/mm/aspace.h"

static inline struct mapping *mapping_of(struct treap_node *node)
{
    return node == NULL ? NULL : CONTAINER_OF(node, struct mapping, node);
}

/* As mapping_create takes them. */
static inline uint32_t mapping_flags(const struct mapping *mapping)
{
    return mapping->flags | (mapping->is_private ? MAP_PRIVATE : 0);
}

/* A mapping with a reference of its own to the VMO, in no tree yet. @param flags  access and MAP_PRIVATE.
 * @return NULL at a limit (ASPACE_MAPPINGS_MAX among others) or without memory. */
struct mapping *mapping_create(struct aspace *aspace, struct vmo *vmo, uint64_t start, uint64_t end,
                               uint64_t offset_bytes, uint32_t flags, uint32_t flags_max);
void mapping_insert(struct aspace *aspace, struct mapping *mapping);
/* Out of the tree, its entries removed before; the mapping is gone afterwards. */
void mapping_remove(struct aspace *aspace, struct mapping *mapping);
/* The pages of a private mapping that is about to go are given back, unless it is the last that shows its VMO: then
 * they go with that. Its entries were removed before. */
void mapping_discard_unmapped(struct mapping *mapping);

/* The first mapping that shows something of [start, end), or NULL. */
struct mapping *aspace_first_in(const struct aspace *aspace, uint64_t start, uint64_t end);
/* Split so that `at` is a border. @return NO_MEMORY. */
status_t aspace_split(struct aspace *aspace, uint64_t at);
/* Find a place as aspace_map says. */
status_t aspace_place(struct aspace *aspace, uint64_t address, uint64_t len, uint32_t flags,
                      uint64_t *out_start);
/* Whether `len` more bytes are within the limit of the space, those at `start` being replaced if `replaces`. */
bool aspace_fits(const struct aspace *aspace, uint64_t start, uint64_t len, bool replaces);
status_t aspace_unmap_locked(struct aspace *aspace, uint64_t address, uint64_t len);
/* Whole pages in the user half. */
bool aspace_range_ok(uint64_t address, uint64_t len);
