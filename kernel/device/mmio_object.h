/* MMIO objects: a page-aligned part of a device's registers that a driver may map. */
#pragma once

struct mmio;
struct vmo;

/* What the object maps, borrowed. */
struct vmo *mmio_vmo(struct mmio *mmio);
