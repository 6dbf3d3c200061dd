/* See memory.h. */
#include "kernel/mm/memory.h"

#include "kernel/mm/aspace.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/region.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vmo_internal.h"

void memory_init(void)
{
    region_finish();
    frame_init();
    slab_init();
    vmo_setup();
    aspace_setup();
}
