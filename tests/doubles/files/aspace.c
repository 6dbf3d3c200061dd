/* Double of the one function of kernel/mm/aspace.c that vmo.c calls: nothing is mapped. */
#include "kernel/mm/vmo_internal.h"

#include "lib/base/assert.h"

void aspace_unmap_vmo(struct vmo *vmo, uint64_t first, uint64_t count)
{
    ASSERT(list_is_empty(&vmo->mappings));
}
