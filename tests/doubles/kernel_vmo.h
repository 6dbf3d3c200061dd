/* What host tests ask of the VMO double. */
#pragma once

#include <stdint.h>

struct vmo;

/* Pins of all pages. */
uint32_t double_vmo_pins(struct vmo *vmo);
/* Pages that are there. */
uint32_t double_vmo_pages(struct vmo *vmo);
