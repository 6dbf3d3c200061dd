/* Registers of a device that a driver may map (OBJECT_MMIO): whole pages of one BAR. What memory_map
 * maps is the VMO. Thread context; may sleep. */
#pragma once

#include <abi/types.h>

struct cell;
struct device;
struct mmio;
struct object;
struct vmo;

/* The caller gets the one reference.
 * @return INVALID (not whole pages inside the BAR, or a page with a part of the MSI-X table), BUSY
 *         (a part of it is given already), BAD_STATE (the claim is over), NO_MEMORY, LIMIT. */
status_t mmio_create(struct device *device, uint32_t bar, uint64_t offset, uint64_t len,
                     struct cell *cell, struct mmio **out_mmio);
struct object *mmio_object(struct mmio *mmio);
/* Borrowed. Its size is 0 when the claim is over. */
struct vmo *mmio_vmo(struct mmio *mmio);
