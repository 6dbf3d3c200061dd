/* DMA windows (OBJECT_DMA): memory that a device may reach, and the table that tells a driver where. A
 * window covers one anonymous VMO. Its pages may come later, on demand; each is in the table from
 * then on, until it leaves the VMO (vmo_release). A page that left is nobody else's before the
 * driver has said that the device does not know it any more; SIGNAL_EVENT is pulsed when that is
 * asked for. A window lasts until its device has been reset, whatever becomes of its handles: a
 * device that was told an address may use it until then.
 *
 * There is no IOMMU yet: an address for the device is a physical one, and a device with bus mastering
 * can reach all memory; so a driver with a window is trusted with it (SECURITY.md). */
#pragma once

#include <abi/types.h>

#include "kernel/mm/address.h"

struct aspace;
struct cell;
struct device;
struct dma;
struct object;
struct vmo;

enum {
    DMA_WINDOWS_MAX = 16,    /* Of one claim. */
    DMA_PAGES_MAX = 1 << 16, /* Of one window: 256 MiB. */
};

/* The caller gets the one reference. Thread context; may sleep.
 * @return INVALID (no anonymous VMO, or too large), BAD_STATE (the claim is over), LIMIT, NO_MEMORY. */
status_t dma_create(struct device *device, struct vmo *vmo, struct cell *cell,
                    struct dma **out_dma);
struct object *dma_object(struct dma *dma);
/* Map the table, read-only: one u64 a page, 0 while the page is not there. @return NO_MEMORY, LIMIT. */
status_t dma_map_table(struct dma *dma, struct aspace *aspace, uint64_t *out_address,
                       uint64_t *out_pages);
/* The device uses none of the first `forgotten` pages that left. *out_left is how many left by now, and
 * none of them is in the table any more. May sleep.
 * @return INVALID for more than have left, BAD_STATE (the device was reset: nothing is to be said). */
status_t dma_forget(struct dma *dma, uint64_t forgotten, uint64_t *out_left);
